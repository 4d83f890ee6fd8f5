//! How a connection goes from one state to the next: opened, watched, left, closed, and asked for again.

use super::State;
use super::event::{CloseReason, LostReason, PeerEvent};
use super::identity::Identity;
use super::machine::Peer;
use super::pending::Waiting;
use super::watchdog::Bark;
use crate::avp::Group;
use crate::header::{APPLICATION_BASE, Command, Flags, Header};
use crate::message::Message;
use crate::neighbour::{DisconnectCause, Notice};
use std::sync::Arc;
use std::time::Duration;

impl Peer {
    pub(super) fn within(&self, time: Duration) -> Duration {
        self.now.saturating_add(time)
    }

    /// Time never goes backwards, whatever the caller says.
    pub(super) fn tick(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    pub(super) const fn has_link(&self) -> bool {
        !matches!(self.state, State::Closed { .. } | State::Connecting { .. })
    }

    /// The next number of a generator (SplitMix64): jitter needs spread, not secrecy.
    pub(super) const fn chance(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.chance ^ (self.chance >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) const fn next_hop_by_hop(&mut self) -> u32 {
        self.hop_by_hop = self.hop_by_hop.wrapping_add(1);
        self.hop_by_hop
    }

    pub(super) fn connect(&mut self) {
        self.state = State::Connecting { until: self.within(self.config.open_timeout) };
        self.events.push_back(PeerEvent::Connect);
    }

    /// Capabilities that fit have come.
    pub(super) fn opened(&mut self, host: &str, realm: &str, product: &str) {
        self.state = State::Open;
        self.tries = 0;
        self.counters.opened += 1;
        let (host, realm, product) = (host.to_owned(), realm.to_owned(), product.to_owned());
        self.events.push_back(PeerEvent::Opened { host, realm, product });
        let jitter = self.chance();
        if self.dog.open(jitter, self.now) {
            self.ask_watchdog();
        }
    }

    /// Sends the watchdog's question.
    pub(super) fn ask_watchdog(&mut self) {
        let identity = Arc::clone(&self.identity);
        let notice = notice(&identity, None);
        self.send_base(Command::DEVICE_WATCHDOG, &notice);
    }

    pub(super) fn watch(&mut self) {
        if !matches!(self.state, State::Open | State::Draining { .. }) {
            return;
        }
        let jitter = self.chance();
        match self.dog.bark(jitter, self.now) {
            Bark::Nothing => {}
            Bark::Ask => self.ask_watchdog(),
            Bark::Suspect => self.counters.watchdogs_missed += 1,
            Bark::Dead => {
                self.counters.watchdogs_missed += 1;
                self.close(CloseReason::Silent);
            }
        }
    }

    /// Goes on with a goodbye that waited for the last answer; ends a connection whose peer does not read.
    pub(super) fn advance(&mut self) {
        if matches!(self.state, State::Draining { .. }) && self.pending.is_empty() {
            self.say_goodbye();
        }
        if self.has_link() && self.out.is_over() {
            self.close(CloseReason::Clogged);
        }
    }

    pub(super) fn say_goodbye(&mut self) {
        self.leave(CloseReason::Goodbye);
        let identity = Arc::clone(&self.identity);
        let goodbye = notice(&identity, Some(DisconnectCause::Rebooting));
        self.send_base(Command::DISCONNECT_PEER, &goodbye);
    }

    /// A goodbye was said: the connection ends soon, for this reason.
    pub(super) fn leave(&mut self, reason: CloseReason) {
        self.leaving = reason;
        self.dog.rest();
        self.state = State::Closing { until: self.within(self.config.goodbye) };
    }

    pub(super) fn close(&mut self, reason: CloseReason) {
        let unwelcome = matches!(
            reason,
            CloseReason::PeerLeft(Some(DisconnectCause::Busy | DisconnectCause::DoNotWantToTalkToYou))
                | CloseReason::Refused(_)
                | CloseReason::NoCreditControl
                | CloseReason::WrongPeer
        );
        let until = if self.stopped { None } else { Some(self.backoff(unwelcome)) };
        self.state = State::Closed { until };
        self.dog.closed();
        for lost in self.pending.drain() {
            self.lose(lost, LostReason::LinkLost);
        }
        // What was told never to have left must not leave any more.
        self.out.discard();
        self.events.push_back(PeerEvent::Closed(reason));
    }

    /// When to connect again: a wait that doubles up to the longest, half of it by chance, so that many clients of a
    /// peer that came back do not come back together. Who is unwelcome waits the longest.
    fn backoff(&mut self, unwelcome: bool) -> Duration {
        let factor = 1_u32.checked_shl(self.tries).unwrap_or(u32::MAX);
        self.tries = self.tries.saturating_add(1);
        let longest = self.config.backoff_max;
        let wait =
            if unwelcome { longest } else { self.config.backoff_first.saturating_mul(factor).min(longest) };
        let half = wait / 2;
        let span = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).saturating_add(1);
        let extra = Duration::from_micros(self.chance() % span);
        self.within(half.saturating_add(extra))
    }

    pub(super) fn lose(&mut self, waiting: Waiting, reason: LostReason) {
        // What still waits to be written when its time is up may leave yet.
        let left = reason == LostReason::Timeout || self.out.has_left(waiting.position);
        self.events.push_back(PeerEvent::Lost { token: waiting.token, reason, left });
    }

    /// Sends a request to the neighbour itself. It always fits: identities are configuration.
    pub(super) fn send_base<'a>(&mut self, command: Command, body: &impl Group<'a>) {
        let number = self.next_hop_by_hop();
        let header = Header {
            flags: Flags::REQUEST,
            command,
            application: APPLICATION_BASE,
            hop_by_hop: number,
            end_to_end: number,
        };
        let _ = Message::write(&header, self.out.tail(), |to| body.write(to));
    }
}

/// What we say of ourselves.
pub(super) fn notice(identity: &Identity, cause: Option<DisconnectCause>) -> Notice<'_> {
    Notice {
        session_id: None,
        result: None,
        origin_host: &identity.host,
        origin_realm: &identity.realm,
        origin_state: if cause.is_none() { identity.origin_state } else { None },
        cause,
    }
}

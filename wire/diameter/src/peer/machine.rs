//! The machine: what its driver calls, and its timers.

use super::State;
use super::event::{CloseReason, LostReason, PeerCounters, PeerEvent, SendError};
use super::identity::Identity;
use super::outbox::Outbox;
use super::pending::{Pending, Waiting};
use super::watchdog::{Bark, Dog, Watchdog};
use crate::avp::Group;
use crate::base::{Capabilities, DisconnectCause, Notice};
use crate::frame::Framer;
use crate::header::{APPLICATION_BASE, APPLICATION_CREDIT_CONTROL, Command, Flags, Header, VENDOR_3GPP};
use crate::message::Message;
use core::net::IpAddr;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Bounds and timers of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerConfig {
    /// The Origin-Host that the peer must have; `None` takes any.
    pub expected_host: Option<String>,
    /// Most requests under way. Default 256.
    pub window: usize,
    /// How long an answer may take (Tx). Default 2 s; RFC 8506 13 has 10 s, longer than a sender wants to wait.
    pub answer_timeout: Duration,
    /// How long a connection may take to be made, and our capabilities to be answered. Default 5 s each.
    pub open_timeout: Duration,
    /// How long the peer may be silent before it is asked (Tw). Default 30 s; RFC 3539 allows no less than 6 s.
    pub watchdog: Duration,
    /// Answers in a row that a lost peer must give before it gets requests again. Default 3, as RFC 3539 says.
    pub proof: u8,
    /// The first wait before connecting again; it doubles. Default 1 s.
    pub backoff_first: Duration,
    /// The longest (Tc). Default 30 s.
    pub backoff_max: Duration,
    /// How long a goodbye waits for what is under way, and then for its answer. Default 5 s each.
    pub goodbye: Duration,
    /// Most octets waiting to be written; at half of it no requests are taken. Default 1 MiB.
    pub max_output: usize,
    /// Any number: where hop-by-hop identifiers begin, and the seed of jitter.
    pub seed: u32,
}

impl Default for PeerConfig {
    fn default() -> Self {
        Self {
            expected_host: None,
            window: 256,
            answer_timeout: Duration::from_secs(2),
            open_timeout: Duration::from_secs(5),
            watchdog: Duration::from_secs(30),
            proof: 3,
            backoff_first: Duration::from_secs(1),
            backoff_max: Duration::from_secs(30),
            goodbye: Duration::from_secs(5),
            max_output: 1024 * 1024,
            seed: 1,
        }
    }
}

/// A request to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Which command.
    pub command: Command,
    /// Of which application.
    pub application: u32,
    /// The same again when it is sent again, to whichever peer.
    pub end_to_end: u32,
    /// It may have been sent before (the T flag): only who asks can know.
    pub retransmitted: bool,
    /// Its AVPs, as [`AvpWriter`](crate::AvpWriter) writes them.
    pub avps: &'a [u8],
}

/// One connection to a peer, kept up. [`State`] draws its life.
///
/// Octets, time and requests go in; octets, events and the next timeout come out. After *every* call the driver takes
/// all events and writes the output, then waits for whichever comes first: the socket or the timeout. Time is a
/// [`Duration`] since any fixed origin of the caller, and only has to be monotonic.
///
/// Whatever happens, a request ends in exactly one [`PeerEvent::Answer`] or [`PeerEvent::Lost`].
#[derive(Debug)]
pub struct Peer {
    pub(super) identity: Arc<Identity>,
    pub(super) config: PeerConfig,
    pub(super) state: State,
    pub(super) dog: Dog,
    pub(super) pending: Pending,
    pub(super) events: VecDeque<PeerEvent>,
    pub(super) counters: PeerCounters,
    pub(super) now: Duration,
    pub(super) out: Outbox,
    framer: Framer,
    local: Option<IpAddr>,
    hop_by_hop: u32,
    tries: u32,
    stopped: bool,
    /// What a goodbye that is under way will have been.
    pub(super) leaving: CloseReason,
    chance: u64,
}

impl Peer {
    /// A peer to connect to at once: the first event says so.
    #[must_use]
    pub fn new(identity: Identity, config: PeerConfig, now: Duration) -> Self {
        let mut peer = Self {
            identity: Arc::new(identity),
            state: State::Closed { until: None },
            dog: Dog::new(config.watchdog, config.proof),
            pending: Pending::default(),
            events: VecDeque::new(),
            counters: PeerCounters::default(),
            now,
            out: Outbox::new(config.max_output),
            framer: Framer::default(),
            local: None,
            hop_by_hop: config.seed,
            tries: 0,
            stopped: false,
            leaving: CloseReason::Goodbye,
            chance: u64::from(config.seed),
            config,
        };
        peer.connect();
        peer
    }

    /// The connection that was asked for is there; `local` is our end's address.
    pub fn handle_connected(&mut self, local: IpAddr, now: Duration) {
        self.tick(now);
        if !matches!(self.state, State::Connecting { .. }) {
            return;
        }
        self.framer = Framer::default();
        self.out.discard();
        self.local = Some(local);
        self.state = State::WaitAnswer { until: self.within(self.config.open_timeout) };
        let identity = Arc::clone(&self.identity);
        let capabilities = Capabilities {
            result: None,
            origin_host: &identity.host,
            origin_realm: &identity.realm,
            addresses: vec![local],
            vendor: 0,
            product: &identity.product,
            origin_state: identity.origin_state,
            supported_vendors: vec![VENDOR_3GPP],
            applications: vec![APPLICATION_CREDIT_CONTROL],
        };
        self.send_base(Command::CAPABILITIES_EXCHANGE, &capabilities);
    }

    /// Octets came.
    pub fn handle_bytes(&mut self, bytes: &[u8], now: Duration) {
        self.tick(now);
        let mut framer = std::mem::take(&mut self.framer);
        let mut input = bytes;
        while self.has_link() {
            match framer.next_message(&mut input) {
                Ok(Some(message)) => self.receive(message),
                Ok(None) => break,
                Err(_) => self.close(CloseReason::Garbage),
            }
        }
        self.framer = framer;
    }

    /// The connection ended or broke, or could not be made.
    pub fn handle_link_lost(&mut self, now: Duration) {
        self.tick(now);
        if self.has_link() || matches!(self.state, State::Connecting { .. }) {
            self.close(match self.state {
                State::Closing { .. } => self.leaving,
                _ => CloseReason::LinkLost,
            });
        }
    }

    /// The time of [`next_timeout`](Self::next_timeout) has come. Early calls do no harm.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.tick(now);
        while let Some(expired) = self.pending.expire(self.now) {
            self.counters.timeouts += 1;
            self.lose(expired, LostReason::Timeout);
        }
        self.advance();
        match self.state {
            State::Closed { until: Some(until) } if until <= self.now => self.connect(),
            State::Connecting { until } | State::WaitAnswer { until } if until <= self.now => {
                self.close(CloseReason::NoAnswer);
            }
            State::Draining { until } if until <= self.now => self.say_goodbye(),
            State::Closing { until } if until <= self.now => self.close(self.leaving),
            _ => {}
        }
        self.watch();
    }

    /// Sends a request; `token` comes back with whatever becomes of it.
    ///
    /// # Errors
    /// [`SendError`]: nothing was sent.
    pub fn request(&mut self, token: u64, request: &Outgoing<'_>, now: Duration) -> Result<(), SendError> {
        self.tick(now);
        if !self.is_usable() {
            return Err(SendError::NotOpen);
        }
        if !self.has_room() {
            return Err(SendError::Full);
        }
        let again = if request.retransmitted { Flags::RETRANSMITTED } else { Flags::default() };
        let header = Header {
            flags: Flags::REQUEST.and(Flags::PROXIABLE).and(again),
            command: request.command,
            application: request.application,
            hop_by_hop: self.next_hop_by_hop(),
            end_to_end: request.end_to_end,
        };
        let position = self.out.position();
        Message::write(&header, self.out.tail(), |to| to.put_written(request.avps))
            .map_err(|_| SendError::TooLong)?;
        let deadline = self.within(self.config.answer_timeout);
        self.pending.insert(
            header.hop_by_hop,
            Waiting { token, command: request.command, end_to_end: request.end_to_end, position, deadline },
        );
        self.counters.requests += 1;
        Ok(())
    }

    /// Says goodbye and stays away: no new requests, those under way are finished, DPR.
    pub fn disconnect(&mut self, now: Duration) {
        self.tick(now);
        self.stopped = true;
        match self.state {
            State::Open => {
                self.state = State::Draining { until: self.within(self.config.goodbye) };
                self.advance();
            }
            State::Closed { .. } => self.state = State::Closed { until: None },
            State::Connecting { .. } | State::WaitAnswer { .. } => self.close(CloseReason::Goodbye),
            State::Draining { .. } | State::Closing { .. } => {}
        }
    }

    /// What happened, in order.
    pub fn poll_event(&mut self) -> Option<PeerEvent> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; `None`: nothing to wait for.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        let state = match self.state {
            State::Closed { until } => until,
            State::Connecting { until }
            | State::WaitAnswer { until }
            | State::Draining { until }
            | State::Closing { until } => Some(until),
            State::Open => None,
        };
        [state, self.dog.due, self.pending.next_deadline()].into_iter().flatten().min()
    }

    /// Octets to be written to the peer.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.out.pending()
    }

    /// The first `n` octets of [`output`](Self::output) are handed to the network.
    pub fn wrote(&mut self, n: usize) {
        self.out.wrote(n);
    }

    /// Where the connection stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// What is thought of the peer.
    #[must_use]
    pub const fn watchdog(&self) -> Watchdog {
        self.dog.state
    }

    /// Whether requests should be sent here: open, and the watchdog is content.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.state == State::Open && self.dog.state.is_content()
    }

    /// Whether a request would be taken now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.is_usable() && self.pending.len() < self.config.window && self.out.has_room_for_requests()
    }

    /// Requests under way.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.pending.len()
    }

    /// What was odd so far, and what was usual.
    #[must_use]
    pub const fn counters(&self) -> PeerCounters {
        self.counters
    }

    pub(super) fn within(&self, time: Duration) -> Duration {
        self.now.saturating_add(time)
    }

    /// Time never goes backwards, whatever the caller says.
    fn tick(&mut self, now: Duration) {
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

    const fn next_hop_by_hop(&mut self) -> u32 {
        self.hop_by_hop = self.hop_by_hop.wrapping_add(1);
        self.hop_by_hop
    }

    fn connect(&mut self) {
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

    fn watch(&mut self) {
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

    fn say_goodbye(&mut self) {
        self.leave(CloseReason::Goodbye);
        let identity = Arc::clone(&self.identity);
        let goodbye = notice(&identity, Some(DisconnectCause::Rebooting));
        self.send_base(Command::DISCONNECT_PEER, &goodbye);
    }

    /// A goodbye was said: the connection ends soon, for this reason.
    pub(super) fn leave(&mut self, reason: CloseReason) {
        self.leaving = reason;
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

    fn lose(&mut self, waiting: Waiting, reason: LostReason) {
        let left = self.out.has_left(waiting.position);
        self.events.push_back(PeerEvent::Lost { token: waiting.token, reason, left });
    }

    /// Sends a request to the neighbour itself. It always fits: identities are configuration.
    fn send_base<'a>(&mut self, command: Command, body: &impl Group<'a>) {
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

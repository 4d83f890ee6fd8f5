//! The machine: what its driver calls, and its timers.

use super::State;
use super::config::PeerConfig;
use super::event::{CloseReason, LostReason, PeerCounters, PeerEvent, SendError};
use super::identity::Identity;
use super::pending::{Pending, Waiting};
use super::watchdog::{Dog, Watchdog};
use crate::frame::Framer;
use crate::header::{APPLICATION_CREDIT_CONTROL, Command, Flags, Header, VENDOR_3GPP};
use crate::message::Message;
use crate::neighbour::Capabilities;
use core::net::IpAddr;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use wire_outbox::Outbox;

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
    pub(super) local: Option<IpAddr>,
    pub(super) hop_by_hop: u32,
    pub(super) tries: u32,
    pub(super) stopped: bool,
    /// What a goodbye that is under way will have been.
    pub(super) leaving: CloseReason,
    pub(super) chance: u64,
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
}

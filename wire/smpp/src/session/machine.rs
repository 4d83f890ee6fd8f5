//! What both machines offer alike: octets and time in, octets, events and the next timeout out.

use std::time::Duration;

use super::link::{Common, Core};
use super::{CloseReason, Counters, Request, State};
use crate::{BindMode, Frame, Framer, MAX_PDU_BOUND, MAX_PDU_UNBOUND};

/// Bounds and timers of a session, on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionConfig {
    /// How long a server waits for the bind. Default 10 s.
    pub bind_timeout: Duration,
    /// Most messages of ours without an answer; a client may have as many `cancel_sm` besides. Default 100.
    pub window: usize,
    /// How long an answer may take, to any request. Default 10 s.
    pub response_timeout: Duration,
    /// How long the peer may be silent before it is asked; it is given up two unanswered questions, each of
    /// `response_timeout`, later. Default 30 s.
    pub enquire_interval: Duration,
    /// How long a goodbye waits for what is under way. Default 10 s.
    pub drain_timeout: Duration,
    /// Most requests of the peer without our answer. Those beyond get `ESME_RX_T_APPN` of a client, so that the SMSC
    /// keeps and repeats them, and `ESME_RTHROTTLED` of a server. Default 1024.
    pub max_unanswered: usize,
    /// Most requests whose time is up and whose late answer is still matched. Default 1024.
    pub max_late: usize,
    /// Most octets waiting to be written, in octets; at half of it no new requests are taken, beyond it the session
    /// ends. Default 1 MiB.
    pub max_output: usize,
    /// First sequence number, 1 to 0x7FFFFFFF. Default 1.
    pub first_sequence: u32,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            bind_timeout: Duration::from_secs(10),
            window: 100,
            response_timeout: Duration::from_secs(10),
            enquire_interval: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
            max_unanswered: 1024,
            max_late: 1024,
            max_output: 1024 * 1024,
            first_sequence: 1,
        }
    }
}

/// An SMPP session, by what it tells its driver: a [`Client`](crate::Client) or a [`Server`](crate::Server).
#[derive(Debug)]
pub struct Session<E> {
    framer: Framer,
    pub(crate) core: Core<E>,
}

/// What the two sides do differently.
pub(crate) trait Side: From<Common> {
    /// Its kind of message.
    const MESSAGE: Request;

    /// Whether a session bound so may send one.
    fn may_send(mode: BindMode) -> bool;

    /// A whole PDU came.
    fn receive(core: &mut Core<Self>, frame: &Frame<'_>)
    where
        Self: Sized;
}

#[expect(private_bounds, reason = "the two sides are all there are")]
impl<E: Side> Session<E> {
    pub(crate) fn over(config: SessionConfig, state: State, now: Duration) -> Self {
        Self { framer: Framer::new(MAX_PDU_UNBOUND), core: Core::new(config, state, now) }
    }

    /// Says goodbye: no new messages either way, what is under way is finished (up to `drain_timeout`), `unbind`, and
    /// the event that the session is closed.
    pub fn unbind(&mut self, now: Duration) {
        self.core.tick(now);
        self.core.unbind();
    }

    /// Octets came.
    pub fn handle_bytes(&mut self, bytes: &[u8], now: Duration) {
        self.core.tick(now);
        let mut input = bytes;
        while !self.core.is_closed() {
            if matches!(self.core.state, State::Bound(_)) {
                self.framer.set_max(MAX_PDU_BOUND);
            }
            match self.framer.next_frame(&mut input) {
                Ok(Some(frame)) => {
                    E::receive(&mut self.core, &frame);
                    // After every PDU, so that it makes no difference how many came in one read.
                    self.core.advance();
                }
                Ok(None) => break,
                Err(_) => self.core.bad_length(),
            }
        }
    }

    /// The time of [`next_timeout`](Self::next_timeout) has come. Early calls do no harm.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.core.tick(now);
        self.core.run_timers();
    }

    /// The connection ended or broke: every request that waits is told as lost.
    pub fn handle_link_lost(&mut self, now: Duration) {
        self.core.tick(now);
        self.core.close(CloseReason::LinkLost);
    }

    /// What happened, in order. That the session is closed is the last.
    pub fn poll_event(&mut self) -> Option<E> {
        self.core.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; `None`: nothing to wait for.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        self.core.next_timeout()
    }

    /// Octets to be written to the peer.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.core.out.pending()
    }

    /// The first `n` octets of [`output`](Self::output) are handed to the network.
    pub fn wrote(&mut self, n: usize) {
        self.core.out.wrote(n);
    }

    /// Moves the output to `into` (exchanging buffers when it is empty). All of it counts as written.
    pub fn take_output(&mut self, into: &mut Vec<u8>) {
        self.core.out.take(into);
    }

    /// Where the session stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.core.state
    }

    /// Whether the session is over: write the output that is left, then close.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.core.is_closed()
    }

    /// Whether a message (a client's `submit_sm`, a server's `deliver_sm`) would be taken now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        matches!(self.core.state, State::Bound(mode) if E::may_send(mode)) && self.core.has_room(E::MESSAGE)
    }

    /// Messages of ours that are not answered yet, without those whose time is up.
    #[must_use]
    pub const fn outstanding(&self) -> usize {
        self.core.asked.messages()
    }

    /// Requests of the peer that wait for our answer.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.core.owed.len()
    }

    /// What was odd so far.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.core.counters
    }
}

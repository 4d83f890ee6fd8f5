//! One session to an SMSC, as a machine without I/O.

mod event;
mod receive;

pub use event::Event;

use std::time::Duration;

use crate::session::{Core, Limits};
use crate::{
    Bind, BindMode, CancelSm, CloseReason, CommandId, CommandStatus, Counters, Framer, MAX_PDU_BOUND,
    MAX_PDU_UNBOUND, Pdu, Request, SendError, ShortMessage, State, SubmitResp, UnknownSequence,
};

/// Bounds and timers of a [`Client`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientConfig {
    /// Most `submit_sm` without an answer; as many `cancel_sm` besides. Default 100.
    pub window: usize,
    /// How long an answer may take, to any request. Default 10 s.
    pub response_timeout: Duration,
    /// How long the peer may be silent before it is asked; it is given up two unanswered questions, each of
    /// `response_timeout`, later. Default 30 s.
    pub enquire_interval: Duration,
    /// How long a goodbye waits for what is under way. Default 10 s.
    pub drain_timeout: Duration,
    /// Most messages of the peer without our answer; those beyond get `ESME_RX_T_APPN`, so that the SMSC keeps and
    /// repeats them. Default 1024.
    pub max_unanswered: usize,
    /// Most requests whose time is up and whose late answer is still matched. Default 1024.
    pub max_late: usize,
    /// Most octets waiting to be written, in octets; at half of it no new requests are taken, beyond it the session
    /// ends. Default 1 MiB.
    pub max_output: usize,
    /// First sequence number, 1 to 0x7FFFFFFF. Default 1.
    pub first_sequence: u32,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
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

/// The client's side of an SMPP session. [`State`] draws its life.
///
/// Octets, timeouts and commands go in; octets, events and the next timeout come out. After *every* call the driver
/// takes all events and writes the output, then waits for whichever comes first:
///
/// ```
/// # use std::time::Duration;
/// # use wire_smpp::{Bind, BindMode, Client, ClientConfig, Event};
/// # let now = Duration::ZERO;
/// # let mut socket: Vec<u8> = Vec::new();
/// let mut client = Client::new(ClientConfig::default(), now);
/// client.bind(BindMode::Transceiver, &Bind { system_id: b"me", interface_version: 0x34, ..Bind::default() }, now)?;
/// loop {
///     while let Some(event) = client.poll_event() {
///         match event {
///             Event::Closed(_) => {}
///             _ => { /* store it; then answer_deliver, submit, ... */ }
///         }
///     }
///     socket.extend_from_slice(client.output());
///     let written = client.output().len();
///     client.wrote(written);
///     if client.is_closed() && client.output().is_empty() {
///         break; // close the socket
///     }
///     // Wait until the socket is readable -> handle_bytes, ends -> handle_link_lost, or the time comes:
///     let due = client.next_timeout().unwrap_or(Duration::MAX);
///     client.handle_timeout(due);
/// }
/// # Ok::<(), wire_smpp::SendError>(())
/// ```
#[derive(Debug)]
pub struct Client {
    framer: Framer,
    core: Core<Event>,
}

impl Client {
    /// A session over a connection that was just made. Nothing is sent before [`bind`](Self::bind).
    #[must_use]
    pub fn new(config: ClientConfig, now: Duration) -> Self {
        let limits = Limits {
            window: config.window,
            response_timeout: config.response_timeout,
            enquire_interval: config.enquire_interval,
            drain_timeout: config.drain_timeout,
            max_unanswered: config.max_unanswered,
            max_late: config.max_late,
            max_output: config.max_output,
            first_sequence: config.first_sequence,
        };
        Self {
            framer: Framer::new(MAX_PDU_UNBOUND),
            core: Core::new(limits, State::Open { until: None }, now),
        }
    }

    /// Asks to bind. Answered by [`Event::Bound`] or [`Event::Closed`].
    ///
    /// # Errors
    /// [`SendError::NotBound`] when it was asked before, [`SendError::Encode`] when a field is too long.
    pub fn bind(&mut self, mode: BindMode, bind: &Bind<'_>, now: Duration) -> Result<(), SendError> {
        self.core.tick(now);
        if !matches!(self.core.state, State::Open { .. }) {
            return Err(SendError::NotBound);
        }
        let sequence = self.core.asked.sequence();
        self.core.send(&Pdu::Bind(mode, *bind), CommandStatus::OK, sequence)?;
        let until = self.core.now.saturating_add(self.core.limits.response_timeout);
        self.core.state = State::Binding { mode, sequence, until };
        Ok(())
    }

    /// Sends a message; `token` comes back with whatever becomes of the request. Gives the sequence number.
    ///
    /// # Errors
    /// [`SendError::Full`]: try again after the next event. [`SendError::NotBound`], [`SendError::Encode`].
    pub fn submit(
        &mut self,
        token: u64,
        message: &ShortMessage<'_>,
        now: Duration,
    ) -> Result<u32, SendError> {
        self.core.tick(now);
        self.core.request(token, Request::Submit, &Pdu::SubmitSm(*message), BindMode::may_submit)
    }

    /// Asks to withdraw a message. A full window does not hold it up: it has an allowance of the same size.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn cancel(&mut self, token: u64, cancel: &CancelSm<'_>, now: Duration) -> Result<u32, SendError> {
        self.core.tick(now);
        self.core.request(token, Request::Cancel, &Pdu::CancelSm(*cancel), BindMode::may_submit)
    }

    /// Answers an [`Event::Deliver`], when the caller has made it durable (or can't, and says so by the status).
    ///
    /// # Errors
    /// [`UnknownSequence`]: nothing unanswered has this number, or the session is over.
    pub fn answer_deliver(&mut self, sequence: u32, status: CommandStatus) -> Result<(), UnknownSequence> {
        let command = self.core.owed.remove(sequence).ok_or(UnknownSequence(sequence))?;
        let pdu = if command == CommandId::DATA_SM {
            Pdu::DataSmResp(SubmitResp::default())
        } else {
            Pdu::DeliverSmResp
        };
        // An empty answer always encodes.
        let _ = self.core.send(&pdu, status, sequence);
        self.core.advance();
        Ok(())
    }

    /// Says goodbye: no new messages either way, what is under way is finished (up to `drain_timeout`), `unbind`,
    /// [`Event::Closed`].
    pub fn unbind(&mut self, now: Duration) {
        self.core.tick(now);
        self.core.unbind();
    }

    /// Octets came.
    pub fn handle_bytes(&mut self, bytes: &[u8], now: Duration) {
        self.core.tick(now);
        let mut input = bytes;
        while !self.core.is_closed() {
            match self.framer.next_frame(&mut input) {
                Ok(Some(frame)) => {
                    self.core.receive(&frame);
                    // After every PDU, so that it makes no difference how many came in one read.
                    self.core.advance();
                }
                Ok(None) => break,
                Err(_) => self.core.bad_length(),
            }
            if matches!(self.core.state, State::Bound(_)) {
                self.framer.set_max(MAX_PDU_BOUND);
            }
        }
    }

    /// The time of [`next_timeout`](Self::next_timeout) has come. Early calls do no harm.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.core.tick(now);
        self.core.run_timers();
    }

    /// The connection ended or broke: every request that waits is [`Event::Lost`].
    pub fn handle_link_lost(&mut self, now: Duration) {
        self.core.tick(now);
        self.core.close(CloseReason::LinkLost);
    }

    /// What happened, in order. [`Event::Closed`] is the last.
    pub fn poll_event(&mut self) -> Option<Event> {
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

    /// Whether [`submit`](Self::submit) would be taken now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        matches!(self.core.state, State::Bound(mode) if mode.may_submit())
            && self.core.has_room(Request::Submit)
    }

    /// Messages submitted and not answered yet, without those whose time is up.
    #[must_use]
    pub const fn outstanding(&self) -> usize {
        self.core.asked.messages()
    }

    /// Messages of the peer that wait for [`answer_deliver`](Self::answer_deliver).
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

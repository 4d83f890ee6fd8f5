//! One session of a peer that binds to us, as a machine without I/O: for SMSCs, pretended and real.

mod event;
mod receive;

pub use event::{BindRequest, CancelRequest, OwnedAddress, QueryRequest, ServerEvent};

use std::time::Duration;

use crate::session::{Core, Limits};
use crate::{
    BindMode, BindResp, CloseReason, CommandId, CommandStatus, Counters, Framer, MAX_PDU_BOUND,
    MAX_PDU_UNBOUND, Pdu, QuerySmResp, Request, SendError, ShortMessage, State, SubmitResp, Tag, TlvBuf,
};

/// What we speak, as `sc_interface_version`.
const INTERFACE_VERSION: u8 = 0x34;

/// Bounds and timers of a [`Server`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerConfig {
    /// How long a connection may take to bind. Default 10 s.
    pub bind_timeout: Duration,
    /// Most `deliver_sm` and `data_sm` without an answer. Default 100.
    pub window: usize,
    /// How long an answer may take. Default 10 s.
    pub response_timeout: Duration,
    /// How long the peer may be silent before it is asked. Default 30 s.
    pub enquire_interval: Duration,
    /// How long a goodbye waits for what is under way. Default 10 s.
    pub drain_timeout: Duration,
    /// Most requests of the peer without our answer; those beyond get `ESME_RTHROTTLED`. Default 1024.
    pub max_unanswered: usize,
    /// Most requests whose time is up and whose late answer is still matched. Default 1024.
    pub max_late: usize,
    /// Most octets waiting to be written, in octets; at half of it no new requests are taken, beyond it the session
    /// ends. Default 1 MiB.
    pub max_output: usize,
    /// First sequence number, 1 to 0x7FFFFFFF. Default 1.
    pub first_sequence: u32,
}

impl Default for ServerConfig {
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

/// The server's side of an SMPP session. Driven exactly as a [`Client`](crate::Client), whose documentation shows the
/// loop. `enquire_link` and `unbind` are answered by the machine, everything else by the caller.
#[derive(Debug)]
pub struct Server {
    framer: Framer,
    core: Core<ServerEvent>,
    /// Whether the peer said 3.4 or later: earlier ones are sent no TLVs.
    peer_reads_tlvs: bool,
}

impl Server {
    /// A session over a connection that was just accepted.
    #[must_use]
    pub fn new(config: ServerConfig, now: Duration) -> Self {
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
        let until = Some(now.saturating_add(config.bind_timeout));
        let core = Core::new(limits, State::Open { until }, now);
        Self { framer: Framer::new(MAX_PDU_UNBOUND), core, peer_reads_tlvs: false }
    }

    /// The verdict on a [`ServerEvent::Bind`]. A refusal ends the session once it is written.
    ///
    /// # Errors
    /// [`SendError::NotBound`] when no bind with this sequence waits, [`SendError::Encode`] when `system_id` has more
    /// than 15 octets.
    pub fn answer_bind(
        &mut self,
        sequence: u32,
        status: CommandStatus,
        system_id: &str,
        now: Duration,
    ) -> Result<(), SendError> {
        self.core.tick(now);
        let State::Binding { mode, sequence: asked, .. } = self.core.state else {
            return Err(SendError::NotBound);
        };
        if asked != sequence {
            return Err(SendError::NotBound);
        }
        if !status.is_ok() {
            self.core.send(&Pdu::BindResp(mode, BindResp::default()), status, sequence)?;
            self.core.close(CloseReason::BindRefused(status));
            return Ok(());
        }
        let mut tlvs = TlvBuf::new();
        if self.peer_reads_tlvs {
            tlvs.push_u8(Tag::SC_INTERFACE_VERSION, INTERFACE_VERSION);
        }
        let resp = BindResp { system_id: system_id.as_bytes(), tlvs: tlvs.tlvs() };
        self.core.send(&Pdu::BindResp(mode, resp), status, sequence)?;
        self.core.state = State::Bound(mode);
        self.core.heard();
        self.framer.set_max(MAX_PDU_BOUND);
        Ok(())
    }

    /// Answers a [`ServerEvent::Submit`], in any order. Whether the sequence waits is not checked: a pretended SMSC
    /// answers twice, or what was never asked. A `data_sm` that waits is answered in its own kind.
    ///
    /// # Errors
    /// [`SendError::NotBound`] when the session is over, [`SendError::Encode`] when the id has more than 64 octets.
    pub fn answer_submit(
        &mut self,
        sequence: u32,
        status: CommandStatus,
        message_id: Option<&str>,
    ) -> Result<(), SendError> {
        let resp = SubmitResp { message_id: message_id.map(str::as_bytes), ..SubmitResp::default() };
        let command = self.core.owed.remove(sequence);
        let pdu =
            if command == Some(CommandId::DATA_SM) { Pdu::DataSmResp(resp) } else { Pdu::SubmitSmResp(resp) };
        self.answer(&pdu, status, sequence)
    }

    /// Answers a [`ServerEvent::Cancel`].
    ///
    /// # Errors
    /// [`SendError::NotBound`] when the session is over.
    pub fn answer_cancel(&mut self, sequence: u32, status: CommandStatus) -> Result<(), SendError> {
        self.core.owed.remove(sequence);
        self.answer(&Pdu::CancelSmResp, status, sequence)
    }

    /// Answers a [`ServerEvent::Query`].
    ///
    /// # Errors
    /// [`SendError::NotBound`] when the session is over, [`SendError::Encode`] when a field is too long.
    pub fn answer_query(
        &mut self,
        sequence: u32,
        status: CommandStatus,
        resp: &QuerySmResp<'_>,
    ) -> Result<(), SendError> {
        self.core.owed.remove(sequence);
        self.answer(&Pdu::QuerySmResp(*resp), status, sequence)
    }

    /// The request with this sequence will never be answered: it no longer counts as unanswered.
    pub fn forget(&mut self, sequence: u32) {
        self.core.owed.remove(sequence);
        self.core.advance();
    }

    /// Sends a `deliver_sm`; `token` comes back with whatever becomes of it. Gives the sequence number. TLVs are left
    /// out for peers that bound with an earlier version than 3.4.
    ///
    /// # Errors
    /// [`SendError::Full`], [`SendError::NotBound`] (also for a transmitter), [`SendError::Encode`].
    pub fn deliver(
        &mut self,
        token: u64,
        message: &ShortMessage<'_>,
        now: Duration,
    ) -> Result<u32, SendError> {
        self.core.tick(now);
        let mut message = *message;
        if !self.peer_reads_tlvs {
            message.tlvs = crate::Tlvs::default();
        }
        self.core.request(token, Request::Deliver, &Pdu::DeliverSm(message), BindMode::may_deliver)
    }

    /// Sends a `data_sm`, as [`deliver`](Self::deliver). Its text has to be in `message_payload`.
    ///
    /// # Errors
    /// As [`deliver`](Self::deliver).
    pub fn deliver_data(
        &mut self,
        token: u64,
        message: &ShortMessage<'_>,
        now: Duration,
    ) -> Result<u32, SendError> {
        self.core.tick(now);
        self.core.request(token, Request::Data, &Pdu::DataSm(*message), BindMode::may_deliver)
    }

    /// Says goodbye: no new requests either way, what is under way is finished (up to `drain_timeout`), `unbind`,
    /// [`ServerEvent::Closed`].
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
                    if let Some(reads_tlvs) = self.core.receive(&frame) {
                        self.peer_reads_tlvs = reads_tlvs;
                    }
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

    /// The connection ended or broke: every request that waits is [`ServerEvent::Lost`].
    pub fn handle_link_lost(&mut self, now: Duration) {
        self.core.tick(now);
        self.core.close(CloseReason::LinkLost);
    }

    /// What happened, in order. [`ServerEvent::Closed`] is the last.
    pub fn poll_event(&mut self) -> Option<ServerEvent> {
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

    /// Whether [`deliver`](Self::deliver) would be taken now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        matches!(self.core.state, State::Bound(mode) if mode.may_deliver())
            && self.core.has_room(Request::Deliver)
    }

    /// Messages delivered and not answered yet, without those whose time is up.
    #[must_use]
    pub const fn outstanding(&self) -> usize {
        self.core.asked.messages()
    }

    /// Requests of the peer that wait for an answer.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.core.owed.len()
    }

    /// What was odd so far.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.core.counters
    }

    fn answer(&mut self, pdu: &Pdu<'_>, status: CommandStatus, sequence: u32) -> Result<(), SendError> {
        self.core.send(pdu, status, sequence)?;
        self.core.advance();
        Ok(())
    }
}

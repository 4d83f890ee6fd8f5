//! One session of a peer that binds to us, as a machine without I/O: for SMSCs, pretended and real.

mod event;
mod receive;

pub use event::{BindRequest, CancelRequest, OwnedAddress, QueryRequest, ServerEvent};

use std::time::Duration;

use crate::session::{Session, SessionConfig};
use crate::{
    BindMode, BindResp, CloseReason, CommandId, CommandStatus, Pdu, QuerySmResp, Request, SendError,
    ShortMessage, State, SubmitResp, Tag, TlvBuf,
};

/// What we speak, as `sc_interface_version`.
const INTERFACE_VERSION: u8 = 0x34;

/// The server's side of an SMPP session. Driven exactly as a [`Client`](crate::Client), whose documentation shows the
/// loop. `enquire_link` and `unbind` are answered by the machine, everything else by the caller.
pub type Server = Session<ServerEvent>;

impl Session<ServerEvent> {
    /// A session over a connection that was just accepted.
    #[must_use]
    pub fn new(config: SessionConfig, now: Duration) -> Self {
        Self::over(config, State::Open { until: Some(now.saturating_add(config.bind_timeout)) }, now)
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
        if self.core.peer_reads_tlvs {
            tlvs.push_u8(Tag::SC_INTERFACE_VERSION, INTERFACE_VERSION);
        }
        let resp = BindResp { system_id: system_id.as_bytes(), tlvs: tlvs.tlvs() };
        self.core.send(&Pdu::BindResp(mode, resp), status, sequence)?;
        self.core.state = State::Bound(mode);
        self.core.heard();
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
        if !self.core.peer_reads_tlvs {
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

    fn answer(&mut self, pdu: &Pdu<'_>, status: CommandStatus, sequence: u32) -> Result<(), SendError> {
        self.core.send(pdu, status, sequence)?;
        self.core.advance();
        Ok(())
    }
}

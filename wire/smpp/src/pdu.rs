//! The PDUs we speak, decoded without allocation and encoded by the same type.
//!
//! # Why a codec of our own
//!
//! The `rusmpp` types were the plan. They refuse a whole PDU for one octet above `0x7F` in a C-octet string, for a
//! `message_id` over 65 octets and for two octets of trailing garbage, all of which real SMSCs send; they don't
//! say which `command_status` answers the fault; and they own every field, which costs about half a microsecond a
//! message to decode. A dozen PDUs with borrowed fields are less code than the cleaning around them would be.
//! `rusmpp` stays as the independent judge in the tests: it has to read what we write.
//!
//! # What is tolerated
//!
//! Any octet but NUL inside a C-octet string; error responses with and without body; a `message_id` of any length,
//! also without its NUL; up to three octets of garbage at the end; addresses of up to 64 octets in `deliver_sm` and
//! `data_sm`. What can't be tolerated is a [`Refusal`] with the status and the command that answer it.

mod bind;
mod manage;
mod message;
mod reader;
mod writer;

pub use bind::{Bind, BindMode, BindResp};
pub use manage::{CancelSm, QuerySm, QuerySmResp};
pub use message::{EsmClass, MessageKind, ShortMessage, SubmitResp};
pub use writer::EncodeError;

use crate::{CommandId, CommandStatus, Frame};
use reader::Reader;
use writer::Writer;

/// One PDU, its fields borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pdu<'a> {
    /// `bind_receiver`, `bind_transmitter` or `bind_transceiver` (4.1).
    Bind(BindMode, Bind<'a>),
    /// The answer to a bind.
    BindResp(BindMode, BindResp<'a>),
    /// `unbind` (4.2).
    Unbind,
    /// `unbind_resp`.
    UnbindResp,
    /// `enquire_link` (4.11).
    EnquireLink,
    /// `enquire_link_resp`.
    EnquireLinkResp,
    /// `generic_nack` (4.3).
    GenericNack,
    /// `submit_sm` (4.4).
    SubmitSm(ShortMessage<'a>),
    /// `submit_sm_resp`.
    SubmitSmResp(SubmitResp<'a>),
    /// `deliver_sm` (4.6).
    DeliverSm(ShortMessage<'a>),
    /// `deliver_sm_resp`: its `message_id` is always empty.
    DeliverSmResp,
    /// `data_sm` (4.7): a short message that has no `short_message`, its text is in `message_payload`.
    DataSm(ShortMessage<'a>),
    /// `data_sm_resp`.
    DataSmResp(SubmitResp<'a>),
    /// `query_sm` (4.8).
    QuerySm(QuerySm<'a>),
    /// `query_sm_resp`.
    QuerySmResp(QuerySmResp<'a>),
    /// `cancel_sm` (4.9).
    CancelSm(CancelSm<'a>),
    /// `cancel_sm_resp`.
    CancelSmResp,
    /// `alert_notification` (4.12): heard, never answered, not read.
    AlertNotification,
    /// `outbind` (4.1.7): heard, never answered, not read.
    Outbind,
}

/// A PDU that can't be read, and how the peer is told. The stream goes on after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong with it.
    pub status: CommandStatus,
    /// The command that says so; `None` for responses, which are never answered.
    pub answer: Option<CommandId>,
}

impl<'a> Pdu<'a> {
    /// Reads a PDU.
    ///
    /// # Errors
    /// [`Refusal`]: an unknown command, a body that ends too early, a field beyond its limit.
    pub fn decode(frame: &Frame<'a>) -> Result<Self, Refusal> {
        let command_id = frame.header.command_id;
        Self::read(command_id, frame.body).map_err(|status| {
            let response = if status == CommandStatus::INVCMDID {
                CommandId::GENERIC_NACK
            } else {
                command_id.response()
            };
            Refusal { status, answer: (!command_id.is_response()).then_some(response) }
        })
    }

    fn read(command_id: CommandId, body: &'a [u8]) -> Result<Self, CommandStatus> {
        if let Some(mode) = BindMode::from_request(command_id) {
            return Bind::read(body).map(|bind| Self::Bind(mode, bind));
        }
        if let Some(mode) = BindMode::from_response(command_id) {
            return Ok(Self::BindResp(mode, BindResp::read(body)));
        }
        let reader = Reader::new(body);
        let pdu = match command_id {
            CommandId::SUBMIT_SM => Self::SubmitSm(ShortMessage::read_submit(reader)?),
            CommandId::DELIVER_SM => Self::DeliverSm(ShortMessage::read_deliver(reader)?),
            CommandId::DATA_SM => Self::DataSm(ShortMessage::read_data(reader)?),
            CommandId::ENQUIRE_LINK => Self::EnquireLink,
            CommandId::UNBIND => Self::Unbind,
            CommandId::QUERY_SM => Self::QuerySm(QuerySm::read(reader)?),
            CommandId::CANCEL_SM => Self::CancelSm(CancelSm::read(reader)?),
            CommandId::GENERIC_NACK => Self::GenericNack,
            CommandId::ALERT_NOTIFICATION => Self::AlertNotification,
            CommandId::OUTBIND => Self::Outbind,
            id if id == CommandId::SUBMIT_SM.response() => Self::SubmitSmResp(SubmitResp::read(reader)),
            id if id == CommandId::DELIVER_SM.response() => Self::DeliverSmResp,
            id if id == CommandId::DATA_SM.response() => Self::DataSmResp(SubmitResp::read(reader)),
            id if id == CommandId::ENQUIRE_LINK.response() => Self::EnquireLinkResp,
            id if id == CommandId::UNBIND.response() => Self::UnbindResp,
            id if id == CommandId::QUERY_SM.response() => Self::QuerySmResp(QuerySmResp::read(reader)?),
            id if id == CommandId::CANCEL_SM.response() => Self::CancelSmResp,
            _ => return Err(CommandStatus::INVCMDID),
        };
        Ok(pdu)
    }

    /// The command of this PDU.
    #[must_use]
    pub const fn command_id(&self) -> CommandId {
        match self {
            Self::Bind(mode, _) => mode.request(),
            Self::BindResp(mode, _) => mode.request().response(),
            Self::Unbind => CommandId::UNBIND,
            Self::UnbindResp => CommandId::UNBIND.response(),
            Self::EnquireLink => CommandId::ENQUIRE_LINK,
            Self::EnquireLinkResp => CommandId::ENQUIRE_LINK.response(),
            Self::GenericNack => CommandId::GENERIC_NACK,
            Self::SubmitSm(_) => CommandId::SUBMIT_SM,
            Self::SubmitSmResp(_) => CommandId::SUBMIT_SM.response(),
            Self::DeliverSm(_) => CommandId::DELIVER_SM,
            Self::DeliverSmResp => CommandId::DELIVER_SM.response(),
            Self::DataSm(_) => CommandId::DATA_SM,
            Self::DataSmResp(_) => CommandId::DATA_SM.response(),
            Self::QuerySm(_) => CommandId::QUERY_SM,
            Self::QuerySmResp(_) => CommandId::QUERY_SM.response(),
            Self::CancelSm(_) => CommandId::CANCEL_SM,
            Self::CancelSmResp => CommandId::CANCEL_SM.response(),
            Self::AlertNotification => CommandId::ALERT_NOTIFICATION,
            Self::Outbind => CommandId::OUTBIND,
        }
    }

    /// Appends the PDU to `out`. On an error `out` is as it was.
    ///
    /// `status` is 0 for requests. A response that has nothing to say besides an error is written without a body
    /// (4.4.2), but `deliver_sm_resp` and `data_sm_resp` always carry their empty id.
    ///
    /// # Errors
    /// [`EncodeError`]: a field is longer than the standard allows, or has a NUL inside.
    pub fn encode(&self, status: CommandStatus, sequence: u32, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut writer = Writer::begin(out, self.command_id(), status, sequence);
        match self.write(status, &mut writer) {
            Ok(()) => writer.finish(),
            Err(error) => {
                writer.abandon();
                Err(error)
            }
        }
    }

    fn write(&self, status: CommandStatus, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Bind(_, bind) => bind.write(writer),
            Self::BindResp(_, resp) if status.is_ok() || *resp != BindResp::default() => resp.write(writer),
            Self::SubmitSm(message) => message.write_submit(writer),
            Self::DeliverSm(message) => message.write_deliver(writer),
            Self::DataSm(message) => message.write_data(writer),
            Self::SubmitSmResp(resp) if status.is_ok() || *resp != SubmitResp::default() => {
                resp.write(writer)
            }
            Self::DataSmResp(resp) => resp.write(writer),
            Self::DeliverSmResp => writer.c_octets("message_id", &[], 0),
            Self::QuerySm(query) => query.write(writer),
            Self::QuerySmResp(resp) if status.is_ok() || *resp != QuerySmResp::default() => {
                resp.write(writer)
            }
            Self::CancelSm(cancel) => cancel.write(writer),
            Self::BindResp(..)
            | Self::SubmitSmResp(_)
            | Self::QuerySmResp(_)
            | Self::Unbind
            | Self::UnbindResp
            | Self::EnquireLink
            | Self::EnquireLinkResp
            | Self::GenericNack
            | Self::CancelSmResp
            | Self::AlertNotification
            | Self::Outbind => Ok(()),
        }
    }
}

impl Refusal {
    /// Appends the answer to `out`; nothing when there is none to give.
    pub fn encode(&self, sequence: u32, out: &mut Vec<u8>) {
        let Some(command_id) = self.answer else { return };
        let mut writer = Writer::begin(out, command_id, self.status, sequence);
        if command_id == CommandId::DELIVER_SM.response() || command_id == CommandId::DATA_SM.response() {
            writer.u8(0);
        }
        // A PDU of at most 17 octets can't be too long.
        let _ = writer.finish();
    }
}

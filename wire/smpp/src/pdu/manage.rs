//! `cancel_sm` and `query_sm` (SMPP 3.4 4.8, 4.9): what is asked about a message already submitted.

use super::reader::Reader;
use super::writer::{EncodeError, MESSAGE_ID_MAX, Writer};
use crate::{Address, CommandStatus};

/// Withdraws a message that is not delivered yet.
///
/// With `message_id`, that message; the addresses must be those of the submission. With an empty one, all messages
/// between the addresses (and of the service type, when given).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CancelSm<'a> {
    /// At most 5 octets, mostly empty.
    pub service_type: &'a [u8],
    /// The id that the SMSC gave, exactly as it gave it, at most 64 octets.
    pub message_id: &'a [u8],
    /// The sender as submitted.
    pub source: Address<'a>,
    /// The recipient as submitted; may be empty when there is a `message_id`.
    pub destination: Address<'a>,
}

impl<'a> CancelSm<'a> {
    pub(super) fn read(mut reader: Reader<'a>) -> Result<Self, CommandStatus> {
        Ok(Self {
            service_type: reader.c_octets(5, CommandStatus::INVSERTYP)?,
            message_id: reader.c_octets(MESSAGE_ID_MAX, CommandStatus::INVMSGID)?,
            source: reader.address(20, CommandStatus::INVSRCADR)?,
            destination: reader.address(20, CommandStatus::INVDSTADR)?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.c_octets("service_type", self.service_type, 5)?;
        writer.c_octets("message_id", self.message_id, MESSAGE_ID_MAX)?;
        writer.address("source_addr", &self.source, 20)?;
        writer.address("destination_addr", &self.destination, 20)
    }
}

/// Asks what became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuerySm<'a> {
    /// The id that the SMSC gave, at most 64 octets.
    pub message_id: &'a [u8],
    /// The sender as submitted.
    pub source: Address<'a>,
}

impl<'a> QuerySm<'a> {
    pub(super) fn read(mut reader: Reader<'a>) -> Result<Self, CommandStatus> {
        Ok(Self {
            message_id: reader.c_octets(MESSAGE_ID_MAX, CommandStatus::INVMSGID)?,
            source: reader.address(20, CommandStatus::INVSRCADR)?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.c_octets("message_id", self.message_id, MESSAGE_ID_MAX)?;
        writer.address("source_addr", &self.source, 20)
    }
}

/// The answer to [`QuerySm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuerySmResp<'a> {
    /// The id asked about.
    pub message_id: &'a [u8],
    /// When it reached its final state, as `YYMMDDhhmmsstnnp`; empty while it has not. See [`crate::SmppTime`].
    pub final_date: &'a [u8],
    /// See [`crate::MessageState`].
    pub message_state: u8,
    /// Network error code, 0 for none.
    pub error_code: u8,
}

impl<'a> QuerySmResp<'a> {
    /// An empty body is an answer with an error.
    pub(super) fn read(mut reader: Reader<'a>) -> Result<Self, CommandStatus> {
        let message_id = reader.loose_c_octets();
        let final_date = reader.loose_c_octets();
        if message_id.is_empty() && final_date.is_empty() {
            let [message_state, error_code] = reader.u8s().unwrap_or_default();
            return Ok(Self { message_id, final_date, message_state, error_code });
        }
        let [message_state, error_code] = reader.u8s()?;
        Ok(Self { message_id, final_date, message_state, error_code })
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.c_octets("message_id", self.message_id, MESSAGE_ID_MAX)?;
        writer.c_octets("final_date", self.final_date, 16)?;
        writer.u8s([self.message_state, self.error_code]);
        Ok(())
    }
}

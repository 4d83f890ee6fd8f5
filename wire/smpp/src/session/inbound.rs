//! A message of the peer, held in one piece until the caller has stored it and answers.

use std::fmt;

use crate::{CommandId, CommandStatus, Frame, Header, Pdu, ShortMessage};

/// A `deliver_sm`, `data_sm` or `submit_sm` as received. `Debug` shows no content.
#[derive(Clone, PartialEq, Eq)]
pub struct Inbound {
    /// To be given back with the answer.
    pub sequence: u32,
    /// Which of the three it is.
    pub command: CommandId,
    body: Box<[u8]>,
}

impl Inbound {
    pub(crate) fn new(frame: &Frame<'_>) -> Self {
        Self { sequence: frame.header.sequence, command: frame.header.command_id, body: frame.body.into() }
    }

    /// The message. Cheap (it is read anew every time, without allocation), but keep it rather than ask twice.
    #[must_use]
    pub fn message(&self) -> ShortMessage<'_> {
        let header =
            Header { command_id: self.command, command_status: CommandStatus::OK, sequence: self.sequence };
        match Pdu::decode(&Frame { header, body: &self.body }) {
            Ok(Pdu::DeliverSm(message) | Pdu::SubmitSm(message) | Pdu::DataSm(message)) => message,
            // It was read once before it came here, so this is not reached.
            _ => ShortMessage::default(),
        }
    }
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("sequence", &self.sequence)
            .field("command", &self.command)
            .field("octets", &self.body.len())
            .finish()
    }
}

//! Writing a PDU: the header first, its length when the body is known.

use crate::{Address, CommandId, CommandStatus, MAX_PDU_BOUND};

/// Longest `message_id` we write, without its NUL (5.2.23).
pub(super) const MESSAGE_ID_MAX: usize = 64;

/// Room made at once for what most PDUs need, so that it does not grow in steps.
const USUAL_LEN: usize = 384;

/// A PDU that can't be written as asked. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A field is longer than the standard allows.
    #[error("{field} has more than {max} octets")]
    TooLong {
        /// The field as the standard calls it.
        field: &'static str,
        /// Its limit in octets, without NUL.
        max: usize,
    },
    /// A C-octet string can't hold a NUL.
    #[error("{field} has a NUL inside")]
    Nul {
        /// The field as the standard calls it.
        field: &'static str,
    },
}

pub(super) struct Writer<'v> {
    out: &'v mut Vec<u8>,
    start: usize,
}

impl<'v> Writer<'v> {
    pub(super) fn begin(
        out: &'v mut Vec<u8>,
        command_id: CommandId,
        status: CommandStatus,
        sequence: u32,
    ) -> Self {
        let start = out.len();
        out.reserve(USUAL_LEN);
        let mut header = [0_u8; 16];
        let (words, _) = header.as_chunks_mut::<4>();
        if let [_, id, command_status, number] = words {
            *id = command_id.0.to_be_bytes();
            *command_status = status.0.to_be_bytes();
            *number = sequence.to_be_bytes();
        }
        out.extend_from_slice(&header);
        Self { out, start }
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    /// Fields of one octet each.
    pub(super) fn u8s<const N: usize>(&mut self, values: [u8; N]) {
        self.out.extend_from_slice(&values);
    }

    pub(super) fn octets(
        &mut self,
        field: &'static str,
        value: &[u8],
        max: usize,
    ) -> Result<(), EncodeError> {
        if value.len() > max {
            return Err(EncodeError::TooLong { field, max });
        }
        self.out.extend_from_slice(value);
        Ok(())
    }

    pub(super) fn c_octets(
        &mut self,
        field: &'static str,
        value: &[u8],
        max: usize,
    ) -> Result<(), EncodeError> {
        if value.is_empty() {
            self.out.push(0);
            return Ok(());
        }
        if value.contains(&0) {
            return Err(EncodeError::Nul { field });
        }
        self.octets(field, value, max)?;
        self.out.push(0);
        Ok(())
    }

    pub(super) fn address(
        &mut self,
        field: &'static str,
        address: &Address<'_>,
        max: usize,
    ) -> Result<(), EncodeError> {
        self.out.extend_from_slice(&[address.ton, address.npi]);
        self.c_octets(field, address.digits, max)
    }

    /// Writes the length.
    pub(super) fn finish(self) -> Result<(), EncodeError> {
        let len = self.out.len().saturating_sub(self.start);
        let field = self.out.get_mut(self.start..).and_then(|pdu| pdu.first_chunk_mut::<4>());
        match (u32::try_from(len), field) {
            (Ok(command_length), Some(field)) if len <= MAX_PDU_BOUND => {
                *field = command_length.to_be_bytes();
                Ok(())
            }
            _ => {
                self.abandon();
                Err(EncodeError::TooLong { field: "pdu", max: MAX_PDU_BOUND })
            }
        }
    }

    /// Takes everything back.
    pub(super) fn abandon(self) {
        self.out.truncate(self.start);
    }
}

//! Octets from a stream to whole PDUs. Only the length is judged here: everything else has an answer of its own.

use crate::{CommandId, CommandStatus};

/// Octets of a PDU header.
pub const HEADER_LEN: usize = 16;

/// Longest PDU taken from a peer that has not bound yet: a bind is under 100 octets.
pub const MAX_PDU_UNBOUND: usize = 1024;

/// Longest PDU taken from a bound peer: 64 KiB of `message_payload` and everything around it.
pub const MAX_PDU_BOUND: usize = 72 * 1024;

/// What stands before every PDU (SMPP 3.4 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Which command.
    pub command_id: CommandId,
    /// Zero in requests.
    pub command_status: CommandStatus,
    /// Matches a response to its request.
    pub sequence: u32,
}

/// One whole PDU, body not yet read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its header.
    pub header: Header,
    /// What follows the header.
    pub body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads a whole PDU, as [`Framer`] cuts them; `None` when it is shorter than a header. The length field is not
    /// looked at: the octets are the PDU.
    #[must_use]
    pub fn parse(pdu: &'a [u8]) -> Option<Self> {
        let (header, body) = pdu.split_first_chunk::<HEADER_LEN>()?;
        let (words, _) = header.as_chunks::<4>();
        let [_, command_id, command_status, sequence] = words else { return None };
        let header = Header {
            command_id: CommandId(u32::from_be_bytes(*command_id)),
            command_status: CommandStatus(u32::from_be_bytes(*command_status)),
            sequence: u32::from_be_bytes(*sequence),
        };
        Some(Self { header, body })
    }
}

/// A `command_length` that no PDU can have here. The stream has lost its rhythm: answer `generic_nack` with
/// `ESME_RINVCMDLEN` and sequence 0, then close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("command_length {command_length} is outside 16..={max}")]
pub struct BadLength {
    /// What the peer wrote.
    pub command_length: u32,
    /// The cap at that moment.
    pub max: usize,
}

/// Cuts a stream into PDUs.
///
/// Whole PDUs are lent straight from the caller's input; only one that arrives in pieces is copied, so the memory
/// held is at most one PDU. Drive it so, for every read:
///
/// ```
/// # use wire_smpp::{Framer, MAX_PDU_BOUND};
/// # let mut framer = Framer::new(MAX_PDU_BOUND);
/// let mut input: &[u8] = &[0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 1];
/// while let Some(frame) = framer.next_frame(&mut input)? {
///     assert_eq!(frame.header.sequence, 1);
/// }
/// # Ok::<(), wire_smpp::BadLength>(())
/// ```
#[derive(Debug)]
pub struct Framer {
    held: Vec<u8>,
    lent: bool,
    max: usize,
}

impl Framer {
    /// A framer that takes PDUs of up to `max` octets.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        Self { held: Vec::new(), lent: false, max }
    }

    /// Changes the cap from the next PDU on.
    pub const fn set_max(&mut self, max: usize) {
        self.max = max;
    }

    /// The next whole PDU out of what was held and `input`, which is advanced past what was used. `None`: all of
    /// `input` is used and more is needed.
    ///
    /// # Errors
    /// [`BadLength`]: nothing after it can be read.
    pub fn next_frame<'f, 'i: 'f>(
        &'f mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Frame<'f>>, BadLength> {
        if self.lent {
            self.lent = false;
            self.held.clear();
            // One long PDU in pieces must not pin its memory for the life of an idle session.
            self.held.shrink_to(4 * MAX_PDU_UNBOUND);
        }
        if self.held.is_empty() {
            if let Some(len) = self.length_of(input)?
                && let Some((pdu, rest)) = input.split_at_checked(len)
            {
                *input = rest;
                return Ok(Frame::parse(pdu));
            }
            self.held.extend_from_slice(input);
            *input = &[];
            return Ok(None);
        }
        self.fill(input, 4);
        let Some(len) = self.length_of(&self.held)? else { return Ok(None) };
        self.fill(input, len);
        if self.held.len() < len {
            return Ok(None);
        }
        self.lent = true;
        Ok(Frame::parse(&self.held))
    }

    /// Moves octets of `input` over until `len` are held.
    fn fill(&mut self, input: &mut &[u8], len: usize) {
        let missing = len.saturating_sub(self.held.len()).min(input.len());
        if let Some((taken, rest)) = input.split_at_checked(missing) {
            self.held.extend_from_slice(taken);
            *input = rest;
        }
    }

    /// The length of the PDU that begins here; `None` while its four octets are not all there.
    fn length_of(&self, octets: &[u8]) -> Result<Option<usize>, BadLength> {
        let Some(field) = octets.first_chunk::<4>() else { return Ok(None) };
        let command_length = u32::from_be_bytes(*field);
        match usize::try_from(command_length) {
            Ok(len) if (HEADER_LEN..=self.max).contains(&len) => Ok(Some(len)),
            _ => Err(BadLength { command_length, max: self.max }),
        }
    }
}

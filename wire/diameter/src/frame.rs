//! From octets of a stream to whole messages. Only version and length are judged here.

use crate::header::HEADER_LEN;
use crate::message::Message;

/// Longest message that is taken or written, in octets: a hundred times what credit control needs.
pub const MESSAGE_MAX: usize = 64 * 1024;

/// No message can begin so: nothing after it can be read, and the connection is of no more use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("version {version} and length {length}: not version 1 with 20 to {MESSAGE_MAX} octets in fours")]
pub struct BadLength {
    /// What the peer wrote as its version.
    pub version: u8,
    /// And as the length.
    pub length: u32,
}

/// Cuts a stream into messages.
///
/// Whole messages are lent straight from the caller's input; only one that arrives in pieces is copied, so the memory
/// held is at most one message. Drive it so, for every read:
///
/// ```
/// # use wire_diameter::{Command, Framer, Message};
/// # let octets = [1, 0, 0, 20, 0x80, 0, 1, 24, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1];
/// # let mut framer = Framer::default();
/// let mut input: &[u8] = &octets;
/// while let Some(octets) = framer.next_message(&mut input)? {
///     assert_eq!(Message::parse(octets)?.header.command, Command::DEVICE_WATCHDOG);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Framer {
    held: Vec<u8>,
    lent: bool,
}

/// What an idle connection keeps of a long message's memory.
const KEPT: usize = 4 * 1024;

impl Framer {
    /// The octets of the next whole message out of what was held and `input`, which is advanced past what was used.
    /// `None`: all of `input` is used and more is needed.
    ///
    /// # Errors
    /// [`BadLength`]: nothing after it can be read.
    pub fn next_message<'f, 'i: 'f>(
        &'f mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<&'f [u8]>, BadLength> {
        if self.lent {
            self.lent = false;
            self.held.clear();
            self.held.shrink_to(KEPT);
        }
        if self.held.is_empty() {
            if let Some(length) = length_of(input)?
                && let Some((message, rest)) = input.split_at_checked(length)
            {
                *input = rest;
                return Ok(Some(message));
            }
            self.held.extend_from_slice(input);
            *input = &[];
            return Ok(None);
        }
        self.fill(input, 4);
        let Some(length) = length_of(&self.held)? else { return Ok(None) };
        self.fill(input, length);
        if self.held.len() < length {
            return Ok(None);
        }
        self.lent = true;
        Ok(Some(&self.held))
    }

    /// Moves octets of `input` over until `length` are held.
    fn fill(&mut self, input: &mut &[u8], length: usize) {
        let missing = length.saturating_sub(self.held.len()).min(input.len());
        if let Some((taken, rest)) = input.split_at_checked(missing) {
            self.held.extend_from_slice(taken);
            *input = rest;
        }
    }
}

/// The length of the message that begins here; `None` while its four octets are not all there.
fn length_of(octets: &[u8]) -> Result<Option<usize>, BadLength> {
    let Some([version, length @ ..]) = octets.first_chunk::<4>() else { return Ok(None) };
    let [a, b, c] = *length;
    let bad = BadLength { version: *version, length: u32::from_be_bytes([0, a, b, c]) };
    match usize::try_from(bad.length) {
        Ok(length) if *version == 1 && (HEADER_LEN..=MESSAGE_MAX).contains(&length) && length % 4 == 0 => {
            Ok(Some(length))
        }
        _ => Err(bad),
    }
}

impl<'a> Message<'a> {
    /// The length that a whole message's octets must have, by its own header.
    pub(crate) fn is_whole(octets: &'a [u8]) -> bool {
        length_of(octets).is_ok_and(|length| length == Some(octets.len()))
    }
}

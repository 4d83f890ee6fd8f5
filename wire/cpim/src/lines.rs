//! Lines and blocks of lines, with the bounds that hold for each block.

use crate::Fault;

/// Most headers in a block (the message's headers, the content's headers).
pub const HEADERS_MAX: usize = 64;
/// Most octets in a block of headers, with its line ends.
pub const BLOCK_MAX: usize = 16 * 1024;

/// Cuts the next line off `rest`: up to LF, a CR before it not included, or up to the end.
pub(crate) fn next_line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    if rest.is_empty() {
        return None;
    }
    let (line, after) = match memchr::memchr(b'\n', rest) {
        Some(end) => {
            let (line, after) = rest.split_at_checked(end)?;
            (line.strip_suffix(b"\r").unwrap_or(line), after.get(1..).unwrap_or_default())
        }
        None => (*rest, <&[u8]>::default()),
    };
    *rest = after;
    Some(line)
}

/// Whether no control character but a tab is in a line: a CR alone would be a line end to some.
pub(crate) fn is_plain(line: &[u8]) -> bool {
    // Without a way out in between, many octets are looked at at once.
    !line.iter().fold(false, |found, octet| found | (octet.is_ascii_control() & (*octet != b'\t')))
}

/// Skips the empty lines at the front: an empty block of outer MIME headers, or a line end too many.
pub(crate) fn skip_empty(mut rest: &[u8]) -> &[u8] {
    while let Some(after) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")) {
        rest = after;
    }
    rest
}

/// The lines before the next empty one.
pub(crate) struct Block<'a> {
    pub(crate) lines: Vec<&'a [u8]>,
    /// What follows the empty line; `None` when the input ended instead.
    pub(crate) after: Option<&'a [u8]>,
}

/// Reads a block of headers within the bounds.
pub(crate) fn block(input: &[u8]) -> Result<Block<'_>, Fault> {
    let mut rest = input;
    // As many as an envelope of a chat message has.
    let mut lines = Vec::with_capacity(8);
    // A bounded prefix: what is over the bound is never looked at.
    while let Some(line) = next_line(&mut rest) {
        if input.len() - rest.len() > BLOCK_MAX + 2 {
            return Err(Fault::HeadersTooLong);
        }
        if line.is_empty() {
            return Ok(Block { lines, after: Some(rest) });
        }
        if lines.len() == HEADERS_MAX {
            return Err(Fault::TooManyHeaders);
        }
        lines.push(line);
    }
    Ok(Block { lines, after: None })
}

//! Messages in WebSocket frames (RFC 7118 5): one a frame, text or binary.

use bytes::Bytes;

use crate::incoming::{Incoming, body};
use crate::limits::Limits;

/// Reads one frame: one message, or a keep-alive of nothing but line ends.
///
/// Content-Length is not needed here; when it is there, it must be the length of the body, neither more nor less: the
/// frame's end is certain, so one of them would be a lie.
#[must_use]
pub fn read_frame(octets: Bytes, limits: &Limits) -> Incoming {
    body::piece(octets, limits, |end, whole| end == whole)
}

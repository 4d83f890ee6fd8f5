//! Messages in datagrams (RFC 3261 18.3).

use bytes::Bytes;

use crate::incoming::{Incoming, body};
use crate::limits::Limits;

/// Reads one datagram: one message, or a keep-alive of nothing but line ends.
///
/// Without Content-Length the body is the rest of the datagram; what follows the body is cut off; a body that is
/// shorter than Content-Length says is refused. Tell other protocols on the same port (STUN) apart before.
#[must_use]
pub fn read_datagram(octets: Bytes, limits: &Limits) -> Incoming {
    body::piece(octets, limits, |end, whole| end <= whole)
}

//! Reason (RFC 3326).

use crate::header::{Params, Value};
use crate::octets::{Scan, decimal};

/// Why a request is sent, or why an answer is what it is.
#[derive(Debug, Clone, Copy)]
pub struct Reason<'a> {
    /// `SIP`, `Q.850`, or another token.
    pub protocol: &'a [u8],
    /// `cause` and `text`.
    pub params: Params<'a>,
}

impl Reason<'_> {
    /// The cause, a number of that protocol.
    #[must_use]
    pub fn cause(&self) -> Option<u16> {
        self.params.value("cause").and_then(decimal).and_then(|cause| u16::try_from(cause).ok())
    }
}

impl<'a> Value<'a> for Reason<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(value);
        Some(Self { protocol: scan.token()?, params: Params::read(scan.rest())? })
    }
}

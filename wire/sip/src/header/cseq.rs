//! CSeq (RFC 3261 20.16).

use crate::header::Value;
use crate::method::Method;
use crate::octets::{Scan, decimal, is_space};

/// The number of a request in its call, and its method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CSeq<'a> {
    /// Below 2^31 by the standard (8.1.1.5); what a peer writes is taken up to 2^32 - 1.
    pub number: u32,
    /// The method of the request.
    pub method: Method<'a>,
}

impl<'a> Value<'a> for CSeq<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(value);
        let number = scan.until(|octet| !octet.is_ascii_digit());
        let number = decimal(number).and_then(|number| u32::try_from(number).ok())?;
        if !scan.peek().is_some_and(is_space) {
            return None;
        }
        scan.skip_space();
        Some(Self { number, method: Method::read(scan.rest())? })
    }
}

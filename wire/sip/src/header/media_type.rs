//! Content-Type and one element of Accept (RFC 3261 20.1, 20.15).

use crate::header::{Params, Value};
use crate::octets::Scan;

/// What a body is.
#[derive(Debug, Clone, Copy)]
pub struct MediaType<'a> {
    /// Before the slash, `*` included.
    pub kind: &'a [u8],
    /// Behind it.
    pub subtype: &'a [u8],
    /// `charset`, `boundary`, ...
    pub params: Params<'a>,
}

impl MediaType<'_> {
    /// Whether it is this type, in any case: `is("message", "cpim")`.
    #[must_use]
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
            && self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }
}

impl<'a> Value<'a> for MediaType<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(value);
        let kind = scan.token()?;
        let subtype = scan.eat_spaced(b'/').then(|| scan.token())??;
        Some(Self { kind, subtype, params: Params::read(scan.rest())? })
    }
}

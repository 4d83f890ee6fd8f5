//! `name-addr` and `addr-spec` with parameters (RFC 3261 20.10, 20.20): From, To, Route and its kin, the asserted
//! identities. A Contact adds a little, see [`Contact`](super::Contact).

use std::borrow::Cow;

use crate::header::params::unquote;
use crate::header::{Params, Value};
use crate::octets::{Scan, trim};
use crate::uri::Uri;

/// Somebody's address, with the name that is shown for it.
#[derive(Debug, Clone, Copy)]
pub struct NameAddr<'a> {
    /// The name as it is written, its quotes included; empty when there is none. Names that should have been quoted
    /// are taken as they are: everything up to the `<`.
    pub display: &'a [u8],
    /// The address.
    pub uri: Uri<'a>,
    /// Parameters of the header, not of the URI.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// The tag of a From or a To.
    #[must_use]
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.value("tag")
    }

    /// The name without quotes and escapes.
    #[must_use]
    pub fn display_text(&self) -> Cow<'a, [u8]> {
        match self.display {
            [b'"', inside @ .., b'"'] => unquote(inside),
            display => Cow::Borrowed(display),
        }
    }
}

impl<'a> Value<'a> for NameAddr<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(value);
        let display = match scan.peek()? {
            b'"' => {
                scan.quoted()?;
                let length = value.len().checked_sub(scan.rest().len())?;
                scan.skip_space();
                value.get(..length)?
            }
            _ => trim(scan.before(memchr::memchr2(b'<', b'"', value))),
        };
        if !scan.eat(b'<') {
            return read_bare(value);
        }
        let uri = Uri::read(trim(scan.before(memchr::memchr(b'>', scan.rest()))))?;
        if !scan.eat(b'>') {
            return None;
        }
        Some(Self { display, uri, params: Params::read(scan.rest())? })
    }
}

/// Without angle brackets: what follows a `;` belongs to the header, and a `?` or a comma may not be there at all
/// (RFC 3261 20.10).
fn read_bare(value: &[u8]) -> Option<NameAddr<'_>> {
    let mut scan = Scan::new(value);
    let uri = trim(scan.until(|octet| octet == b';'));
    if uri.iter().any(|octet| matches!(octet, b'?' | b',')) {
        return None;
    }
    Some(NameAddr { display: &[], uri: Uri::read(uri)?, params: Params::read(scan.rest())? })
}

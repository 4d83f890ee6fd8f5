//! Accept-Contact and Reject-Contact (RFC 3841 9.2, 9.3), and the feature tags that they share with Contact
//! (RFC 3840 9).

use crate::header::{Params, Value};
use crate::octets::{Scan, trim};
use crate::uri::unescape;

/// What the one who answers should be able to do, or should not.
#[derive(Debug, Clone, Copy)]
pub struct AcceptContact<'a> {
    /// Feature tags, and `require` and `explicit`.
    pub params: Params<'a>,
}

impl<'a> Value<'a> for AcceptContact<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(value);
        scan.eat(b'*').then(|| Params::read(scan.rest()).map(|params| Self { params }))?
    }
}

impl Params<'_> {
    /// Whether the feature tag `name` lists `wanted`, as a whole and `%HH` resolved:
    /// `has_feature("+g.3gpp.icsi-ref", "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg")` is not fooled by
    /// `...oma.cpm.msg.group`.
    #[must_use]
    pub fn has_feature(&self, name: &str, wanted: &str) -> bool {
        let params = self.iter().filter(|param| param.name.eq_ignore_ascii_case(name.as_bytes()));
        params.filter_map(|param| param.value).any(|value| {
            value
                .split(|octet| *octet == b',')
                .any(|listed| unescape(trim(listed)).eq_ignore_ascii_case(wanted.as_bytes()))
        })
    }
}

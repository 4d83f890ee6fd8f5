//! When two SIP URIs are the same (RFC 3261 19.1.4).

use crate::uri::escape::{same, same_but_case};
use crate::uri::sip::SipUri;

/// Parameters that tell two URIs apart also where only one of them has it.
const WEIGHTY: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];

impl PartialEq for SipUri<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.secure == other.secure
            && same_part(self.user, other.user)
            && same_part(self.password, other.password)
            && self.host == other.host
            && self.port == other.port
            && same_params(self, other)
            && same_headers(self, other)
    }
}

fn same_part(one: Option<&[u8]>, other: Option<&[u8]>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same(one, other),
        (None, None) => true,
        _ => false,
    }
}

fn same_params(one: &SipUri<'_>, other: &SipUri<'_>) -> bool {
    let weighty = WEIGHTY.iter().all(|name| one.params.has(name) == other.params.has(name));
    weighty
        && one.params.iter().all(|(name, value)| match (value, other.params.find(name)) {
            (Some(value), Some(Some(theirs))) => same_but_case(value, theirs),
            (None, Some(None)) | (_, None) => true,
            _ => false,
        })
}

/// Headers are never ignored, in whatever order they stand.
fn same_headers(one: &SipUri<'_>, other: &SipUri<'_>) -> bool {
    let all_of = |these: &SipUri<'_>, those: &SipUri<'_>| {
        these.header_pairs().all(|(name, value)| {
            those
                .header_pairs()
                .any(|(theirs, their_value)| same_but_case(name, theirs) && same(value, their_value))
        })
    };
    one.header_pairs().count() == other.header_pairs().count() && all_of(one, other) && all_of(other, one)
}

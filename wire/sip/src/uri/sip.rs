//! `sip:` and `sips:` (RFC 3261 19.1).

use std::borrow::Cow;

use crate::octets::{PASSWORD, Scan, URI_HEADER, USER};
use crate::uri::escape::unescape;
use crate::uri::host::{Host, next_port};
use crate::uri::params::{UriParams, pairs};

/// A SIP or SIPS URI, in slices of the message that it stands in.
///
/// `==` is the comparison of RFC 3261 19.1.4, which is no equivalence: a parameter that only one of them has does not
/// tell them apart.
#[derive(Debug, Clone, Copy)]
pub struct SipUri<'a> {
    /// `sips`.
    pub secure: bool,
    /// The user part, escapes left in; `None` without an `@`.
    pub user: Option<&'a [u8]>,
    /// What follows a `:` in the user part.
    pub password: Option<&'a [u8]>,
    /// The host.
    pub host: Host<'a>,
    /// The port, when it is written.
    pub port: Option<u16>,
    /// Parameters.
    pub params: UriParams<'a>,
    /// What follows the `?`, without it; empty when there is none.
    pub headers: &'a [u8],
}

impl<'a> SipUri<'a> {
    /// Reads what follows the scheme.
    pub(crate) fn read(secure: bool, rest: &'a [u8]) -> Option<Self> {
        let (user, password, rest) = match memchr::memchr(b'@', rest) {
            Some(at) => {
                let (user, password) = read_userinfo(rest.get(..at)?)?;
                (Some(user), password, rest.get(at.checked_add(1)?..)?)
            }
            None => (None, None, rest),
        };
        let mut scan = Scan::new(rest);
        let host = Host::next(&mut scan)?;
        let port = if scan.eat(b':') { Some(next_port(&mut scan)?) } else { None };
        let params = UriParams::read(&mut scan)?;
        let headers = read_headers(&mut scan)?;
        scan.is_empty().then_some(Self { secure, user, password, host, port, params, headers })
    }

    /// The user part with its escapes resolved; empty without one.
    #[must_use]
    pub fn user_text(&self) -> Cow<'a, [u8]> {
        self.user.map_or(Cow::Borrowed(&[]), unescape)
    }

    /// The headers of the URI in their order, escapes left in.
    pub fn header_pairs(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        pairs(self.headers, b'&').map(|(name, value)| (name, value.unwrap_or_default()))
    }
}

/// `user [":" password]`.
fn read_userinfo(userinfo: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let mut scan = Scan::new(userinfo);
    let user = scan.escaped(USER);
    let password = if scan.eat(b':') { Some(scan.escaped(PASSWORD)) } else { None };
    (scan.is_empty() && !user.is_empty()).then_some((user, password))
}

/// How many headers a URI may have: each is compared with each.
const HEADERS_MAX: usize = 64;

/// `"?" name "=" value *("&" name "=" value)`: without the `?`, empty when there are none.
fn read_headers<'a>(scan: &mut Scan<'a>) -> Option<&'a [u8]> {
    if !scan.eat(b'?') {
        return Some(&[]);
    }
    let headers = scan.rest();
    for _ in 0..HEADERS_MAX {
        if scan.escaped(URI_HEADER).is_empty() || !scan.eat(b'=') {
            return None;
        }
        scan.escaped(URI_HEADER);
        if !scan.eat(b'&') {
            return Some(headers);
        }
    }
    None
}

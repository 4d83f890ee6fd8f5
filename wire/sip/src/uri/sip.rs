//! `sip:` and `sips:` (RFC 3261 19.1).

use std::borrow::Cow;

use crate::octets::{PASSWORD, URI_HEADER, URI_PARAM, USER};
use crate::uri::escape::{is_escaped, unescape};
use crate::uri::host::Host;
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
        // The last `@` before the headers: one in the user part would be escaped.
        let (userinfo, rest) = match memchr::memchr(b'@', rest) {
            Some(at) => (rest.get(..at), rest.get(at.checked_add(1)?..)?),
            None => (None, rest),
        };
        let (user, password) = match userinfo {
            Some(userinfo) => read_userinfo(userinfo)?,
            None => (None, None),
        };
        let end = rest.iter().position(|octet| matches!(octet, b';' | b'?')).unwrap_or(rest.len());
        let (place, rest) = rest.split_at_checked(end)?;
        let (host, port) = Host::read_with_port(place)?;
        let (params, headers) = match rest {
            [] => (UriParams::default(), &[][..]),
            [b'?', headers @ ..] => (UriParams::default(), read_headers(headers)?),
            [_, params @ ..] => {
                let end = memchr::memchr(b'?', params).unwrap_or(params.len());
                let (params, headers) = params.split_at_checked(end)?;
                let params =
                    UriParams::read(params, URI_PARAM).filter(|params| !params.as_bytes().is_empty())?;
                let headers = match headers {
                    [_, headers @ ..] => read_headers(headers)?,
                    [] => &[],
                };
                (params, headers)
            }
        };
        Some(Self { secure, user, password, host, port, params, headers })
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

type Userinfo<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

fn read_userinfo(userinfo: &[u8]) -> Option<Userinfo<'_>> {
    let mut sides = userinfo.splitn(2, |octet| *octet == b':');
    let user = sides.next().filter(|user| !user.is_empty() && is_escaped(user, USER))?;
    let password = sides.next();
    if password.is_some_and(|password| !is_escaped(password, PASSWORD)) {
        return None;
    }
    Some((Some(user), password))
}

fn read_headers(headers: &[u8]) -> Option<&[u8]> {
    let well = pairs(headers, b'&').all(|(name, value)| {
        !name.is_empty()
            && is_escaped(name, URI_HEADER)
            && value.is_some_and(|value| is_escaped(value, URI_HEADER))
    });
    (well && !headers.is_empty()).then_some(headers)
}

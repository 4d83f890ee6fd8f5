//! The side that answers.

use core::fmt;
use std::borrow::Cow;

use crate::digest::algorithm::hex;
use crate::digest::{Algorithm, Asked, Asker, Ha1, Qop, quotable};
use crate::header::{Auth, Param};
use crate::message::Message;
use crate::method::Method;
use crate::write::Writer;

/// One challenge of a server, of those that are spoken here.
#[derive(Debug, Clone)]
pub struct Challenge<'a> {
    /// What the password is for, to be found by.
    pub realm: Cow<'a, [u8]>,
    /// What the response has to be made with.
    pub algorithm: Algorithm,
    /// The password was right, only the nonce is old: answer this one without asking anybody.
    pub stale: bool,
    /// As written, to be given back to the letter.
    raw_realm: &'a [u8],
    nonce: &'a [u8],
    opaque: Option<&'a [u8]>,
    /// `None`: a server of RFC 2069.
    qop: Option<Qop>,
}

/// Who answers, and what for.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The user.
    pub username: &'a [u8],
    /// Of the challenge's algorithm and realm.
    pub ha1: &'a Ha1,
    /// How often this nonce was answered, this time included: 1 the first time.
    pub count: u32,
    /// Random octets of ours.
    pub chance: [u8; 8],
    /// Of the request.
    pub method: Method<'a>,
    /// The Request-URI.
    pub uri: &'a [u8],
    /// Of the request.
    pub body: &'a [u8],
}

impl<'a> Challenge<'a> {
    /// The first challenge that is spoken here and allowed: servers put the best on top (RFC 8760 2.4). `None`: there is
    /// none, and what is not in `allowed` is never fallen back to.
    #[must_use]
    pub fn best(answer: &'a Message, asker: Asker, allowed: &[Algorithm]) -> Option<Self> {
        let challenges = answer.whole::<Auth<'_>>(asker.challenge());
        challenges.flatten().filter_map(|auth| Self::read(&auth)).find(|it| allowed.contains(&it.algorithm))
    }

    /// `None`: of another scheme, an algorithm or a `qop` that is not spoken here, or incomplete.
    fn read(auth: &Auth<'a>) -> Option<Self> {
        if !auth.scheme.eq_ignore_ascii_case(b"Digest") {
            return None;
        }
        let text = |name: &str| auth.params.get(name).map(|param| param.text());
        let raw = |name: &str| auth.params.get(name).and_then(|param: Param<'a>| param.value);
        let qop = if auth.params.iter().any(|param| param.name.eq_ignore_ascii_case(b"qop")) {
            let words = raw("qop")?.split(|octet| *octet == b',').map(<[u8]>::trim_ascii);
            let offered: Vec<_> = words.filter_map(Qop::read).collect();
            let plain = offered.iter().find(|qop| **qop == Qop::Auth);
            Some(*plain.or_else(|| offered.first())?)
        } else {
            None
        };
        Some(Self {
            realm: text("realm")?,
            algorithm: Algorithm::named_in(&auth.params)?,
            stale: text("stale").is_some_and(|stale| stale.eq_ignore_ascii_case(b"true")),
            raw_realm: raw("realm")?,
            nonce: raw("nonce")?,
            opaque: raw("opaque"),
            qop,
        })
    }

    /// Adds the credentials to the request.
    pub fn authorize(&self, request: &mut Writer<'_>, asker: Asker, answer: &Answer<'_>) {
        let Answer { method, uri, body, .. } = *answer;
        let nc = format!("{:08x}", answer.count);
        let cnonce = hex(&answer.chance);
        let counted = self.qop.map(|qop| (nc.as_bytes(), cnonce.as_bytes(), qop));
        let response = Asked { method, uri, body, nonce: self.nonce, counted }.response(answer.ha1);
        let username = quotable(answer.username);
        let mut parts: Vec<&[u8]> = vec![
            b"Digest username=\"",
            &username,
            b"\", realm=\"",
            self.raw_realm,
            b"\", nonce=\"",
            self.nonce,
            b"\", uri=\"",
            uri,
            b"\", response=\"",
            response.as_bytes(),
            b"\", algorithm=",
            self.algorithm.name().as_bytes(),
        ];
        if let Some((nc, cnonce, qop)) = counted {
            parts.extend([b", qop=", qop.word(), b", nc=", nc, b", cnonce=\"", cnonce, b"\""]);
        }
        if let Some(opaque) = self.opaque {
            parts.extend([&b", opaque=\""[..], opaque, b"\""]);
        }
        request.parts(asker.credentials(), &parts);
    }
}

/// Secrets are not for logs.
impl fmt::Debug for Answer<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Answer").field("count", &self.count).finish_non_exhaustive()
    }
}

//! Digest authentication, both sides (RFC 7616 as RFC 8760 brings it to SIP).
//!
//! A server asks with [`Server::challenge`], reads the [`Credentials`] that come, looks the [`Ha1`] of that user up
//! where it keeps them, and has [`Server::verify`] judge. A client reads a [`Challenge`] and answers it with
//! [`Challenge::authorize`].
//!
//! Nonces carry their own proof, so a server keeps nothing about the challenges it made; what it keeps, bounded, is
//! which nonce counts were used with right credentials, so that no request is taken twice.
//!
//! Absent on purpose: `-sess` algorithms and `userhash` (nobody in the field sends them), requests without `qop`
//! (they could be replayed), `Authentication-Info` (no client checks it), and AKA.

mod algorithm;
mod client;
mod credentials;
mod nonce;
mod replay;
mod server;
#[cfg(test)]
mod vectors;

pub use algorithm::{Algorithm, Ha1};
pub use client::{Answer, Challenge};
pub use credentials::Credentials;
pub use server::{Asker, Policy, Server, Verdict};

use std::borrow::Cow;

use crate::method::Method;
use algorithm::hash;

/// How much of a request its digest covers (RFC 7616 3.4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Qop {
    /// Method and URI.
    Auth,
    /// The body too.
    AuthInt,
}

impl Qop {
    fn read(word: &[u8]) -> Option<Self> {
        [Self::Auth, Self::AuthInt].into_iter().find(|qop| word.eq_ignore_ascii_case(qop.word()))
    }

    const fn word(self) -> &'static [u8] {
        match self {
            Self::Auth => b"auth",
            Self::AuthInt => b"auth-int",
        }
    }
}

/// What is digested besides the secret. All as it stands on the wire.
struct Asked<'a> {
    method: Method<'a>,
    uri: &'a [u8],
    body: &'a [u8],
    nonce: &'a [u8],
    /// The count in its eight digits, the client's own nonce, and what is covered; `None` is RFC 2069.
    counted: Option<(&'a [u8], &'a [u8], Qop)>,
}

impl Asked<'_> {
    /// The `response` (RFC 7616 3.4.1), in lower-case hexadecimal.
    fn response(&self, ha1: &Ha1) -> String {
        let algorithm = ha1.algorithm();
        let method = self.method.as_bytes();
        let body = match self.counted {
            Some((_, _, Qop::AuthInt)) => Some(hash(algorithm, &[self.body])),
            _ => None,
        };
        let ha2 = match &body {
            Some(body) => hash(algorithm, &[method, self.uri, body.as_bytes()]),
            None => hash(algorithm, &[method, self.uri]),
        };
        let (ha1, ha2) = (ha1.as_hex().as_bytes(), ha2.as_bytes());
        match self.counted {
            Some((nc, cnonce, qop)) => hash(algorithm, &[ha1, self.nonce, nc, cnonce, qop.word(), ha2]),
            None => hash(algorithm, &[ha1, self.nonce, ha2]),
        }
    }
}

/// What can stand between quotation marks.
fn quotable(text: &[u8]) -> Cow<'_, [u8]> {
    let special = |octet: &u8| matches!(octet, b'"' | b'\\');
    if !text.iter().any(special) {
        return Cow::Borrowed(text);
    }
    let escaped = text.iter().flat_map(|octet| [Some(b'\\').filter(|_| special(octet)), Some(*octet)]);
    Cow::Owned(escaped.flatten().collect())
}

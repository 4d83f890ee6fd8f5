//! What a client answers a challenge with (RFC 7616 3.4).

use std::borrow::Cow;

use crate::digest::algorithm::unhex;
use crate::digest::nonce::Nonce;
use crate::digest::{Algorithm, Qop};
use crate::header::Auth;
use crate::uri::{Uri, UriKind};

/// The parameters of an Authorization or a Proxy-Authorization, not yet judged.
#[derive(Debug, Clone)]
pub struct Credentials<'a> {
    /// Who it says it is.
    pub username: Cow<'a, [u8]>,
    /// The realm that it answers to.
    pub realm: Cow<'a, [u8]>,
    /// `None`: not spoken here, or named twice, so that nothing can be looked up for it.
    pub algorithm: Option<Algorithm>,
    pub(super) nonce: &'a [u8],
    /// As received: a URI written again is another text.
    pub(super) uri: &'a [u8],
    pub(super) response: &'a [u8],
    pub(super) cnonce: &'a [u8],
    pub(super) nc: &'a [u8],
    /// The same as a number.
    pub(super) count: u32,
    pub(super) qop: Qop,
}

impl<'a> Credentials<'a> {
    /// Reads them. `None`: of another scheme, or a parameter is missing, doubled or malformed, `qop` and `nc` among
    /// them: 400 (RFC 7616 3.4).
    #[must_use]
    pub fn read(auth: &Auth<'a>) -> Option<Self> {
        if !auth.scheme.eq_ignore_ascii_case(b"Digest") {
            return None;
        }
        let param = |name: &str| auth.params.get(name).filter(|param| param.value.is_some());
        let raw = |name: &str| param(name).and_then(|param| param.value);
        let nc = raw("nc")?;
        let count = unhex::<4>(nc).map(u32::from_be_bytes).filter(|count| *count > 0)?;
        Some(Self {
            username: param("username")?.text(),
            realm: param("realm")?.text(),
            algorithm: Algorithm::named_in(&auth.params),
            nonce: raw("nonce")?,
            uri: raw("uri")?,
            response: raw("response")?,
            cnonce: raw("cnonce")?,
            nc,
            count,
            qop: Qop::read(raw("qop")?)?,
        })
    }

    /// What the challenge was marked with that they answer, when it was one of ours, of this start or an earlier one. Not
    /// proven: that is [`Verdict::Granted`](super::Verdict::Granted).
    #[must_use]
    pub fn mark(&self) -> Option<[u8; 8]> {
        Nonce::mark_in(self.nonce)
    }

    /// Whether they were made for a request to `target`: the same user at the same host and port, or the same number.
    /// Parameters may differ, because clients write them in one place and not in the other.
    pub(super) fn are_for(&self, target: Uri<'_>) -> bool {
        if self.uri == target.as_bytes() {
            return true;
        }
        let Some(uri) = Uri::read(self.uri) else { return false };
        match (uri.kind(), target.kind()) {
            (UriKind::Sip(one), UriKind::Sip(other)) => {
                one.secure == other.secure
                    && one.user_text() == other.user_text()
                    && one.host == other.host
                    && one.port == other.port
            }
            (UriKind::Tel(one), UriKind::Tel(other)) => one.digits().eq(other.digits()),
            _ => false,
        }
    }
}

//! What a request demands of whoever answers it, looked at before anybody asks who sent it (RFC 3261 8.2.1 to 8.2.2):
//! a method, a scheme, and extensions.

use super::server::{ALLOW, Asked, Server};
use wire_sip::header::Token;
use wire_sip::uri::UriKind;
use wire_sip::{HeaderName, Message, Method, StatusCode};

/// The extensions that are spoken here.
pub(super) const SUPPORTED: &[u8] = b"path, outbound, gruu";

impl Server {
    /// Whether everything that the request demands is there; where it is not, the request is answered.
    pub(super) fn can_meet(&mut self, asked: &Asked) -> bool {
        let request = &asked.request;
        if !matches!(request.method(), Method::Register | Method::Message | Method::Options) {
            self.answer(asked, StatusCode(405), |answer| answer.header(HeaderName::Allow, ALLOW));
            return false;
        }
        if request.request_uri().is_none_or(|uri| matches!(uri.kind(), UriKind::Other { .. })) {
            self.answer_because(asked, 416, "the Request-URI is sip, sips or tel");
            return false;
        }
        let unknown = not_spoken(request);
        if !unknown.is_empty() {
            let unknown = unknown.join(&b", "[..]);
            self.answer(asked, StatusCode(420), |answer| answer.header(HeaderName::Unsupported, &unknown));
            return false;
        }
        true
    }
}

/// The extensions that are required and that nobody here speaks.
fn not_spoken(request: &Message) -> Vec<Vec<u8>> {
    let required = request.elements(HeaderName::Require);
    let spoken = |tag: &[u8]| SUPPORTED.split(|octet| *octet == b',').any(|known| known.trim_ascii() == tag);
    required.filter(|tag| !spoken(&tag.to_ascii_lowercase())).map(<[u8]>::to_vec).collect()
}

/// Whether the client says that it supports an extension.
pub(super) fn supports(request: &Message, what: &str) -> bool {
    request
        .each::<Token<'_>>(HeaderName::Supported)
        .any(|token| token.is_ok_and(|token| token.0.eq_ignore_ascii_case(what.as_bytes())))
}

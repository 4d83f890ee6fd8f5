//! A request, in the order of RFC 3261 8.2: what it demands of whoever answers it (a method, a scheme, extensions), then
//! who sent it, then what it wants.

use super::flow::Flow;
use super::guard::Pace;
use super::identity::Who;
use super::offer;
use super::server::{ALLOW, Asked, Server};
use wire_sip::header::Token;
use wire_sip::uri::UriKind;
use wire_sip::{HeaderName, Message, Method, StatusCode};

/// The extensions that are spoken here.
pub(super) const SUPPORTED: &[u8] = b"path, outbound, gruu";

impl Server {
    /// A request to do.
    pub(super) fn request(&mut self, asked: Asked, flow: &Flow) {
        if !self.can_meet(&asked) {
            return;
        }
        let method = asked.request.method();
        if method == Method::Options && !wants_offer(&asked.request) {
            return self.capabilities(&asked, b"");
        }
        if self.answers.len() >= self.options.limits.waiting {
            return self.busy(&asked);
        }
        let now = self.now();
        let who = self.identity.of(&asked.request, flow, &*self.intake, now);
        if matches!(who, Who::Known(_)) {
            flow.know();
        }
        match who {
            Who::Known(who) if method == Method::Register => self.register(asked, flow, who),
            Who::Known(who) if method == Method::Options => self.offer(asked, &who),
            Who::Known(who) => self.message(asked, flow, who),
            Who::Ask { stale } => self.challenge(&asked, flow, stale),
            Who::Wrong => self.mistaken(&asked, flow),
            Who::Nonsense => self.answer_because(&asked, 400, "credentials that make no sense"),
            Who::Stranger => self.answer_because(&asked, 403, "nobody here has that identity"),
        }
    }

    /// Wrong credentials: asked again, and slower when that goes on.
    fn mistaken(&mut self, asked: &Asked, flow: &Flow) {
        let peer = flow.peer().ip();
        match self.guard.failed(peer, self.now()) {
            Pace::Ask => self.challenge(asked, flow, false),
            Pace::Slow { wait, first } => {
                if first {
                    tracing::warn!(%peer, "too many failed logins: further ones are slowed");
                }
                let seconds = wait.as_secs().saturating_add(1);
                self.answer(asked, StatusCode(503), |answer| answer.number(HeaderName::RetryAfter, seconds));
            }
        }
    }

    /// Whether everything that the request demands is there; where it is not, the request is answered.
    fn can_meet(&mut self, asked: &Asked) -> bool {
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

/// Whether an OPTIONS asks what a message to its Request-URI would cost.
fn wants_offer(request: &Message) -> bool {
    request.elements(HeaderName::Accept).any(|kind| kind.eq_ignore_ascii_case(offer::TYPE.as_bytes()))
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

//! What we answer to requests.

use super::flow::Flow;
use super::offer;
use super::requests::SUPPORTED;
use super::server::{ALLOW, Asked, Server};
use bytes::Bytes;
use wire_sip::transaction::ServerId;
use wire_sip::{HeaderName, StatusCode, Unwritable, Writer};

impl Server {
    /// What is spoken here, and an offer when one was asked for.
    pub(super) fn capabilities(&mut self, asked: &Asked, offer: &[u8]) {
        self.write_answer(asked, StatusCode::OK, offer, |_, answer| {
            answer.header(HeaderName::Allow, ALLOW);
            answer.header(HeaderName::Accept, b"message/cpim, text/plain, message/imdn+xml, */*");
            answer.header(HeaderName::Supported, SUPPORTED);
            if !offer.is_empty() {
                answer.header(HeaderName::ContentType, offer::TYPE.as_bytes());
            }
        });
    }

    pub(super) fn challenge(&mut self, asked: &Asked, flow: &Flow, stale: bool) {
        let mark = super::resent::mark(&asked.request);
        let (method, now) = (asked.request.method(), self.now());
        let status = super::identity::asker(method).status();
        self.write_answer(asked, status, b"", |server, answer| {
            server.identity.ask(answer, (method, flow), stale, mark, now);
        });
    }

    /// Too much waits: the sender comes again (R13).
    pub(super) fn busy(&mut self, asked: &Asked) {
        self.answer(asked, StatusCode(503), |answer| answer.number(HeaderName::RetryAfter, 2));
    }

    /// Answers with a reason in words.
    pub(super) fn answer_because(&mut self, asked: &Asked, status: u16, why: &str) {
        let host = self.options.domain.clone();
        self.answer(asked, StatusCode(status), |answer| {
            answer.parts(HeaderName::Warning, &[b"399 ", host.as_bytes(), b" \"", why.as_bytes(), b"\""]);
        });
    }

    /// Answers, with what `add` adds.
    pub(super) fn answer(&mut self, asked: &Asked, status: StatusCode, add: impl FnOnce(&mut Writer<'_>)) {
        self.write_answer(asked, status, b"", |_, answer| add(answer));
    }

    fn write_answer(
        &mut self,
        asked: &Asked,
        status: StatusCode,
        body: &[u8],
        add: impl FnOnce(&Self, &mut Writer<'_>),
    ) {
        let mut out = std::mem::take(&mut self.scratch);
        let written = {
            let mut answer = Writer::response_to(&mut out, &asked.request, status, asked.to_tag.as_ref());
            add(self, &mut answer);
            answer.finish(body)
        };
        let octets = out.split().freeze();
        self.scratch = out;
        match written {
            Ok(()) => self.respond(asked.id, octets, status),
            Err(Unwritable::Octets | Unwritable::Name | Unwritable::Kind) => {
                tracing::error!(status = status.0, "an answer could not be written");
            }
        }
    }

    fn respond(&mut self, id: ServerId, octets: Bytes, status: StatusCode) {
        let now = self.now();
        if let Err(error) = self.transactions.respond(id, status, &octets, now, &mut self.outputs) {
            // The peer does not wait for it any more.
            tracing::debug!(%error, status = status.0, "an answer came too late");
        }
    }
}

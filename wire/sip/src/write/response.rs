//! Answers (RFC 3261 8.2.6).

use bytes::BytesMut;

use crate::incoming::Refusal;
use crate::message::Message;
use crate::method::Method;
use crate::name::HeaderName;
use crate::status::StatusCode;
use crate::write::{Unwritable, Writer};

impl<'o> Writer<'o> {
    /// Begins an answer to a request: every Via, From, To, Call-ID and CSeq as they came, and Timestamp in a 100.
    ///
    /// `to_tag` is put on a To that has none, but never in a 100: the same one in every answer to the same request
    /// (8.2.6.2, for stateless ones 8.2.7). The topmost Via is copied as it stands: see
    /// [`Message::stamped`] for `received` and `rport`.
    #[must_use]
    pub fn response_to(out: &'o mut BytesMut, request: &Message, status: StatusCode, to_tag: &[u8]) -> Self {
        if !request.is_request() {
            return Self::refused(out, Unwritable::Kind);
        }
        let mut response = Self::response(out, status);
        response.copy(request, HeaderName::Via);
        response.copy(request, HeaderName::From);
        let to = request.to();
        if status == StatusCode::TRYING {
            response.copy(request, HeaderName::Timestamp);
        }
        let untagged = to.tag().is_none() && status != StatusCode::TRYING && !to_tag.is_empty();
        for value in request.values(HeaderName::To) {
            let tag: [&[u8]; 3] = if untagged { [value, b";tag=", to_tag] } else { [value, b"", b""] };
            response.parts(HeaderName::To, &tag);
        }
        response.copy(request, HeaderName::CallId);
        response.copy(request, HeaderName::CSeq);
        response
    }
}

impl Refusal {
    /// Whether somebody waits for an answer: it is a request as far as anybody can tell, no ACK, and says with a Via
    /// where the answer belongs.
    #[must_use]
    pub fn is_answerable(&self) -> bool {
        self.head.asks() && self.method() != Some(Method::Ack) && self.vias().next().is_some()
    }

    /// Appends the answer, with what could be read of the request and a reason phrase that says what is wrong.
    /// Nothing when there is none to give.
    pub fn answer(&self, to_tag: &[u8], out: &mut BytesMut) {
        if !self.is_answerable() {
            return;
        }
        let phrase = self.fault.to_string();
        let mut answer = Writer::response_because(out, self.status(), phrase.as_bytes());
        for via in self.vias() {
            answer.header(HeaderName::Via, via);
        }
        for name in [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq] {
            // Of a header that is there more than once, one is enough to find the request by.
            let Some(value) = self.head.values(name.into()).next() else { continue };
            let tag: [&[u8]; 2] = match name {
                HeaderName::To if !to_tag.is_empty() && !has_tag(value) => [b";tag=", to_tag],
                _ => [b"", b""],
            };
            let [semicolon, tag] = tag;
            answer.parts(name, &[value, semicolon, tag]);
        }
        // Values have no line ends and names are ours: there is nothing to refuse.
        let _ = answer.finish(&[]);
    }

    fn vias(&self) -> impl Iterator<Item = &[u8]> {
        self.head.values(HeaderName::Via.into())
    }
}

/// Whether a To has a tag, as far as one that may not be readable lets us see.
fn has_tag(value: &[u8]) -> bool {
    use crate::header::{NameAddr, Value};
    NameAddr::read(value).is_none_or(|to| to.params.has("tag"))
}

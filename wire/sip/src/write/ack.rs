//! Requests that are made from a request of ours: ACK for a final answer that is no 2xx, and CANCEL.

use bytes::BytesMut;

use crate::message::Message;
use crate::method::Method;
use crate::name::HeaderName;
use crate::octets::Elements;
use crate::write::{Unwritable, Writer};

/// What a request of our own begins its way with (RFC 3261 8.1.1.6).
const MAX_FORWARDS: u64 = 70;

impl<'o> Writer<'o> {
    /// Begins the ACK of an answer of 300 and above to an INVITE of ours (RFC 3261 17.1.1.3).
    #[must_use]
    pub fn ack_for(out: &'o mut BytesMut, invite: &Message, answer: &Message) -> Self {
        let mut ack = Self::again(out, invite, Method::Ack);
        let refused = answer.status().is_some_and(|status| status.0 >= 300);
        if invite.method() != Method::Invite || !refused {
            ack.refuse(Unwritable::Kind);
        }
        ack.copy(answer, HeaderName::To);
        ack
    }

    /// Begins the CANCEL of a request of ours that has no final answer yet (RFC 3261 9.1).
    #[must_use]
    pub fn cancel_for(out: &'o mut BytesMut, request: &Message) -> Self {
        let mut cancel = Self::again(out, request, Method::Cancel);
        cancel.copy(request, HeaderName::To);
        cancel
    }

    /// All that both copy: the Request-URI, the topmost Via alone, From, Call-ID, the number of CSeq, Route.
    fn again(out: &'o mut BytesMut, request: &Message, method: Method<'_>) -> Self {
        let Some(uri) = request.request_uri() else { return Self::refused(out, Unwritable::Kind) };
        let mut again = Self::request(out, method, uri.as_bytes());
        if let Some(via) = request.values(HeaderName::Via).next().and_then(|field| Elements::of(field).next())
        {
            again.header(HeaderName::Via, via);
        }
        again.number(HeaderName::MaxForwards, MAX_FORWARDS);
        again.copy(request, HeaderName::Route);
        again.copy(request, HeaderName::From);
        again.copy(request, HeaderName::CallId);
        again.cseq(request.cseq().number, method);
        again
    }

    /// Adds CSeq.
    pub fn cseq(&mut self, number: u32, method: Method<'_>) {
        let digits = super::Digits::of(u64::from(number));
        self.parts(HeaderName::CSeq, &[digits.as_bytes(), b" ", method.as_bytes()]);
    }
}

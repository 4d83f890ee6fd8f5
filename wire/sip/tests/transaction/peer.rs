//! Messages of somebody else, and the user's.

use bytes::{Bytes, BytesMut};
use wire_sip::{Message, Method, StatusCode, Writer};

/// What tells requests apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) branch: &'a str,
    pub(crate) sent_by: &'a str,
    pub(crate) call: &'a str,
    pub(crate) to_tag: &'a str,
}

pub(crate) const ALICE: &str = "192.0.2.1";

impl<'a> Asked<'a> {
    pub(crate) const fn new(method: &'a str) -> Self {
        Self { method, branch: "z9hG4bK-1", sent_by: ALICE, call: "a-call", to_tag: "" }
    }

    pub(crate) fn octets(&self) -> Bytes {
        let Self { method, branch, sent_by, call, to_tag } = self;
        let tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
        Bytes::from(format!(
            "{method} sip:bob@example.net SIP/2.0\r\n\
             Via: SIP/2.0/UDP {sent_by};branch={branch}\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:alice@example.net>;tag=from-alice\r\n\
             To: <sip:bob@example.net>{tag}\r\n\
             Call-ID: {call}\r\n\
             CSeq: 7 {method}\r\n\
             Content-Length: 0\r\n\r\n"
        ))
    }

    pub(crate) fn message(&self) -> Message {
        Message::read(self.octets()).unwrap()
    }
}

/// An answer to a request.
pub(crate) fn answer(request: &Message, status: u16, to_tag: &[u8]) -> Bytes {
    let mut out = BytesMut::new();
    Writer::response_to(&mut out, request, StatusCode(status), to_tag).finish(b"").unwrap();
    out.freeze()
}

pub(crate) fn method(name: &str) -> Method<'_> {
    Method::read(name.as_bytes()).unwrap()
}

/// `202` or `MESSAGE`: what a message is, in one word.
pub(crate) fn word(octets: &Bytes) -> String {
    let message = Message::read(octets.clone()).unwrap();
    match message.status() {
        Some(status) => status.0.to_string(),
        None => String::from_utf8(message.method().as_bytes().to_vec()).unwrap(),
    }
}

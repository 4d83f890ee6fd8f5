//! What the SIP targets share: a message looked at in every way there is, written again, and answered.

use bytes::{Bytes, BytesMut};
use wire_sip::header::{
    AcceptContact, Auth, Contact, Date, MaxForwards, MediaType, NameAddr, Reason, RetryAfter, Seconds, Token,
    Value, Via, Warning, Word,
};
use wire_sip::{HeaderName, Message, Method, Refusal, StatusCode, Writer};

/// Asks a message for everything, and checks that what is written from it says the same.
pub fn look_at(message: &Message) {
    every_grammar(message);
    let octets = message.octets();
    assert!(octets.ends_with(message.body()));
    assert!(message.fields().all(|field| !field.value.iter().any(|octet| matches!(octet, b'\r' | b'\n'))));
    assert!(message.elements(HeaderName::Via).next().is_some());
    same_essentials(&Message::read(octets.clone()).expect("a message is one also alone"), message);
    let stamped = message.clone().stamped([192, 0, 2, 99].into(), 5066);
    let again = Message::read(stamped.octets().clone()).expect("a stamped message is one");
    assert_eq!(format!("{stamped:?}"), format!("{again:?}"), "a stamp moved something else");
    let mut out = BytesMut::new();
    let mut writer = match message.request_uri() {
        Some(uri) => Writer::request(&mut out, message.method(), uri.as_bytes()),
        None => Writer::response(&mut out, message.status().expect("neither request nor response")),
    };
    writer.copy_all_but(message, &[]);
    writer.finish(message.body()).expect("what was read is written");
    let again = Message::read(out.freeze()).expect("what we write, we read");
    same_essentials(&again, message);
    assert_eq!(again.body(), message.body());
    // Content-Length is counted anew, whether there was one, several of the same, or none.
    let named = |message: &Message| {
        let others = message.fields().filter(|field| field.name != HeaderName::ContentLength);
        others.map(|field| (field.name, field.value.to_vec())).collect::<Vec<_>>()
    };
    assert_eq!(named(&again), named(message));
    if message.is_request() {
        answered(message);
    }
}

/// The answer to a refused message is one response, or nothing.
pub fn look_at_refusal(refusal: &Refusal) {
    let mut out = BytesMut::from("before");
    refusal.answer(b"t1", &mut out);
    let answer = out.split_off(6);
    assert_eq!(&out[..], b"before");
    assert_eq!(answer.is_empty(), !refusal.is_answerable());
    if refusal.is_answerable() {
        assert!(answer.starts_with(format!("SIP/2.0 {} ", refusal.status().0).as_bytes()));
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        assert_eq!(end, Some(answer.len() - 4), "an answer holds another message");
    }
}

fn answered(request: &Message) {
    let mut out = BytesMut::new();
    Writer::response_to(&mut out, request, StatusCode::ACCEPTED, b"t1").finish(b"").expect("an answer");
    let answer = Message::read(out.freeze()).expect("what we answer can be read");
    assert_eq!(
        (answer.call_id(), answer.cseq(), answer.from_tag()),
        (request.call_id(), request.cseq(), request.from_tag())
    );
    assert!(answer.to_tag().is_some());
    let vias = |message: &Message| message.elements(HeaderName::Via).map(<[u8]>::to_vec).collect::<Vec<_>>();
    assert_eq!(vias(&answer), vias(request));
}

fn same_essentials(one: &Message, other: &Message) {
    let party = |party: NameAddr<'_>| (party.display.to_vec(), party.uri.as_bytes().to_vec());
    assert_eq!(
        (one.method(), one.status(), one.call_id(), one.cseq()),
        (other.method(), other.status(), other.call_id(), other.cseq())
    );
    assert_eq!((one.from_tag(), one.to_tag()), (other.from_tag(), other.to_tag()));
    assert_eq!((party(one.from()), party(one.to())), (party(other.from()), party(other.to())));
    let via = |via: Via<'_>| {
        (via.transport.to_vec(), via.host.address(), via.port, via.branch().map(<[u8]>::to_vec))
    };
    assert_eq!(via(one.via()), via(other.via()));
    let uri = |message: &Message| message.request_uri().map(|uri| uri.as_bytes().to_vec());
    assert_eq!(uri(one), uri(other));
}

/// Reads every header there is by every grammar: none may panic, wherever it is asked.
fn every_grammar(message: &Message) {
    for field in message.fields() {
        let value = field.value;
        let read = [
            Via::read(value)
                .is_some_and(|via| via.branch().is_some() | via.received().is_some() | via.rport().is_some()),
            Contact::read(value).is_some_and(|contact| {
                contact.q() <= 1000 && contact.expires().is_some() | contact.instance().is_some()
            }),
            NameAddr::read(value).is_some_and(|address| !address.display_text().is_empty()),
            AcceptContact::read(value)
                .is_some_and(|accept| accept.params.has_feature("+g.3gpp.icsi-ref", "x")),
            Auth::read(value).is_some_and(|auth| auth.params.iter().any(|param| param.text().is_empty())),
            Date::read(value).is_some_and(|date| Date::read(date.to_string().as_bytes()) != Some(date)),
            Warning::read(value).is_some_and(|warning| !warning.text().is_empty()),
            Reason::read(value).is_some_and(|reason| reason.cause().is_some()),
            MediaType::read(value).is_some(),
            RetryAfter::read(value).is_some(),
            MaxForwards::read(value).is_some() | Seconds::read(value).is_some(),
            Token::read(value).is_some() | Word::read(value).is_some() | Method::read(value).is_some(),
        ];
        assert!(!read[5], "a date is written as another");
        let elements = message.elements(field.name).count();
        assert!(
            field.name == HeaderName::Other
                || elements > 0
                || message.values(field.name).all(<[u8]>::is_empty)
        );
    }
}

/// The octets of a run, owned as a socket's would be.
#[must_use]
pub fn owned(octets: &[u8]) -> Bytes {
    Bytes::copy_from_slice(octets)
}

//! What is written: requests, answers, and that nobody's value can make two messages of one.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use bytes::{Bytes, BytesMut};
use wire_sip::uri::Uri;
use wire_sip::{HeaderName, Message, Method, StatusCode, Target, Unwritable, Writer};

const REQUEST: &str = "MESSAGE sip:bob@192.0.2.4;transport=tcp SIP/2.0\r\n\
    Via: SIP/2.0/UDP ss1.example.net;branch=z9hG4bK1, SIP/2.0/UDP phone.example.net;branch=z9hG4bK0\r\n\
    v: SIP/2.0/TCP 192.0.2.9;received=192.0.2.8\r\n\
    f: Alice <sip:alice@example.net>;tag=a1\r\n\
    t: <sip:bob@example.net>\r\n\
    i: 0b6c\r\n\
    CSeq: 7 MESSAGE\r\n\
    Route: <sip:p1.example.net;lr>, <sip:p2.example.net;lr>\r\n\
    Timestamp: 54\r\n\
    X-Own: 1\r\n\
    Content-Length: 5\r\n\r\nhello";

fn message(text: &str) -> Message {
    Message::read(Bytes::copy_from_slice(text.as_bytes())).unwrap()
}

fn written(write: impl FnOnce(&mut BytesMut) -> Result<(), Unwritable>) -> String {
    let mut out = BytesMut::from("before");
    write(&mut out).unwrap();
    String::from_utf8(out.split_off(6).to_vec()).unwrap()
}

#[test]
fn a_request() {
    let text = written(|out| {
        let mut request = Writer::request(out, Method::Message, b"sip:bob@example.net");
        request.parts(HeaderName::Via, &[b"SIP/2.0/UDP 192.0.2.1;branch=", b"z9hG4bK1"]);
        request.number(HeaderName::MaxForwards, 70);
        request.header(HeaderName::From, b"<sip:alice@example.net>;tag=1");
        request.header(HeaderName::To, b"<sip:bob@example.net>");
        request.header(HeaderName::CallId, b"0b6c");
        request.cseq(1, Method::Message);
        request.header("X-Own", b"1");
        request.header(HeaderName::ContentLength, b"999");
        request.finish(b"hello")
    });
    assert_eq!(
        text,
        "MESSAGE sip:bob@example.net SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:alice@example.net>;tag=1\r\n\
         To: <sip:bob@example.net>\r\n\
         Call-ID: 0b6c\r\n\
         CSeq: 1 MESSAGE\r\n\
         X-Own: 1\r\n\
         Content-Length: 5\r\n\r\nhello"
    );
    assert_eq!(message(&text).body(), b"hello");
}

/// RFC 3261 8.2.6.2.
#[test]
fn an_answer() {
    let request = message(REQUEST);
    let text = written(|out| Writer::response_to(out, &request, StatusCode::ACCEPTED, b"b2").finish(b""));
    assert_eq!(
        text,
        "SIP/2.0 202 Accepted\r\n\
         Via: SIP/2.0/UDP ss1.example.net;branch=z9hG4bK1, SIP/2.0/UDP phone.example.net;branch=z9hG4bK0\r\n\
         Via: SIP/2.0/TCP 192.0.2.9;received=192.0.2.8\r\n\
         From: Alice <sip:alice@example.net>;tag=a1\r\n\
         To: <sip:bob@example.net>;tag=b2\r\n\
         Call-ID: 0b6c\r\n\
         CSeq: 7 MESSAGE\r\n\
         Content-Length: 0\r\n\r\n"
    );
    let trying = written(|out| Writer::response_to(out, &request, StatusCode::TRYING, b"b2").finish(b""));
    assert!(trying.starts_with("SIP/2.0 100 Trying\r\n") && trying.contains("\r\nTimestamp: 54\r\n"));
    assert!(trying.contains("\r\nTo: <sip:bob@example.net>\r\n"));
    let tagged = message(&REQUEST.replace("t: <sip:bob@example.net>", "t: <sip:bob@example.net>;tag=old"));
    let text = written(|out| Writer::response_to(out, &tagged, StatusCode::OK, b"b2").finish(b""));
    assert!(text.contains("\r\nTo: <sip:bob@example.net>;tag=old\r\n"));
}

/// RFC 3261 17.1.1.3 and 9.1.
#[test]
fn ack_and_cancel() {
    let invite = message(&REQUEST.replace("MESSAGE", "INVITE"));
    let busy = written(|out| Writer::response_to(out, &invite, StatusCode::BUSY_HERE, b"b2").finish(b""));
    let expected = |method: &str, tag: &str| {
        format!(
            "{method} sip:bob@192.0.2.4;transport=tcp SIP/2.0\r\n\
             Via: SIP/2.0/UDP ss1.example.net;branch=z9hG4bK1\r\n\
             Max-Forwards: 70\r\n\
             Route: <sip:p1.example.net;lr>, <sip:p2.example.net;lr>\r\n\
             From: Alice <sip:alice@example.net>;tag=a1\r\n\
             Call-ID: 0b6c\r\n\
             CSeq: 7 {method}\r\n\
             To: <sip:bob@example.net>{tag}\r\n\
             Content-Length: 0\r\n\r\n"
        )
    };
    let busy = message(&busy);
    assert_eq!(written(|out| Writer::ack_for(out, &invite, &busy).finish(b"")), expected("ACK", ";tag=b2"));
    assert_eq!(written(|out| Writer::cancel_for(out, &invite).finish(b"")), expected("CANCEL", ""));
    let mut out = BytesMut::new();
    assert_eq!(Writer::cancel_for(&mut out, &busy).finish(b""), Err(Unwritable::Kind));
    assert_eq!(Writer::ack_for(&mut out, &invite, &invite).finish(b""), Err(Unwritable::Kind));
    assert_eq!(Writer::ack_for(&mut out, &message(REQUEST), &busy).finish(b""), Err(Unwritable::Kind));
    assert_eq!(Writer::response_to(&mut out, &busy, StatusCode::OK, b"").finish(b""), Err(Unwritable::Kind));
    assert!(out.is_empty());
}

#[test]
fn nothing_that_would_change_the_message_is_written() {
    type Add = fn(&mut Writer<'_>);
    let adds: [(Add, Unwritable); 8] = [
        (
            |out| out.header(HeaderName::Subject, b"x\r\nP-Asserted-Identity: <sip:root@x>"),
            Unwritable::Octets,
        ),
        (|out| out.header(HeaderName::Subject, b"x\n"), Unwritable::Octets),
        (|out| out.header(HeaderName::Subject, b"\r"), Unwritable::Octets),
        (|out| out.parts(HeaderName::To, &[b"<sip:a@b>", b";tag=", b"1\r\nX: 1"]), Unwritable::Octets),
        (|out| out.header("X-A: 1\r\nX-B", b""), Unwritable::Name),
        (|out| out.header("", b""), Unwritable::Name),
        (|out| out.header("X A", b""), Unwritable::Name),
        (|out| out.cseq(1, Method::Other(b"A\r\nB: 1")), Unwritable::Octets),
    ];
    for (add, why) in adds {
        let mut out = BytesMut::from("before");
        let mut request = Writer::request(&mut out, Method::Message, b"sip:a@b");
        add(&mut request);
        request.header(HeaderName::CallId, b"1");
        assert_eq!(request.finish(b""), Err(why));
        assert_eq!(&out[..], b"before");
    }
    for uri in [&b"sip:a@b SIP/2.0\r\nX: 1"[..], b"sip:a b", b""] {
        let mut out = BytesMut::new();
        assert_eq!(Writer::request(&mut out, Method::Message, uri).finish(b""), Err(Unwritable::Octets));
    }
    let mut out = BytesMut::new();
    for method in [&b"A B"[..], b"", b"A\r\n"] {
        assert!(Writer::request(&mut out, Method::Other(method), b"sip:a@b").finish(b"").is_err());
    }
    assert!(Writer::response(&mut out, StatusCode(1000)).finish(b"").is_err());
    assert!(Writer::response_because(&mut out, StatusCode::OK, b"a\r\nb").finish(b"").is_err());
    drop(Writer::request(&mut out, Method::Message, b"sip:a@b"));
    assert!(out.is_empty(), "what was not finished leaves nothing");
}

#[test]
fn passing_a_request_and_its_answer_on() {
    let request = message(REQUEST);
    let text = written(|out| {
        let mut passed = Writer::request(out, request.method(), b"sip:bob@198.51.100.7");
        passed.header(HeaderName::Via, b"SIP/2.0/TCP us.example.net;branch=z9hG4bK2");
        passed.copy_all_but(&request, &[HeaderName::Route]);
        passed.finish(request.body())
    });
    let passed = message(&text);
    assert_eq!(passed.elements(HeaderName::Via).count(), 4);
    assert_eq!(passed.values("x-own").next(), Some(&b"1"[..]));
    assert!(!passed.has(HeaderName::Route));
    assert_eq!(passed.body(), b"hello");

    let answer =
        message(&written(|out| Writer::response_to(out, &passed, StatusCode::OK, b"b2").finish(b"")));
    let text = written(|out| {
        let mut back = Writer::response(out, answer.status().unwrap());
        back.vias_below_top(&answer);
        back.copy_all_but(&answer, &[HeaderName::Via]);
        back.finish(answer.body())
    });
    let vias: Vec<_> = request.elements(HeaderName::Via).map(<[u8]>::to_vec).collect();
    assert_eq!(message(&text).elements(HeaderName::Via).map(<[u8]>::to_vec).collect::<Vec<_>>(), vias);
}

/// RFC 3261 18.2.1, RFC 3581 4.
#[test]
fn where_a_request_came_from() {
    let stamped = |via: &str, address: &str| {
        let request = message(&REQUEST.replacen("SIP/2.0/UDP ss1.example.net;branch=z9hG4bK1", via, 1));
        let request = request.stamped(address.parse().unwrap(), 4711);
        // Everything behind the Via is where it was.
        assert_eq!(
            (request.from_tag(), request.call_id(), request.body()),
            (Some(&b"a1"[..]), &b"0b6c"[..], &b"hello"[..])
        );
        assert_eq!((request.cseq().number, request.to().uri.as_bytes()), (7, &b"sip:bob@example.net"[..]));
        assert_eq!(request.elements(HeaderName::Via).count(), 3);
        let again = Message::read(request.octets().clone()).unwrap();
        assert_eq!(format!("{request:?}"), format!("{again:?}"), "as if it had been read so");
        let top = request.elements(HeaderName::Via).next().unwrap();
        String::from_utf8(top.to_vec()).unwrap()
    };
    for (via, address, expected) in [
        ("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "192.0.2.1", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
        (
            "SIP/2.0/UDP h.example.net;branch=z9hG4bK1",
            "192.0.2.1",
            "SIP/2.0/UDP h.example.net;branch=z9hG4bK1;received=192.0.2.1",
        ),
        (
            "SIP/2.0/UDP 10.0.0.1:5066;rport;branch=z9hG4bK1",
            "192.0.2.1",
            "SIP/2.0/UDP 10.0.0.1:5066;branch=z9hG4bK1;received=192.0.2.1;rport=4711",
        ),
        ("SIP/2.0/UDP 192.0.2.1 ; rport", "192.0.2.1", "SIP/2.0/UDP 192.0.2.1;received=192.0.2.1;rport=4711"),
        // What the sender says about itself is not believed.
        (
            "SIP/2.0/UDP 192.0.2.1;received=203.0.113.1;branch=z9hG4bK1",
            "192.0.2.1",
            "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
        ),
        (
            "SIP/2.0/UDP 10.0.0.1;rport=1;received=203.0.113.1;x=\"a;b\"",
            "2001:db8::1",
            "SIP/2.0/UDP 10.0.0.1;x=\"a;b\";received=2001:db8::1;rport=4711",
        ),
        ("SIP/2.0/UDP [2001:db8::1]", "2001:db8::1", "SIP/2.0/UDP [2001:db8::1]"),
    ] {
        assert_eq!(stamped(via, address), expected);
    }
}

/// RFC 3261 12.2.1.1 and 16.6.
#[test]
fn the_way_of_a_request() {
    let contact = Uri::read(b"sip:bob@192.0.2.4;transport=tcp").unwrap();
    let way = |routes: &[&str]| {
        let routes: Vec<&[u8]> = routes.iter().map(|route| route.as_bytes()).collect();
        let target = Target::new(contact, &routes)?;
        let next = String::from_utf8(target.next_hop.as_bytes().to_vec()).unwrap();
        let text = written(|out| {
            let mut request = Writer::request(out, Method::Message, target.request_uri);
            request.routes(&target);
            request.finish(b"")
        });
        Some((next, text.replace("\r\nContent-Length: 0\r\n\r\n", "")))
    };
    let expected = |next: &str, text: &str| Some((next.to_owned(), text.to_owned()));
    assert_eq!(
        way(&[]),
        expected("sip:bob@192.0.2.4;transport=tcp", "MESSAGE sip:bob@192.0.2.4;transport=tcp SIP/2.0")
    );
    assert_eq!(
        way(&["<sip:p1;lr>;x=1", "P2 <sip:p2;lr>"]),
        expected(
            "sip:p1;lr",
            "MESSAGE sip:bob@192.0.2.4;transport=tcp SIP/2.0\r\nRoute: <sip:p1;lr>;x=1\r\nRoute: P2 <sip:p2;lr>"
        )
    );
    assert_eq!(
        way(&["<sip:p1>", "<sip:p2;lr>"]),
        expected(
            "sip:p1",
            "MESSAGE sip:p1 SIP/2.0\r\nRoute: <sip:p2;lr>\r\nRoute: <sip:bob@192.0.2.4;transport=tcp>"
        )
    );
    assert_eq!(way(&["<sip:p1;lr>", "rubbish"]), None);
    assert_eq!(way(&["rubbish"]), None);
}

#[test]
fn a_share_of_a_message_copies_nothing() {
    let request = message(REQUEST);
    let tag = request.share(request.from_tag().unwrap());
    assert_eq!(&tag[..], b"a1");
    assert!(request.octets().as_ptr_range().contains(&tag.as_ptr()));
    assert_eq!(&request.body_bytes()[..], b"hello");
    assert_eq!(&request.share(b"a stranger")[..], b"a stranger");
    assert!(request.share(b"").is_empty());
}

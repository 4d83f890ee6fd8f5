//! Keep-alives, bounds, and what is answered where a bound is hit.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use bytes::{Bytes, BytesMut};
use wire_sip::{Fault, Incoming, Limits, StreamFramer, read_datagram, read_frame};

fn request(uri: &str, lines: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "MESSAGE {uri} SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n\
         Call-ID: 1\r\nCSeq: 1 MESSAGE\r\n{lines}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn short(incoming: &Incoming) -> String {
    match incoming {
        Incoming::Message(message) => format!("message {}", message.body().len()),
        Incoming::Refused(refusal) if refusal.close => format!("{}, close", refusal.status().0),
        Incoming::Refused(refusal) => refusal.status().0.to_string(),
        Incoming::Ping => "ping".to_owned(),
        Incoming::Pong => "pong".to_owned(),
    }
}

fn streamed(octets: &[u8], piece: usize) -> Vec<String> {
    let mut framer = StreamFramer::new(Limits::default());
    let mut all = Vec::new();
    for mut piece in octets.chunks(piece) {
        while let Some(incoming) = framer.next_incoming(&mut piece) {
            all.push(short(&incoming));
        }
    }
    all
}

#[test]
fn keep_alives_between_messages() {
    let message = request("sip:c@d", "", "hello");
    let octets =
        [b"\r\n\r\n", &message[..], &message[..], b"\r\n", &message[..], b"\r\n\r\n\r\n\r\n"].concat();
    let expected =
        ["pong", "ping", "message 5", "message 5", "pong", "message 5", "pong", "ping", "pong", "ping"];
    for piece in [1, 2, 3, 7, octets.len()] {
        assert_eq!(streamed(&octets, piece), expected, "in pieces of {piece}");
    }
    assert_eq!(short(&read_datagram(Bytes::from_static(b"\r\n\r\n"), &Limits::default())), "ping");
    assert_eq!(short(&read_frame(Bytes::from_static(b"\r\n\r\n"), &Limits::default())), "ping");
}

#[test]
fn half_a_line_end_is_the_end() {
    assert_eq!(streamed(b"\rX", 2), ["400, close"]);
    assert_eq!(streamed(b"\rX", 1), ["400, close"]);
    assert_eq!(streamed(b"\r\r\n", 1), ["400, close"]);
}

#[test]
fn a_message_that_is_refused_does_not_end_a_stream_whose_rhythm_is_known() {
    let octets = [request("sip:c@d?h=x", "", "hello"), request("sip:c@d", "", "hi")].concat();
    assert_eq!(streamed(&octets, octets.len()), ["400", "message 2"]);
    assert_eq!(streamed(&octets, 1), ["400", "message 2"]);
}

#[test]
fn a_stream_without_lengths_is_closed() {
    let octets = String::from_utf8(request("sip:c@d", "", "")).unwrap().replace("Content-Length: 0\r\n", "");
    let octets = [octets.as_bytes(), &request("sip:c@d", "", "")].concat();
    assert_eq!(streamed(&octets, octets.len()), ["400, close"]);
}

#[test]
fn the_peer_owes_the_rest_of_a_message_only_inside_one() {
    let mut framer = StreamFramer::new(Limits::default());
    let octets = request("sip:c@d", "", "hello");
    assert!(!framer.is_inside_message());
    assert!(framer.next_incoming(&mut &octets[..50]).is_none());
    assert!(framer.is_inside_message());
    assert!(framer.next_incoming(&mut &octets[50..]).is_some());
    assert!(!framer.is_inside_message());
}

/// A message of exactly `octets` octets.
fn of_size(octets: usize) -> Vec<u8> {
    let around = request("sip:c@d", "", &"x".repeat(10_000)).len() - 10_000;
    // The length of the body has more digits or fewer.
    let bodies = octets - around - 5..;
    bodies
        .map(|body| request("sip:c@d", "", &"x".repeat(body)))
        .find(|message| message.len() == octets)
        .unwrap()
}

/// Each bound at it, one beyond, and far beyond.
#[test]
fn bounds() {
    let limits = Limits::default();
    let lines = |count: usize| "X-A: 1\r\n".repeat(count);
    let vias = |count: usize| "v: SIP/2.0/TCP h\r\n".repeat(count);
    let line = |length: usize| format!("X-A: {}\r\n", "x".repeat(length - 5));
    let uri = |length: usize| format!("sip:{}", "x".repeat(length - 4));
    let rows: [(&str, Vec<u8>, &str); 14] = [
        ("64 fields of Via", request("sip:c@d", &vias(63), ""), "message 0"),
        ("65", request("sip:c@d", &vias(64), ""), "513, close"),
        ("128 fields", request("sip:c@d", &lines(122), ""), "message 0"),
        ("129 fields", request("sip:c@d", &lines(123), ""), "513, close"),
        ("a line of 8 KiB", request("sip:c@d", &line(limits.line), ""), "message 0"),
        ("one more", request("sip:c@d", &line(limits.line + 1), ""), "513, close"),
        (
            "a fold beyond",
            request("sip:c@d", &line(limits.line).replacen("X-A: ", "X-A:\r\n ", 1), ""),
            "513, close",
        ),
        ("far more", request("sip:c@d", &line(limits.line * 1000), ""), "513, close"),
        ("a URI of 2 KiB", request(&uri(limits.uri), "", ""), "message 0"),
        ("one more", request(&uri(limits.uri + 1), "", ""), "414, close"),
        ("far more", request(&uri(limits.uri * 1000), "", ""), "513, close"),
        ("64 KiB", of_size(limits.message), &format!("message {}", body_of(limits.message))),
        ("one more", of_size(limits.message + 1), "513, close"),
        ("far more", of_size(limits.message * 1000), "513, close"),
    ];
    for (what, octets, expected) in &rows {
        assert_eq!(streamed(octets, octets.len()), [*expected], "{what}");
        assert_eq!(streamed(octets, 1500), [*expected], "{what}, in pieces");
        let datagram = read_datagram(Bytes::copy_from_slice(octets), &limits);
        assert_eq!(short(&datagram), expected.trim_end_matches(", close"), "{what}, as a datagram");
    }
    // Each of these refusals can be answered.
    for (what, octets, expected) in rows.iter().filter(|(_, _, expected)| expected.ends_with("close")) {
        let Incoming::Refused(refusal) = read_datagram(Bytes::copy_from_slice(octets), &limits) else {
            panic!()
        };
        let mut answer = BytesMut::new();
        refusal.answer(b"t", &mut answer);
        assert!(answer.starts_with(format!("SIP/2.0 {}", &expected[..3]).as_bytes()), "{what}");
    }
}

fn body_of(message: usize) -> usize {
    let octets = of_size(message);
    message - (octets.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4)
}

#[test]
fn a_length_that_nobody_can_mean_is_refused_at_once() {
    let octets = String::from_utf8(request("sip:c@d", "", "")).unwrap();
    let octets = octets.replace("Content-Length: 0", "Content-Length: 4294967296");
    assert_eq!(streamed(octets.as_bytes(), 10_000), ["513, close"]);
    let mut framer = StreamFramer::new(Limits::default());
    let Some(Incoming::Refused(refusal)) = framer.next_incoming(&mut octets.as_bytes()) else { panic!() };
    assert_eq!(refusal.fault, Fault::TooLarge);
}

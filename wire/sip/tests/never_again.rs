//! The faults that were found in the SIP stacks at hand, each of which lost or doubled messages: none of them here.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use bytes::{Bytes, BytesMut};
use wire_sip::header::Word;
use wire_sip::{
    Fault, HeaderName, Incoming, Limits, Message, StatusCode, StreamFramer, Writer, read_datagram,
};

const HEAD: &str = "MESSAGE sip:bob@example.net SIP/2.0\r\n\
    Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK776\r\n\
    Max-Forwards: 70\r\n\
    From: <sip:alice@example.net>;tag=a1\r\n\
    To: <sip:bob@example.net>\r\n\
    Call-ID: 0b6c@192.0.2.1\r\n\
    CSeq: 1 MESSAGE\r\n";

/// A MESSAGE with these lines behind the usual ones, and a body.
fn request(lines: &str, body: &str) -> Vec<u8> {
    format!("{HEAD}{lines}\r\n{body}").into_bytes()
}

fn datagram(octets: &[u8]) -> Incoming {
    read_datagram(Bytes::copy_from_slice(octets), &Limits::default())
}

fn taken(incoming: Incoming) -> Message {
    match incoming {
        Incoming::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

/// The answer to what is refused.
fn answer(incoming: &Incoming) -> String {
    let Incoming::Refused(refusal) = incoming else { panic!("{incoming:?}") };
    let mut out = BytesMut::new();
    refusal.answer(b"t9", &mut out);
    String::from_utf8(out.to_vec()).unwrap()
}

fn streamed(pieces: &[&[u8]]) -> Vec<Incoming> {
    let mut framer = StreamFramer::new(Limits::default());
    let mut all = Vec::new();
    for mut piece in pieces.iter().copied() {
        while let Some(incoming) = framer.next_incoming(&mut piece) {
            all.push(incoming);
        }
    }
    all
}

#[test]
fn a_datagram_without_content_length_keeps_its_body() {
    assert_eq!(taken(datagram(&request("", "hello"))).body(), b"hello");
}

#[test]
fn one_latin1_octet_costs_neither_headers_nor_body() {
    let mut octets = request("Subject: Gr?sse\r\nConversation-ID: c1\r\nContent-Length: 5\r\n", "hello");
    let at = octets.windows(3).position(|three| three == b"r?s").unwrap() + 1;
    octets[at] = 0xFC;
    for incoming in [datagram(&octets), streamed(&[&octets]).remove(0)] {
        let message = taken(incoming);
        assert_eq!(message.values(HeaderName::Subject).next(), Some(&b"Gr\xFCsse"[..]));
        assert_eq!(message.one(HeaderName::ConversationId).unwrap(), Some(Word(b"c1")));
        assert_eq!(message.body(), b"hello");
    }
}

#[test]
fn a_content_length_beyond_the_datagram_is_400() {
    assert!(
        answer(&datagram(&request("Content-Length: 6\r\n", "hello")))
            .starts_with("SIP/2.0 400 Content-Length is not the length of the body\r\n")
    );
}

#[test]
fn a_content_length_that_is_no_number_is_400() {
    for value in ["abc", "-1", "", "5 5", "5,5", "+5", "0x5", "99999999999999999999"] {
        let octets = request(&format!("Content-Length: {value}\r\n"), "hello");
        assert!(answer(&datagram(&octets)).starts_with("SIP/2.0 400 bad Content-Length\r\n"), "{value:?}");
        let came = streamed(&[&octets]);
        assert!(matches!(&came[..], [Incoming::Refused(refusal)] if refusal.close), "{value:?}: {came:?}");
        assert!(answer(&came[0]).starts_with("SIP/2.0 400 bad Content-Length\r\n"), "{value:?}");
    }
}

#[test]
fn a_segment_that_ends_behind_the_content_length_line_loses_no_body() {
    let octets = request("Content-Length: 5\r\n", "hello");
    let end = octets.len() - b"\r\nhello".len();
    let mut came = streamed(&[&octets[..end], &octets[end..]]);
    assert_eq!(taken(came.remove(0)).body(), b"hello");
    assert!(came.is_empty());
}

/// The body is a request: who does not see the length executes it.
#[test]
fn a_space_before_the_colon_smuggles_nothing() {
    let inner = String::from_utf8(request("Content-Length: 0\r\n", "")).unwrap();
    for name in ["Content-Length ", "Content-Length\t", "l ", "CONTENT-LENGTH  "] {
        let octets = request(&format!("{name}: {}\r\n", inner.len()), &inner);
        let mut came = streamed(&[&octets]);
        assert_eq!(came.len(), 1, "{name:?}");
        assert_eq!(taken(came.remove(0)).body(), inner.as_bytes());
    }
}

#[test]
fn two_lengths_that_differ_are_400_and_the_end() {
    let octets = request("Content-Length: 5\r\nl: 4\r\n", "hello");
    assert!(answer(&datagram(&octets)).starts_with("SIP/2.0 400 bad Content-Length\r\n"));
    let next = request("Content-Length: 0\r\n", "");
    let came = streamed(&[&octets, &next]);
    assert!(
        matches!(&came[..], [Incoming::Refused(refusal)] if refusal.close && refusal.fault == Fault::Length)
    );
    // Said twice is not said differently.
    let octets = request("Content-Length: 5\r\nl: 5\r\n", "hello");
    assert_eq!(taken(streamed(&[&octets]).remove(0)).body(), b"hello");
}

#[test]
fn a_folded_content_length_is_a_length() {
    for value in ["\r\n 5", " \r\n\t5 ", " 5\r\n  \r\n "] {
        let octets = request(&format!("Content-Length:{value}\r\n"), "hello");
        let mut came = streamed(&[&octets]);
        assert_eq!(taken(came.remove(0)).body(), b"hello", "{value:?}");
        assert_eq!(taken(datagram(&octets)).body(), b"hello");
    }
}

#[test]
fn a_request_without_a_from_tag_is_a_request() {
    let octets = String::from_utf8(request("", "hello")).unwrap().replace(";tag=a1", "");
    let message = taken(datagram(octets.as_bytes()));
    assert_eq!(message.from_tag(), None);
    let mut out = BytesMut::new();
    Writer::response_to(&mut out, &message, StatusCode::ACCEPTED, b"t9").finish(b"").unwrap();
    assert!(taken(datagram(&out)).from_tag().is_none());
}

#[test]
fn a_malformed_request_is_answered_in_its_own_words() {
    let octets = String::from_utf8(request("", "")).unwrap().replace("CSeq: 1 MESSAGE", "CSeq: one MESSAGE");
    assert_eq!(
        answer(&datagram(octets.as_bytes())),
        "SIP/2.0 400 malformed CSeq\r\n\
         Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK776\r\n\
         From: <sip:alice@example.net>;tag=a1\r\n\
         To: <sip:bob@example.net>;tag=t9\r\n\
         Call-ID: 0b6c@192.0.2.1\r\n\
         CSeq: one MESSAGE\r\n\
         Content-Length: 0\r\n\r\n"
    );
}

/// Who takes a lone CR or LF for the end of a line sees another header; who does not, sees a value.
#[test]
fn a_line_end_that_is_none_hides_no_header() {
    for hidden in ["Subject: x\nP-Asserted-Identity: <sip:root@example.net>\r\n", "Subject: a\rb\r\n"] {
        assert!(answer(&datagram(&request(hidden, ""))).starts_with("SIP/2.0 400 malformed header line\r\n"));
    }
}

#[test]
fn nobody_answers_an_answer_or_an_ack() {
    let bad = |start: &str| {
        let octets = String::from_utf8(request("", "")).unwrap();
        octets.replace("CSeq: 1 MESSAGE", "CSeq: x").replace("MESSAGE sip:bob@example.net SIP/2.0", start)
    };
    for start in ["SIP/2.0 200 OK", "SIP/2.0 999 What", "SIP/7.0 200 OK", "ACK sip:bob@example.net SIP/2.0"] {
        assert_eq!(answer(&datagram(bad(start).as_bytes())), "", "{start}");
    }
    let without_via = bad("MESSAGE sip:b@c SIP/2.0").replace("Via", "Vie");
    assert_eq!(answer(&datagram(without_via.as_bytes())), "");
    assert_eq!(answer(&datagram(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")), "");
}

/// A tag that is added beside one without a value would be a second one: our own answer could not be read.
#[test]
fn a_tag_or_a_branch_that_names_nothing_is_400() {
    for (well, bad, fault) in [
        ("To: <sip:bob@example.net>", "To: <sip:bob@example.net>;tag", "malformed To"),
        (";tag=a1", ";tag", "malformed From"),
        (";tag=a1", ";tag=\"a;b\"", "malformed From"),
        (";branch=z9hG4bK776", ";branch", "malformed Via"),
        (";branch=z9hG4bK776", ";branch=\"z9hG4bK;x\"", "malformed Via"),
    ] {
        let octets = String::from_utf8(request("", "")).unwrap();
        assert!(octets.contains(well));
        let answer = answer(&datagram(octets.replacen(well, bad, 1).as_bytes()));
        assert!(answer.starts_with(&format!("SIP/2.0 400 {fault}\r\n")), "{bad}: {answer}");
        assert_eq!(answer.matches(";tag").count(), 2, "one a party: {answer}");
    }
}

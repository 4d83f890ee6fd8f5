//! What it costs to read a message and to answer it: a MESSAGE of 525 octets, its start line, Via, From, To, CSeq, Call-ID
//! and Contact read by their grammar, as a datagram and on a stream; and a phone's 200 to a request of ours.
//! `cargo run --release -p wire-sip --example parse_speed` prints nanoseconds: of many batches the best, which is what the
//! work costs when nobody else has the machine.

#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use wire_sip::header::Contact;
use wire_sip::{HeaderName, Incoming, Limits, Message, StatusCode, StreamFramer, Writer, read_datagram};

const BATCHES: u32 = 1_000;
const BATCH: u32 = 500;

const HEAD: &str = "MESSAGE sip:+8613900000002@example.net;user=phone SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.15:5066;rport;branch=z9hG4bK-524287-1---74b5f1c60e1d3a22\r\n\
    Max-Forwards: 70\r\n\
    Contact: <sip:+8613800000001@192.0.2.15:5066;transport=udp>\r\n\
    To: <sip:+8613900000002@example.net>\r\n\
    From: \"Alice\" <sip:+8613800000001@example.net>;tag=5f7c2c5e\r\n\
    Call-ID: 0b6c2a7e-4f1d-4d9b-8f0e-7d5c4a1b2201\r\n\
    CSeq: 1 MESSAGE\r\n\
    Content-Type: text/plain;charset=UTF-8\r\n";

const ANSWER: &str = "SIP/2.0 200 OK\r\n\
    Via: SIP/2.0/UDP 192.0.2.1:5060;rport=5060;received=192.0.2.1;branch=z9hG4bK3fa2c81b7d40e95c\r\n\
    From: <sip:+8613800000001@example.net;user=phone>;tag=91c04e7ad25b36f8\r\n\
    To: <sip:+8613900000002@example.net;user=phone>;tag=5f7c2c5e\r\n\
    Call-ID: 2b90e7f41d6ca853\r\n\
    CSeq: 1 MESSAGE\r\n\
    Content-Length: 0\r\n\r\n";

fn main() {
    let body = "m".repeat(525 - HEAD.len() - "Content-Length: 00\r\n\r\n".len());
    let octets = Bytes::from(format!("{HEAD}Content-Length: {}\r\n\r\n{body}", body.len()));
    assert_eq!(octets.len(), 525, "the size that others were measured with");
    let limits = Limits::default();
    let message = Message::read(octets.clone()).ok();

    figure("datagram, taken", || read_datagram(octets.clone(), &limits));
    figure("datagram, taken and six headers read", || {
        let incoming = read_datagram(octets.clone(), &limits);
        if let Incoming::Message(message) = &incoming {
            read_six(message);
        }
        incoming
    });
    let mut framer = StreamFramer::new(limits);
    figure("stream, taken and six headers read", || {
        let incoming = framer.next_incoming(&mut &octets[..]);
        if let Some(Incoming::Message(message)) = &incoming {
            read_six(message);
        }
        incoming
    });
    figure("datagram, taken, received and rport put in", || stamped(read_datagram(octets.clone(), &limits)));
    let answer = Bytes::from_static(ANSWER.as_bytes());
    figure("a phone's 200, taken the same way", || stamped(read_datagram(answer.clone(), &limits)));
    let mut out = BytesMut::with_capacity(4096);
    figure("202 written", || {
        out.clear();
        message.as_ref().map(|message| {
            Writer::response_to(&mut out, message, StatusCode::ACCEPTED, b"3a1b5c").finish(b"").is_ok()
        })
    });
}

fn stamped(incoming: Incoming) -> Option<Message> {
    let Incoming::Message(message) = incoming else { return None };
    Some(message.stamped([192, 0, 2, 99].into(), 5066))
}

fn read_six(message: &Message) {
    black_box(message.start_line());
    black_box((message.via().branch(), message.via().host));
    black_box((message.from().uri, message.from_tag()));
    black_box((message.to().uri, message.to_tag()));
    black_box((message.cseq(), message.call_id()));
    black_box(message.each::<Contact<'_>>(HeaderName::Contact).next());
}

fn figure<T>(what: &str, mut work: impl FnMut() -> T) {
    let mut best = Duration::MAX;
    for _ in 0..BATCHES {
        let start = Instant::now();
        for _ in 0..BATCH {
            black_box(work());
        }
        best = best.min(start.elapsed());
    }
    println!("{what:<42} {:6} ns", best.as_nanos() / u128::from(BATCH));
}

//! What a transaction costs beside reading and writing its messages: a MESSAGE each, answered 202, over UDP (where its
//! answer is kept for 32 s) and over a stream, as server and as client, 12 000 a second of simulated time for a minute.
//! `cargo run --release -p wire-sip --example transaction_speed` prints nanoseconds, the mean and that of the middle
//! batch, which a busy machine disturbs less; and octets for each request that is kept, its answer included.

#![expect(clippy::print_stdout, reason = "it prints its figures")]

use core::net::SocketAddr;
use core::time::Duration;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use wire_sip::transaction::{Limits, Outgoing, Output, Timers, Transactions};
use wire_sip::{HeaderName, Message, Method, StatusCode, Writer};

const BATCH: u32 = 12;
const BATCHES: u32 = 60_000;
const BATCH_TIME: Duration = Duration::from_millis(1);

type Table = Transactions<SocketAddr>;

fn main() {
    for (name, reliable) in [("UDP", false), ("a stream", true)] {
        figure(&format!("server over {name}"), reliable, serve);
        figure(&format!("client over {name}"), reliable, ask);
    }
}

fn figure(name: &str, reliable: bool, turn: impl Fn(&mut Table, u32, bool, Duration) -> Duration) {
    let before = resident();
    let mut table = Table::new(&Timers::default(), Limits::default(), 7);
    let mut busy = Vec::new();
    let mut now = Duration::ZERO;
    for number in 0..BATCHES {
        busy.push(turn(&mut table, number, reliable, now));
        now += BATCH_TIME;
    }
    let kept = table.len();
    let memory = resident().saturating_sub(before).checked_div(kept).unwrap_or_default();
    busy.sort_unstable();
    let each = |time: Duration| time.as_nanos() / u128::from(BATCH);
    let middle = each(busy.get(busy.len() / 2).copied().unwrap_or_default());
    let mean = each(busy.iter().sum::<Duration>() / BATCHES);
    println!("{name:20} {mean:5} ns mean {middle:5} ns middle; {kept:6} kept of {memory:4} octets");
}

/// A batch of requests comes, is answered, and the clock ticks.
fn serve(table: &mut Table, number: u32, reliable: bool, now: Duration) -> Duration {
    let flow = SocketAddr::from(([192, 0, 2, 15], 5066));
    let requests: Vec<Message> = (0..BATCH).filter_map(|at| request(number * BATCH + at)).collect();
    let mut out = Vec::with_capacity(1000);
    let mut answers = Vec::with_capacity(1000);
    let start = Instant::now();
    for request in requests {
        table.received(request, flow, reliable, now, &mut out);
    }
    let mut busy = start.elapsed();
    for output in out.drain(..) {
        if let Output::Request { id, to_tag, message, .. } = output {
            let mut octets = BytesMut::with_capacity(512);
            let writer = Writer::response_to(&mut octets, &message, StatusCode::ACCEPTED, to_tag.as_ref());
            assert_eq!(writer.finish(b""), Ok(()));
            answers.push((id, octets.freeze()));
        }
    }
    assert_eq!(answers.len(), 12);
    let start = Instant::now();
    for (id, octets) in &answers {
        assert!(table.respond(*id, StatusCode::ACCEPTED, octets, now, &mut out).is_ok());
    }
    table.tick(now, &mut out);
    busy += start.elapsed();
    assert_eq!(out.len(), 12);
    busy
}

/// A batch of requests is sent, answered, and the clock ticks.
fn ask(table: &mut Table, number: u32, reliable: bool, now: Duration) -> Duration {
    let flow = SocketAddr::from(([192, 0, 2, 15], 5066));
    let requests: Vec<Message> = (0..BATCH).filter_map(|at| request(number * BATCH + at)).collect();
    let answers: Vec<Message> = requests.iter().filter_map(accepted).collect();
    let asked: Vec<_> =
        (0..).zip(&requests).map(|(token, request)| (token, request, branch(request))).collect();
    let mut out = Vec::with_capacity(1000);
    let start = Instant::now();
    for (token, request, branch) in asked {
        let octets = request.octets().clone();
        let outgoing = Outgoing { token, method: Method::Message, branch, octets, flow, reliable };
        assert!(table.request(outgoing, now, &mut out).is_ok());
    }
    for answer in answers {
        table.received(answer, flow, reliable, now, &mut out);
    }
    table.tick(now, &mut out);
    let busy = start.elapsed();
    assert_eq!(out.len(), 24);
    busy
}

fn branch(request: &Message) -> &[u8] {
    request.via().branch().unwrap_or_default()
}

fn request(number: u32) -> Option<Message> {
    let octets = format!(
        "MESSAGE sip:+8613900000002@example.net;user=phone SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.15:5066;rport=5066;received=192.0.2.15;branch=z9hG4bK-524287-1-{number:016x}\r\n\
         Max-Forwards: 70\r\n\
         Contact: <sip:+8613800000001@192.0.2.15:5066;transport=udp>\r\n\
         To: <sip:+8613900000002@example.net>\r\n\
         From: \"Alice\" <sip:+8613800000001@example.net>;tag=5f7c2c5e\r\n\
         Call-ID: 0b6c2a7e-4f1d-4d9b-8f0e-{number:012x}\r\n\
         CSeq: 1 MESSAGE\r\n\
         Content-Type: text/plain;charset=UTF-8\r\n\
         Content-Length: 5\r\n\r\nhello"
    );
    Message::read(Bytes::from(octets)).ok()
}

fn accepted(request: &Message) -> Option<Message> {
    let mut octets = BytesMut::new();
    let mut writer = Writer::response_to(&mut octets, request, StatusCode::ACCEPTED, b"5f7c2c5e");
    writer.header(HeaderName::Server, b"somebody");
    writer.finish(b"").ok()?;
    Message::read(octets.freeze()).ok()
}

/// Octets of memory that this process holds; 0 where nobody says.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilo = line.and_then(|line| line.trim().strip_suffix("kB")).and_then(|kilo| kilo.trim().parse().ok());
    kilo.map_or(0, |kilo: usize| kilo * 1024)
}

//! Assaults on an HTTP port.

use crate::chance::Dice;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How to assault.
#[derive(Clone, Debug)]
pub struct HttpAssault {
    /// The port.
    pub server: SocketAddr,
    /// A good token, for assaults that begin behind the door.
    pub token: String,
    /// How many connections stay idle.
    pub idle: usize,
    /// How long the server may take to be rid of a sender that trickles.
    pub patience: Duration,
    /// The seed of the dice.
    pub seed: u64,
}

/// What came back on one connection.
#[derive(Debug)]
enum Back {
    /// An answer with this status.
    Status(u16),
    /// The connection was closed without a word.
    Closed,
    /// Something that is no HTTP.
    NoHttp,
    /// Nothing within the patience.
    Nothing,
}

/// Runs all assaults; every finding is a sentence. None: refused in the protocol's own words, and alive.
#[must_use]
pub fn http(assault: &HttpAssault) -> Vec<String> {
    let mut findings = Vec::new();
    let mut dice = Dice::seeded(assault.seed);
    for (name, octets) in cases(assault, &mut dice) {
        let back = send(assault, &octets, true);
        let good = match back {
            // What never was a request may be dropped, and what is one must be refused.
            Back::Closed => true,
            Back::Status(status) => (400..500).contains(&status) || status == 505 || status == 501,
            Back::NoHttp | Back::Nothing => false,
        };
        if !good {
            findings.push(format!("{name}: {back:?}"));
        }
        if let Some(finding) = is_alive(assault, &name) {
            findings.push(finding);
            return findings;
        }
    }
    findings.extend(trickle(assault));
    findings.extend(idle(assault));
    findings
}

/// Requests that are none, each with a name.
fn cases(assault: &HttpAssault, dice: &mut Dice) -> Vec<(String, Vec<u8>)> {
    let authorized =
        format!("host: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n", assault.token);
    let post = |headers: &str, body: &str| {
        format!("POST /v1/messages HTTP/1.1\r\n{authorized}{headers}\r\n{body}").into_bytes()
    };
    let sized = |body: &str| post(&format!("content-length: {}\r\n", body.len()), body);
    let mut cases: Vec<(String, Vec<u8>)> = (0..100)
        .map(|n| {
            let length = 1 + dice.below(4_000);
            (format!("random bytes {n}"), (0..length).map(|_| dice.roll().to_be_bytes()[7]).collect())
        })
        .collect();
    let named = [
        ("no version", b"GET /livez\r\n\r\n".to_vec()),
        ("another protocol", b"SSH-2.0-OpenSSH_9.6\r\n\r\n".to_vec()),
        ("a NUL in the path", b"GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("a header without a name", b"GET /livez HTTP/1.1\r\n: x\r\n\r\n".to_vec()),
        ("a negative length", post("content-length: -1\r\n", "")),
        ("a length that is no number", post("content-length: 1e3\r\n", "")),
        ("two lengths", post("content-length: 2\r\ncontent-length: 3\r\n", "{}{")),
        ("a length beyond all memory", post("content-length: 99999999999999\r\n", "{")),
        ("a length beyond the body", post("content-length: 500\r\n", "{}")),
        ("a chunk that lies", post("transfer-encoding: chunked\r\n", "FFFFFFFFFFFFFFFF\r\nx\r\n0\r\n\r\n")),
        ("a chunk that is no number", post("transfer-encoding: chunked\r\n", "zz\r\nx\r\n0\r\n\r\n")),
        (
            "a body over the limit",
            sized(&format!("{{\"to\":\"+4670\",\"text\":\"{}\"}}", "x".repeat(20 << 20))),
        ),
        ("a head without end", [&b"GET /livez HTTP/1.1\r\nx: "[..], &vec![b'a'; 1 << 20]].concat()),
        (
            "ten thousand headers",
            [&b"GET /livez HTTP/1.1\r\n"[..], &b"a: b\r\n".repeat(10_000), b"\r\n"].concat(),
        ),
        ("a deep nest", sized(&"[".repeat(100_000))),
        ("half a surrogate", sized(r#"{"to":"+46701","text":"\ud800"}"#)),
        ("bytes that are no UTF-8", [&post("content-length: 3\r\n", "")[..], &[0xFF, 0xFE, 0xC0]].concat()),
        (
            "a path of a megabyte",
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(1 << 20)).into_bytes(),
        ),
    ];
    cases.extend(named.into_iter().map(|(name, octets)| (name.to_owned(), octets)));
    cases
}

fn send(assault: &HttpAssault, octets: &[u8], half_close: bool) -> Back {
    let Ok(mut stream) = TcpStream::connect(assault.server) else { return Back::Closed };
    let _ = stream.set_read_timeout(Some(assault.patience));
    let _ = stream.set_write_timeout(Some(assault.patience));
    // The server may well have closed before it read all of this; then there may still be an answer to read.
    let _ = stream.write_all(octets);
    if half_close {
        let _ = stream.shutdown(Shutdown::Write);
    }
    read_status(&mut stream)
}

fn read_status(stream: &mut TcpStream) -> Back {
    let mut head = Vec::new();
    let mut buffer = [0; 512];
    while head.len() < 12 {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => head.extend_from_slice(buffer.get(..n).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Back::Nothing;
            }
            Err(_) => break,
        }
    }
    if head.is_empty() {
        return Back::Closed;
    }
    let text = String::from_utf8_lossy(&head);
    let status =
        text.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|status| status.parse().ok());
    status.map_or(Back::NoHttp, Back::Status)
}

/// How long an honest question may wait for its answer. Not less: to a connection that finds the system's queue full a busy
/// machine says nothing, and its client asks again after one second, and two more.
const PATIENCE: Duration = Duration::from_secs(5);

/// A finding when the server does not answer an honest question in time.
fn is_alive(assault: &HttpAssault, after: &str) -> Option<String> {
    let began = Instant::now();
    let back = send(assault, b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", false);
    let late = began.elapsed() > PATIENCE;
    match back {
        Back::Status(200) if !late => None,
        other => Some(format!("after {after} the server is not well: {other:?} after {:?}", began.elapsed())),
    }
}

/// A sender that gives a byte of its head every 200 ms must be cut off.
fn trickle(assault: &HttpAssault) -> Option<String> {
    let mut stream = TcpStream::connect(assault.server).ok()?;
    let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
    let began = Instant::now();
    let mut head = b"GET /livez HTTP/1.1\r\nx: ".iter().chain(std::iter::repeat(&b'a'));
    let mut buffer = [0; 512];
    while began.elapsed() < assault.patience {
        let byte = head.next().copied().unwrap_or(b'a');
        if stream.write_all(&[byte]).is_err() {
            return None;
        }
        match stream.read(&mut buffer) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            // Closed, or told so first.
            _ => return None,
        }
    }
    Some(format!("a sender that trickles its head was still served after {:?}", assault.patience))
}

/// Idle connections must not keep others from being served.
fn idle(assault: &HttpAssault) -> Option<String> {
    let open: Vec<_> = (0..assault.idle).map_while(|_| TcpStream::connect(assault.server).ok()).collect();
    if open.len() < assault.idle {
        return Some(format!("only {} of {} idle connections were taken", open.len(), assault.idle));
    }
    is_alive(assault, &format!("{} idle connections", open.len()))
}

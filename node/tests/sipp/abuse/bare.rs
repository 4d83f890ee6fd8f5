//! Rows that SIPp can't play: it sends whole messages of text, one at a time.

use crate::scene::{ANNA, BO, REGISTRAR, Scene, login, password, uri};
use crate::sipp::Wire;
use crate::socket::{ask, connect, datagrams, request, rest_of, until_closed};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A connection that owes something is closed after this at the latest: the limit is 10 s, the rest for a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// Whether an answer begins as it should.
fn begins(answer: &str, with: &str) -> Result<(), String> {
    if answer.starts_with(with) { Ok(()) } else { Err(format!("not {with}: {answer:?}")) }
}

/// Credentials whose response is empty.
pub(super) fn without_response(credentials: &str) -> String {
    let (before, rest) = credentials.split_once("response=\"").unwrap();
    let (_, after) = rest.split_once('"').unwrap();
    format!("{before}response=\"\"{after}")
}

/// An answer without what is new in every one.
fn without_chance(answer: &str) -> String {
    let chance = ["Via:", "From:", "To:", "Call-ID:"];
    let lines = answer.lines().filter(|line| !chance.iter().any(|name| line.starts_with(name)));
    lines.map(|line| line.split("nonce=").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

pub(super) fn unknown_or_wrong(scene: &Scene) -> Result<(), String> {
    let answers = [("anna", "guessed"), ("nobody-of-that-name", "guessed")].map(|(user, guess)| {
        let shown = login(user, guess, "REGISTER", REGISTRAR).credentials(&scene.nonce());
        let line = format!("Authorization: {shown}\r\n");
        without_chance(&ask(scene.sip(Wire::Udp), &request("REGISTER", REGISTRAR, ANNA, &line)))
    });
    begins(&answers[0], "SIP/2.0 401 ")?;
    if answers[0] == answers[1] { Ok(()) } else { Err(format!("{answers:#?}")) }
}

pub(super) fn cseq(scene: &Scene) -> Result<(), String> {
    let right = request("OPTIONS", REGISTRAR, ANNA, "");
    let line = "CSeq: 1 OPTIONS\r\n";
    for wrong in ["", "CSeq: 1 MESSAGE\r\n", "CSeq: 4294967296 OPTIONS\r\n", "CSeq: one OPTIONS\r\n"] {
        begins(&ask(scene.sip(Wire::Udp), &right.replace(line, wrong)), "SIP/2.0 400 ")?;
    }
    Ok(())
}

/// The head of a message on a stream, which announces so many octets.
fn head(length: usize, more: &str) -> String {
    let head = request("MESSAGE", &uri(BO), ANNA, more).replace("/UDP ", "/TCP ");
    head.replace("Content-Length: 0", &format!("Content-Length: {length}"))
}

pub(super) fn body_2_mib(scene: &Scene) -> Result<(), String> {
    let mut octets = head(2 << 20, "").into_bytes();
    octets.resize(octets.len() + (2 << 20), b'a');
    begins(&until_closed(scene.sip(Wire::Tcp), &octets), "SIP/2.0 513 ")
}

pub(super) fn line_70_kb(scene: &Scene) -> Result<(), String> {
    let long = format!("X-Long: {}\r\n", "x".repeat(70_000));
    begins(&until_closed(scene.sip(Wire::Tcp), head(0, &long).as_bytes()), "SIP/2.0 513 ")
}

pub(super) fn ipv6_odd(scene: &Scene) -> Result<(), String> {
    for (host, with) in [
        ("[::1]:9", "SIP/2.0 200 "),
        ("[::ffff:127.0.0.1]", "SIP/2.0 200 "),
        ("[2001:db8::9]", "SIP/2.0 200 "),
        ("[::1", "SIP/2.0 400 "),
        ("::1]", "SIP/2.0 400 "),
        ("[1:2:3:4:5:6:7:8:9]", "SIP/2.0 400 "),
        ("[fe80::1%25lo]", "SIP/2.0 400 "),
    ] {
        let request = request("OPTIONS", REGISTRAR, ANNA, "").replace("127.0.0.1:9", host);
        begins(&ask(scene.sip(Wire::Udp), &request), with)?;
    }
    Ok(())
}

pub(super) fn oversize_datagram(scene: &Scene) -> Result<(), String> {
    let shown =
        login("anna", &password("anna"), "MESSAGE", "sip:nobody@example.net").credentials(&scene.nonce());
    let head =
        request("MESSAGE", "sip:nobody@example.net", ANNA, &format!("Proxy-Authorization: {shown}\r\n"));
    let length = 65_000 - head.len();
    let whole = head.replace("Content-Length: 0", &format!("Content-Length: {length}")) + &"a".repeat(length);
    begins(&ask(scene.sip(Wire::Udp), &whole), "SIP/2.0 404 ")
}

pub(super) fn garbage(scene: &Scene) -> Result<(), String> {
    let socket = datagrams();
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    let mut octet = || {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        chance.to_le_bytes()[3]
    };
    for n in 0..2000 {
        let length = usize::from(octet()) * 5;
        let mut octets: Vec<u8> = (0..length).map(|_| octet()).collect();
        if n % 2 == 0 {
            octets.splice(0..0, *b"MESSAGE sip:bo@example.net SIP/2.0\r\n");
        }
        socket.send_to(&octets, scene.sip(Wire::Udp)).unwrap();
    }
    let stream: Vec<u8> = (0..200_000).map(|_| octet()).collect();
    until_closed(scene.sip(Wire::Tcp), &stream);
    is_there(scene)
}

pub(super) fn crlf_flood(scene: &Scene) -> Result<(), String> {
    let mut stream = connect(scene.sip(Wire::Tcp));
    // The server may end it: whoever does not read is not waited for.
    drop(stream.write_all(&b"\r\n\r\n".repeat(20_000)));
    let socket = datagrams();
    for _ in 0..2000 {
        socket.send_to(b"\r\n\r\n", scene.sip(Wire::Udp)).unwrap();
    }
    is_there(scene)
}

pub(super) fn http_here(scene: &Scene) -> Result<(), String> {
    let answer = until_closed(scene.sip(Wire::Tcp), b"GET / HTTP/1.1\r\nHost: example.net\r\n\r\n");
    if answer.contains("200 OK") { Err(answer) } else { Ok(()) }
}

pub(super) fn sip_there(scene: &Scene) -> Result<(), String> {
    let octets = request("OPTIONS", REGISTRAR, ANNA, "");
    begins(&until_closed(scene.server.address, octets.as_bytes()), "HTTP/1.1 400 ")
}

pub(super) fn octet_by_octet(scene: &Scene) -> Result<(), String> {
    let mut stream = connect(scene.sip(Wire::Tcp));
    stream.set_nodelay(true).unwrap();
    for octet in request("OPTIONS", REGISTRAR, ANNA, "").replace("/UDP ", "/TCP ").bytes() {
        stream.write_all(&[octet]).unwrap();
    }
    begins(&first_of(&mut stream), "SIP/2.0 200 ")
}

pub(super) fn all_at_once(scene: &Scene) -> Result<(), String> {
    let mut stream = connect(scene.sip(Wire::Tcp));
    let one = || request("OPTIONS", REGISTRAR, ANNA, "").replace("/UDP ", "/TCP ");
    let all: String = (0..500).map(|_| one()).collect();
    stream.write_all(all.as_bytes()).unwrap();
    let (mut answers, mut buffer) = (Vec::new(), [0; 4096]);
    while String::from_utf8_lossy(&answers).matches("SIP/2.0 200 OK\r\n").count() < 500 {
        let length = stream.read(&mut buffer).map_err(|error| error.to_string())?;
        answers.extend_from_slice(&buffer[..length]);
    }
    Ok(())
}

pub(super) fn half_open(scene: &Scene) -> Result<(), String> {
    let mut silent: Vec<_> = (0..1000).map(|_| connect(scene.sip(Wire::Tcp))).collect();
    let began = Instant::now();
    is_there(scene)?;
    for stream in &mut silent {
        rest_of(stream);
    }
    let took = began.elapsed();
    // There is room for a stranger of the same network again.
    begins(&ask_by_stream(scene), "SIP/2.0 200 ")?;
    if took < LIMIT { Ok(()) } else { Err(format!("closed after {took:?}")) }
}

pub(super) fn drip(scene: &Scene) -> Result<(), String> {
    let mut stream = connect(scene.sip(Wire::Tcp));
    stream.set_read_timeout(Some(Duration::from_millis(250))).unwrap();
    let began = Instant::now();
    let request = request("OPTIONS", REGISTRAR, ANNA, "");
    for octet in request.bytes() {
        // An octet each quarter of a second: what paces it is the wait for an answer that does not come.
        let closed = match stream.read(&mut [0; 64]) {
            Ok(0) => true,
            Ok(_) => return Err("an answer to half a request".to_owned()),
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        };
        if closed || stream.write_all(&[octet]).is_err() {
            let took = began.elapsed();
            return if took < LIMIT { Ok(()) } else { Err(format!("closed after {took:?}")) };
        }
    }
    Err("it was let drip".to_owned())
}

/// The server answers a stranger's OPTIONS.
fn is_there(scene: &Scene) -> Result<(), String> {
    begins(&ask(scene.sip(Wire::Udp), &request("OPTIONS", REGISTRAR, ANNA, "")), "SIP/2.0 200 ")
}

fn ask_by_stream(scene: &Scene) -> String {
    let mut stream = connect(scene.sip(Wire::Tcp));
    let octets = request("OPTIONS", REGISTRAR, ANNA, "").replace("/UDP ", "/TCP ");
    stream.write_all(octets.as_bytes()).unwrap();
    first_of(&mut stream)
}

/// The first octets of an answer.
fn first_of(stream: &mut TcpStream) -> String {
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

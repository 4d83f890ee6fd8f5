//! The torture messages of RFC 4475 and RFC 5118, at the running server: answered as their sections say, over UDP, TCP
//! and WebSocket, and the server serves on.
//!
//! Which of them is a message at all is examined beside the parser; here are the answers of a registrar that takes
//! MESSAGE, REGISTER and OPTIONS, and asks strangers for a password.

use crate::scene::{DOMAIN, Scene, uri};
use futures_util::{SinkExt, StreamExt};
use std::path::Path;
use std::time::Duration;
use switchback_core::model::Status;
use switchback_im::sip::Wire;
use switchback_testkit::handset::SendOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// No answer: a response that concerns nobody.
const SILENCE: u16 = 0;

/// What becomes of the connection that carried it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum After {
    /// It serves on.
    Open,
    /// It is closed: a start line that can't be read, or a length that is not there, says nothing of where the next
    /// message begins; or the rest never comes.
    Closed,
}
use After::{Closed, Open};

/// Name, answer to the datagram, answers on a stream, and what becomes of that.
type Row = (&'static str, u16, &'static [u16], After);

const TABLE: &[Row] = &[
    ("rfc4475-3.1.1.1-wsinv", 405, &[405], Open),
    ("rfc4475-3.1.1.2-intmeth", 405, &[405], Open),
    ("rfc4475-3.1.1.3-esc01", 405, &[405], Open),
    ("rfc4475-3.1.1.4-escnull", 401, &[401], Open),
    ("rfc4475-3.1.1.5-esc02", 405, &[405], Open),
    ("rfc4475-3.1.1.6-lwsdisp", 200, &[200], Open),
    ("rfc4475-3.1.1.7-longreq", 405, &[405], Open),
    // Two requests: a datagram has the first, a stream both, and octets behind them that begin no message.
    ("rfc4475-3.1.1.8-dblreq", 401, &[401, 405], Closed),
    ("rfc4475-3.1.1.9-semiuri", 200, &[200], Open),
    ("rfc4475-3.1.1.10-transports", 200, &[200], Open),
    ("rfc4475-3.1.1.11-mpart01", 407, &[407], Open),
    ("rfc4475-3.1.1.12-unreason", SILENCE, &[], Open),
    ("rfc4475-3.1.1.13-noreason", SILENCE, &[], Open),
    ("rfc4475-3.1.2.1-badinv01", 400, &[400], Open),
    ("rfc4475-3.1.2.2-clerr", 400, &[], Closed),
    ("rfc4475-3.1.2.3-ncl", 400, &[400], Closed),
    ("rfc4475-3.1.2.4-scalar02", 400, &[400], Open),
    ("rfc4475-3.1.2.5-scalarlg", SILENCE, &[], Open),
    ("rfc4475-3.1.2.6-quotbal", 400, &[400], Open),
    ("rfc4475-3.1.2.7-ltgtruri", 400, &[400], Open),
    ("rfc4475-3.1.2.8-lwsruri", 400, &[400], Closed),
    ("rfc4475-3.1.2.9-lwsstart", 400, &[400], Closed),
    ("rfc4475-3.1.2.10-trws", 400, &[400], Closed),
    ("rfc4475-3.1.2.11-escruri", 400, &[400], Open),
    // The method is looked at before a header that nobody needs.
    ("rfc4475-3.1.2.12-baddate", 405, &[405], Open),
    // Who sends is asked before what: 400 is for those who may register.
    ("rfc4475-3.1.2.13-regbadct", 401, &[401], Open),
    ("rfc4475-3.1.2.14-badaspec", 200, &[200], Open),
    ("rfc4475-3.1.2.15-baddn", 200, &[200], Open),
    ("rfc4475-3.1.2.16-badvers", 505, &[505], Closed),
    ("rfc4475-3.1.2.17-mismatch01", 400, &[400], Open),
    ("rfc4475-3.1.2.18-mismatch02", 400, &[400], Open),
    ("rfc4475-3.1.2.19-bigcode", SILENCE, &[], Closed),
    ("rfc4475-3.2.1-badbranch", 200, &[200], Open),
    ("rfc4475-3.3.1-insuf", 400, &[400], Open),
    ("rfc4475-3.3.2-unkscm", 416, &[416], Open),
    ("rfc4475-3.3.3-novelsc", 416, &[416], Open),
    ("rfc4475-3.3.4-unksm2", 401, &[401], Open),
    ("rfc4475-3.3.5-bext01", 420, &[420], Open),
    ("rfc4475-3.3.6-invut", 405, &[405], Open),
    ("rfc4475-3.3.7-regaut01", 401, &[401], Open),
    ("rfc4475-3.3.8-multi01", 400, &[400], Open),
    ("rfc4475-3.3.9-mcl01", 400, &[400], Closed),
    ("rfc4475-3.3.10-bcast", SILENCE, &[], Open),
    // It is for us, and goes no further.
    ("rfc4475-3.3.11-zeromf", 200, &[200], Open),
    ("rfc4475-3.3.12-cparam01", 401, &[401], Open),
    ("rfc4475-3.3.13-cparam02", 401, &[401], Open),
    ("rfc4475-3.3.14-regescrt", 401, &[401], Open),
    ("rfc4475-3.3.15-sdp01", 405, &[405], Open),
    ("rfc4475-3.4.1-inv2543", 405, &[400], Closed),
    ("rfc5118-4.1-ipv6-good", 401, &[401], Open),
    ("rfc5118-4.2-ipv6-bad", 400, &[400], Open),
    ("rfc5118-4.3-port-ambiguous", 401, &[401], Open),
    ("rfc5118-4.4-port-unambiguous", 401, &[401], Open),
    ("rfc5118-4.5-via-received-param-no-delim", 200, &[200], Open),
    ("rfc5118-4.5-via-received-param-with-delim", 405, &[405], Open),
    ("rfc5118-4.6-ipv6-in-sdp", 405, &[405], Open),
    ("rfc5118-4.7-mult-ip-in-header", 405, &[405], Open),
    ("rfc5118-4.8-mult-ip-in-sdp", 405, &[405], Open),
    ("rfc5118-4.9-ipv4-mapped-ipv6", 405, &[405], Open),
    ("rfc5118-4.10-ipv6-bug-abnf-3-colons", 200, &[200], Open),
    ("rfc5118-4.10-ipv6-correct-abnf-2-colons", 200, &[200], Open),
];

fn octets(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wire/sip/tests/torture");
    std::fs::read(folder.join(format!("{name}.sip"))).unwrap()
}

/// A request that is always answered: what was said before its answer was said about the message before it.
fn probe(wire: &str, after: &str) -> String {
    format!(
        "OPTIONS sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/{wire} probe.invalid;branch=z9hG4bK-{after};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:probe@{DOMAIN}>;tag=p\r\nTo: <sip:{DOMAIN}>\r\nCall-ID: the-probe-{after}\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

/// The status of an answer, and whether it is the probe's.
fn read(answer: &str) -> (u16, bool) {
    (answer["SIP/2.0 ".len()..][..3].parse().unwrap(), answer.contains("Call-ID: the-probe-"))
}

/// What was answered before the probe was. An answer to an INVITE is sent again until it is acknowledged.
fn before_the_probe(mut answers: Vec<u16>) -> Vec<u16> {
    answers.dedup();
    answers
}

async fn in_time<T>(name: &str, what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), what)
        .await
        .unwrap_or_else(|_| panic!("{name}: nothing comes"))
}

/// Anna's message to Bo goes through: everything is as before.
async fn is_alive(scene: &Scene) {
    let anna = scene.phone(scene.config("anna")).await;
    let _bo = scene.phone(scene.config("bo")).await;
    let sent = anna.send(&uri("bo"), "still there?", SendOptions::default()).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_datagrams() {
    let scene = Scene::new().await;
    for (name, expected, ..) in TABLE {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(scene.address(Wire::Udp)).await.unwrap();
        socket.send(&octets(name)).await.unwrap();
        socket.send(probe("UDP", name).as_bytes()).await.unwrap();
        let mut answers = Vec::new();
        loop {
            let mut buffer = vec![0; 65_536];
            let length = in_time(name, socket.recv(&mut buffer)).await.unwrap();
            let (status, probes) = read(&String::from_utf8_lossy(&buffer[..length]));
            if probes {
                break;
            }
            answers.push(status);
        }
        let expected: Vec<u16> = Some(*expected).into_iter().filter(|status| *status != SILENCE).collect();
        assert_eq!(before_the_probe(answers), expected, "{name}");
    }
    is_alive(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_streams() {
    let scene = Scene::with(|options| options.limits.completion = Duration::from_millis(500)).await;
    let mut wrong = Vec::new();
    for (name, _, expected, after) in TABLE {
        let mut stream = TcpStream::connect(scene.address(Wire::Tcp)).await.unwrap();
        stream
            .write_all(&[&octets(name)[..], b"\r\n\r\n", probe("TCP", name).as_bytes()].concat())
            .await
            .unwrap();
        let mut heard = Vec::new();
        let probed = loop {
            let mut buffer = [0; 4096];
            let length = in_time(name, stream.read(&mut buffer)).await.unwrap_or(0);
            heard.extend_from_slice(&buffer[..length]);
            let text = String::from_utf8_lossy(&heard);
            if length == 0 || text.split("\r\n\r\n").any(|head| head.contains("Call-ID: the-probe")) {
                break length != 0;
            }
        };
        let text = String::from_utf8_lossy(&heard).into_owned();
        let heads = text.split("\r\n\r\n").map(|head| head.trim_start_matches("\r\n"));
        let heads =
            heads.filter(|head| head.starts_with("SIP/2.0 ")).map(|head| read(&format!("{head}\r\n")));
        let answers = heads.take_while(|(_, probes)| !probes).map(|(status, _)| status).collect();
        let (answers, is) = (before_the_probe(answers), if probed { Open } else { Closed });
        if (answers.as_slice(), is) != (*expected, *after) {
            wrong.push((name, answers, is));
        }
    }
    assert_eq!(wrong, []);
    is_alive(&scene).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_frames() {
    let scene = Scene::new().await;
    let address = scene.address(Wire::Ws);
    for (name, datagram, stream, _) in TABLE {
        let mut request = format!("ws://{address}/").into_client_request().unwrap();
        request.headers_mut().insert("Sec-WebSocket-Protocol", "sip".parse().unwrap());
        let stream_of = TcpStream::connect(address).await.unwrap();
        let (mut socket, _) = tokio_tungstenite::client_async(request, stream_of).await.unwrap();
        // Line ends behind the message are for datagrams.
        let octets = octets(name);
        let ends = if name.ends_with("multi01") || name.ends_with("mcl01") { 2 } else { 0 };
        socket.send(Frame::binary(octets[..octets.len() - ends].to_vec())).await.unwrap();
        socket.send(Frame::text(probe("WS", name))).await.unwrap();
        let mut answers = Vec::new();
        loop {
            let frame = in_time(name, socket.next()).await.unwrap().unwrap();
            let (status, probes) = read(&frame.into_text().unwrap());
            if probes {
                break;
            }
            answers.push(status);
        }
        // A frame is one message, whole: what has two in it, or less than it says, is none.
        let whole = stream.len() < 2 && !name.ends_with("clerr");
        let expected = if whole { *datagram } else { 400 };
        let expected: Vec<u16> = Some(expected).into_iter().filter(|status| *status != SILENCE).collect();
        assert_eq!(before_the_probe(answers), expected, "{name}");
    }
    is_alive(&scene).await;
}

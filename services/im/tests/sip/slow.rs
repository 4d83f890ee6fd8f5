//! Peers that take their time, or the room of others: a connection that owes something is closed when its time is over,
//! however it is dripped; who is not known has less time and less room; who does not read is not written to.

use crate::scene::{DOMAIN, Scene, uri};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use switchback_core::model::Status;
use switchback_im::sip::Wire;
use switchback_testkit::handset::{self, SendOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

const COMPLETION: Duration = Duration::from_millis(400);
const PATIENCE: Duration = Duration::from_secs(10);

/// A request that anybody may ask.
fn question(wire: &str, n: usize) -> String {
    format!(
        "OPTIONS sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/{wire} drip.invalid;branch=z9hG4bKdrip{n}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:anna@{DOMAIN}>;tag=d\r\nTo: <sip:{DOMAIN}>\r\nCall-ID: drip{n}\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Asks, and is answered; false when the connection is closed instead.
async fn asks(stream: &mut TcpStream, n: usize) -> bool {
    let mut heard = [0; 2048];
    let asking = async {
        stream.write_all(question("TCP", n).as_bytes()).await.ok()?;
        stream.read(&mut heard).await.ok().filter(|read| *read > 0)
    };
    timeout(PATIENCE, asking).await.unwrap().is_some()
}

/// Whether the server ends the connection, saying nothing more.
async fn ends(stream: &mut TcpStream) -> bool {
    let read = timeout(PATIENCE, stream.read(&mut [0; 512])).await.unwrap();
    read.map_or(true, |read| read == 0)
}

async fn browser(scene: &Scene) -> WebSocketStream<TcpStream> {
    let address = scene.address(Wire::Ws);
    let mut request = format!("ws://{address}/").into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", "sip".parse().unwrap());
    let stream = TcpStream::connect(address).await.unwrap();
    tokio_tungstenite::client_async(request, stream).await.unwrap().0
}

/// Writes octet after octet until the server closes; false when it has taken them all.
async fn drips(mut stream: TcpStream, octets: &[u8]) -> bool {
    let mut pace = interval(COMPLETION / 8);
    let mut heard = [0; 512];
    for octet in octets {
        tokio::select! {
            read = stream.read(&mut heard) => if !matches!(read, Ok(1..)) { return true },
            _ = pace.tick() => if stream.write_all(&[*octet]).await.is_err() { return true },
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_drips_gains_no_time() {
    let scene = Scene::with(|options| options.limits.completion = COMPLETION).await;
    let request = question("TCP", 0);
    let connect = || async { TcpStream::connect(scene.address(Wire::Tcp)).await.unwrap() };
    assert!(drips(connect().await, request.as_bytes()).await, "a first message");
    let mut greeted = connect().await;
    greeted.write_all(request.as_bytes()).await.unwrap();
    let answer = timeout(PATIENCE, greeted.read(&mut [0; 2048])).await.unwrap().unwrap();
    assert!(answer > 0);
    assert!(drips(greeted, request.as_bytes()).await, "the next one");
    assert!(drips(connect().await, &b"\r\n".repeat(100)).await, "keep-alives are no message");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_log_in_is_not_waited_for_and_who_does_is() {
    let scene = Scene::with(|options| options.limits.stranger_idle = COMPLETION).await;
    let mut config = scene.config("bo");
    (config.wire, config.server) = (handset::Wire::Tcp, scene.address(Wire::Tcp));
    let (anna, _bo) = (scene.phone(scene.config("anna")).await, scene.phone(config).await);
    let mut stranger = TcpStream::connect(scene.address(Wire::Tcp)).await.unwrap();
    assert!(asks(&mut stranger, 0).await, "anybody may ask");
    assert!(ends(&mut stranger).await, "but not stay");
    let mut stranger = browser(&scene).await;
    stranger.send(Frame::text(question("WS", 0))).await.unwrap();
    assert!(stranger.next().await.unwrap().unwrap().is_text());
    let end = timeout(PATIENCE, stranger.next()).await.unwrap();
    assert!(end.is_none_or(|end| end.is_err()), "in frames it is the same");
    let sent = anna.send(&uri("bo"), "still there?", SendOptions::default()).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_has_room_for_so_many_strangers() {
    let scene = Scene::with(|options| options.limits.strangers = 3).await;
    let connect = || async { TcpStream::connect(scene.address(Wire::Tcp)).await.unwrap() };
    let mut there = Vec::new();
    for n in 0..2 {
        there.push(connect().await);
        assert!(asks(&mut there[n], n).await);
    }
    let mut config = scene.config("bo");
    (config.wire, config.server) = (handset::Wire::Tcp, scene.address(Wire::Tcp));
    let _bo = scene.phone(config).await;
    there.push(connect().await);
    assert!(asks(&mut there[2], 2).await, "Bo is known, and takes no stranger's room");
    for _ in 0..300 {
        assert!(ends(&mut connect().await).await);
    }
    assert_eq!(scene.server.counters().turned_away(), 300);
    for (n, stream) in there.iter_mut().enumerate() {
        assert!(asks(stream, 10 + n).await, "who was there is not disturbed");
    }
    drop(there.pop());
    let room = async {
        loop {
            if asks(&mut connect().await, 20).await {
                return;
            }
        }
    };
    timeout(PATIENCE, room).await.expect("who leaves makes room");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_drips_gains_no_time() {
    let scene = Scene::with(|options| options.limits.handshake = COMPLETION).await;
    let stream = TcpStream::connect(scene.address(Wire::Ws)).await.unwrap();
    assert!(drips(stream, &b"GET / HTTP/1.1\r\n".repeat(20)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_drips_gains_no_time_and_one_that_is_too_long_is_told_so() {
    let scene = Scene::with(|options| options.limits.completion = COMPLETION).await;
    let greeted = || async {
        let mut socket = browser(&scene).await;
        socket.send(Frame::text(question("WS", 0))).await.unwrap();
        assert!(socket.next().await.unwrap().unwrap().is_text());
        socket
    };
    // A masked frame of text, 1000 octets long.
    let head = [0x81, 0x80 | 126, 0x03, 0xe8, 0, 0, 0, 0];
    let slow = greeted().await.into_inner();
    assert!(drips(slow, &[&head[..], &[b'x'; 200]].concat()).await);
    let mut long = greeted().await;
    let bound = wire_sip::Limits::default().message;
    long.send(Frame::text("x".repeat(bound + 1))).await.unwrap();
    let Some(Ok(Frame::Close(Some(told)))) = timeout(PATIENCE, long.next()).await.unwrap() else {
        panic!("it is told why")
    };
    assert_eq!(told.code, CloseCode::Size);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_not_written_to() {
    let scene = Scene::new().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut deaf = socket.connect(scene.address(Wire::Tcp)).await.unwrap();
    let question = question("TCP", 0).replace("Call-ID: ", &format!("Call-ID: {}", "x".repeat(4000)));
    let asking = async {
        for n in 0.. {
            let question = question.replace("z9hG4bKdrip0", &format!("z9hG4bKdrip{n}"));
            if deaf.write_all(question.as_bytes()).await.is_err() {
                return n;
            }
        }
        0
    };
    let asked = timeout(3 * PATIENCE, asking).await.expect("it is cut off");
    assert!(asked > 60, "as much as it may leave unread: {asked}");
}

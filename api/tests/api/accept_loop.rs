//! The accept loop against clients that are slow, silent, greedy, senseless or too many. Raw sockets, because the
//! clients meant here are not written with an HTTP library.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use bytes::Bytes;
use http_body::Frame;
use proptest::prelude::*;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use switchback_api::{Limits, Served, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long anything in these tests may take.
const DEADLINE: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Served>,
}

impl Server {
    async fn start(router: Router, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(serve(listener, router, limits, async {
            drop(stopped.await);
        }));
        Self { address, stop, served }
    }

    async fn open(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `bytes` on a fresh connection and reads until the server closes it.
    async fn say(&self, bytes: &[u8]) -> String {
        let mut stream = self.open().await;
        // The server may refuse and close before all is written.
        drop(stream.write_all(bytes).await);
        rest(&mut stream).await
    }

    async fn is_alive(&self) -> bool {
        self.say(b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.ends_with("hello")
    }

    async fn stop(self) -> Served {
        self.stop.send(()).unwrap();
        within(self.served).await.unwrap()
    }
}

async fn within<F: Future>(future: F) -> F::Output {
    timeout(DEADLINE, future).await.expect("it takes too long")
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer is as good as a close.
    drop(within(stream.read_to_end(&mut bytes)).await);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hello() -> Router {
    Router::new().route("/hello", get(async || "hello")).route("/echo", post(async |body: String| body))
}

fn quick() -> Limits {
    let ms = Duration::from_millis;
    Limits {
        header_time: ms(800),
        idle_time: ms(2000),
        write_stall: ms(600),
        drain_time: ms(500),
        ..Limits::default()
    }
}

/// The problem document in a raw answer, after checking the status line and the type.
fn problem(answer: &str, status: &str) -> serde_json::Value {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer:?}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-type: application/problem+json"), "{head}");
    let told: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(told["status"].to_string(), status);
    assert_eq!(told["type"], format!("/errors/{}", told["code"].as_str().unwrap()));
    told
}

#[tokio::test]
async fn a_connection_carries_one_request_after_another() {
    let server = Server::start(hello(), Limits::default()).await;
    let mut stream = server.open().await;
    for _ in 0..3 {
        stream.write_all(b"GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = vec![0; 4096];
        let mut got = 0;
        while !answer[..got].ends_with(b"hello") {
            got += within(stream.read(&mut answer[got..])).await.unwrap();
        }
    }
    stream
        .write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc")
        .await
        .unwrap();
    assert!(rest(&mut stream).await.ends_with("abc"));
    assert_eq!(server.stop().await, Served { accepted: 1, refused: 0, cut_off: 0 });
}

#[tokio::test]
async fn a_head_by_the_drop_is_told_so_and_cut_off() {
    let server = Server::start(hello(), quick()).await;
    let mut stream = server.open().await;
    let begun = Instant::now();
    let (mut read, mut write) = stream.split();
    let mut answer = Vec::new();
    let drip = async {
        // For ever, a byte at a time: only the server ends it.
        loop {
            if write.write_all(b"a").await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        _ = within(read.read_to_end(&mut answer)) => {}
        () = drip => {}
    }
    assert_eq!(problem(&String::from_utf8_lossy(&answer), "408")["code"], "body_timeout");
    assert!(begun.elapsed() >= Duration::from_millis(800));
    assert!(server.is_alive().await);
}

#[tokio::test]
async fn a_silent_connection_is_closed_without_a_word() {
    let server = Server::start(hello(), quick()).await;
    let mut stream = server.open().await;
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn between_requests_the_idle_time_counts_and_not_the_time_for_heads() {
    let server = Server::start(hello(), quick()).await;
    let mut stream = server.open().await;
    let begun = Instant::now();
    stream.write_all(b"GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(rest(&mut stream).await.ends_with("hello"));
    assert!(begun.elapsed() >= Duration::from_millis(2000), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn headers_have_a_bound() {
    let limits = Limits { header_bytes_max: 16 << 10, ..Limits::default() };
    let server = Server::start(hello(), limits).await;
    let with = |bytes: usize| {
        format!("GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx: {}\r\n\r\n", "a".repeat(bytes))
    };
    assert!(server.say(with(15 << 10).as_bytes()).await.ends_with("hello"));
    for bytes in [16 << 10, 17 << 10, 16 << 20] {
        let told = problem(&server.say(with(bytes).as_bytes()).await, "431");
        assert_eq!(told["code"], "headers_too_large");
    }
    let many: String = (0..500).map(|n| format!("x-{n}: 1\r\n")).collect();
    let told = server.say(format!("GET /hello HTTP/1.1\r\nhost: x\r\n{many}\r\n").as_bytes()).await;
    assert_eq!(problem(&told, "431")["code"], "headers_too_large");
    assert!(server.is_alive().await);
}

#[tokio::test]
async fn what_is_not_http_is_told_so() {
    let server = Server::start(hello(), quick()).await;
    for senseless in [
        b"\x00\x00\x00\x10\x00\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x01\r\n\r\n".as_slice(),
        b"GET /hello HTTP/1.1\r\nhost x\r\n\r\n",
        b"GET /hello HTTP/9.9\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: nine\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    ] {
        let told = problem(&server.say(senseless).await, "400");
        assert_eq!(told["code"], "invalid_http");
    }
    assert!(server.is_alive().await);
}

#[tokio::test]
async fn beyond_the_cap_a_connection_is_told_503_until_another_closes() {
    let limits = Limits { connections_max: 2, ..Limits::default() };
    let server = Server::start(hello(), limits).await;
    let (one, two) = (server.open().await, server.open().await);
    let answer = server.say(b"GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(problem(&answer, "503")["code"], "too_many_connections");
    assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
    drop(one);
    within(async {
        while !server.is_alive().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(two);
    assert!(server.stop().await.refused >= 1);
}

#[tokio::test]
async fn a_thousand_idle_connections_hinder_nobody_and_are_closed() {
    let server = Server::start(hello(), Limits { header_time: Duration::from_secs(5), ..quick() }).await;
    let mut idle = Vec::new();
    for _ in 0..1000 {
        idle.push(server.open().await);
    }
    let begun = Instant::now();
    assert!(server.is_alive().await);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    for mut stream in idle {
        assert_eq!(rest(&mut stream).await, "");
    }
    assert_eq!(server.stop().await, Served { accepted: 1001, refused: 0, cut_off: 0 });
}

/// A body without end, for a reader that takes nothing; tells when it is dropped.
struct Endless(Option<oneshot::Sender<()>>);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 16384])))))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        if let Some(dropped) = self.0.take() {
            let _ = dropped.send(());
        }
    }
}

fn endless() -> (Router, oneshot::Receiver<()>) {
    let (dropped, gone) = oneshot::channel();
    let dropped = Arc::new(Mutex::new(Some(dropped)));
    let router = Router::new()
        .route("/endless", get(async move || Body::new(Endless(dropped.lock().unwrap().take()))));
    (router, gone)
}

#[tokio::test]
async fn a_reader_that_takes_nothing_loses_its_connection() {
    let (router, gone) = endless();
    let server = Server::start(router, quick()).await;
    let mut stream = server.open().await;
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    within(gone).await.unwrap();
}

#[tokio::test]
async fn a_reader_that_takes_keeps_it() {
    let (router, mut gone) = endless();
    let server = Server::start(router, quick()).await;
    let mut stream = server.open().await;
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let begun = Instant::now();
    let mut scratch = vec![0; 65536];
    // Three times as long as a reader may stall.
    while begun.elapsed() < Duration::from_millis(1800) {
        assert!(within(stream.read(&mut scratch)).await.unwrap() > 0);
    }
    assert!(gone.try_recv().is_err());
}

#[tokio::test]
async fn at_a_shutdown_requests_finish_streams_end_and_nobody_new_comes_in() {
    let (entered, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (theirs, ours) = ((Arc::clone(&entered), Arc::clone(&go_on)), (entered, go_on));
    let (router, gone) = endless();
    let router = router.route(
        "/slow",
        get(async move || {
            theirs.0.notify_one();
            theirs.1.notified().await;
            "done"
        }),
    );
    let server = Server::start(router, Limits { drain_time: DEADLINE, ..Limits::default() }).await;
    let address = server.address;
    let (mut slow, mut stream, mut idle) = (server.open().await, server.open().await, server.open().await);
    slow.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    within(ours.0.notified()).await;
    within(stream.read_u8()).await.unwrap();
    let stopped = tokio::spawn(server.stop());
    rest(&mut stream).await;
    within(gone).await.unwrap();
    assert_eq!(rest(&mut idle).await, "");
    within(async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    ours.1.notify_one();
    assert!(rest(&mut slow).await.ends_with("done"));
    assert_eq!(within(stopped).await.unwrap(), Served { accepted: 3, refused: 0, cut_off: 0 });
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off_at_last() {
    let entered = Arc::new(Notify::new());
    let theirs = Arc::clone(&entered);
    let router = Router::new().route(
        "/never",
        get(async move || {
            theirs.notify_one();
            std::future::pending::<&str>().await
        }),
    );
    let server = Server::start(router, quick()).await;
    let mut stream = server.open().await;
    stream.write_all(b"GET /never HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    within(entered.notified()).await;
    assert_eq!(server.stop().await, Served { accepted: 1, refused: 0, cut_off: 1 });
    assert_eq!(rest(&mut stream).await, "");
}

#[test]
fn random_bytes_harm_nobody() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(hello(), quick()));
    let head = b"POST /echo HTTP/1.1\r\nhost: x\r\n".to_vec();
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(noise in proptest::collection::vec(any::<u8>(), 1..2000), after_a_head in any::<bool>())| {
        let bytes = if after_a_head { [head.clone(), noise].concat() } else { noise };
        let answer = runtime.block_on(async {
            let mut stream = server.open().await;
            drop(stream.write_all(&bytes).await);
            drop(stream.shutdown().await);
            rest(&mut stream).await
        });
        prop_assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 "), "{answer:?}");
    });
    assert!(runtime.block_on(server.is_alive()));
}

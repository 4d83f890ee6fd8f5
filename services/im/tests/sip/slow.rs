//! Peers that take their time: a connection that owes something is closed when its time is over, however it is dripped.

use crate::scene::{DOMAIN, Scene};
use std::time::Duration;
use switchback_im::sip::Wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

const COMPLETION: Duration = Duration::from_millis(400);

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
    let request = format!(
        "OPTIONS sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/TCP drip.invalid;branch=z9hG4bKdrip\r\n\
         Max-Forwards: 70\r\nFrom: <sip:anna@{DOMAIN}>;tag=d\r\nTo: <sip:{DOMAIN}>\r\nCall-ID: drip\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    let connect = || async { TcpStream::connect(scene.address(Wire::Tcp)).await.unwrap() };
    assert!(drips(connect().await, request.as_bytes()).await, "a first message");
    let mut greeted = connect().await;
    greeted.write_all(request.as_bytes()).await.unwrap();
    let answer = timeout(Duration::from_secs(10), greeted.read(&mut [0; 2048])).await.unwrap().unwrap();
    assert!(answer > 0);
    assert!(drips(greeted, request.as_bytes()).await, "the next one");
    assert!(drips(connect().await, &b"\r\n".repeat(100)).await, "keep-alives are no message");
}

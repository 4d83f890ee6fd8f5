//! Answers written without hyper, where hyper is not there yet or not any more.

use crate::problem::Problem;
use axum::http::StatusCode;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a client may take to read a last answer and to close.
const LINGER: Duration = Duration::from_secs(1);
/// How much of what it still sends is read and dropped meanwhile.
const LINGER_BYTES: usize = 4 << 20;

/// A whole HTTP answer that closes the connection.
pub(super) fn closing(problem: &Problem) -> Vec<u8> {
    let body = problem.to_json();
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut head = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nconnection: close\r\n",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default(),
        body.len()
    );
    if let Some(seconds) = problem.retry_after() {
        // Writing to a string can't fail.
        let _ = write!(head, "retry-after: {seconds}\r\n");
    }
    head.push_str("\r\n");
    let mut answer = head.into_bytes();
    answer.extend(body);
    answer
}

/// Writes a last answer and closes.
pub(super) async fn last_word(mut stream: TcpStream, problem: &Problem) {
    let told = timeout(LINGER, async {
        stream.write_all(&closing(problem)).await?;
        stream.shutdown().await
    });
    if matches!(told.await, Ok(Ok(()))) {
        linger(stream).await;
    }
}

/// Reads what is still coming, for a while: a socket closed with unread bytes is reset, and the reset would overtake
/// the answer.
pub(super) async fn linger(mut stream: TcpStream) {
    let drained = timeout(LINGER, async {
        let mut left = LINGER_BYTES;
        let mut scratch = [0; 4096];
        while left > 0 {
            match stream.read(&mut scratch).await? {
                0 => break,
                n => left = left.saturating_sub(n),
            }
        }
        io::Result::Ok(())
    });
    // Whether it closed, failed or took too long: the connection ends here.
    drop(drained.await);
}

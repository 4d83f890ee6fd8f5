//! HTTP/1.1 as a small client speaks it: one connection, one request at a time, bodies whole or as a stream.
//!
//! Written by hand on purpose: the server's own HTTP library would agree with the server. It reads what the server is
//! documented to send (`Content-Length`, chunks, nothing else) and calls everything else a fault.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest head and the longest whole body that are read, in bytes.
const READ_MAX: usize = 16 << 20;

/// A connection to the server.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    open: bool,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it is the stored answer to an `Idempotency-Key` that was known (`Idempotency-Replayed: true`).
    pub replayed: bool,
}

/// How the body of an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Bytes(usize),
    Chunks,
}

struct Head {
    status: u16,
    length: Length,
    keeps_open: bool,
    replayed: bool,
}

/// A request as bytes. `headers` are whole lines, each with its line end.
#[must_use]
pub fn request(method: &str, path: &str, token: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n{headers}{kind}content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

impl Connection {
    /// Connects. On an error nothing was sent.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn open(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096), open: true })
    }

    /// Whether the server will take another request on it, as far as it said.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Sends a request and reads its answer. On an error nobody can tell whether the request was heard.
    ///
    /// # Errors
    /// The connection broke, or the answer is no HTTP.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        let done = self.ask_open(request).await;
        self.open = self.open && done.is_ok();
        done
    }

    async fn ask_open(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        let head = self.head().await?;
        self.open = head.keeps_open;
        let mut body = Vec::new();
        match head.length {
            Length::Bytes(n) => {
                while self.buffer.len() < n {
                    self.fill().await?;
                }
                body.extend(self.buffer.drain(..n));
            }
            Length::Chunks => while self.chunk(&mut body).await? {},
        }
        Ok(Answer { status: head.status, body, replayed: head.replayed })
    }

    /// Sends a request whose answer has no end; gives its status.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub async fn start_stream(&mut self, request: &[u8]) -> Result<u16> {
        self.open = false;
        self.stream.write_all(request).await?;
        Ok(self.head().await?.status)
    }

    /// Appends the next piece of the stream to `out`; false when the server ended it.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn next_piece(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        self.chunk(out).await
    }

    async fn head(&mut self) -> Result<Head> {
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            self.fill().await?;
        };
        let text: Vec<u8> = self.buffer.drain(..end).collect();
        parse_head(&String::from_utf8_lossy(&text)).ok_or_else(|| fault("the head of the answer is no HTTP"))
    }

    /// One chunk (RFC 9112 7.1); false for the last.
    async fn chunk(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n") {
                break at;
            }
            self.fill().await?;
        };
        let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
        let size = String::from_utf8_lossy(&line);
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| fault("a chunk has no size"))?;
        while self.buffer.len() < size.saturating_add(2) {
            self.fill().await?;
        }
        out.extend(self.buffer.drain(..size));
        self.buffer.drain(..2);
        Ok(size > 0)
    }

    async fn fill(&mut self) -> Result<()> {
        if self.buffer.len() > READ_MAX {
            return Err(fault("the answer is too long"));
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn parse_head(text: &str) -> Option<Head> {
    let mut lines = text.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let mut head = Head { status, length: Length::Bytes(0), keeps_open: true, replayed: false };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            head.length = Length::Bytes(value.parse().ok().filter(|n| *n <= READ_MAX)?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked") {
            head.length = Length::Chunks;
        } else if name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close") {
            head.keeps_open = false;
        } else if name.eq_ignore_ascii_case("idempotency-replayed") {
            head.replayed = value.eq_ignore_ascii_case("true");
        }
    }
    Some(head)
}

fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets.windows(wanted.len()).position(|window| window == wanted)
}

fn fault(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn answer_to(answer: &'static [u8]) -> Result<Answer> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = [0; 16];
            stream.read_exact(&mut heard).await.unwrap();
            for piece in answer.chunks(5) {
                stream.write_all(piece).await.unwrap();
                stream.flush().await.unwrap();
            }
        };
        let client = async {
            let mut connection = Connection::open(address).await.unwrap();
            connection.ask(&request("GET", "/x", "t", "", "")).await
        };
        let ((), answer) = tokio::join!(server, client);
        answer
    }

    #[tokio::test]
    async fn bodies_with_a_length_and_in_chunks() {
        let whole = answer_to(b"HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nhello").await.unwrap();
        assert_eq!(whole, Answer { status: 202, body: b"hello".to_vec(), replayed: false });
        let chunks =
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n";
        assert_eq!(answer_to(chunks).await.unwrap().body, b"hello");
    }

    #[tokio::test]
    async fn what_breaks_off_or_is_no_http_is_a_fault() {
        assert!(answer_to(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello").await.is_err());
        assert!(answer_to(b"SSH-2.0-x\r\n\r\n").await.is_err());
        assert!(answer_to(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n").await.is_err());
    }
}

//! The client commands' HTTP: plain HTTP/1.1 to one server, blocking, with Server-Sent Events.
//!
//! Requests are small and few here; TLS belongs to the proxy in front of a remote server.

use crate::cli::Failure;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The largest answer that is read, in bytes.
const ANSWER_MAX: u64 = 16 << 20;

/// A client of one server with one token.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    authority: String,
    token: String,
}

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The body; null when empty.
    pub(crate) body: Value,
}

impl Client {
    /// A client of the server at `url` (`http://HOST:PORT`).
    pub(crate) fn new(url: &str, token: &str) -> Result<Self, Failure> {
        let rest = url.strip_prefix("http://").ok_or_else(|| {
            Failure::Usage(format!(
                "{url}: the address of a server is http://HOST:PORT; put a proxy in front for HTTPS"
            ))
        })?;
        let authority = rest.trim_end_matches('/');
        let authority =
            if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        Ok(Self { authority, token: token.to_owned() })
    }

    /// GET.
    pub(crate) fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.ask("GET", path, None, &[])
    }

    /// POST with a JSON body.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.ask("POST", path, Some(body), &[])
    }

    /// Any request; extra headers are `name: value` lines.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[String],
    ) -> Result<Answer, Failure> {
        let (status, reader) = self.request(method, path, body, headers, Some(Duration::from_secs(30)))?;
        let mut text = Vec::new();
        reader.take(ANSWER_MAX).read_to_end(&mut text).map_err(|e| self.unreachable(&e))?;
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&text)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&text).into_owned()))
        };
        Ok(Answer { status, body })
    }

    /// Opens an event stream; events come until the server closes it.
    pub(crate) fn stream(&self, path: &str, last_event_id: Option<&str>) -> Result<Events, Failure> {
        let mut headers = vec!["Accept: text/event-stream".to_owned()];
        headers.extend(last_event_id.map(|id| format!("Last-Event-ID: {id}")));
        let (status, reader) = self.request("GET", path, None, &headers, None)?;
        if status != 200 {
            return Err(Failure::Failed(format!("the server answered {status} to {path}")));
        }
        Ok(Events { lines: BufReader::new(reader) })
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[String],
        timeout: Option<Duration>,
    ) -> Result<(u16, Body), Failure> {
        let mut stream = TcpStream::connect(&self.authority).map_err(|e| self.unreachable(&e))?;
        stream.set_read_timeout(timeout).map_err(|e| self.unreachable(&e))?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.authority,
            self.token,
            body.len()
        );
        if !body.is_empty() {
            head.push_str("Content-Type: application/json\r\n");
        }
        for header in headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        head.push_str(&body);
        stream.write_all(head.as_bytes()).map_err(|e| self.unreachable(&e))?;
        self.head(BufReader::new(stream))
    }

    /// Reads the status line and the headers: the status, and the body to read.
    fn head(&self, mut reader: BufReader<TcpStream>) -> Result<(u16, Body), Failure> {
        let mut line = String::new();
        reader.read_line(&mut line).map_err(|e| self.unreachable(&e))?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status =
            status.ok_or_else(|| Failure::Unreachable(format!("{} does not speak HTTP", self.authority)))?;
        let (mut left, mut chunked) = (None, false);
        loop {
            line.clear();
            if reader.read_line(&mut line).map_err(|e| self.unreachable(&e))? == 0
                || line.trim_end().is_empty()
            {
                return Ok((status, Body { reader, left: if chunked { Some(0) } else { left }, chunked }));
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("content-length") {
                left = value.trim().parse().ok();
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
    }

    fn unreachable(&self, error: &std::io::Error) -> Failure {
        Failure::Unreachable(format!(
            "no answer from http://{}: {error}; is `switchback serve` running?",
            self.authority
        ))
    }
}

impl Answer {
    /// The body when the status is a success; otherwise the problem in words.
    pub(crate) fn good(self) -> Result<Value, Failure> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let text = |key: &str| self.body.get(key).and_then(Value::as_str).unwrap_or_default();
        let (code, detail) = (text("code"), text("detail"));
        let said = match code {
            "" => format!("the server answered {}", self.status),
            code => format!("{code}: {detail}"),
        };
        Err(if self.status == 402 || code == "price_rose" {
            Failure::Price(said)
        } else {
            Failure::Failed(said)
        })
    }
}

/// The text member `key` of a JSON object, or nothing.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

/// A body as HTTP/1.1 frames it (RFC 9112, sections 6 and 7.1).
#[derive(Debug)]
struct Body {
    reader: BufReader<TcpStream>,
    /// Octets left of the body, or of the present chunk; nothing = until the connection closes.
    left: Option<u64>,
    chunked: bool,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.chunked && self.left == Some(0) {
            self.next_chunk()?;
        }
        let room = u64::try_from(buffer.len()).unwrap_or(u64::MAX);
        let wanted = usize::try_from(self.left.map_or(room, |left| left.min(room))).unwrap_or(0);
        let read = self.reader.read(buffer.get_mut(..wanted).unwrap_or_default())?;
        self.left = self.left.map(|left| left.saturating_sub(u64::try_from(read).unwrap_or(left)));
        Ok(read)
    }
}

impl Body {
    /// Reads the size of the next chunk, over the line end of the one before; the last chunk's is 0.
    fn next_chunk(&mut self) -> std::io::Result<()> {
        let mut line = String::new();
        while line.trim_end().is_empty() {
            line.clear();
            if self.reader.by_ref().take(1024).read_line(&mut line)? == 0 {
                return Ok(());
            }
        }
        let size = line.split(';').next().unwrap_or_default().trim();
        self.left = Some(u64::from_str_radix(size, 16).map_err(|_| std::io::ErrorKind::InvalidData)?);
        self.chunked = self.left != Some(0);
        Ok(())
    }
}

impl Events {
    /// A handle that ends the stream from another thread.
    pub(crate) fn closer(&self) -> std::io::Result<TcpStream> {
        self.lines.get_ref().reader.get_ref().try_clone()
    }
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StreamEvent {
    /// Its cursor.
    pub(crate) id: String,
    /// Its type.
    pub(crate) kind: String,
    /// Its JSON.
    pub(crate) data: Value,
}

/// The events of a stream, in order.
#[derive(Debug)]
pub(crate) struct Events {
    lines: BufReader<Body>,
}

impl Iterator for Events {
    type Item = StreamEvent;

    fn next(&mut self) -> Option<StreamEvent> {
        let (mut id, mut kind, mut data) = (String::new(), String::new(), String::new());
        let mut line = String::new();
        loop {
            line.clear();
            if self.lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let text = line.trim_end();
            if text.is_empty() {
                if let Ok(value) = serde_json::from_str(&data) {
                    return Some(StreamEvent { id, kind, data: value });
                }
            } else if let Some(value) = text.strip_prefix("id:") {
                value.trim().clone_into(&mut id);
            } else if let Some(value) = text.strip_prefix("event:") {
                value.trim().clone_into(&mut kind);
            } else if let Some(value) = text.strip_prefix("data:") {
                data.push_str(value.trim_start());
            }
        }
    }
}

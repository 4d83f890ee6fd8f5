//! A server of one thread a connection that answers from a script: what clients do when servers misbehave.

#![allow(clippy::allow_attributes, dead_code, reason = "each test file uses its part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// A request, and the connection to answer it on.
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: String,
    pub(crate) body: String,
    pub(crate) stream: TcpStream,
    next: Sender<()>,
}

/// Listens, and hands over each request in the order they come.
pub(crate) fn open() -> (SocketAddr, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (give, asked) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let give = give.clone();
            std::thread::spawn(move || converse(&stream.unwrap(), &give));
        }
    });
    (address, asked)
}

fn converse(stream: &TcpStream, give: &Sender<Asked>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut headers = String::new();
        while !headers.ends_with("\r\n\r\n") && headers != "\r\n" {
            reader.read_line(&mut headers).unwrap();
        }
        let length = headers.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let (next, answered) = channel();
        let body = String::from_utf8(body).unwrap();
        let asked =
            Asked { line: line.trim().to_owned(), headers, body, stream: stream.try_clone().unwrap(), next };
        if give.send(asked).is_err() || answered.recv().is_err() {
            return;
        }
    }
}

impl Asked {
    pub(crate) fn answer(mut self, status: u16, body: &str) {
        let length = body.len();
        write!(self.stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        self.next.send(()).unwrap();
    }

    pub(crate) fn cut(self) {
        self.stream.shutdown(std::net::Shutdown::Both).unwrap();
    }

    pub(crate) fn start_stream(&mut self) {
        write!(self.stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
    }

    pub(crate) fn event(&mut self, event: &str) {
        write!(self.stream, "{:x}\r\n{event}\r\n", event.len()).unwrap();
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

//! Bare sockets: for what SIPp can't send, because it sends whole messages of text.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// After this a datagram is sent again.
const T1: Duration = Duration::from_millis(500);

static NUMBER: AtomicU64 = AtomicU64::new(1);

/// A request of its own transaction and call; `more`: whole header lines.
pub(crate) fn request(method: &str, uri: &str, from: &str, more: &str) -> String {
    let n = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKbare{n}\r\nMax-Forwards: 70\r\n\
         From: <sip:{from}@example.net>;tag=b{n}\r\nTo: <sip:{from}@example.net>\r\nCall-ID: bare-{n}\r\n\
         CSeq: 1 {method}\r\n{more}Content-Length: 0\r\n\r\n"
    )
}

/// Sends a datagram until it is answered, as a client does, and gives the answer.
pub(crate) fn ask(server: SocketAddr, request: &str) -> String {
    let socket = datagrams();
    socket.set_read_timeout(Some(T1)).unwrap();
    let (began, mut buffer) = (Instant::now(), vec![0; 65_536]);
    while began.elapsed() < PATIENCE {
        socket.send_to(request.as_bytes(), server).unwrap();
        if let Ok((length, _)) = socket.recv_from(&mut buffer) {
            return String::from_utf8_lossy(&buffer[..length]).into_owned();
        }
    }
    panic!("no answer to {request}")
}

/// A socket for datagrams.
pub(crate) fn datagrams() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").unwrap()
}

/// A connection.
pub(crate) fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Writes, and gives all that comes until the server closes.
pub(crate) fn until_closed(server: SocketAddr, octets: &[u8]) -> String {
    let mut stream = connect(server);
    // The server may close before it has read everything.
    drop(stream.write_all(octets));
    rest_of(&mut stream)
}

/// All that comes until the other end closes or resets the connection; it has to, in time.
pub(crate) fn rest_of(stream: &mut TcpStream) -> String {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => all.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("never closed: {all:?}"),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

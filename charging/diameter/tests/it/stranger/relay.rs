//! Stands between two peers and writes down what they say.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use switchback_testkit::pcap::{Capture, Conversation, DIAMETER_PORT, Side};

pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    capture: Capture,
}

impl Relay {
    /// Takes connections on a free port and passes them on, until the process ends.
    pub(crate) fn start(to: SocketAddr, file: &Path) -> Self {
        let capture = Capture::create(file).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shown = capture.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let server = TcpStream::connect(to).unwrap();
                let port = client.peer_addr().unwrap().port();
                let conversation = Arc::new(Mutex::new(shown.open(port, DIAMETER_PORT)));
                let ways = [(&client, &server, Side::Client), (&server, &client, Side::Server)];
                for (from, to, side) in ways {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let conversation = Arc::clone(&conversation);
                    std::thread::spawn(move || pass(from, to, &conversation, side));
                }
            }
        });
        Self { address, capture }
    }

    pub(crate) fn flush(&self) {
        self.capture.flush().unwrap();
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, conversation: &Mutex<Conversation>, side: Side) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(n) = from.read(&mut buffer)
        && n > 0
    {
        let octets = buffer.get(..n).unwrap_or_default();
        conversation.lock().unwrap().data(side, octets);
        if to.write_all(octets).is_err() {
            break;
        }
    }
    // The other way may have ended both already.
    let _ = to.shutdown(Shutdown::Both);
}

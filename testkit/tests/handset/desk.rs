//! A server that says what a test tells it to, and one that only passes octets on.

use bytes::{Bytes, BytesMut};
use std::net::SocketAddr;
use std::time::Duration;
use switchback_testkit::handset::{Config, Handset, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::timeout;
use wire_sip::{Incoming, Limits, Message, Method, StatusCode, StreamFramer, Writer, read_datagram};

pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// A server of one handset.
pub(crate) struct Desk {
    way: Way,
    peer: Option<SocketAddr>,
    framer: StreamFramer,
    heard: Vec<u8>,
}

enum Way {
    Udp(UdpSocket),
    Tcp { listener: TcpListener, stream: Option<TcpStream> },
}

impl Desk {
    pub(crate) async fn open(wire: Wire) -> Self {
        let way = match wire {
            Wire::Udp => Way::Udp(UdpSocket::bind("127.0.0.1:0").await.unwrap()),
            Wire::Tcp => Way::Tcp { listener: TcpListener::bind("127.0.0.1:0").await.unwrap(), stream: None },
        };
        Self { way, peer: None, framer: StreamFramer::new(Limits::default()), heard: Vec::new() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match &self.way {
            Way::Udp(socket) => socket.local_addr().unwrap(),
            Way::Tcp { listener, .. } => listener.local_addr().unwrap(),
        }
    }

    /// Beat's handset, with timers that fit a test.
    pub(crate) fn config(&self) -> Config {
        let wire = if matches!(self.way, Way::Udp(_)) { Wire::Udp } else { Wire::Tcp };
        let config = Config::of("+46702", "secret", "example.net", self.address());
        Config { wire, t1: Duration::from_millis(50), ..config }
    }

    pub(crate) async fn handset(&self, script: &str) -> Handset {
        Handset::start(Config { script: script.parse().unwrap(), ..self.config() }).await.unwrap()
    }

    /// The octets of the next datagram, or what a stream has.
    pub(crate) async fn octets(&mut self) -> Bytes {
        timeout(PATIENCE, self.read()).await.expect("something comes")
    }

    async fn read(&mut self) -> Bytes {
        let mut buffer = vec![0; 1 << 16];
        match &mut self.way {
            Way::Udp(socket) => {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                self.peer = Some(from);
                Bytes::copy_from_slice(&buffer[..length])
            }
            Way::Tcp { listener, stream } => {
                if stream.is_none() {
                    *stream = Some(listener.accept().await.unwrap().0);
                }
                let length = stream.as_mut().unwrap().read(&mut buffer).await.unwrap();
                assert!(length > 0, "the handset closed its flow");
                Bytes::copy_from_slice(&buffer[..length])
            }
        }
    }

    /// The next thing, message or not.
    pub(crate) async fn next_incoming(&mut self) -> Incoming {
        loop {
            if matches!(self.way, Way::Udp(_)) {
                return read_datagram(self.octets().await, &Limits::default());
            }
            let mut input = self.heard.as_slice();
            if let Some(incoming) = self.framer.next_incoming(&mut input) {
                self.heard = input.to_vec();
                return incoming;
            }
            self.heard = self.octets().await.to_vec();
        }
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Message {
        match self.next_incoming().await {
            Incoming::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }

    /// The next message, which is a request of this method.
    pub(crate) async fn asked(&mut self, method: Method<'_>) -> Message {
        let message = self.next().await;
        assert!(message.is_request() && message.method() == method, "{:?}", message.octets());
        message
    }

    /// The next message, which is an answer.
    pub(crate) async fn answered(&mut self) -> u16 {
        let message = self.next().await;
        message.status().unwrap_or_else(|| panic!("{:?}", message.octets())).0
    }

    pub(crate) async fn write(&mut self, octets: &[u8]) {
        match &mut self.way {
            Way::Udp(socket) => drop(socket.send_to(octets, self.peer.unwrap()).await.unwrap()),
            Way::Tcp { stream, .. } => stream.as_mut().unwrap().write_all(octets).await.unwrap(),
        }
    }

    /// Writes to a handset that is not the one that spoke last.
    pub(crate) async fn write_to(&mut self, octets: &[u8], to: SocketAddr) {
        self.peer = Some(to);
        self.write(octets).await;
    }

    /// Takes the handset's next connection; what was left to read of the one before, which it closed.
    pub(crate) async fn accept(&mut self) -> Vec<u8> {
        let Way::Tcp { listener, stream } = &mut self.way else { panic!("there are no connections") };
        let next = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap().0;
        let mut rest = Vec::new();
        if let Some(mut before) = stream.replace(next) {
            timeout(PATIENCE, before.read_to_end(&mut rest)).await.unwrap().unwrap();
        }
        rest
    }

    /// Says that nothing more comes by the connection.
    pub(crate) async fn finish(&mut self) {
        if let Way::Tcp { stream: Some(stream), .. } = &mut self.way {
            stream.shutdown().await.unwrap();
        }
    }

    /// Ends the connection.
    pub(crate) fn cut(&mut self) {
        if let Way::Tcp { stream, .. } = &mut self.way {
            *stream = None;
            self.heard.clear();
            self.framer = StreamFramer::new(Limits::default());
        }
    }

    pub(crate) async fn answer(&mut self, request: &Message, status: u16) {
        self.answer_with(request, status, |_| {}).await;
    }

    pub(crate) async fn answer_with(
        &mut self,
        request: &Message,
        status: u16,
        more: impl FnOnce(&mut Writer<'_>),
    ) {
        let mut out = BytesMut::new();
        let mut writer = Writer::response_to(&mut out, request, StatusCode(status), b"desk");
        more(&mut writer);
        writer.finish(&[]).unwrap();
        self.write(&out).await;
    }

    /// Registers a handset, as a server does that asks for nothing.
    pub(crate) async fn register(&mut self, handset: &Handset) {
        let contact = handset.contact().unwrap();
        let (registered, ()) = tokio::join!(handset.register(), async {
            let request = self.asked(Method::Register).await;
            self.answer_with(&request, 200, |writer| {
                writer.header("Contact", format!("<{contact}>;expires=600").as_bytes());
            })
            .await;
        });
        assert_eq!(registered.unwrap().expires, Some(600));
    }

    /// Sends Anna's message of this id to a contact, with a branch of its own for each `nth`.
    pub(crate) async fn send(&mut self, contact: &str, id: &str, nth: u32) {
        self.write(message(contact, id, nth).as_bytes()).await;
    }
}

/// Anna's message "Hej" of this id.
pub(crate) fn message(contact: &str, id: &str, nth: u32) -> String {
    let body = format!(
        "From: <sip:+46701@example.net>\r\nTo: <sip:+46702@example.net>\r\nDateTime: 2026-03-03T08:00:00.000Z\r\n\
         NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: {id}\r\n\
         imdn.Disposition-Notification: positive-delivery, display\r\n\r\n\
         Content-Type: text/plain;charset=UTF-8\r\nContent-Length: 3\r\n\r\nHej"
    );
    format!(
        "MESSAGE {contact} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{id}-{nth};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:+46701@example.net>;tag=a1\r\nTo: <sip:+46702@example.net>\r\n\
         Call-ID: {id}-{nth}\r\nCSeq: 1 MESSAGE\r\nP-Asserted-Identity: <sip:+46701@example.net>\r\n\
         Conversation-ID: conv-1\r\nContribution-ID: cont-1\r\n\
         Content-Type: message/cpim\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Passes what one handset writes on to the other.
pub(crate) async fn relay() -> (SocketAddr, impl FnOnce(SocketAddr, SocketAddr)) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let join = move |one: SocketAddr, other: SocketAddr| {
        tokio::spawn(async move {
            let mut buffer = vec![0; 1 << 16];
            loop {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                let to = if from == one { other } else { one };
                socket.send_to(&buffer[..length], to).await.unwrap();
            }
        });
    };
    (address, join)
}

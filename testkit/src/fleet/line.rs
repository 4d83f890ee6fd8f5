//! The sockets of a fleet. What comes is given to the fleet in place; what it writes goes out at once, or, when a
//! connection does not take it, as soon as it does.

use super::Config;
use super::run::Shared;
use crate::handset::Wire;
use bytes::{Bytes, BytesMut};
use std::cell::{Cell, RefCell};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::sync::Notify;
use wire_sip::{Incoming, Limits, Message, StreamFramer, read_datagram};

/// Octets read at once.
const READ: usize = 64 * 1024;

/// One socket.
pub(super) struct Line {
    pub(super) local: Cell<SocketAddr>,
    server: SocketAddr,
    socket: Socket,
    /// What a connection has not taken yet.
    unwritten: RefCell<BytesMut>,
    /// There is something unwritten.
    stuck: Notify,
}

enum Socket {
    Datagrams(UdpSocket),
    Connection(RefCell<Connection>),
}

/// A connection is made when there is something to say by it: a server waits for nobody who is silent.
enum Connection {
    Bound(TcpSocket),
    Open(Rc<TcpStream>),
    Lost,
}

impl Line {
    /// Opens it.
    pub(super) async fn open(config: &Config) -> io::Result<Self> {
        let datagrams = UdpSocket::bind(any(config.server)).await?;
        datagrams.connect(config.server).await?;
        // Until the first look nothing can be sent without waiting.
        datagrams.writable().await?;
        let here = datagrams.local_addr()?;
        let (local, socket) = match config.wire {
            Wire::Udp => (here, Socket::Datagrams(datagrams)),
            Wire::Tcp => {
                let socket = bound(here)?;
                (socket.local_addr()?, Socket::Connection(RefCell::new(Connection::Bound(socket))))
            }
        };
        let (unwritten, stuck) = (RefCell::default(), Notify::new());
        Ok(Self { local: Cell::new(local), server: config.server, socket, unwritten, stuck })
    }

    /// Writes one message. A datagram that does not fit is dropped, as a network would drop it.
    pub(super) fn write(&self, octets: &Bytes) {
        let connection = match &self.socket {
            Socket::Datagrams(socket) => return drop(socket.try_send(octets)),
            Socket::Connection(connection) => connection.borrow(),
        };
        let mut unwritten = self.unwritten.borrow_mut();
        let mut written = 0;
        if let Connection::Open(stream) = &*connection
            && unwritten.is_empty()
        {
            written = stream.try_write(octets).unwrap_or(0);
        }
        if written < octets.len() {
            unwritten.extend_from_slice(octets.get(written..).unwrap_or_default());
            self.stuck.notify_one();
        }
    }

    /// Reads, and writes what was stuck; over a connection that has ended another is made when there is more to say.
    pub(super) async fn live(self: Rc<Self>, number: usize, shared: Rc<Shared>) {
        let connection = match &self.socket {
            Socket::Datagrams(socket) => return self.hear_datagrams(socket, number, &shared).await,
            Socket::Connection(connection) => connection,
        };
        loop {
            self.stuck.notified().await;
            let before = connection.replace(Connection::Lost);
            if let Ok(stream) = self.connect(before).await {
                let stream = Rc::new(stream);
                *connection.borrow_mut() = Connection::Open(Rc::clone(&stream));
                self.stuck.notify_one();
                tokio::select! {
                    () = self.hear_stream(&stream, number, &shared) => {}
                    () = self.write_stuck(&stream) => {}
                }
            }
            *connection.borrow_mut() = Connection::Lost;
            self.unwritten.borrow_mut().clear();
            shared.fleet.borrow_mut().lost(number);
        }
    }

    async fn connect(&self, before: Connection) -> io::Result<TcpStream> {
        let socket = match before {
            Connection::Bound(socket) => socket,
            Connection::Open(_) | Connection::Lost => bound(self.local.get())?,
        };
        let stream = socket.connect(self.server).await?;
        stream.set_nodelay(true)?;
        self.local.set(stream.local_addr()?);
        Ok(stream)
    }

    async fn hear_datagrams(&self, socket: &UdpSocket, number: usize, shared: &Shared) {
        let limits = Limits::default();
        loop {
            // An ICMP error says that the server is not there at the moment: what was sent is sent again.
            let Ok(()) = socket.readable().await else { continue };
            loop {
                let Some(octets) = shared.read(|buffer| socket.try_recv(buffer)) else { break };
                if let Incoming::Message(message) = read_datagram(octets, &limits) {
                    self.hand_over(message, number, shared);
                }
            }
        }
    }

    async fn hear_stream(&self, stream: &TcpStream, number: usize, shared: &Shared) {
        let mut framer = StreamFramer::new(Limits::default());
        loop {
            let Ok(()) = stream.readable().await else { return };
            let read = |buffer: &mut [u8]| match stream.try_read(buffer) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => Ok(0),
                read => read,
            };
            let Some(octets) = shared.read(read) else { continue };
            if octets.is_empty() {
                return;
            }
            let mut input = &octets[..];
            while let Some(incoming) = framer.next_incoming(&mut input) {
                if let Incoming::Message(message) = incoming {
                    self.hand_over(message, number, shared);
                }
            }
        }
    }

    fn hand_over(&self, message: Message, number: usize, shared: &Shared) {
        shared.fleet.borrow_mut().hear(message, number);
    }

    async fn write_stuck(&self, stream: &TcpStream) {
        loop {
            self.stuck.notified().await;
            while !self.unwritten.borrow().is_empty() {
                let Ok(()) = stream.writable().await else { return };
                let mut unwritten = self.unwritten.borrow_mut();
                match stream.try_write(&unwritten) {
                    Ok(written) => drop(unwritten.split_to(written)),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        }
    }
}

/// A socket with a port of its own, and the address of another.
fn bound(here: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if here.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(here.ip(), 0))?;
    Ok(socket)
}

const fn any(of: SocketAddr) -> SocketAddr {
    match of {
        SocketAddr::V4(_) => SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        SocketAddr::V6(_) => SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
    }
}

/// Room for one read, shared by all lines: they take turns in one thread.
pub(super) fn buffer() -> Vec<u8> {
    vec![0; READ]
}

impl Shared {
    /// What there is to read; nothing when there is nothing now.
    fn read(&self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> Option<Bytes> {
        let mut buffer = self.buffer.borrow_mut();
        let length = read(&mut buffer).ok()?;
        Some(Bytes::copy_from_slice(buffer.get(..length)?))
    }
}

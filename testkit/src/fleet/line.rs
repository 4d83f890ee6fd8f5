//! The sockets of a fleet. What comes is given to the fleet in place; what it writes goes out at once, or, when a
//! connection does not take it, as soon as it does.

use super::Config;
use super::run::Shared;
use crate::handset::Wire;
use bytes::{Bytes, BytesMut};
use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::Notify;
use wire_sip::{Incoming, Limits, Message, StreamFramer, read_datagram};

/// Octets read at once.
const READ: usize = 64 * 1024;

/// One socket.
pub(super) struct Line {
    pub(super) local: SocketAddr,
    socket: Socket,
    /// What a connection has not taken yet.
    unwritten: RefCell<BytesMut>,
    /// There is something unwritten.
    stuck: Notify,
}

enum Socket {
    Datagrams(UdpSocket),
    Connection(TcpStream),
}

impl Line {
    /// Opens it.
    pub(super) async fn open(config: &Config) -> io::Result<Self> {
        let here: SocketAddr =
            if config.server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0; 16], 0).into() };
        let socket = match config.wire {
            Wire::Udp => {
                let socket = UdpSocket::bind(here).await?;
                socket.connect(config.server).await?;
                Socket::Datagrams(socket)
            }
            Wire::Tcp => {
                let stream = TcpStream::connect(config.server).await?;
                stream.set_nodelay(true)?;
                Socket::Connection(stream)
            }
        };
        let local = match &socket {
            Socket::Datagrams(socket) => socket.local_addr()?,
            Socket::Connection(stream) => stream.local_addr()?,
        };
        Ok(Self { local, socket, unwritten: RefCell::default(), stuck: Notify::new() })
    }

    /// Writes one message. A datagram that does not fit is dropped, as a network would drop it.
    pub(super) fn write(&self, octets: &Bytes) {
        let stream = match &self.socket {
            Socket::Datagrams(socket) => return drop(socket.try_send(octets)),
            Socket::Connection(stream) => stream,
        };
        let mut unwritten = self.unwritten.borrow_mut();
        if unwritten.is_empty() {
            let written = stream.try_write(octets).unwrap_or(0);
            if written == octets.len() {
                return;
            }
            unwritten.extend_from_slice(octets.get(written..).unwrap_or_default());
            self.stuck.notify_one();
        } else {
            unwritten.extend_from_slice(octets);
        }
    }

    /// Reads, and writes what was stuck, until the connection ends.
    pub(super) async fn live(self: Rc<Self>, number: usize, shared: Rc<Shared>) {
        match &self.socket {
            Socket::Datagrams(socket) => self.hear_datagrams(socket, number, &shared).await,
            Socket::Connection(stream) => {
                tokio::select! {
                    () = self.hear_stream(stream, number, &shared) => {}
                    () = self.write_stuck(stream) => {}
                }
            }
        }
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

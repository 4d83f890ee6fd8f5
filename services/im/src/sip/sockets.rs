//! The datagram sockets. The server reads them itself: what comes waits in the system's buffer and nowhere else, and one
//! thread less has to be woken for it.

use super::flow::Flow;
use super::net::Heard;
use bytes::Bytes;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use tokio::net::UdpSocket;
use wire_sip::{Limits, read_datagram};

/// The longest datagram there is.
const LONGEST: usize = 65_536;

/// The datagram sockets, by the number that flows name them with.
#[derive(Debug)]
pub(super) struct Sockets {
    sockets: Vec<Option<(Arc<UdpSocket>, SocketAddr)>>,
    limits: Limits,
    buffer: Vec<u8>,
}

impl Sockets {
    /// None yet.
    pub(super) fn new(limits: Limits) -> Self {
        Self { sockets: Vec::new(), limits, buffer: vec![0; LONGEST] }
    }

    /// The next number is that of this socket, or of something else.
    pub(super) fn push(&mut self, socket: Option<(Arc<UdpSocket>, SocketAddr)>) {
        self.sockets.push(socket);
    }

    /// The flow to a peer by a socket of that number.
    pub(super) fn flow(&self, number: usize, peer: SocketAddr) -> Option<Flow> {
        let (socket, local) = self.sockets.get(number)?.as_ref()?;
        Some(Flow::datagrams(number, peer, *local, Arc::clone(socket)))
    }

    /// Waits until there may be a datagram.
    pub(super) async fn readable(&self) {
        poll_fn(|cx| {
            let mut sockets = self.sockets.iter().flatten();
            // An error is of an earlier datagram of ours that a peer's host refused: the socket is well.
            if sockets.any(|(socket, _)| socket.poll_recv_ready(cx).is_ready()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Takes what there is, at most so many datagrams of each socket.
    pub(super) fn read(&mut self, most: usize, heard: &mut Vec<Heard>) {
        let Self { sockets, limits, buffer } = self;
        for (number, socket) in sockets.iter().enumerate() {
            let Some((socket, local)) = socket else { continue };
            for _ in 0..most {
                let (length, peer) = match socket.try_recv_from(buffer) {
                    Ok(received) => received,
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                    Err(_) => continue,
                };
                let octets = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
                let flow = Flow::datagrams(number, peer, *local, Arc::clone(socket));
                heard.push(Heard::of(read_datagram(octets, limits), flow));
            }
        }
    }
}

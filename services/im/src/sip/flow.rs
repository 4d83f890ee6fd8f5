//! A flow: the way that a peer's request came by, and the only way back to it that is sure to work (RFC 5626, NAT).

use super::net::Standing;
use bytes::Bytes;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::UdpSocket;
use tokio::sync::{Notify, mpsc};

/// What carries SIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wire {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS.
    Tls,
    /// Frames (RFC 7118).
    Ws,
    /// Frames under TLS.
    Wss,
}

impl Wire {
    /// As a Via names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// Whether what is sent arrives or the flow is lost, so that nothing is sent again.
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Self::Udp)
    }

    /// Whether what is said is for nobody else to read.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }
}

/// Which flow. Datagrams of one peer to one socket are one flow; each connection is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum FlowKey {
    Datagrams { socket: usize, peer: SocketAddr },
    Connection(u64),
}

/// A flow, cheap to clone. Two are equal when their keys are.
#[derive(Clone)]
pub(super) struct Flow {
    key: FlowKey,
    peer: SocketAddr,
    local: SocketAddr,
    wire: Wire,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Socket(Arc<UdpSocket>),
    Connection(Outlet),
}

/// What waits to be written to a connection.
#[derive(Clone)]
pub(super) struct Outlet {
    pub(super) queue: mpsc::Sender<Bytes>,
    pub(super) link: Arc<Link>,
}

/// What both ends of that know of the connection.
#[derive(Debug, Default)]
pub(super) struct Link {
    pub(super) unread: AtomicUsize,
    /// So many octets may be unread.
    pub(super) room: usize,
    pub(super) standing: Standing,
    /// Its peer does not read: it is to be closed.
    pub(super) stuck: Notify,
}

/// The flow takes nothing more: it is lost, or its peer does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FlowLost;

impl Flow {
    pub(super) const fn datagrams(
        socket: usize,
        peer: SocketAddr,
        local: SocketAddr,
        way: Arc<UdpSocket>,
    ) -> Self {
        let key = FlowKey::Datagrams { socket, peer };
        Self { key, peer, local, wire: Wire::Udp, way: Way::Socket(way) }
    }

    pub(super) const fn connection(
        id: u64,
        wire: Wire,
        peer: SocketAddr,
        local: SocketAddr,
        outlet: Outlet,
    ) -> Self {
        Self { key: FlowKey::Connection(id), peer, local, wire, way: Way::Connection(outlet) }
    }

    pub(super) const fn key(&self) -> FlowKey {
        self.key
    }

    pub(super) const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Our end, as a Via of ours says it.
    pub(super) const fn local(&self) -> SocketAddr {
        self.local
    }

    pub(super) const fn wire(&self) -> Wire {
        self.wire
    }

    /// Somebody has logged in by it.
    pub(super) fn know(&self) {
        if let Way::Connection(outlet) = &self.way {
            outlet.link.standing.know();
        }
    }

    /// Whether somebody has; of datagrams nobody asks.
    pub(super) fn is_known(&self) -> bool {
        match &self.way {
            Way::Socket(_) => true,
            Way::Connection(outlet) => outlet.link.standing.is_known(),
        }
    }

    /// Sends a message without waiting. A datagram that does not fit into the socket's buffer is dropped as the network
    /// would drop it: it is sent again by its transaction.
    pub(super) fn send(&self, octets: Bytes) -> Result<(), FlowLost> {
        match &self.way {
            Way::Socket(socket) => {
                // An ICMP error of an earlier datagram says nothing of this one.
                drop(socket.try_send_to(&octets, self.peer));
                Ok(())
            }
            Way::Connection(outlet) => {
                let length = octets.len();
                let waiting = outlet.link.unread.fetch_add(length, Ordering::AcqRel);
                if waiting > outlet.link.room || outlet.queue.try_send(octets).is_err() {
                    outlet.link.unread.fetch_sub(length, Ordering::AcqRel);
                    outlet.link.stuck.notify_one();
                    return Err(FlowLost);
                }
                Ok(())
            }
        }
    }
}

impl PartialEq for Flow {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Flow {}

impl Hash for Flow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.wire().name(), self.key)
    }
}

//! The way of what is too long for a datagram (RFC 3261 18.1.1): a connection to the device, opened when it is needed and
//! kept for the next; where none can be had, the datagram after all.

use super::binding::{Binding, DeviceKey};
use super::flow::Flow;
use super::net::{self, Ears};
use super::news::About;
use super::recent::Recent;
use super::server::{Answered, Server};
use hashbrown::HashMap;
use std::net::SocketAddr;
use switchback_core::model::{MessageId, Time};
use wire_sip::uri::Uri;

/// Peers that are remembered to take no connection.
const REFUSED_MAX: usize = 10_000;
/// For how long that is believed.
const REFUSED_MS: u64 = 600_000;

/// The connections that we opened.
pub(super) struct Streams {
    ears: Ears,
    open: HashMap<SocketAddr, Flow>,
    refused: Recent<SocketAddr, Time>,
}

/// What is known of a peer.
pub(super) enum Stream {
    /// This connection is open.
    Open(Flow),
    /// It takes none.
    Refused,
    /// Nobody has tried.
    Untried,
}

impl Streams {
    pub(super) fn new(ears: Ears) -> Self {
        Self { ears, open: HashMap::new(), refused: Recent::new(REFUSED_MAX) }
    }

    /// The connection to a peer.
    pub(super) fn to(&self, peer: SocketAddr, now: Time) -> Stream {
        if let Some(flow) = self.open.get(&peer) {
            return Stream::Open(flow.clone());
        }
        let lately = self.refused.get(&peer).is_some_and(|at| now < at.plus_millis(REFUSED_MS));
        if lately { Stream::Refused } else { Stream::Untried }
    }

    /// A connection is no more.
    pub(super) fn lost(&mut self, flow: &Flow) {
        if self.open.get(&flow.peer()) == Some(flow) {
            self.open.remove(&flow.peer());
        }
    }

    /// A peer's connections are worth nothing.
    pub(super) fn refuse(&mut self, peer: SocketAddr, now: Time) {
        self.open.remove(&peer);
        self.refused.put(peer, now);
    }
}

/// Where a device that is reached by datagrams would take a connection: where its datagrams go, at the port of its
/// Contact when that names the same host. Never anywhere else: a client could make us knock on other people's doors.
pub(super) fn door(binding: &Binding, flow: &Flow) -> SocketAddr {
    let mut peer = flow.peer();
    let contact = Uri::read(&binding.contact);
    if let Some(contact) = contact.as_ref().and_then(Uri::sip)
        && binding.path.is_empty()
        && contact.host.address() == Some(peer.ip())
        && let Some(port) = contact.port
    {
        peer.set_port(port);
    }
    peer
}

impl Server {
    /// Opens a connection for what a device is being told, which goes on when that is decided.
    pub(super) fn open_stream(
        &self,
        key: DeviceKey,
        message: MessageId,
        about: About,
        [peer, local]: [SocketAddr; 2],
    ) {
        let opening = net::open(peer, local, self.streams.ears.clone());
        self.answers.spawn(async move {
            let about = Box::new(about);
            Answered::Opened { key, message, about, peer, flow: opening.await }
        });
    }

    /// The connection is open, or there will be none.
    pub(super) fn opened(
        &mut self,
        key: &DeviceKey,
        message: MessageId,
        about: About,
        peer: SocketAddr,
        flow: Option<Flow>,
    ) {
        match flow {
            Some(flow) => drop(self.streams.open.insert(peer, flow)),
            None => self.streams.refuse(peer, self.clock.now()),
        }
        self.found(key, message, Ok(Some(about)));
    }
}

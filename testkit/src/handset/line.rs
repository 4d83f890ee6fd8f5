//! A way between handsets and their server: what is written, who waits for which answer, whom a request is for.

use super::phone::Phone;
use super::{Failure, Wire};
use crate::pcap::{Conversation, Side};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::UdpSocket;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, timeout_at};
use wire_sip::{Incoming, Message, PING, PONG};

/// Answers that may wait for their request: provisional ones and one final.
const ANSWERS_MAX: usize = 8;

/// A UDP socket, or a TCP connection.
pub(super) struct Line {
    pub(super) wire: Wire,
    pub(super) local: SocketAddr,
    server: SocketAddr,
    way: Way,
    /// The same one for a socket and the connections that it takes: together they are one flow.
    desk: Arc<Mutex<Desk>>,
    pong: Notify,
    closed: watch::Sender<bool>,
    unreadable: AtomicU64,
    shown: Option<Mutex<Conversation>>,
}

/// Where it writes.
pub(super) enum Way {
    Udp(UdpSocket),
    Tcp(tokio::sync::Mutex<OwnedWriteHalf>),
}

/// Who is to be found here.
#[derive(Default)]
pub(super) struct Desk {
    /// Who waits for an answer, by branch.
    waiting: HashMap<String, mpsc::Sender<Message>>,
    /// Handsets, by the user part of their contact.
    residents: HashMap<String, Weak<Phone>>,
}

impl Line {
    pub(super) fn new(
        way: Way,
        [local, server]: [SocketAddr; 2],
        desk: Arc<Mutex<Desk>>,
        shown: Option<Conversation>,
    ) -> Arc<Self> {
        Arc::new(Self {
            wire: if matches!(way, Way::Udp(_)) { Wire::Udp } else { Wire::Tcp },
            local,
            server,
            way,
            desk,
            pong: Notify::new(),
            closed: watch::Sender::new(false),
            unreadable: AtomicU64::new(0),
            shown: shown.map(Mutex::new),
        })
    }

    pub(super) const fn way(&self) -> &Way {
        &self.way
    }

    /// Who is to be found by it, to be shared with the connections that a socket takes.
    pub(super) const fn shared_desk(&self) -> &Arc<Mutex<Desk>> {
        &self.desk
    }

    /// Whether both are the same flow.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.desk, &other.desk)
    }

    /// A handset that requests to this user part are for.
    pub(super) fn house(&self, contact_user: &str, phone: &Arc<Phone>) {
        self.desk().residents.insert(contact_user.to_owned(), Arc::downgrade(phone));
    }

    /// Sends a request until it is answered: over UDP again after `t1`, doubled each time up to eight times `t1`; in
    /// all for 64 times `t1` (RFC 3261 17.1.2, timers E and F).
    pub(super) async fn ask(&self, request: &[u8], branch: &str, t1: Duration) -> Result<Message, Failure> {
        let (answer, mut answers) = mpsc::channel(ANSWERS_MAX);
        self.desk().waiting.insert(branch.to_owned(), answer);
        let _waits = Waits { line: self, branch };
        // In this order: whoever closes the line sets this, and then sends home those who wait.
        if self.is_closed() {
            return Err(Failure::Closed);
        }
        self.write(request, self.server).await?;
        let end = Instant::now() + t1 * 64;
        let (mut pause, mut next) = (t1, Instant::now() + t1);
        loop {
            let until = if self.wire == Wire::Udp { next.min(end) } else { end };
            match timeout_at(until, answers.recv()).await {
                Ok(Some(answer)) if answer.status().is_some_and(|status| status.is_provisional()) => {
                    pause = t1 * 8;
                }
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => return Err(Failure::Closed),
                Err(_) if until == end => return Err(Failure::NoAnswer),
                Err(_) => {
                    self.write(request, self.server).await?;
                    pause = (pause * 2).min(t1 * 8);
                    next = Instant::now() + pause;
                }
            }
        }
    }

    /// Writes octets as they are; a stream has only one place where they can go.
    pub(super) async fn write(&self, octets: &[u8], to: SocketAddr) -> Result<(), Failure> {
        self.show(Side::Client, octets);
        let written = match &self.way {
            Way::Udp(socket) => socket.send_to(octets, to).await.map(drop),
            Way::Tcp(stream) => stream.lock().await.write_all(octets).await,
        };
        written.map_err(|error| Failure::Network(error.kind()))
    }

    /// Writes octets to the server.
    pub(super) async fn write_to_server(&self, octets: &[u8]) -> Result<(), Failure> {
        self.write(octets, self.server).await
    }

    /// Sends a keep-alive; on a stream it is answered within `patience` (RFC 5626 4.4.1), on UDP never.
    pub(super) async fn ping(&self, patience: Duration) -> Result<(), Failure> {
        let pong = self.pong.notified();
        self.write(PING, self.server).await?;
        if self.wire == Wire::Udp {
            return Ok(());
        }
        tokio::time::timeout(patience, pong).await.map_err(|_| Failure::NoAnswer)
    }

    pub(super) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    /// Waits for the end of the stream.
    pub(super) async fn closed(&self) {
        // The sender lives as long as we do.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }

    /// What came in and was no message.
    pub(super) fn unreadable(&self) -> u64 {
        self.unreadable.load(Ordering::Relaxed)
    }

    /// It has ended.
    pub(super) fn close(&self) {
        self.show_end(Side::Server);
        self.closed.send_replace(true);
        // Those who wait learn it at once.
        self.desk().waiting.clear();
    }

    /// Something came in.
    pub(super) async fn heard(self: &Arc<Self>, incoming: Incoming, from: SocketAddr) {
        match incoming {
            Incoming::Message(message) if message.is_request() => {
                if let Some(phone) = self.resident(&message) {
                    phone.hear(self, message, from).await;
                }
            }
            Incoming::Message(answer) => {
                let branch = super::inbox::branch(&answer);
                if let Some(waiting) = self.desk().waiting.get(&branch) {
                    // More answers than anybody waits for are dropped.
                    let _ = waiting.try_send(answer);
                }
            }
            Incoming::Refused(_) => drop(self.unreadable.fetch_add(1, Ordering::Relaxed)),
            Incoming::Ping if self.wire == Wire::Tcp && self.is_heard() => {
                // Who can't be written to has lost the connection.
                let _ = self.write(PONG, from).await;
            }
            Incoming::Pong => self.pong.notify_waiters(),
            Incoming::Ping => {}
        }
    }

    /// Whom a request is for: by the user part of the Request-URI, or whoever lives here alone.
    fn resident(&self, request: &Message) -> Option<Arc<Phone>> {
        let user = request.request_uri().and_then(|uri| uri.sip()).map(|uri| uri.user_text());
        let user = user.as_deref().and_then(|user| str::from_utf8(user).ok()).unwrap_or_default();
        let desk = self.desk();
        let alone = || desk.residents.values().next().filter(|_| desk.residents.len() == 1);
        desk.residents.get(user).or_else(alone).and_then(Weak::upgrade)
    }

    /// Whether anybody listens here: a dead flow does not even answer pings.
    fn is_heard(self: &Arc<Self>) -> bool {
        let residents: Vec<_> = self.desk().residents.values().filter_map(Weak::upgrade).collect();
        residents.iter().any(|phone| phone.listens_to(self))
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts octets into the capture.
    pub(super) fn show(&self, from: Side, octets: &[u8]) {
        if let Some(shown) = &self.shown {
            shown.lock().unwrap_or_else(PoisonError::into_inner).data(from, octets);
        }
    }

    /// Puts the end into the capture.
    pub(super) fn show_end(&self, from: Side) {
        if let Some(shown) = &self.shown
            && !self.is_closed()
        {
            shown.lock().unwrap_or_else(PoisonError::into_inner).close(from);
        }
    }
}

/// A place at the desk that is given up however the wait ends.
struct Waits<'a> {
    line: &'a Line,
    branch: &'a str,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.line.desk().waiting.remove(self.branch);
    }
}

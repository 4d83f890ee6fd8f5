//! A way to the server: a UDP socket, which many handsets may share, or the TCP connection of one of them.

use super::phone::Phone;
use super::{Failure, Wire};
use crate::pcap::{Capture, Conversation, SIP_PORT, Side};
use bytes::Bytes;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};
use wire_sip::{Incoming, Limits, Message, PING, PONG, StreamFramer, read_datagram};

/// Datagrams that are read before anybody else has a turn.
const TURN: usize = 64;

/// Answers that may wait for their request: provisional ones and one final.
const ANSWERS_MAX: usize = 8;

/// A line with the task that listens to it; dropped with the last handset on it.
pub(super) struct Socket {
    line: Arc<Line>,
    listener: AbortHandle,
}

/// What is written and who waits for what.
pub(super) struct Line {
    pub(super) wire: Wire,
    pub(super) local: SocketAddr,
    server: SocketAddr,
    way: Way,
    desk: Mutex<Desk>,
    pong: Notify,
    closed: watch::Sender<bool>,
    unreadable: AtomicU64,
    shown: Option<Mutex<Conversation>>,
}

enum Way {
    Udp(UdpSocket),
    Tcp(tokio::sync::Mutex<OwnedWriteHalf>),
}

#[derive(Default)]
struct Desk {
    /// By branch.
    waiting: HashMap<String, mpsc::Sender<Message>>,
    /// By the user part of their contact.
    residents: HashMap<String, Weak<Phone>>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.listener.abort();
        self.line.show_end(Side::Client);
    }
}

impl Socket {
    /// Opens one from an address that the server can answer to.
    pub(super) async fn open(
        wire: Wire,
        server: SocketAddr,
        capture: Option<&Capture>,
    ) -> io::Result<Arc<Self>> {
        let (way, local, read) = match wire {
            Wire::Udp => {
                let socket = UdpSocket::bind((source_towards(server)?, 0)).await?;
                let local = socket.local_addr()?;
                (Way::Udp(socket), local, None)
            }
            Wire::Tcp => {
                let stream = TcpStream::connect(server).await?;
                // Requests and answers are written whole; waiting for more only adds delay.
                stream.set_nodelay(true)?;
                let local = stream.local_addr()?;
                let (read, write) = stream.into_split();
                (Way::Tcp(tokio::sync::Mutex::new(write)), local, Some(read))
            }
        };
        let shown = capture.map(|capture| match wire {
            Wire::Udp => capture.datagrams(local.port(), SIP_PORT),
            Wire::Tcp => capture.open(local.port(), SIP_PORT),
        });
        let line = Arc::new(Line {
            wire,
            local,
            server,
            way,
            desk: Mutex::default(),
            pong: Notify::new(),
            closed: watch::Sender::new(false),
            unreadable: AtomicU64::new(0),
            shown: shown.map(Mutex::new),
        });
        let listener = listen(Arc::clone(&line), read);
        Ok(Arc::new(Self { line, listener }))
    }

    pub(super) const fn line(&self) -> &Arc<Line> {
        &self.line
    }

    /// A handset that requests to this user part are for.
    pub(super) fn house(&self, contact_user: &str, phone: &Arc<Phone>) {
        self.line.desk().residents.insert(contact_user.to_owned(), Arc::downgrade(phone));
    }
}

fn listen(line: Arc<Line>, read: Option<OwnedReadHalf>) -> AbortHandle {
    let listening = tokio::spawn(async move {
        match read {
            Some(read) => line.listen_to_stream(read).await,
            None => line.listen_to_datagrams().await,
        }
        line.close();
    });
    listening.abort_handle()
}

/// The address that the system would send from.
fn source_towards(server: SocketAddr) -> io::Result<std::net::IpAddr> {
    let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let probe = std::net::UdpSocket::bind(any)?;
    probe.connect(server)?;
    Ok(probe.local_addr()?.ip())
}

impl Line {
    /// Sends a request until it is answered: over UDP again after `t1`, doubled each time up to eight times `t1`; in
    /// all for 64 times `t1` (RFC 3261 17.1.2, timers E and F).
    pub(super) async fn ask(&self, request: &[u8], branch: &str, t1: Duration) -> Result<Message, Failure> {
        let (answer, mut answers) = mpsc::channel(ANSWERS_MAX);
        if self.is_closed() {
            return Err(Failure::Closed);
        }
        self.desk().waiting.insert(branch.to_owned(), answer);
        let _waits = Waits { line: self, branch };
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

    fn close(&self) {
        self.show_end(Side::Server);
        self.closed.send_replace(true);
        // Those who wait learn it at once.
        self.desk().waiting.clear();
    }

    async fn listen_to_datagrams(self: &Arc<Self>) {
        let Way::Udp(socket) = &self.way else { return };
        while socket.readable().await.is_ok() {
            for (datagram, from) in datagrams(socket) {
                self.show(Side::Server, &datagram);
                self.heard(read_datagram(datagram, &Limits::default()), from).await;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn listen_to_stream(self: &Arc<Self>, read: OwnedReadHalf) {
        let mut framer = StreamFramer::new(Limits::default());
        while read.readable().await.is_ok() {
            let piece = match piece(&read) {
                Ok(piece) if piece.is_empty() => return,
                Ok(piece) => piece,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(_) => return,
            };
            self.show(Side::Server, &piece);
            let mut input: &[u8] = &piece;
            while let Some(incoming) = framer.next_incoming(&mut input) {
                let lost = matches!(&incoming, Incoming::Refused(refusal) if refusal.close);
                self.heard(incoming, self.server).await;
                if lost {
                    return;
                }
            }
        }
    }

    async fn heard(self: &Arc<Self>, incoming: Incoming, from: SocketAddr) {
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
            Incoming::Ping if self.wire == Wire::Tcp => drop(self.write(PONG, from).await),
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

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, from: Side, octets: &[u8]) {
        if let Some(shown) = &self.shown {
            shown.lock().unwrap_or_else(PoisonError::into_inner).data(from, octets);
        }
    }

    fn show_end(&self, from: Side) {
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

/// What waits in the socket. The buffer is not kept: there are ten thousand of us.
fn datagrams(socket: &UdpSocket) -> Vec<(Bytes, SocketAddr)> {
    let mut buffer = vec![0; 1 << 16];
    let mut got = Vec::new();
    while got.len() < TURN
        && let Ok((length, from)) = socket.try_recv_from(&mut buffer)
    {
        got.push((Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default()), from));
    }
    got
}

/// What waits in the stream; nothing at its end.
fn piece(read: &OwnedReadHalf) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; 1 << 14];
    let length = read.try_read(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}

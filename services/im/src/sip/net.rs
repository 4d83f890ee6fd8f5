//! Connections: what comes by them becomes messages for the server, nothing else is decided here but how much and how
//! slowly a peer may send (reliability 3.3, 3.4).

mod opened;
mod strangers;
mod stream;
mod websocket;

use super::flow::{Flow, Link, Outlet, Wire};
use super::options::{Limits, Listen};
use bytes::Bytes;
use socket2::SockRef;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, ready};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use wire_sip::{Incoming, Message, PONG, Refusal};

pub(super) use opened::open;
pub(super) use strangers::{Standing, Strangers};

/// Messages that wait to be written to one connection at most.
const UNWRITTEN_MAX: usize = 1024;
/// Octets that may wait for a slow reader of one connection; beyond that it is closed (reliability 3.4).
const UNREAD_MAX: usize = 256 * 1024;
/// A trusted peer is a proxy, and thousands are reached by it: it has the room of so many connections.
const PROXIED: usize = 32;

/// Octets of datagrams that may wait for us, or for the network: all phones of a town come back in one second.
const BURST: usize = 4 << 20;

/// What the sockets tell the server.
#[derive(Debug)]
pub(super) enum Heard {
    /// A message, with received and rport in its top Via.
    Message(Message, Flow),
    /// Something that is no message, and knows its answer.
    Refused(Refusal, Flow),
    /// A keep-alive: the peer is there.
    Alive(Flow),
    /// The flow is gone.
    Lost(Flow),
}

impl Heard {
    /// What came by a flow.
    pub(super) fn of(incoming: Incoming, flow: Flow) -> Self {
        match incoming {
            Incoming::Message(message) => {
                Self::Message(message.stamped(flow.peer().ip(), flow.peer().port()), flow)
            }
            Incoming::Refused(refusal) => Self::Refused(refusal, flow),
            Incoming::Ping | Incoming::Pong => Self::Alive(flow),
        }
    }
}

/// A socket that is bound.
pub(super) enum Bound {
    Datagrams(Arc<UdpSocket>),
    Connections(TcpListener, Wire),
}

impl Bound {
    /// Binds it.
    pub(super) async fn to(listen: &Listen) -> io::Result<Self> {
        Ok(match listen.wire {
            Wire::Udp => {
                let socket = UdpSocket::bind(listen.address).await?;
                // What the system does not grant it cuts: a smaller buffer works, and loses more of a burst.
                drop(SockRef::from(&socket).set_recv_buffer_size(BURST));
                drop(SockRef::from(&socket).set_send_buffer_size(BURST));
                Self::Datagrams(Arc::new(socket))
            }
            wire => Self::Connections(TcpListener::bind(listen.address).await?, wire),
        })
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Datagrams(socket) => socket.local_addr(),
            Self::Connections(listener, _) => listener.local_addr(),
        }
    }
}

/// What every reader shares.
#[derive(Clone)]
pub(super) struct Ears {
    pub(super) heard: mpsc::Sender<Heard>,
    pub(super) limits: Limits,
    pub(super) connections: Arc<Semaphore>,
    pub(super) strangers: Arc<Strangers>,
    /// As many as may be open that we opened.
    pub(super) opened: Arc<Semaphore>,
    /// Connections are numbered across listeners.
    pub(super) numbers: Arc<AtomicU64>,
    /// For the listeners that need one.
    pub(super) tls: Option<TlsAcceptor>,
}

/// Takes connections until the server is gone.
pub(super) async fn connections(listener: TcpListener, wire: Wire, local: SocketAddr, ears: Ears) {
    let mut open = JoinSet::new();
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&ears.connections).acquire_owned() => permit,
            () = ears.heard.closed() => return,
        };
        let Ok(permit) = permit else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ears.heard.closed() => return,
        };
        while open.try_join_next().is_some() {}
        let Ok((stream, peer)) = accepted else {
            // Out of descriptors, or a peer that was gone at once: a moment later there may be room.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Some(standing) = ears.strangers.admit(peer.ip()) else { continue };
        let ears = ears.clone();
        open.spawn(async move {
            let (flow, unwritten) = wire_up(&stream, wire, (peer, local), standing, &ears);
            converse(stream, flow, unwritten, &ears).await;
            drop(permit);
        });
    }
}

/// One connection's life: its handshakes, each within the time that a first message has, then messages.
async fn converse(stream: TcpStream, flow: Flow, unwritten: Unwritten, ears: &Ears) {
    let link = Arc::clone(&unwritten.link);
    // Each kind has the room that it needs, not that of the largest.
    let talk = async {
        match flow.wire() {
            Wire::Udp | Wire::Tcp => stream::talk(stream, &flow, unwritten, ears, false).await,
            Wire::Ws => Box::pin(websocket::talk(stream, &flow, unwritten, ears)).await,
            Wire::Tls | Wire::Wss => Box::pin(converse_secretly(stream, &flow, unwritten, ears)).await,
        }
    };
    ears.follow(talk, &link, &flow).await;
}

async fn converse_secretly(stream: TcpStream, flow: &Flow, unwritten: Unwritten, ears: &Ears) {
    let Some(tls) = &ears.tls else { return };
    let shaken = tokio::time::timeout(ears.limits.handshake, tls.accept(stream)).await;
    let Ok(Ok(stream)) = shaken else { return };
    match flow.wire() {
        Wire::Wss => Box::pin(websocket::talk(stream, flow, unwritten, ears)).await,
        _ => Box::pin(stream::talk(stream, flow, unwritten, ears, false)).await,
    }
}

/// A connection as a flow, and what will wait to be written to it.
fn wire_up(
    stream: &TcpStream,
    wire: Wire,
    (peer, local): (SocketAddr, SocketAddr),
    standing: Standing,
    ears: &Ears,
) -> (Flow, Unwritten) {
    // A delayed small packet costs more than it saves; a socket that refuses the option still works.
    drop(stream.set_nodelay(true));
    let many = if ears.strangers.trust(peer.ip()) { PROXIED } else { 1 };
    let (queue, unwritten) = mpsc::channel(UNWRITTEN_MAX * many);
    let link = Arc::new(Link { standing, room: UNREAD_MAX * many, ..Link::default() });
    let outlet = Outlet { queue, link: Arc::clone(&link) };
    let number = ears.numbers.fetch_add(1, Ordering::Relaxed);
    (Flow::connection(number, wire, peer, local, outlet), Unwritten { queue: unwritten, link })
}

/// What waits to be written to a connection.
struct Unwritten {
    queue: mpsc::Receiver<Bytes>,
    link: Arc<Link>,
}

impl Unwritten {
    /// The next messages; false when there will be none.
    async fn next(&mut self, batch: &mut Vec<Bytes>) -> bool {
        self.queue.recv_many(batch, 64).await > 0
    }

    /// So many octets have been written.
    fn written(&self, octets: usize) {
        self.link.unread.fetch_sub(octets, Ordering::AcqRel);
    }
}

/// What comes next; nothing when it does not come until then. Until when is asked whenever something moved, and once
/// more at the end: who logs in meanwhile, or begins a message, has another time.
async fn in_time<T>(until: impl Fn() -> Instant, next: impl Future<Output = T>) -> Option<T> {
    let (mut next, mut sleep) = (pin!(next), pin!(tokio::time::sleep_until(until().into())));
    poll_fn(|context| {
        if let Poll::Ready(next) = next.as_mut().poll(context) {
            return Poll::Ready(Some(next));
        }
        loop {
            let now_until = until().into();
            if sleep.deadline() != now_until {
                sleep.as_mut().reset(now_until);
            }
            ready!(sleep.as_mut().poll(context));
            if sleep.deadline() >= until().into() {
                return Poll::Ready(None);
            }
        }
    })
    .await
}

/// There is nobody to tell any more, or nothing more to tell.
struct Over;

impl Ears {
    /// Lets a connection talk, until it is over or its peer does not read; then the server is told so.
    async fn follow(&self, talk: impl Future<Output = ()>, link: &Link, flow: &Flow) {
        tokio::select! {
            () = talk => {}
            () = link.stuck.notified() => {}
            () = self.heard.closed() => return,
        }
        // Who is gone takes no stranger's room, whoever remembers the flow still.
        link.standing.know();
        // The server may be gone: then nobody needs to know.
        drop(self.heard.send(Heard::Lost(flow.clone())).await);
    }

    /// How long a peer that owes nothing may be silent.
    fn idle(&self, flow: &Flow) -> Duration {
        if flow.is_known() { self.limits.idle } else { self.limits.stranger_idle }
    }

    /// Tells the server what came by a flow. Over when that was the last thing of it.
    async fn tell(&self, incoming: Incoming, flow: &Flow) -> Result<(), Over> {
        let last = matches!(&incoming, Incoming::Refused(refusal) if refusal.close);
        if matches!(incoming, Incoming::Ping) && flow.send(Bytes::from_static(PONG)).is_err() {
            return Err(Over);
        }
        self.heard.send(Heard::of(incoming, flow.clone())).await.map_err(|_| Over)?;
        if last {
            // The answer is on its way to the writer: it has this long to go out.
            tokio::time::sleep(self.limits.farewell).await;
            return Err(Over);
        }
        Ok(())
    }
}

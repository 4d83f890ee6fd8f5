//! One peer: a task that keeps a connection and carries requests over it.

use crate::tls::Secure;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use wire_diameter::{APPLICATION_CREDIT_CONTROL, Command, Outgoing, Peer, PeerEvent, State};

/// Requests that wait for room in the window.
const QUEUE: usize = 1024;

/// A request on its way to a peer.
pub(crate) struct Request {
    /// Its AVPs.
    pub(crate) avps: Vec<u8>,
    /// The same when it is sent again.
    pub(crate) end_to_end: u32,
    /// Whether it may have been sent before.
    pub(crate) repeated: bool,
}

/// What came of a request.
pub(crate) enum Came {
    /// An answer: a whole message.
    Answer(Vec<u8>),
    /// None; whether any of its octets left us, or may yet.
    Lost {
        /// Whether it can have had an effect.
        left: bool,
    },
}

/// Told once what came of a request.
pub(crate) type Reply = Box<dyn FnOnce(Came) + Send>;

struct Asked {
    request: Request,
    reply: Reply,
    at: Instant,
}

/// The near end of a link.
pub(crate) struct Link {
    asks: mpsc::Sender<Asked>,
    well: Arc<AtomicBool>,
}

impl Link {
    /// Whether requests should be sent here.
    pub(crate) fn is_well(&self) -> bool {
        self.well.load(Ordering::Relaxed)
    }

    /// Sends a request.
    pub(crate) fn ask(&self, request: Request, reply: Reply) {
        let asked = Asked { request, reply, at: Instant::now() };
        match self.asks.try_send(asked) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(asked) | mpsc::error::TrySendError::Closed(asked)) => {
                (asked.reply)(Came::Lost { left: false });
            }
        }
    }
}

/// Where a link goes.
pub(crate) struct Destination {
    /// `host:port`.
    pub(crate) address: String,
    /// With TLS.
    pub(crate) secure: Option<Secure>,
}

/// A connection, plain or not.
trait Octets: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Octets for T {}

type Connected = (Box<dyn Octets>, IpAddr);
type Read = ReadHalf<Box<dyn Octets>>;
type Write = WriteHalf<Box<dyn Octets>>;
type Dialing = Pin<Box<dyn Future<Output = io::Result<Connected>> + Send>>;

/// The near end, and the far one as a future to be run.
pub(crate) fn link(
    destination: Destination,
    peer: Peer,
    patience: Duration,
    recovered: mpsc::Sender<()>,
) -> (Link, impl Future<Output = ()> + Send) {
    let (asks, asked) = mpsc::channel(QUEUE);
    let well = Arc::new(AtomicBool::new(false));
    let task = Task {
        peer,
        began: Instant::now(),
        patience,
        destination: Arc::new(destination),
        waiting: HashMap::new(),
        next: 0,
        dialing: None,
        stream: None,
        unflushed: false,
        well: Arc::clone(&well),
        recovered,
    };
    (Link { asks, well }, task.run(asked))
}

struct Task {
    peer: Peer,
    began: Instant,
    /// How long a request may wait for room.
    patience: Duration,
    destination: Arc<Destination>,
    waiting: HashMap<u64, Reply>,
    next: u64,
    dialing: Option<Dialing>,
    stream: Option<(Read, Write)>,
    /// TLS may hold back what was written.
    unflushed: bool,
    well: Arc<AtomicBool>,
    /// Where it is told that the peer is well, after it was not.
    recovered: mpsc::Sender<()>,
}

/// What woke a link.
enum Woke {
    Asked(Option<Asked>),
    Dialed(io::Result<Connected>),
    Read(io::Result<usize>),
    Wrote(io::Result<usize>),
    Flushed(io::Result<()>),
    Time,
}

impl Task {
    async fn run(mut self, mut asked: mpsc::Receiver<Asked>) {
        let mut buffer = vec![0; 64 * 1024];
        let mut open = true;
        loop {
            // Before anybody is told of a loss: who asks again at once is not to hope in vain.
            let well = self.peer.is_usable();
            if !self.well.swap(well, Ordering::Relaxed) && well {
                // Full: it has been told already.
                let _ = self.recovered.try_send(());
            }
            self.hear_events();
            let state = self.peer.state();
            if !open && matches!(state, State::Closed { .. }) {
                return;
            }
            match self.woken(&mut asked, open, &mut buffer).await {
                Woke::Asked(Some(first)) => {
                    self.ask(first);
                    while self.peer.has_room() {
                        let Ok(next) = asked.try_recv() else { break };
                        self.ask(next);
                    }
                }
                Woke::Asked(None) => {
                    open = false;
                    self.peer.disconnect(self.now());
                }
                Woke::Dialed(dialed) => self.dialed(dialed),
                Woke::Read(Ok(n)) if n > 0 => {
                    let now = self.now();
                    self.peer.handle_bytes(buffer.get(..n).unwrap_or_default(), now);
                }
                Woke::Wrote(Ok(n)) if n > 0 => {
                    self.peer.wrote(n);
                    self.unflushed = true;
                }
                Woke::Flushed(Ok(())) => self.unflushed = false,
                Woke::Read(_) | Woke::Wrote(_) | Woke::Flushed(_) => self.lose_link(),
                Woke::Time => self.peer.handle_timeout(self.now()),
            }
        }
    }

    async fn woken(&mut self, asked: &mut mpsc::Receiver<Asked>, open: bool, buffer: &mut [u8]) -> Woke {
        let due = self.peer.next_timeout().map(|due| self.began + due);
        // Who asks while nobody is there is told so at once; who asks beyond the window waits in the queue.
        let takes = open && (self.peer.has_room() || !self.peer.is_usable());
        let (read, write) = self.stream.as_mut().map(|(read, write)| (read, write)).unzip();
        let output = self.peer.output();
        let (writes, flushes) = (!output.is_empty(), output.is_empty() && self.unflushed);
        tokio::select! {
            first = asked.recv(), if takes => Woke::Asked(first),
            dialed = dialed(self.dialing.as_mut()) => Woke::Dialed(dialed),
            n = read_some(read, buffer) => Woke::Read(n),
            woke = write_some(write, output, flushes), if writes || flushes => woke,
            () = until(due) => Woke::Time,
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn ask(&mut self, asked: Asked) {
        let now = self.now();
        let outgoing = Outgoing {
            command: Command::CREDIT_CONTROL,
            application: APPLICATION_CREDIT_CONTROL,
            end_to_end: asked.request.end_to_end,
            retransmitted: asked.request.repeated,
            avps: &asked.request.avps,
        };
        let token = self.next;
        self.next = self.next.wrapping_add(1);
        // Who asked has given up by now.
        let stale = asked.at.elapsed() > self.patience;
        if stale || self.peer.request(token, &outgoing, now).is_err() {
            (asked.reply)(Came::Lost { left: false });
            return;
        }
        self.waiting.insert(token, asked.reply);
    }

    fn dialed(&mut self, dialed: io::Result<Connected>) {
        self.dialing = None;
        let now = self.now();
        match dialed {
            Ok((stream, local)) => {
                self.stream = Some(tokio::io::split(stream));
                self.peer.handle_connected(local, now);
            }
            Err(error) => {
                tracing::debug!(peer = %self.destination.address, %error, "cannot connect to the charging system");
                self.peer.handle_link_lost(now);
            }
        }
    }

    fn lose_link(&mut self) {
        self.stream = None;
        self.unflushed = false;
        self.peer.handle_link_lost(self.now());
    }

    fn hear_events(&mut self) {
        while let Some(event) = self.peer.poll_event() {
            match event {
                PeerEvent::Connect => self.dialing = Some(Box::pin(dial(Arc::clone(&self.destination)))),
                PeerEvent::Opened { host, product, .. } => {
                    let address = &self.destination.address;
                    tracing::info!(peer = %address, %host, %product, "the charging system is connected");
                }
                PeerEvent::Answer { token, message } => self.reply(token, Came::Answer(message)),
                PeerEvent::Lost { token, left, .. } => self.reply(token, Came::Lost { left }),
                PeerEvent::Closed(reason) => {
                    self.stream = None;
                    self.dialing = None;
                    self.unflushed = false;
                    tracing::warn!(peer = %self.destination.address, ?reason, "the charging system is not connected");
                }
            }
        }
    }

    fn reply(&mut self, token: u64, came: Came) {
        if let Some(reply) = self.waiting.remove(&token) {
            reply(came);
        }
    }
}

async fn dial(destination: Arc<Destination>) -> io::Result<Connected> {
    let stream = TcpStream::connect(&destination.address).await?;
    stream.set_nodelay(true)?;
    let local = stream.local_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |local| local.ip());
    let Some(secure) = &destination.secure else { return Ok((Box::new(stream), local)) };
    let stream = secure.connector.connect(secure.name.clone(), stream).await?;
    Ok((Box::new(stream), local))
}

async fn dialed(dialing: Option<&mut Dialing>) -> io::Result<Connected> {
    match dialing {
        Some(dialing) => dialing.await,
        None => std::future::pending().await,
    }
}

async fn read_some(read: Option<&mut Read>, buffer: &mut [u8]) -> io::Result<usize> {
    match read {
        Some(read) => read.read(buffer).await,
        None => std::future::pending().await,
    }
}

/// Writes, or hands on what TLS still holds back.
async fn write_some(write: Option<&mut Write>, output: &[u8], flushes: bool) -> Woke {
    match write {
        Some(write) if flushes => Woke::Flushed(write.flush().await),
        Some(write) => Woke::Wrote(write.write(output).await),
        None => std::future::pending().await,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

//! The sockets of the charging system: a reader and a writer for each connection, on one thread.

use super::reply;
use super::world::World;
use crate::pcap::{Conversation, Side};
use crate::thread;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{broadcast, mpsc};
use wire_diameter::Framer;

/// Answers that wait to be written on one link; beyond it the link is not read.
const OUT_MAX: usize = 4096;

/// What the threads share: all peers of one charging system have one world.
pub(super) struct Shared {
    world: Arc<Mutex<World>>,
    cuts: broadcast::Sender<()>,
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        Self::over(Arc::new(Mutex::new(world)))
    }

    /// Another peer's share of the same world.
    pub(super) fn peer(&self) -> Self {
        Self::over(Arc::clone(&self.world))
    }

    fn over(world: Arc<Mutex<World>>) -> Self {
        Self { world, cuts: broadcast::Sender::new(1) }
    }

    /// A panic while the lock was held was told already; the counts are still worth reading.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn cut(&self) {
        // Nobody is connected when it fails.
        let _ = self.cuts.send(());
    }
}

/// Serves for ever.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    thread::serve(listener, move |stream, peer| connection(stream, peer, Arc::clone(&shared))).await;
}

/// What is to be written: octets, and whether the link is cut after them.
type Out = (Vec<u8>, bool);

async fn connection(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    let (id, conversation) = shared.world().open(peer.port());
    let conversation = conversation.map(|it| Arc::new(Mutex::new(it)));
    let (read, write) = stream.into_split();
    let (out, outs) = mpsc::channel(OUT_MAX);
    let mut cuts = shared.cuts.subscribe();
    tokio::select! {
        () = reader(read, id, &shared, out.clone(), conversation.clone()) => {}
        () = writer(write, outs, conversation) => {}
        () = watchdog(&shared, out) => {}
        _ = cuts.recv() => {}
    }
    shared.world().gone(id);
}

async fn reader(
    mut stream: OwnedReadHalf,
    id: u64,
    shared: &Shared,
    out: mpsc::Sender<Out>,
    conversation: Option<Arc<Mutex<Conversation>>>,
) {
    let mut framer = Framer::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => n,
        };
        let mut input = buffer.get(..n).unwrap_or_default();
        show(conversation.as_deref(), Side::Client, input);
        loop {
            let reply = match framer.next_message(&mut input) {
                Ok(Some(message)) => shared.world().handle(id, message),
                Ok(None) => break,
                Err(_) => return,
            };
            if reply.octets.is_empty() && !reply.cut {
                continue;
            }
            let answer = (reply.octets, reply.cut);
            match reply.late {
                Some(late) => {
                    let out = out.clone();
                    drop(tokio::spawn(async move {
                        tokio::time::sleep(late).await;
                        // The link may be gone by then.
                        let _ = out.send(answer).await;
                    }));
                }
                None => {
                    if out.send(answer).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

async fn writer(
    mut stream: OwnedWriteHalf,
    mut outs: mpsc::Receiver<Out>,
    conversation: Option<Arc<Mutex<Conversation>>>,
) {
    while let Some((mut octets, mut cut)) = outs.recv().await {
        while !cut && octets.len() < 64 * 1024 {
            let Ok((more, then)) = outs.try_recv() else { break };
            octets.extend_from_slice(&more);
            cut = then;
        }
        show(conversation.as_deref(), Side::Server, &octets);
        if stream.write_all(&octets).await.is_err() || cut {
            return;
        }
    }
}

/// Asks the client now and then whether it is there.
async fn watchdog(shared: &Shared, out: mpsc::Sender<Out>) {
    let Some(interval) = shared.world().config.watchdog else { return std::future::pending().await };
    for number in 1.. {
        tokio::time::sleep(interval).await;
        let question = reply::watchdog(&shared.world().config, number);
        if out.send((question, false)).await.is_err() {
            return;
        }
    }
}

fn show(conversation: Option<&Mutex<Conversation>>, side: Side, octets: &[u8]) {
    if let Some(conversation) = conversation {
        conversation.lock().unwrap_or_else(PoisonError::into_inner).data(side, octets);
    }
}

//! The sockets of the SMSC: a reader and a writer for each connection, a timer for all, on one thread.

use super::world::World;
use crate::thread;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;
use wire_smpp::{Framer, MAX_PDU_BOUND};

/// Output beyond this stops the reading of its link until it is written.
const OUTPUT_MAX: usize = 4 << 20;

/// What the threads share.
pub(super) struct Shared {
    world: Mutex<World>,
    pub(super) timer: Arc<Notify>,
}

impl Shared {
    pub(super) const fn new(world: World, timer: Arc<Notify>) -> Self {
        Self { world: Mutex::new(world), timer }
    }

    /// A panic while the lock was held was told already; the counts are still worth reading.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves for ever.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let time = keep_time(Arc::clone(&shared));
    tokio::join!(
        time,
        thread::serve(listener, move |stream, peer| connection(stream, peer, Arc::clone(&shared)))
    );
}

async fn keep_time(shared: Arc<Shared>) {
    loop {
        let next = shared.world().next_due();
        match next {
            Some(at) => {
                tokio::select! {
                    () = tokio::time::sleep_until(at.into()) => {}
                    () = shared.timer.notified() => {}
                }
            }
            None => shared.timer.notified().await,
        }
        shared.world().tick(Instant::now());
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    let wake = Arc::new(Notify::new());
    let written = Arc::new(Notify::new());
    let id = shared.world().open(Arc::clone(&wake), peer.port());
    let (read, write) = stream.into_split();
    tokio::select! {
        () = reader(read, id, &shared, &written) => {}
        () = writer(write, id, &shared, &wake, &written) => {}
    }
    shared.world().gone(id);
}

async fn reader(mut stream: OwnedReadHalf, id: u64, shared: &Shared, written: &Notify) {
    let mut framer = Framer::new(MAX_PDU_BOUND);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let (slow, full) = {
            let world = shared.world();
            let Some(link) = world.links.get(&id) else { return };
            (link.slow, link.out.len() > OUTPUT_MAX)
        };
        if full {
            written.notified().await;
            continue;
        }
        if slow {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let room = if slow { buffer.get_mut(..205) } else { buffer.get_mut(..) };
        let n = match stream.read(room.unwrap_or_default()).await {
            Ok(0) | Err(_) => return,
            Ok(n) => n,
        };
        let mut input = buffer.get(..n).unwrap_or_default();
        let mut world = shared.world();
        if let Some(conversation) = world.links.get_mut(&id).and_then(|link| link.conversation.as_mut()) {
            conversation.data(crate::pcap::Side::Client, input);
        }
        loop {
            match framer.next_frame(&mut input) {
                Ok(Some(frame)) => world.handle(id, &frame),
                Ok(None) => break,
                Err(_) => {
                    world.lost_rhythm(id);
                    break;
                }
            }
        }
    }
}

async fn writer(mut stream: OwnedWriteHalf, id: u64, shared: &Shared, wake: &Notify, written: &Notify) {
    let mut spare = Vec::new();
    loop {
        let taken = shared.world().take_output(id, spare);
        let Some((mut out, closing)) = taken else { return };
        if !out.is_empty() && stream.write_all(&out).await.is_err() {
            return;
        }
        if closing {
            let _ = stream.shutdown().await;
            return;
        }
        let idle = out.is_empty();
        out.clear();
        out.shrink_to(1 << 20);
        spare = out;
        written.notify_one();
        if idle {
            wake.notified().await;
        }
    }
}

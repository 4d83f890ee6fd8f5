//! A pretend CGRateS: JSON-RPC over TCP, accounts in money, a price a unit, sessions that debit when they begin and
//! settle when they end, as its documentation tells. It is told by the method what goes wrong next.
//!
//! ```no_run
//! use switchback_testkit::cgrates::{Cgrates, Fault};
//!
//! let cgrates = Cgrates::start(([127, 0, 0, 1], 0).into())?;
//! cgrates.set_account("46701000001", 1000);
//! cgrates.fail("SessionSv1.TerminateSession", Fault::Silent);
//! # Ok::<(), std::io::Error>(())
//! ```

mod world;

use crate::thread::{self, PeerThread};
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::broadcast;
use world::{Said, World};

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is done and not answered.
    Silent,
    /// It is done, and the connection is cut.
    Cut,
    /// It is done, and its answer comes after the next one.
    AfterTheNext,
    /// It is done, and answered twice.
    Twice,
    /// It is done, and answered with this for a result.
    Says(Value),
    /// It is not done, and answered with this error.
    Fails(&'static str),
    /// It is done, and this line comes instead of an answer.
    Line(&'static str),
}

/// A running one. Dropping it closes all connections and ends its thread.
pub struct Cgrates {
    address: SocketAddr,
    shared: Arc<Shared>,
    _thread: PeerThread,
}

impl std::fmt::Debug for Cgrates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cgrates").field("address", &self.address).finish_non_exhaustive()
    }
}

struct Shared {
    world: Mutex<World>,
    cuts: broadcast::Sender<()>,
}

impl Shared {
    /// A panic while the lock was held was told already; what is there is still worth reading.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cgrates {
    /// Starts one, on a thread of its own; port 0 takes a free one.
    ///
    /// # Errors
    /// The port is taken.
    pub fn start(listen: SocketAddr) -> io::Result<Self> {
        let (listener, address) = thread::listen(listen)?;
        let shared = Arc::new(Shared { world: Mutex::default(), cuts: broadcast::Sender::new(1) });
        let theirs = Arc::clone(&shared);
        let serving = thread::serve(listener, move |stream, _| connection(stream, Arc::clone(&theirs)));
        Ok(Self { address, shared, _thread: PeerThread::start("cgrates", serving)? })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes an account, or sets what is on it, in hundredths. Others are not known.
    pub fn set_account(&self, account: &str, hundredths: i64) {
        self.shared.world().accounts.insert(account.to_owned(), hundredths);
    }

    /// What is on an account, in hundredths; what open sessions have debited is gone from it.
    #[must_use]
    pub fn account(&self, account: &str) -> Option<i64> {
        self.shared.world().accounts.get(account).copied()
    }

    /// How many sessions are open.
    #[must_use]
    pub fn open_sessions(&self) -> usize {
        self.shared.world().sessions.len()
    }

    /// The sessions of which there is a record, in their order.
    #[must_use]
    pub fn records(&self) -> Vec<String> {
        self.shared.world().records.clone()
    }

    /// Every request that came, in its order.
    #[must_use]
    pub fn heard(&self) -> Vec<Value> {
        self.shared.world().heard.clone()
    }

    /// How many requests of this method came.
    #[must_use]
    pub fn times(&self, method: &str) -> usize {
        self.shared
            .world()
            .heard
            .iter()
            .filter(|request| request.get("method").is_some_and(|it| it == method))
            .count()
    }

    /// The next request of this method that has no fault yet meets this.
    pub fn fail(&self, method: &str, fault: Fault) {
        self.shared.world().faults.entry(method.to_owned()).or_default().push_back(fault);
    }

    /// How many connections were opened since it started.
    #[must_use]
    pub fn links(&self) -> u64 {
        self.shared.world().links
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        // Nobody is connected when it fails.
        let _ = self.shared.cuts.send(());
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let mut cuts = shared.cuts.subscribe();
    shared.world().links += 1;
    tokio::select! {
        () = talk(stream, &shared) => {}
        _ = cuts.recv() => {}
    }
}

async fn talk(mut stream: TcpStream, shared: &Shared) {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        // What is no request cuts the connection.
        let Ok(request) = serde_json::from_str(&line) else { return };
        let said = shared.world().hear(request);
        let Said::Octets(octets) = said else { return };
        if write.write_all(octets.as_bytes()).await.is_err() {
            return;
        }
    }
}

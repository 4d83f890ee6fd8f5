//! A pretend charging system: real Diameter credit control over TCP, accounts with balances, and everything that goes
//! wrong.
//!
//! ```no_run
//! use switchback_testkit::ocs::{Config, Ocs};
//!
//! let ocs = Ocs::start(Config { script: "answer-lost:50".parse()?, ..Config::default() })?;
//! println!("connect to {}", ocs.address());
//! ocs.set_balance("+4670998", 1_000_000_000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it promises, misbehaviours apart: an account never goes below zero; a request (Session-Id and
//! CC-Request-Number) is done once and its repetition gets the first answer; the journal has a line for each movement
//! of money before the answer leaves. An account is opened with the configured balance when its number is first seen.

mod account;
mod charge;
mod link;
mod reply;
mod script;
mod seen;
mod world;

pub use crate::script::BadScript;
pub use account::Balance;
pub use script::{Misbehaviour, Rule, Script};
pub use seen::{Counts, Movement, Seen};

use crate::thread::{self, PeerThread};
use link::Shared;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use world::World;

/// Prices, in billionths of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// An SMS segment.
    pub sms: i128,
    /// The same from a visited network.
    pub sms_abroad: i128,
    /// A multimedia message.
    pub mms: i128,
    /// A chat message, where they are counted.
    pub im: i128,
    /// An octet, where those are.
    pub octet: i128,
}

/// How a charging system is.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What goes wrong.
    pub script: Script,
    /// Its Origin-Host.
    pub host: String,
    /// Its Origin-Realm.
    pub realm: String,
    /// What things cost.
    pub prices: Prices,
    /// ISO 4217 numeric.
    pub currency: u32,
    /// What is on an account when it is first seen, in billionths.
    pub opening: i128,
    /// How late an answer is by `late`.
    pub late: Duration,
    /// How often it asks whether the client is there; `None`: never.
    pub watchdog: Option<Duration>,
    /// How long a reservation holds, as it says; it never takes one back by itself.
    pub validity: u32,
    /// Where it writes what it saw.
    pub journal: Option<PathBuf>,
    /// Where it writes what was on the wire.
    pub pcap: Option<PathBuf>,
    /// The seed of its dice.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            script: Script::default(),
            host: "ocs.pretend.test".to_owned(),
            realm: "pretend.test".to_owned(),
            prices: Prices {
                sms: 90_000_000,
                sms_abroad: 500_000_000,
                mms: 390_000_000,
                im: 10_000_000,
                octet: 229,
            },
            currency: 978,
            opening: 10_000_000_000,
            late: Duration::from_secs(5),
            watchdog: Some(Duration::from_secs(30)),
            validity: 3600,
            journal: None,
            pcap: None,
            seed: 1,
        }
    }
}

/// A running charging system. Dropping it closes all links and ends its thread.
pub struct Ocs {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: PeerThread,
}

impl std::fmt::Debug for Ocs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ocs").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Ocs {
    /// Starts one, on a thread of its own.
    ///
    /// # Errors
    /// The port is taken, or a file can't be made.
    pub fn start(config: Config) -> io::Result<Self> {
        let (listen, world) = (config.listen, World::new(config)?);
        Self::serve(listen, Arc::new(Shared::new(world)))
    }

    /// Starts a second peer of the same charging system: other links, the same accounts and sessions.
    ///
    /// # Errors
    /// No port is free.
    pub fn start_peer(&self) -> io::Result<Self> {
        self.start_peer_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// The same at a place of choice: a peer that went comes back.
    ///
    /// # Errors
    /// The port is taken.
    pub fn start_peer_at(&self, listen: SocketAddr) -> io::Result<Self> {
        Self::serve(listen, Arc::new(self.shared.peer()))
    }

    fn serve(listen: SocketAddr, shared: Arc<Shared>) -> io::Result<Self> {
        let (listener, address) = thread::listen(listen)?;
        let thread = PeerThread::start("ocs", link::serve(listener, Arc::clone(&shared)))?;
        Ok(Self { address, shared, thread })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what goes wrong from now on.
    pub fn set_script(&self, script: Script) {
        self.shared.world().script = script;
    }

    /// Sets what is on an account, in billionths; what is held stays held.
    pub fn set_balance(&self, number: &str, nanos: i128) {
        self.shared.world().accounts.set(number, nanos);
    }

    /// What is on an account; `None` for one that was never seen.
    #[must_use]
    pub fn balance(&self, number: &str) -> Option<Balance> {
        self.shared.world().accounts.balance(number)
    }

    /// Cuts all links of this peer.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// What it counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.world().counts()
    }

    /// Hands journal and capture to the operating system.
    ///
    /// # Errors
    /// Something could not be written.
    pub fn flush(&self) -> io::Result<()> {
        self.shared.world().flush()
    }

    /// Waits until it ends: for a process that is nothing but a charging system.
    pub fn wait(self) {
        self.thread.wait();
    }
}

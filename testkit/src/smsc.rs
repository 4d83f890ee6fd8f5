//! A pretend SMSC: real SMPP 3.4 over TCP, any number of binds, phones behind it, and everything that goes wrong.
//!
//! ```no_run
//! use switchback_testkit::smsc::{Config, Phone, Smsc};
//!
//! let smsc = Smsc::start(Config { script: "throttled:50".parse()?, ..Config::default() })?;
//! println!("bind to {}", smsc.address());
//! smsc.set_phone("+4670998", Phone::Off);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it promises, misbehaviours apart: every `submit_sm` is answered in order; a message is shown by its phone
//! once, after the delay; `cancel_sm` is exact until that moment; each receipt is sent until a client answers it
//! with success, also on a later bind; the journal has a line for each of these before the octets leave.

mod control;
mod handset;
mod letters;
mod link;
mod outcome;
mod script;
mod seen;
mod submit;
mod world;

pub use crate::script::BadScript;
pub use handset::Phone;
pub use script::{Misbehaviour, Rule, Script};
pub use seen::{Counts, Seen, Shown};

use crate::pcap::Capture;
use crate::thread::{self, PeerThread};
use link::Shared;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use world::World;

/// How an SMSC is.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What goes wrong.
    pub script: Script,
    /// Its own name, up to 15 characters.
    pub system_id: String,
    /// The password that binds need; `None` takes any.
    pub password: Option<String>,
    /// From a submit to the moment when its phone shows it or its fate is known.
    pub delay: Duration,
    /// Up to so much more, evenly.
    pub spread: Duration,
    /// How late an answer is by `answer-late`.
    pub late: Duration,
    /// How late an answer is by `answer-after-timeout`: more than the client waits.
    pub after_timeout: Duration,
    /// How many receipts may wait for their answers on one link.
    pub window: usize,
    /// Whether a cancelled message gets a receipt (DELETED).
    pub deleted_receipts: bool,
    /// How many shown messages are kept for [`Smsc::inbox`].
    pub inbox: usize,
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
            system_id: "pretend-smsc".to_owned(),
            password: None,
            delay: Duration::from_millis(10),
            spread: Duration::ZERO,
            late: Duration::from_secs(5),
            after_timeout: Duration::from_secs(12),
            window: 500,
            deleted_receipts: true,
            inbox: 1_000,
            journal: None,
            pcap: None,
            seed: 1,
        }
    }
}

/// A running SMSC. Dropping it closes all links and ends its thread.
pub struct Smsc {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: PeerThread,
}

impl std::fmt::Debug for Smsc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smsc").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Smsc {
    /// Starts one, on a thread of its own.
    ///
    /// # Errors
    /// The port is taken, or a file can't be made.
    pub fn start(config: Config) -> io::Result<Self> {
        let (listener, address) = thread::listen(config.listen)?;
        let timer = Arc::new(Notify::new());
        let world = World::new(config, Arc::clone(&timer))?;
        let shared = Arc::new(Shared::new(world, timer));
        let thread = PeerThread::start("smsc", link::serve(listener, Arc::clone(&shared)))?;
        Ok(Self { address, shared, thread })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The capture that it writes, for others on the same stage; nothing when none was asked for.
    #[must_use]
    pub fn capture(&self) -> Option<Capture> {
        self.shared.world().capture.clone()
    }

    /// Changes what goes wrong from now on.
    pub fn set_script(&self, script: Script) {
        self.shared.world().script = script;
    }

    /// Changes how the phones are whose numbers begin so (an empty prefix: all that nothing longer names).
    pub fn set_phone(&self, prefix: &str, phone: Phone) {
        self.shared.world().set_phone(prefix, phone);
    }

    /// Changes the delay of messages that come from now on.
    pub fn set_delay(&self, delay: Duration, spread: Duration) {
        let mut world = self.shared.world();
        world.config.delay = delay;
        world.config.spread = spread;
    }

    /// A phone sends a text (of one part) to a number of a bound client's; false when nobody is bound.
    #[must_use]
    pub fn send_mo(&self, from: &str, to: &str, text: &str) -> bool {
        let mut world = self.shared.world();
        let name = world.bound.iter().find(|(_, links)| !links.is_empty()).map(|(name, _)| Arc::clone(name));
        let Some(name) = name else { return false };
        world.post(letters::Letter::mo(name, from, to, text));
        true
    }

    /// Cuts all links.
    pub fn cut(&self) {
        let mut world = self.shared.world();
        let ids: Vec<u64> = world.links.keys().copied().collect();
        for id in ids {
            world.close(id);
        }
    }

    /// What it counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.world().counts()
    }

    /// The latest messages on phones, oldest first, up to the configured number.
    #[must_use]
    pub fn inbox(&self) -> Vec<Shown> {
        self.shared.world().inbox.iter().cloned().collect()
    }

    /// Hands journal and capture to the operating system.
    ///
    /// # Errors
    /// Something could not be written.
    pub fn flush(&self) -> io::Result<()> {
        self.shared.world().flush()
    }

    /// Waits until it ends: for a process that is nothing but an SMSC.
    pub fn wait(self) {
        self.thread.wait();
    }
}

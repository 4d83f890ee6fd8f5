//! Pretend app devices: each opens an event stream as its subscriber's device, shows what comes in once, and answers
//! with receipts as a person's phone would, or as one that misbehaves.
//!
//! Thousands live in one [`Fleet`], on one thread. A receipt that found no server is kept and posted again, as an app
//! keeps its outbox: only the misbehaviours lose receipts.

mod events;
mod outbox;
mod phone;
mod script;

pub use script::{Misbehaviour, Script};

use crate::journal::Journal;
use crate::thread::PeerThread;
use phone::Phone;
use serde::{Deserialize, Serialize};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// One thing that a device saw or did. Every `at` is in microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields say what they are; hashes are `content::hash` of the text")]
pub enum Seen {
    /// Its stream was opened.
    Online { at: u64, device: String },
    /// Its stream ended, whoever ended it.
    Offline { at: u64, device: String },
    /// A message came in; `again` when it had this id before (and shows nothing new).
    Heard { at: u64, device: String, message: String, from: String, hash: String, again: bool },
    /// It is about to post a receipt.
    Posting { at: u64, device: String, message: String, disposition: String },
    /// The server answered.
    Posted { at: u64, device: String, message: String, disposition: String, status: u16 },
}

/// How a device is.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server's HTTP address.
    pub server: SocketAddr,
    /// The subscriber's token.
    pub token: String,
    /// The device's name, unique in its fleet.
    pub name: String,
    /// What it does wrong.
    pub script: Script,
    /// Whether its stream is open from the beginning.
    pub online: bool,
    /// How long it stays away after `leaves-after-incoming`, and how late receipts are by `receipt-late`.
    pub away: Duration,
}

/// A message as a device shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// When, in microseconds since 1970.
    pub at: u64,
    /// The server's id of the message.
    pub message: String,
    /// The sender that it shows.
    pub from: String,
    /// The text.
    pub text: String,
}

/// Devices that share a thread and a journal. Dropping it ends them all.
#[derive(Debug)]
pub struct Fleet {
    journal: Arc<Journal>,
    thread: PeerThread,
}

/// One running device.
#[derive(Clone, Debug)]
pub struct Device {
    name: String,
    online: watch::Sender<bool>,
    is_connected: watch::Receiver<bool>,
    inbox: Arc<Mutex<Vec<Shown>>>,
}

impl Fleet {
    /// A fleet without devices.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(journal: Journal) -> io::Result<Self> {
        let thread = PeerThread::start("devices", std::future::pending())?;
        Ok(Self { journal: Arc::new(journal), thread })
    }

    /// Adds a device.
    pub fn add(&self, config: Config) -> Device {
        let (online, wants_online) = watch::channel(config.online);
        let (connected, is_connected) = watch::channel(false);
        let inbox = Arc::new(Mutex::new(Vec::new()));
        let name = config.name.clone();
        let phone =
            Phone::new(config, Arc::clone(&self.journal), wants_online, connected, Arc::clone(&inbox));
        self.thread.runtime().spawn(phone.live());
        Device { name, online, is_connected, inbox }
    }

    /// Hands the journal to the operating system.
    ///
    /// # Errors
    /// It could not be written.
    pub fn flush(&self) -> io::Result<()> {
        self.journal.flush()
    }
}

impl Device {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens its stream, or closes it.
    pub fn set_online(&self, online: bool) {
        self.online.send_replace(online);
    }

    /// Whether the server took its stream.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        *self.is_connected.borrow()
    }

    /// What it shows, oldest first.
    #[must_use]
    pub fn inbox(&self) -> Vec<Shown> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

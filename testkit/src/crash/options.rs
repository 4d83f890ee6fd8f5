//! What a run is asked for.

use std::path::PathBuf;
use std::time::Duration;

/// A run of the harness.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server's binary.
    pub server: PathBuf,
    /// The folder for store, journals and logs; must not hold a run already.
    pub folder: PathBuf,
    /// How many kills.
    pub kills: u32,
    /// Messages a second.
    pub rate: u32,
    /// Connections of the load client.
    pub connections: usize,
    /// The time from a start to its kill, at most; at least a fifth of it.
    pub life: Duration,
    /// How long a message lives.
    pub ttl: Duration,
    /// The seed of all dice.
    pub seed: u64,
    /// Over SIP instead of HTTP and apps.
    pub sip: bool,
    /// A charging system charges for half of the senders.
    pub ocs: bool,
    /// It does a request once, however often it comes; else again each time, and the server is not told otherwise.
    pub deduplicates: bool,
    /// Lines to add to the server's configuration (a VFS, for example).
    pub more_config: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            server: PathBuf::from("target/release/switchback"),
            folder: PathBuf::from("target/crash"),
            kills: 30,
            rate: 400,
            connections: 32,
            life: Duration::from_millis(2_500),
            ttl: Duration::from_secs(60),
            seed: 1,
            sip: false,
            ocs: false,
            deduplicates: true,
            more_config: String::new(),
        }
    }
}

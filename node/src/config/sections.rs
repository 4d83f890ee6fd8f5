//! The sections of the configuration, as data.

use super::charging::ChargingSection;
use smol_str::SmolStr;
use std::net::SocketAddr;
use std::path::PathBuf;
use switchback_core::model::{Class, RouteId, Timers};

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// `[http]`
    pub(crate) http: HttpSection,
    /// `[store]`
    pub(crate) store: StoreSection,
    /// `[log]`
    pub(crate) log: LogSection,
    /// `[policy]`
    pub(crate) policy: PolicySection,
    /// `[timers]`
    pub(crate) timers: Timers,
    /// `[smpp]`
    pub(crate) smpp: SmppTimers,
    /// `[sip]`
    pub(crate) sip: switchback_im::sip::Options,
    /// `[[class]]`, the shipped ones first.
    pub(crate) classes: Vec<Class>,
    /// `[[route]]`
    pub(crate) routes: Vec<RouteSection>,
    /// `[records]`; nothing: none are written.
    pub(crate) records: Option<crate::records::Settings>,
    /// `[charging.NAME]`
    pub(crate) charging: Vec<ChargingSection>,
    /// `[plans] files`: plan files, relative to the configuration file.
    pub(crate) plan_files: Vec<PathBuf>,
}

/// `[http]`: the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpSection {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Open connections at most; one more is answered 503.
    pub(crate) connections_max: usize,
    /// Whether clients are believed when they say where they are.
    pub(crate) believe_origin: bool,
}

/// `[store]`: where messages live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreSection {
    /// The directory.
    pub(crate) path: PathBuf,
    /// The name of a `SQLite` VFS registered by the process; nothing = the operating system's files.
    pub(crate) vfs: Option<SmolStr>,
}

/// `[log]`: what is written to the standard error stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogSection {
    /// How.
    pub(crate) format: LogFormat,
    /// Least level: `error`, `warn`, `info`, `debug`.
    pub(crate) level: SmolStr,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[policy]`: what the server may do by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PolicySection {
    /// The last step of claim 1: going back to the first service.
    pub(crate) revert: bool,
    /// Engine loops; 0 = one for every four cores.
    pub(crate) loops: usize,
}

/// `[smpp]`: timers of the sessions with SMSCs, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SmppTimers {
    /// How often a quiet link is probed.
    pub(crate) enquire_link_ms: u64,
    /// First wait before a reconnect; doubled up to `reconnect_cap_ms`, with jitter.
    pub(crate) reconnect_ms: u64,
    /// Longest wait before a reconnect.
    pub(crate) reconnect_cap_ms: u64,
}

/// `[[route]]`: a way out to an SMSC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RouteSection {
    /// The route's name.
    pub(crate) id: RouteId,
    /// Host and port.
    pub(crate) address: SmolStr,
    /// The name to bind with.
    pub(crate) system_id: SmolStr,
    /// The password, read from its file or environment variable.
    pub(crate) password: SmolStr,
    /// Outstanding requests at most.
    pub(crate) window: u16,
    /// Codes in receipts by which this SMSC means a failure that may pass.
    pub(crate) temporary_errors: Vec<SmolStr>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            http: HttpSection {
                listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
                connections_max: 10_000,
                believe_origin: false,
            },
            store: StoreSection { path: PathBuf::from("switchback-data"), vfs: None },
            log: LogSection { format: LogFormat::Text, level: SmolStr::new("info") },
            policy: PolicySection { revert: true, loops: 0 },
            timers: Timers::default(),
            smpp: SmppTimers { enquire_link_ms: 30_000, reconnect_ms: 500, reconnect_cap_ms: 60_000 },
            sip: super::sip::default(),
            classes: Class::shipped(),
            routes: Vec::new(),
            records: None,
            charging: Vec::new(),
            plan_files: Vec::new(),
        }
    }
}

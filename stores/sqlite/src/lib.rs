//! The embedded store: one SQLite file, one writer thread, group commit, and an exact index of open messages in
//! memory.
//!
//! * A commit is answered when its transaction is synced: write-ahead log, `synchronous = FULL`, always.
//! * Many callers share one sync: the writer takes what waits when the last one ends (at most 1024 units).
//! * Look-ups of one thing are exact. Lists follow behind, from the log, in sorted batches; they say how far.
//! * Checkpoints run beside the commits, on a thread of their own.
//! * After a failed write or sync nothing is accepted any more until the store is opened again (I19).

mod apply;
mod batch;
mod block;
mod checkpoint;
mod error;
mod feed;
mod fold;
mod history;
mod index;
mod journal;
mod ledger;
mod lists;
mod look;
mod open;
mod overlay;
mod pack;
mod peers;
mod pool;
mod record;
mod replay;
mod schema;
mod shared;
mod statements;
mod store;
mod story;
mod writer;

pub use error::OpenError;
pub use store::SqliteStore;

use std::path::PathBuf;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database's file, or a folder that holds (or will hold) `switchback.db`.
    pub path: PathBuf,
    /// The name of a file system interface (VFS) that the program has registered with SQLite; nothing: the
    /// platform's own.
    pub vfs: Option<String>,
    /// Units that the lists may be behind before commits are refused.
    pub behind_units: u64,
    /// Milliseconds that the lists may be behind before commits are refused.
    pub behind_ms: u64,
}

impl Options {
    /// The defaults (DESIGN section 6) at this path.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), vfs: None, behind_units: 200_000, behind_ms: 2_000 }
    }
}

#[cfg(test)]
mod examination;

//! Errors: what stops the store from opening, in words for the operator, and how SQLite's own become failures.

use std::path::PathBuf;
use switchback_ports::{CorruptRecord, StoreFailure};

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the store {0} is in use by another process: stop that one, or choose another path")]
    InUse(PathBuf),
    /// The file was written by a newer program.
    #[error(
        "the store has schema {found}, and this program knows schemas up to {ours}: \
         it was written by a newer Switchback; run that one"
    )]
    Newer {
        /// The file's number.
        found: u32,
        /// The highest number that this program knows.
        ours: u32,
    },
    /// The file is no store of ours, or is damaged.
    #[error("the store cannot be used: {0}; restore it from a backup")]
    Damaged(String),
    /// The path cannot be used.
    #[error("cannot open the store at {path}: {error}")]
    Path {
        /// The path.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file system interface of that name is not registered.
    #[error("the store's file system interface {0:?} is not registered in this program")]
    UnknownVfs(String),
    /// SQLite refuses.
    #[error("cannot open the store: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl From<CorruptRecord> for OpenError {
    fn from(error: CorruptRecord) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// An error inside the store, before it is told to a caller.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// SQLite said so.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A record is unreadable.
    #[error("{0}")]
    Record(#[from] CorruptRecord),
    /// The file could not be synced.
    #[error("{0}")]
    Sync(#[from] std::io::Error),
}

impl Fault {
    /// A record that is damaged.
    pub(crate) fn damaged(what: &str) -> Self {
        Self::Record(CorruptRecord::Damaged(what.into()))
    }
}

impl From<Fault> for StoreFailure {
    /// For reads: nothing was lost, but what was asked cannot be told.
    fn from(fault: Fault) -> Self {
        Self::Corrupt(fault.to_string())
    }
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Sqlite(error) => Self::Sqlite(error),
            Fault::Record(error) => error.into(),
            Fault::Sync(error) => Self::Damaged(error.to_string()),
        }
    }
}

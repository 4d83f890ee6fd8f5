//! Checkpoints, on a thread and a connection of their own: pages go from the log to the file while commits go on.
//! Only the last few, which the commits of the meantime added, are copied while the writer rests, so that it can
//! begin the log again from the start instead of growing it for ever.

use crate::error::Fault;
use crate::shared::Shared;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How often the log's length is looked at.
const EVERY: Duration = Duration::from_millis(50);
/// Pages in the log that are worth a checkpoint: 16 MiB.
const WORTH: i64 = 4096;
/// Pages left after a checkpoint that are few enough to be copied while the writer rests.
const FEW: i64 = 1024;
/// Pages in the log at which the writer rests however many are left: 256 MiB.
const MANY: i64 = 65_536;
/// How often a checkpoint is tried again at once because more than a few were left.
const TRIES: usize = 4;

/// Runs until the other end of `closing` goes away.
pub(crate) fn run(connection: &Connection, shared: &Arc<Shared>, closing: &Receiver<()>) {
    let mut seen = 0;
    while closing.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        let commits = shared.counts.commits.load(Ordering::Acquire);
        if commits != seen && !shared.is_stopped() {
            seen = commits;
            if let Err(fault) = once(connection, shared) {
                // What the log holds is safe, but a file that refuses writes is a disk that fails (I19).
                shared.stop(&fault.to_string());
            }
        }
    }
}

/// The log's pages, and how many of them are not in the file.
struct Log {
    pages: i64,
    left: i64,
}

/// One look, and what follows from it.
fn once(connection: &Connection, shared: &Shared) -> Result<(), Fault> {
    let mut log = checkpoint(connection, "NOOP")?;
    if log.left < WORTH {
        return Ok(());
    }
    for _ in 0..TRIES {
        log = checkpoint(connection, "PASSIVE")?;
        if log.left <= FEW {
            break;
        }
    }
    if log.left <= WORTH || log.pages > MANY {
        shared.gate.rest(|| checkpoint(connection, "PASSIVE"))?;
    }
    Ok(())
}

/// Checkpoints in this mode.
fn checkpoint(connection: &Connection, mode: &str) -> Result<Log, Fault> {
    let mut statement = connection.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
    let (pages, done): (i64, i64) = statement.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(Log { pages, left: pages - done })
}

//! Checkpoints, on a thread and a connection of their own: pages go from the log to the file while commits go on, a few
//! MiB at a time, and the file is synced here, too: SQLite leaves that to the checkpoint that finishes the log, and the
//! writer would wait for all of it. Only the last few pages, which the commits of the meantime added, are copied and
//! synced while the writer rests, so that it can begin the log again from the start instead of growing it for ever.

use crate::error::Fault;
use crate::open::PAGE;
use crate::shared::Shared;
use rusqlite::Connection;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How often the log's length is looked at.
const EVERY: Duration = Duration::from_millis(50);
/// Pages in the log that are worth a checkpoint: 4 MiB. Copied and synced in larger pieces, they would keep the disk
/// from the commits for longer.
const WORTH: i64 = 4_194_304 / PAGE;
/// Pages left after a checkpoint that are few enough to be copied while the writer rests.
const FEW: i64 = 1_048_576 / PAGE;
/// Pages in the log at which the writer rests when only few are left, and at which however many are: 16 and 256 MiB.
const LONG: (i64, i64) = (16_777_216 / PAGE, 268_435_456 / PAGE);
/// How often a checkpoint is tried again at once because more than a few were left.
const TRIES: usize = 4;

/// Runs until the other end of `closing` goes away.
///
/// `file`: the database's file, to be synced. It must stay open for as long as any connection is: to close a file ends
/// all of the process's locks on it.
pub(crate) fn run(connection: &Connection, file: &File, shared: &Arc<Shared>, closing: &Receiver<()>) {
    let mut seen = 0;
    while closing.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        let commits = shared.counts.commits.load(Ordering::Acquire);
        if commits != seen && !shared.is_stopped() {
            seen = commits;
            if let Err(fault) = once(connection, file, shared) {
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
fn once(connection: &Connection, file: &File, shared: &Shared) -> Result<(), Fault> {
    let mut log = checkpoint(connection, "NOOP")?;
    if log.left < WORTH {
        return Ok(());
    }
    for _ in 0..TRIES {
        log = checkpoint(connection, "PASSIVE")?;
        file.sync_data()?;
        if log.left <= FEW {
            break;
        }
    }
    let (long, longest) = LONG;
    if (log.pages > long && log.left <= FEW) || log.pages > longest {
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

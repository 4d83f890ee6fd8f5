//! Opening: one process, one schema, and everything that lives in memory rebuilt from what is durable. Opening a
//! store again after a crash, or a crash while opening, changes nothing that was committed (I23).

use crate::Options;
use crate::batch::{Delta, Position};
use crate::error::{Fault, OpenError};
use crate::fold::Fold;
use crate::look;
use crate::pool::Pool;
use crate::record::{unseal, unsigned};
use crate::replay::replay;
use crate::schema::migrate;
use crate::shared::{Open, Shared, write};
use crate::writer::learn;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use switchback_core::model::Message;

/// Bytes in a page of the file.
pub(crate) const PAGE: i64 = 4096;
/// Connections for reading.
const READERS: usize = 4;
/// Page cache of the writer and of each reader, in KiB (negative: SQLite's way of saying KiB).
const CACHE: (i32, i32) = (-16_384, -4_096);
/// Page cache of a large store's writer.
const LARGE_CACHE: i32 = -49_152;
/// What makes a store large, in bytes: the page whose number SQLite lends others when it balances a tree is within its
/// file. The commit of a smaller store looks the writer's whole cache over for pages behind the file's end, so that a
/// larger cache would cost more than it saves.
const LARGE: u64 = 0x4000_0000;
/// Pages of a file that is checked whole when it is opened: 64 MiB. A larger one is checked where it is read: every
/// record has its checksum, and all open messages are read now.
const CHECKED: i64 = 67_108_864 / PAGE;
/// Final messages whose peers' ids are remembered again.
const RECENT: i64 = 10_000;

/// What opening gives.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) file: PathBuf,
    pub(crate) lock: File,
    pub(crate) writer: Connection,
    pub(crate) checkpointer: Connection,
    pub(crate) pool: Pool,
    pub(crate) shared: Arc<Shared>,
    pub(crate) at: Position,
    pub(crate) fold: Fold,
}

/// Opens the store.
pub(crate) fn open(options: &Options) -> Result<Opened, OpenError> {
    let file = file_of(&options.path)?;
    let lock = lock(&file)?;
    let large = std::fs::metadata(&file).is_ok_and(|found| found.len() > LARGE);
    let mut writer = connect(&file, options, if large { LARGE_CACHE } else { CACHE.0 })?;
    migrate(&mut writer)?;
    check(&writer)?;
    let shared = Arc::new(Shared::new((options.behind_units, options.behind_ms)));
    let (at, fold) = replay(&writer)?;
    rebuild(&writer, &shared, &at)?;
    let checkpointer = connect(&file, options, CACHE.1)?;
    let readers = (0..READERS).map(|_| connect(&file, options, CACHE.1)).collect::<Result<_, _>>()?;
    tracing::info!(
        open = write(&shared.open).index.len(),
        finished = at.finished,
        cursor = at.cursor,
        "the store is open"
    );
    Ok(Opened { file, lock, writer, checkpointer, pool: Pool::new(readers), shared, at, fold })
}

/// The database's file: the path itself, or one within it when it is a folder. Missing folders are made.
fn file_of(path: &Path) -> Result<PathBuf, OpenError> {
    let failed = |error| OpenError::Path { path: path.to_owned(), error };
    let file = if path.is_dir() { path.join("switchback.db") } else { path.to_owned() };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let folder = folder.canonicalize().map_err(failed)?;
    let name = file.file_name().ok_or_else(|| failed(std::io::ErrorKind::InvalidFilename.into()))?;
    Ok(folder.join(name))
}

/// Keeps every other process out, until the file is dropped.
fn lock(file: &Path) -> Result<File, OpenError> {
    let path = file.with_added_extension("lock");
    let failed = |error| OpenError::Path { path: path.clone(), error };
    let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(file.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// A connection with our settings. `synchronous = FULL` is not an option: every commit is on the disk before it is
/// answered.
fn connect(file: &Path, options: &Options, cache: i32) -> Result<Connection, OpenError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match &options.vfs {
        None => Connection::open_with_flags(file, flags)?,
        Some(vfs) => Connection::open_with_flags_and_vfs(file, flags, vfs.as_str())
            .map_err(|error| unknown_vfs(error, vfs))?,
    };
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "page_size", PAGE)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::Damaged(format!(
            "its journal cannot be a write-ahead log (it stays {mode:?})"
        )));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", cache)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn unknown_vfs(error: rusqlite::Error, vfs: &str) -> OpenError {
    if error.to_string().contains("no such vfs") {
        OpenError::UnknownVfs(vfs.to_owned())
    } else {
        error.into()
    }
}

/// A bounded look for damage.
fn check(connection: &Connection) -> Result<(), OpenError> {
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    if pages > CHECKED {
        return Ok(());
    }
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(OpenError::Damaged(verdict)) }
}

/// Everything that lives in memory.
fn rebuild(c: &Connection, shared: &Shared, at: &Position) -> Result<(), Fault> {
    {
        let mut open = write(&shared.open);
        recent_peers(c, &mut open)?;
        open_messages(c, &mut open)?;
    }
    let parked: i64 = c.query_row("SELECT count(*) FROM parked", [], |row| row.get(0))?;
    let counts = &shared.counts;
    counts.parked.store(unsigned(parked), Ordering::Release);
    counts.finished.store(at.finished, Ordering::Release);
    counts.cursor.store(at.cursor, Ordering::Release);
    counts.watermark.store(at.cursor, Ordering::Release);
    Ok(())
}

/// The index: every open message, read once.
fn open_messages(c: &Connection, open: &mut Open) -> Result<(), Fault> {
    let mut statement = c.prepare("SELECT last_log, head FROM open ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let message: Message = unseal(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        learn(open, Delta::of(&message, unsigned(row.get(0)?)));
    }
    Ok(())
}

/// Peers' ids of the latest final messages, oldest first.
fn recent_peers(c: &Connection, open: &mut Open) -> Result<(), Fault> {
    let sql = "SELECT head FROM finished ORDER BY id DESC LIMIT ?1";
    let messages: Vec<Message> = look::many(c, sql, [RECENT])?;
    messages.iter().rev().for_each(|message| learn(open, Delta::of(message, 0)));
    Ok(())
}

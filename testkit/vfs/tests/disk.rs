//! The disk itself: SQLite works on it, with several connections and a write-ahead log, and a cut takes exactly what
//! was not synced.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use switchback_testkit_vfs::{Call, Disk, Fault, Left, Syncs};

fn connect(file: &Path, vfs: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags_and_vfs(file, OpenFlags::default(), vfs)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, body BLOB)",
    )?;
    Ok(connection)
}

fn count(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
}

const PUT: &str = "INSERT INTO t (body) VALUES (randomblob(3000))";

#[test]
fn several_connections_read_while_one_writes_and_another_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    Disk::register("many", Syncs::Honest).unwrap();
    let writer = connect(&file, "many").unwrap();
    std::thread::scope(|scope| {
        for role in 0..4 {
            let file = &file;
            scope.spawn(move || {
                let connection = connect(file, "many").unwrap();
                let mut last = 0;
                while last < 400 {
                    if role == 0 {
                        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
                    }
                    let now = count(&connection);
                    assert!(now >= last, "rows that were seen are gone: {last}, then {now}");
                    last = now;
                }
            });
        }
        for _ in 0..400 {
            writer.execute(PUT, []).unwrap();
        }
    });
    let verdict: String = writer.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    drop(writer);
    let plain = Connection::open(&file).unwrap();
    assert_eq!(count(&plain), 400, "what was synced lies in the ordinary file");
}

#[test]
fn a_cut_takes_what_was_not_synced_and_kills_open_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let disk = Disk::register("cut", Syncs::Honest).unwrap();
    let connection = connect(&file, "cut").unwrap();
    connection.execute(PUT, []).unwrap();
    connection.execute_batch("PRAGMA synchronous = NORMAL").unwrap();
    connection.execute(PUT, []).unwrap();
    assert_eq!(count(&connection), 2);
    disk.cut(Left::Nothing);
    assert!(connection.execute(PUT, []).is_err() && connect(&file, "cut").is_err());
    drop(connection);
    disk.power_on();
    assert_eq!(count(&connect(&file, "cut").unwrap()), 1, "the second commit was not synced");
}

#[test]
fn planned_faults_come_when_they_are_due() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let disk = Disk::register("plan", Syncs::Honest).unwrap();
    let connection = connect(&file, "plan").unwrap();
    disk.plan(Call::Sync, 2, Fault::Fails);
    connection.execute(PUT, []).unwrap();
    assert!(connection.execute(PUT, []).is_err(), "the second sync fails");
    assert!(disk.is_on());
    let before = disk.calls(Call::Sync);
    connection.execute(PUT, []).unwrap();
    assert_eq!(disk.calls(Call::Sync), before + 1);
}

//! Opening a store: an older file is brought forward, a newer one, a second process, and what is no store at all
//! are refused in words that an operator understands.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rusqlite::Connection;
use std::path::Path;
use switchback_core::model::Status;
use switchback_ports::contract::Sample;
use switchback_ports::{Conflict, Store, Unit};
use switchback_sqlite::{OpenError, Options, SqliteStore};

fn sql(file: &Path, text: &str) {
    Connection::open(file).unwrap().execute_batch(text).unwrap();
}

#[test]
fn brings_a_file_of_the_first_schema_forward() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.db");
    sql(&file, include_str!("fixtures/schema-1.sql"));
    let store = SqliteStore::open(&Options::at(&file)).unwrap();
    assert!(
        store
            .commit(vec![Sample(1).accept(), Sample(1).finish(Status::Delivered)])
            .unwrap()
            .iter()
            .all(Result::is_ok)
    );
    // Leases came with the second schema.
    let fenced = |epoch| store.commit(vec![Unit { epoch, ..Sample(epoch).accept() }]).unwrap().pop().unwrap();
    assert!(fenced(9).is_ok());
    assert_eq!(fenced(8), Err(Conflict::Lease));
    drop(store);
    let version: u32 =
        Connection::open(&file).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 2);
    let store = SqliteStore::open(&Options::at(&file)).unwrap();
    assert_eq!(store.totals().unwrap().finished, 1);
}

#[test]
fn refuses_a_newer_file_and_leaves_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(&Options::at(folder.path())).unwrap());
    let file = folder.path().join("switchback.db");
    sql(&file, "PRAGMA user_version = 3");
    let error = SqliteStore::open(&Options::at(folder.path())).unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 3, ours: 2 }));
    assert!(error.to_string().contains("newer Switchback"), "{error}");
    let version: u32 =
        Connection::open(&file).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 3);
}

#[test]
fn refuses_a_second_owner_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let first = SqliteStore::open(&Options::at(folder.path())).unwrap();
    let error = SqliteStore::open(&Options::at(folder.path())).unwrap_err();
    assert!(matches!(error, OpenError::InUse(_)), "{error}");
    first.close();
    SqliteStore::open(&Options::at(folder.path())).unwrap();
}

#[test]
fn refuses_what_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, "Dear Sir or Madam, ".repeat(1000)).unwrap();
    let error = SqliteStore::open(&Options::at(&file)).unwrap_err();
    assert!(error.to_string().contains("not a database"), "{error}");
    let unknown = Options { vfs: Some("no-such-disk".into()), ..Options::at(folder.path()) };
    let error = SqliteStore::open(&unknown).unwrap_err();
    assert!(matches!(&error, OpenError::UnknownVfs(name) if name == "no-such-disk"), "{error}");
}

#[test]
fn a_file_that_was_cut_short_is_not_opened_as_if_nothing_were() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&Options::at(folder.path())).unwrap();
    for group in 0..20 {
        store.commit((0..50).map(|n| Sample(group * 50 + n).accept()).collect()).unwrap();
    }
    drop(store);
    let file = folder.path().join("switchback.db");
    let half = std::fs::metadata(&file).unwrap().len() / 2;
    std::fs::File::options().write(true).open(&file).unwrap().set_len(half).unwrap();
    let error = SqliteStore::open(&Options::at(folder.path())).unwrap_err();
    assert!(
        error.to_string().contains("malformed") || error.to_string().contains("cannot be used"),
        "{error}"
    );
}

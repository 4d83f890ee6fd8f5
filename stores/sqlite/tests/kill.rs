//! A real `kill -9` of a process whose disk keeps what was not synced in that process's memory: what the process had
//! answered is there; with a disk that ignores syncs it is not, which proves that the test bites.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use switchback_ports::Store;
use switchback_ports::contract::Sample;
use switchback_sqlite::{Options, SqliteStore};
use switchback_testkit_vfs::{Disk, Syncs};

/// The process that will be killed: commits until then, and says each number once it was answered.
#[test]
#[ignore = "started by the other tests, which kill it"]
fn victim() {
    let Ok(folder) = std::env::var("VICTIM_FOLDER") else { return };
    let syncs = if std::env::var("VICTIM_SYNCS").is_ok() { Syncs::Ignored } else { Syncs::Honest };
    Disk::register("victim", syncs).unwrap();
    let store = SqliteStore::open(&Options { vfs: Some("victim".into()), ..Options::at(folder) }).unwrap();
    for n in 0.. {
        assert!(store.commit(vec![Sample(n).accept()]).unwrap().iter().all(Result::is_ok));
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nanswered {n}").unwrap();
        out.flush().unwrap();
    }
}

/// Starts the victim, waits for `answers` of its answers, kills it, and gives the last number that it said.
fn kill_after(folder: &Path, answers: usize, ignored: bool) -> u64 {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "victim", "--ignored", "--nocapture"]).env("VICTIM_FOLDER", folder);
    if ignored {
        command.env("VICTIM_SYNCS", "ignored");
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut numbers = lines.filter_map(|line| line.strip_prefix("answered ")?.parse::<u64>().ok());
    let mut last = numbers.by_ref().take(answers).last().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    last = numbers.last().unwrap_or(last);
    last
}

#[test]
fn what_was_answered_survives_a_kill() {
    for answers in [1, 7, 40, 150] {
        let folder = tempfile::tempdir().unwrap();
        let last = kill_after(folder.path(), answers, false);
        let store = SqliteStore::open(&Options::at(folder.path())).unwrap();
        for n in 0..=last {
            assert_eq!(
                store.message(Sample(n).id()).unwrap(),
                Some(Sample(n).message()),
                "{n} of {last} is lost"
            );
        }
    }
}

#[test]
fn without_syncs_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(&Options::at(folder.path())).unwrap());
    kill_after(folder.path(), 40, true);
    let store = SqliteStore::open(&Options::at(folder.path())).unwrap();
    assert_eq!(store.totals().unwrap().open, 0);
}

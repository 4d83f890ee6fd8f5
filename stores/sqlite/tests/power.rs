//! Power cuts and failing disks. The store runs over a disk that loses what was not synced (F2) or fails (F3); what
//! was answered must be there when it is opened again (I1), nothing may be unreadable, and after a failed sync
//! nothing more may be accepted (I19). Each cut is made at another sync or write of the same run.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use switchback_core::model::Status;
use switchback_ports::contract::Sample;
use switchback_ports::{Store, StoreFailure};
use switchback_sqlite::{OpenError, Options, SqliteStore};
use switchback_testkit_vfs::{Call, Disk, Fault, Left, Syncs};

/// A disk with a name of its own.
fn disk(syncs: Syncs) -> (Disk, String) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("disk-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    (Disk::register(&name, syncs).unwrap(), name)
}

fn options(folder: &Path, vfs: &str) -> Options {
    Options { vfs: Some(vfs.to_owned()), ..Options::at(folder) }
}

/// What a client knows: which commits were answered with yes.
#[derive(Debug, Default)]
struct Journal {
    accepted: Vec<u64>,
    finished: Vec<u64>,
}

/// Commits until the disk fails, or `rounds` are done: three messages are accepted, and the first of the round before
/// becomes final.
fn run(store: &SqliteStore, first: u64, rounds: u64, journal: &mut Journal) -> Result<(), StoreFailure> {
    for round in first..first + rounds {
        let ids = [round * 10, round * 10 + 1, round * 10 + 2];
        let mut units: Vec<_> = ids.iter().map(|n| Sample(*n).accept()).collect();
        let before = round.checked_sub(1).filter(|_| round > first).map(|before| before * 10);
        units.extend(before.map(|n| Sample(n).finish(Status::Delivered)));
        let answers = store.commit(units)?;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        journal.accepted.extend(ids);
        journal.finished.extend(before);
    }
    Ok(())
}

/// Everything that was answered is there, and all that is there can be read and hangs together.
fn verify(store: &SqliteStore, journal: &Journal) {
    for n in &journal.accepted {
        let (sample, finished) = (Sample(*n), journal.finished.contains(n));
        let message = store.message(sample.id()).unwrap().unwrap_or_else(|| panic!("message {n} is lost"));
        assert!(message.version == 2 || !finished, "message {n} lost its end");
        assert_eq!(store.content(sample.id()).unwrap(), Some(sample.content()));
        assert_eq!(store.decisions(sample.id()).unwrap(), [sample.decision(1)]);
        let events = store.message_events(sample.id()).unwrap();
        assert_eq!(
            events.iter().map(|event| event.seq).collect::<Vec<_>>(),
            (1..=message.version).collect::<Vec<_>>()
        );
    }
    let totals = store.totals().unwrap();
    let open = store.open_messages(None, usize::MAX).unwrap();
    assert_eq!(totals.open, u64::try_from(open.len()).unwrap());
    let feed = store.events(None, 0, usize::MAX).unwrap().lines;
    assert_eq!(
        feed.iter().map(|line| line.cursor).collect::<Vec<_>>(),
        (1..=totals.cursor).collect::<Vec<_>>()
    );
    assert_eq!(totals.cursor, totals.open + 2 * totals.finished, "one event a message, two a final one");
    assert!(store.ledger_proof().unwrap().unbalanced.is_empty());
}

/// One image: the run with one fault, then the power comes back. `None`: the fault was never met.
fn image(call: Call, n: u64, fault: Fault, rounds: u64) -> Option<Journal> {
    let folder = tempfile::tempdir().unwrap();
    let (disk, name) = disk(Syncs::Honest);
    let options = options(folder.path(), &name);
    let mut journal = Journal::default();
    let store = SqliteStore::open(&options).unwrap();
    run(&store, 0, 2, &mut journal).unwrap();
    disk.plan(call, n, fault);
    let result = run(&store, 2, rounds, &mut journal);
    let met = result.is_err() || !disk.is_on();
    if result.is_err() {
        assert!(matches!(result, Err(StoreFailure::Stopped(_))), "{result:?}");
        let more = store.commit(vec![Sample(99_999).accept()]);
        assert!(matches!(more, Err(StoreFailure::Stopped(_))), "accepted after a failed write: {more:?}");
    }
    drop(store);
    disk.unplan();
    disk.power_on();
    let store = SqliteStore::open(&options).unwrap();
    verify(&store, &journal);
    assert_eq!(store.message(Sample(99_999).id()).unwrap(), None);
    // It goes on: and survives another cut, in the middle of nothing.
    run(&store, 1_000, 2, &mut journal).unwrap();
    disk.cut(Left::Nothing);
    drop(store);
    disk.power_on();
    verify(&SqliteStore::open(&options).unwrap(), &journal);
    met.then_some(journal)
}

/// How many faults of the sweep are met, for `ROUNDS` commits.
const ROUNDS: u64 = 12;

fn sweep(call: Call, most: u64, fault: impl Fn(u64) -> Fault) -> u64 {
    (1..=most).filter(|n| image(call, *n, fault(*n), ROUNDS).is_some()).count().try_into().unwrap()
}

#[test]
fn a_cut_before_any_sync_loses_nothing_that_was_answered() {
    assert!(sweep(Call::Sync, ROUNDS, |_| Fault::CutBefore(Left::Nothing)) >= ROUNDS);
}

#[test]
fn a_cut_after_any_sync_loses_nothing_that_was_answered() {
    assert!(sweep(Call::Sync, ROUNDS, |_| Fault::CutAfter(Left::Nothing)) >= ROUNDS);
}

#[test]
fn a_cut_that_tears_and_reorders_what_was_not_synced_leaves_nothing_unreadable() {
    let met = sweep(Call::Write, 60, |n| Fault::CutBefore(Left::Some(n * 77)));
    assert!(met >= 50, "only {met} cuts were met");
}

#[test]
fn after_any_failed_sync_or_write_nothing_more_is_accepted() {
    assert!(sweep(Call::Sync, ROUNDS, |_| Fault::Fails) >= ROUNDS);
    let met = sweep(Call::Write, 60, |_| Fault::Fails);
    assert!(met >= 50, "only {met} failures were met");
}

#[test]
fn a_cut_while_the_store_is_made_leaves_a_store_that_opens() {
    for n in 1..60 {
        for fault in
            [Fault::CutBefore(Left::Nothing), Fault::CutBefore(Left::Some(n)), Fault::CutAfter(Left::Nothing)]
        {
            let folder = tempfile::tempdir().unwrap();
            let (disk, name) = disk(Syncs::Honest);
            disk.plan(Call::Sync, n.div_ceil(4), fault);
            let first = SqliteStore::open(&options(folder.path(), &name)).map(drop);
            assert!(
                disk.is_on() || matches!(first, Ok(()) | Err(OpenError::Sqlite(_) | OpenError::Damaged(_)))
            );
            disk.unplan();
            disk.power_on();
            let store = SqliteStore::open(&options(folder.path(), &name)).unwrap();
            verify(&store, &Journal::default());
        }
    }
}

/// The proof that the other tests bite: on a disk that lies, the same run loses what was answered.
#[test]
fn on_a_disk_that_ignores_syncs_the_same_run_loses_messages() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(&Options::at(folder.path())).unwrap());
    let (disk, name) = disk(Syncs::Ignored);
    let mut journal = Journal::default();
    let store = SqliteStore::open(&options(folder.path(), &name)).unwrap();
    run(&store, 0, ROUNDS, &mut journal).unwrap();
    verify(&store, &journal);
    disk.cut(Left::Nothing);
    drop(store);
    disk.power_on();
    let store = SqliteStore::open(&options(folder.path(), &name)).unwrap();
    assert_eq!(store.totals().unwrap().cursor, 0, "all of it was only in memory");
}

/// Closing copies the log into the file: cut at every write and sync of that, too.
#[test]
fn a_cut_while_the_store_is_closed_loses_nothing() {
    for n in 1..40_u64 {
        let folder = tempfile::tempdir().unwrap();
        let (disk, name) = disk(Syncs::Honest);
        let mut journal = Journal::default();
        let store = SqliteStore::open(&options(folder.path(), &name)).unwrap();
        run(&store, 0, 4, &mut journal).unwrap();
        let call = if n % 8 == 0 { Call::Sync } else { Call::Write };
        disk.plan(call, n.div_ceil(if n % 8 == 0 { 16 } else { 1 }), Fault::CutBefore(Left::Some(n)));
        drop(store);
        disk.unplan();
        disk.power_on();
        verify(&SqliteStore::open(&options(folder.path(), &name)).unwrap(), &journal);
    }
}

/// Many threads and a cut at a moment of its own: the later ones fall into checkpoints, which begin at about 8 200
/// writes (two a page of the log).
#[test]
fn a_busy_store_survives_cuts_at_any_moment() {
    for (seed, at) in (0..).zip([400, 611, 822, 1_033, 8_200, 8_900, 10_000, 12_000]) {
        let folder = tempfile::tempdir().unwrap();
        let (disk, name) = disk(Syncs::Honest);
        let store = SqliteStore::open(&options(folder.path(), &name)).unwrap();
        disk.plan(Call::Write, at, Fault::CutBefore(Left::Some(seed)));
        let journals: Vec<Journal> = std::thread::scope(|scope| {
            let client = |client: u64| {
                let store = &store;
                move || {
                    let mut journal = Journal::default();
                    assert!(
                        run(store, client * 100_000, 100_000, &mut journal).is_err(),
                        "the cut never came"
                    );
                    journal
                }
            };
            let clients: Vec<_> = (1..4).map(|n| scope.spawn(client(n))).collect();
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        drop(store);
        disk.power_on();
        let store = SqliteStore::open(&options(folder.path(), &name)).unwrap();
        journals.iter().for_each(|journal| verify(&store, journal));
    }
}

/// What the cut left of the journal is replayed when the store is opened: cut at every write and sync of that, too, and
/// then again.
#[test]
fn a_cut_while_the_journal_is_replayed_loses_nothing() {
    let mut met = 0;
    for n in 1..60_u64 {
        let folder = tempfile::tempdir().unwrap();
        let (disk, name) = disk(Syncs::Honest);
        let options = options(folder.path(), &name);
        let mut journal = Journal::default();
        let store = SqliteStore::open(&options).unwrap();
        run(&store, 0, 6, &mut journal).unwrap();
        disk.cut(Left::Nothing);
        drop(store);
        for again in 0..2 {
            disk.power_on();
            let (call, at) = if n % 4 == 0 { (Call::Sync, n.div_ceil(4)) } else { (Call::Write, n) };
            disk.plan(call, at, Fault::CutBefore(Left::Some(n + again)));
            drop(SqliteStore::open(&options));
            met += u64::from(!disk.is_on());
            disk.unplan();
        }
        disk.power_on();
        verify(&SqliteStore::open(&options).unwrap(), &journal);
    }
    assert!(met >= 40, "only {met} cuts were met");
}

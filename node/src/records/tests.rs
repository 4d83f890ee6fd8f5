//! What the records owe: the sums of the ledger, numbers without a gap, and the same bytes whenever they are made.

mod world;

use super::files::{Files, of_folder};
use super::following::Follower;
use super::making::Maker;
use super::page::signed;
use super::reading::Lines;
use super::record::Record;
use super::settings::{Form, Limits};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Duration;
use switchback_core::model::Currency;
use switchback_ports::Store;
use world::World;

const LIMITS: Limits = Limits { size: 2048, age: Duration::from_hours(1) };

fn maker() -> Maker {
    Maker { node: "node".into(), mask: false }
}

/// The keeper's work, up to what the log has now, in pages of `n`.
fn keep(store: &dyn Store, files: &mut [Files], n: usize) {
    let mut follower = Follower::new(maker());
    let mut after = files.iter().map(Files::chapter).min().unwrap();
    loop {
        let page = follower.page(store, after, n).unwrap();
        let Some(last) = page.last() else { return };
        after = last.chapter;
        for brought in &page {
            files.iter_mut().for_each(|files| files.take(brought).unwrap());
        }
    }
}

fn open(folder: &Path) -> Vec<Files> {
    [Form::Jsonl, Form::Csv].map(|form| Files::open(folder, "node", form, LIMITS).unwrap()).into()
}

fn read(folder: &Path, form: Form) -> Vec<Record> {
    let mut lines = Lines::of(folder, form).unwrap();
    std::iter::from_fn(|| lines.next().unwrap()).map(Result::unwrap).collect()
}

/// The bytes of all files of a form, without their heads.
fn bytes(folder: &Path, form: Form) -> String {
    let files = of_folder(folder, form).unwrap();
    let numbers: Vec<_> = files.iter().map(|file| file.number).collect();
    assert_eq!(numbers, (1..).take(files.len()).collect::<Vec<_>>(), "numbers of files have a gap");
    let text = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
    files.iter().map(|file| text(&file.path).strip_prefix(&form.head()).unwrap().to_owned()).collect()
}

fn charge(record: &Record) -> i128 {
    let amount = (!record.charge.is_empty()).then(|| signed(&record.charge, Currency::EUR).unwrap());
    amount.map_or(0, |money| money.nanos)
}

/// Of one kind of record.
fn sum(records: &[Record], kind: &str) -> i128 {
    records.iter().filter(|record| record.record == kind).map(charge).sum()
}

fn check(world: &World, folder: &Path) {
    let records = read(folder, Form::Jsonl);
    let numbers: Vec<_> = records.iter().map(Record::number).collect();
    assert_eq!(numbers, (1..).take(records.len()).collect::<Vec<_>>(), "numbers of records have a gap");
    let mut ids: Vec<_> = records.iter().map(|record| &record.id).collect();
    ids.sort();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "an id stands twice");
    let messages = records.iter().filter(|record| record.record == "message").count();
    assert_eq!(messages, world.made(), "one record a message");
    assert!(records.iter().all(|record| record.state != "disputed"));

    let proof = world.store.ledger_proof().unwrap();
    let charged: i128 = proof.charged.iter().map(|money| money.nanos).sum();
    assert!(proof.unbalanced.is_empty() && proof.open_holds == 0, "{proof:?}");
    assert_eq!(sum(&records, "message") + sum(&records, "adjust"), charged);
    assert_eq!(sum(&records, "attempt"), sum(&records, "message"));
    assert_eq!(charged, world.paid());

    assert_eq!(read(folder, Form::Csv), records, "both forms say the same");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// Any interleaving of messages, reports, restarts and crashes of the keeper gives records whose sums are those of
    /// the ledger; and made again in one go they have the same bytes.
    #[test]
    fn records_are_the_ledger(script in proptest::collection::vec((any::<u8>(), any::<u8>()), 1..60)) {
        let mut world = World::new();
        let folder = world.folder.path().join("records");
        let mut files = open(&folder);
        for (byte, which) in script {
            world.step(byte, which);
            match which {
                0..=39 => keep(&*world.store, &mut files, 1 + usize::from(byte % 5)),
                // A crash: what was being made is gone, or stands half made beside the files.
                40..=59 => files = open(&folder),
                60..=69 => files.iter_mut().for_each(|files| files.end().unwrap()),
                _ => {}
            }
        }
        world.end();
        keep(&*world.store, &mut files, 100);
        files.iter_mut().for_each(|files| files.end().unwrap());
        check(&world, &folder);
        let again = world.folder.path().join("again");
        let mut files = open(&again);
        keep(&*world.store, &mut files, 3);
        files.iter_mut().for_each(|files| files.end().unwrap());
        for form in [Form::Jsonl, Form::Csv] {
            prop_assert_eq!(bytes(&folder, form), bytes(&again, form));
        }
    }
}

/// A file's end is cut off after each of its steps: nothing is lost, doubled or renumbered.
#[test]
fn a_file_that_a_crash_left_half_ended_is_ended() {
    let mut world = World::new();
    for n in 0..8 {
        world.step(0, n);
    }
    world.end();
    let folder = world.folder.path().join("records");
    let mut files = open(&folder);
    keep(&*world.store, &mut files, 100);
    files.iter_mut().for_each(|files| files.end().unwrap());
    let whole = bytes(&folder, Form::Jsonl);
    let named = of_folder(&folder, Form::Jsonl).unwrap();
    let last = &named.last().unwrap().path;
    assert!(named.len() > 1, "one file proves nothing");

    // Its cursor was written, its name was not given.
    let made = PathBuf::from(format!("{}.tmp", last.display()));
    std::fs::rename(last, &made).unwrap();
    let mut files = open(&folder);
    keep(&*world.store, &mut files, 100);
    assert_eq!(bytes(&folder, Form::Jsonl), whole);

    // Fetched files may be moved away: the next one goes on behind them.
    named.iter().for_each(|file| std::fs::remove_file(&file.path).unwrap());
    let before = world.store.chapters(0, usize::MAX).unwrap().len();
    let mut files = open(&folder);
    assert_eq!(files.first().unwrap().chapter(), u64::try_from(before).unwrap());
    world.step(0, 1);
    world.end();
    keep(&*world.store, &mut files, 100);
    files.iter_mut().for_each(|files| files.end().unwrap());
    let next = of_folder(&folder, Form::Jsonl).unwrap();
    assert_eq!(next.first().unwrap().number, named.last().unwrap().number + 1);
    let first = read(&folder, Form::Jsonl).first().unwrap().number();
    assert_eq!(first, u64::try_from(whole.lines().count()).unwrap() + 1);
}

#[test]
fn record_files_without_their_cursor_are_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("node-00000001.jsonl"), "").unwrap();
    let error = Files::open(folder.path(), "node", Form::Jsonl, LIMITS).unwrap_err();
    assert!(error.to_string().contains("node.jsonl.cursor"), "{error}");
}

/// Records of a known story, byte by byte. `UPDATE=1 cargo test -p switchback-node` writes them anew: then `seq` of files
/// that have been written means something else after the upgrade, and the changelog must say so.
#[test]
fn records_are_as_written_down() {
    let mut world = World::new();
    // By SMS, charged on submission, failed for good and refunded, then by chat; by chat at once; by SMS that is taken
    // back before its answer; by SMS for money that is delivered.
    let first = [(0, 4), (5, 0), (77, 0), (45, 64)];
    let others = [(0, 10), (45, 1), (0, 28), (3, 2), (0, 16), (5, 3), (45, 3)];
    let story = first.into_iter().chain(others);
    story.for_each(|(byte, which)| world.step(byte, which));
    world.end();
    let folder = world.folder.path().join("records");
    let mut files = open(&folder);
    keep(&*world.store, &mut files, 100);
    files.iter_mut().for_each(|files| files.end().unwrap());
    for form in [Form::Jsonl, Form::Csv] {
        let golden = format!("{}/src/records/tests/golden.{}", env!("CARGO_MANIFEST_DIR"), form.ending());
        let made = form.head() + &bytes(&folder, form);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&golden, &made).unwrap();
        }
        assert_eq!(made, std::fs::read_to_string(&golden).unwrap_or_default());
    }
}

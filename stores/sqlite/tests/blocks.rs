//! The log in blocks: stories, the feed and the ledger cross them as if they were not there, and a damaged one is an
//! error, never a wrong story.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rusqlite::Connection;
use switchback_core::charge::LedgerKind;
use switchback_core::model::EventKind;
use switchback_ports::contract::Sample;
use switchback_ports::{Store, Unit, Write};
use switchback_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

const MESSAGES: u64 = 30;
const ROUNDS: u32 = 10;

/// Tells of a message: one decision, one event, one entry, numbered.
fn tell(n: u64, round: u32) -> Unit {
    let (sample, number) = (Sample(n), u16::try_from(round).unwrap());
    let writes = vec![
        Write::Decisions(sample.id(), vec![sample.decision(number)]),
        Write::Events(vec![sample.event(round, EventKind::Read)]),
        Write::Ledger(vec![sample.entry(number, LedgerKind::Reserve, 1)]),
    ];
    Unit { expects: vec![], writes, ..sample.accept() }
}

/// Stories of several chapters, woven into each other over several blocks of one commit and over commits.
fn woven(folder: &TempDir) -> SqliteStore {
    let store = SqliteStore::open(&Options::at(folder.path())).unwrap();
    let mut units: Vec<_> = (0..MESSAGES).map(|n| Sample(n).accept()).collect();
    units.extend((2..=ROUNDS / 2).flat_map(|round| (0..MESSAGES).map(move |n| tell(n, round))));
    assert!(store.commit(units).unwrap().iter().all(Result::is_ok));
    for round in ROUNDS / 2 + 1..=ROUNDS {
        store.commit((0..MESSAGES).rev().map(|n| tell(n, round)).collect()).unwrap();
    }
    store
}

fn catch_up(store: &SqliteStore) {
    let began = std::time::Instant::now();
    while store.totals().unwrap().watermark < store.totals().unwrap().cursor {
        assert!(began.elapsed().as_secs() < 30, "the lists never follow");
        std::thread::yield_now();
    }
}

#[test]
fn stories_cross_blocks() {
    let folder = TempDir::new().unwrap();
    drop(woven(&folder));
    let file = Connection::open(folder.path().join("switchback.db")).unwrap();
    let blocks: u32 = file.query_row("SELECT count(*) FROM log", [], |row| row.get(0)).unwrap();
    assert!((7..u32::try_from(MESSAGES).unwrap() * ROUNDS / 10).contains(&blocks), "{blocks} blocks");
    let store = SqliteStore::open(&Options::at(folder.path())).unwrap();
    for n in 0..MESSAGES {
        let id = Sample(n).id();
        let decisions = store.decisions(id).unwrap();
        assert_eq!(
            decisions.iter().filter_map(|d| d.attempt).map(u32::from).collect::<Vec<_>>(),
            (1..=ROUNDS).collect::<Vec<_>>()
        );
        let events = store.message_events(id).unwrap();
        assert_eq!(events.iter().map(|e| e.seq).collect::<Vec<_>>(), (1..=ROUNDS).collect::<Vec<_>>());
        assert!(events.iter().all(|event| event.message == id));
        assert_eq!(store.message_ledger(id).unwrap().len(), usize::try_from(ROUNDS).unwrap() - 1);
    }
}

#[test]
fn the_feed_begins_after_any_cursor() {
    let folder = TempDir::new().unwrap();
    let store = woven(&folder);
    catch_up(&store);
    let end = MESSAGES * u64::from(ROUNDS);
    for after in 0..=end {
        for audience in [None, Some(&Sample::owner())] {
            let page = store.events(audience, after, 3).unwrap();
            let cursors: Vec<_> = page.lines.iter().map(|line| line.cursor).collect();
            assert_eq!(cursors, (after + 1..=end).take(3).collect::<Vec<_>>(), "after {after}");
            assert_eq!(page.more, after + 3 < end);
        }
    }
}

#[test]
fn the_log_goes_on_after_any_chapter() {
    let folder = TempDir::new().unwrap();
    let store = woven(&folder);
    let all = store.chapters(0, usize::MAX).unwrap();
    assert!((1..).zip(&all).all(|(number, chapter)| chapter.seq == number));
    for after in 0..=all.len() {
        let page = store.chapters(u64::try_from(after).unwrap(), 2).unwrap();
        assert_eq!(page, all.iter().skip(after).take(2).cloned().collect::<Vec<_>>());
    }
}

#[test]
fn a_damaged_block_is_an_error_and_never_a_wrong_story() {
    let folder = TempDir::new().unwrap();
    let store = woven(&folder);
    catch_up(&store);
    let stories = || (0..MESSAGES).map(|n| store.message_events(Sample(n).id())).collect::<Vec<_>>();
    let right = stories();
    let feed = store.events(None, 0, usize::MAX).unwrap();
    let file = Connection::open(folder.path().join("switchback.db")).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let (first, body): (i64, Vec<u8>) = file
        .query_row("SELECT first_seq, body FROM log ORDER BY first_seq LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let write = |body: &[u8]| {
        file.execute("UPDATE log SET body = ?2 WHERE first_seq = ?1", (first, body)).unwrap();
    };
    let mut found = 0;
    for at in (0..body.len()).step_by(23).chain([body.len() - 1]) {
        let mut damaged = body.clone();
        damaged[at] ^= 1 << (at % 8);
        write(&damaged);
        for (story, right) in stories().into_iter().zip(&right) {
            assert!(story.is_err() || story == *right, "byte {at} makes another story");
        }
        let page = store.events(None, 0, usize::MAX);
        assert!(page.is_err() || page.as_ref() == Ok(&feed), "byte {at} makes another feed");
        found += usize::from(page.is_err());
    }
    assert!(found > 50, "{found}");
    write(&body[..body.len() - 1]);
    assert!(stories().iter().all(Result::is_err), "a block cut short");
    write(&body);
    assert_eq!(stories(), right);
}

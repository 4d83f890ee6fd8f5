//! How far the lists are behind: hardly at all when there is nothing else to do, and in large batches under load.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use switchback_ports::contract::Sample;
use switchback_ports::{MessageFilter, Store};
use switchback_sqlite::{Options, SqliteStore};

/// How long it takes until a message that was just committed is in its owner's list.
fn time_to_list(store: &SqliteStore, n: u64) -> Duration {
    store.commit(vec![Sample(n).accept()]).unwrap();
    let filter = MessageFilter { owner: Some(Sample::owner()), ..MessageFilter::default() };
    let began = Instant::now();
    while store.messages(&filter, None, 1).unwrap().lines.first().map(|m| m.id) != Some(Sample(n).id()) {
        assert!(began.elapsed() < Duration::from_secs(30), "it is never listed");
        std::thread::yield_now();
    }
    began.elapsed()
}

#[test]
fn an_idle_store_lists_a_message_within_a_few_milliseconds() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&Options::at(folder.path())).unwrap();
    // The quickest of many: a busy machine or a slow disk may delay any of them, and a waiting follower all.
    let quickest = (0..50).map(|n| time_to_list(&store, n)).min().unwrap();
    assert!(quickest < Duration::from_millis(10), "{quickest:?}");
}

#[test]
fn under_load_the_lists_follow_many_commits_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&Options::at(folder.path())).unwrap();
    let marks = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (store, marks) = (&store, &marks);
            scope.spawn(move || {
                for n in 0..250 {
                    store.commit(vec![Sample(thread * 1000 + n).accept()]).unwrap();
                    marks.lock().unwrap().insert(store.totals().unwrap().watermark);
                }
            });
        }
    });
    let (rounds, commits) = (marks.into_inner().unwrap().len(), store.totals().unwrap().commits);
    assert!(u64::try_from(rounds).unwrap() * 4 < commits, "{rounds} rounds for {commits} commits");
}

//! The feed of events: numbered by the writer without a gap, for all and for each audience.

use super::sample::writes;
use super::{Sample, StoreUnderTest, catch_up, got, put};
use crate::{Chapter, EventLine, Store, Write};
use switchback_core::charge::LedgerKind;
use switchback_core::model::{AccountId, Event, EventKind, Owner, Status, SubscriberId};

/// Everything after a cursor, in pages of `n`.
fn all(store: &dyn Store, audience: Option<&Owner>, mut after: u64, n: usize) -> Vec<EventLine> {
    let mut lines = Vec::new();
    loop {
        let page = got(store.events(audience, after, n));
        assert!(page.lines.len() <= n && page.lines.iter().all(|line| line.cursor <= page.watermark));
        lines.extend(page.lines);
        after = lines.last().map_or(after, |line| line.cursor);
        if !page.more {
            return lines;
        }
    }
}

/// Strictly increasing by one, over units with and without events, and over reopening.
pub(super) fn cursors(of: &mut dyn StoreUnderTest) {
    let mut next = 1;
    for round in 0..4 {
        for n in 0..10 {
            let committed = put(of.store(), Sample(round * 100 + n).accept());
            assert_eq!(committed.first_cursor, next);
            next += 1;
            let silent = writes(vec![Write::Decisions(Sample(n).id(), vec![Sample(n).decision(9)])]);
            assert_eq!(put(of.store(), silent).first_cursor, next, "the next to be given");
        }
        let pair =
            vec![Sample(round * 100).event(2, EventKind::Read), Sample(7).event(2, EventKind::Refused)];
        assert_eq!(put(of.store(), writes(vec![Write::Events(pair)])).first_cursor, next);
        next += 2;
        of.reopen();
        assert_eq!(got(of.store().totals()).cursor, next - 1);
    }
    let lines = all(of.store(), None, 0, 1000);
    assert_eq!(lines.iter().map(|line| line.cursor).collect::<Vec<_>>(), (1..next).collect::<Vec<_>>());
    let tail = all(of.store(), None, next - 3, 1000);
    assert_eq!(tail.iter().map(|line| line.cursor).collect::<Vec<_>>(), [next - 2, next - 1]);
    assert_eq!(all(of.store(), None, next + 100, 10), []);
}

fn heard_by(n: u64, seq: u32, audience: Owner) -> Event {
    Event { audience, ..Sample(n).event(seq, EventKind::Incoming { attempt: 1 }) }
}

/// Nobody sees another's events, and nobody misses one of their own.
pub(super) fn audiences(of: &mut dyn StoreUnderTest) {
    // The same name in two kinds of owners.
    let (anna, shop) = (Owner::Subscriber(SubscriberId::new("shop")), Owner::Account(AccountId::new("shop")));
    for n in 0..30 {
        put(of.store(), Sample(n).accept());
        let both =
            vec![heard_by(n, 2, anna.clone()), heard_by(n, 3, Owner::Network), heard_by(n, 4, anna.clone())];
        put(of.store(), writes(vec![Write::Events(both)]));
    }
    catch_up(of);
    for reopened in [false, true] {
        if reopened {
            of.reopen();
            catch_up(of);
        }
        for (audience, count) in [(&anna, 60), (&shop, 30), (&Owner::Network, 30)] {
            let lines = all(of.store(), Some(audience), 0, 7);
            assert_eq!(lines.len(), count, "{audience:?}");
            assert!(lines.iter().all(|line| line.event.audience == *audience));
            assert!(lines.is_sorted_by(|a, b| a.cursor < b.cursor));
        }
        assert_eq!(all(of.store(), Some(&Owner::Account(AccountId::new("bank"))), 0, 7), []);
        let everything = all(of.store(), None, 0, 1000);
        assert_eq!(everything.len(), 120);
    }
}

/// All chapters, in pages of `n`.
fn chapters(store: &dyn Store, n: usize) -> Vec<Chapter> {
    let mut all: Vec<Chapter> = Vec::new();
    loop {
        let page = got(store.chapters(all.last().map_or(0, |last| last.seq), n));
        if page.is_empty() {
            return all;
        }
        assert!(page.len() <= n);
        all.extend(page);
    }
}

/// Numbered without a gap, each with what its unit told of its message; the story of a message is its chapters, and
/// what was read once is read again.
pub(super) fn log(of: &mut dyn StoreUnderTest) {
    let mut before = Vec::new();
    for round in 0..3 {
        let (one, other) = (Sample(10 * round + 1), Sample(10 * round + 2));
        put(of.store(), one.accept());
        put(of.store(), other.accept());
        let told = vec![
            Write::Ledger(vec![other.entry(1, LedgerKind::Reserve, 3), one.entry(1, LedgerKind::Reserve, 1)]),
            Write::Events(vec![
                one.event(2, EventKind::Read),
                other.event(2, EventKind::Refused),
                one.event(3, EventKind::Expired),
            ]),
        ];
        let committed = put(of.store(), writes(told));
        put(of.store(), one.finish(Status::Delivered));
        let all = chapters(of.store(), 1000);
        assert!((1..).zip(&all).all(|(number, chapter)| chapter.seq == number), "{all:?}");
        assert_eq!(all.get(..before.len()), Some(&*before), "the log is never edited");
        let events = all.iter().flat_map(|chapter| (chapter.cursor..).zip(&chapter.events));
        assert!((1..).zip(events).all(|(cursor, (at, _))| cursor == at));
        assert!(all.iter().any(|chapter| chapter.cursor == committed.first_cursor));
        for sample in [one, other] {
            let of_it = |chapter: &&Chapter| chapter.message == sample.id();
            let story: Vec<_> = all.iter().filter(of_it).cloned().collect();
            assert_eq!(got(of.store().story(sample.id())), story);
            let begins: Vec<_> = story.iter().map(|chapter| chapter.begins).collect();
            assert!(begins.iter().enumerate().all(|(at, begins)| *begins == (at == 0)), "{begins:?}");
            assert_eq!(story.iter().map(|chapter| chapter.ledger.len()).sum::<usize>(), 1);
        }
        for n in [1, 2, 5] {
            assert_eq!(chapters(of.store(), n), all);
        }
        of.reopen();
        assert_eq!(chapters(of.store(), 7), all);
        before = all;
    }
}

/// From any cursor on, pages of any size give what is after it, up to the watermark.
pub(super) fn paged(of: &mut dyn StoreUnderTest) {
    for n in 0..20 {
        put(of.store(), Sample(n).accept());
        put(of.store(), Sample(n).finish(Status::Delivered));
    }
    let owner = Sample::owner();
    let behind = got(of.store().events(Some(&owner), 0, 1000));
    assert!(behind.watermark <= 40 && behind.lines.iter().all(|line| line.cursor <= behind.watermark));
    let whole = u64::try_from(behind.lines.len()).unwrap_or(0);
    assert_eq!(
        whole, behind.watermark,
        "all events are this owner's: the page has no gap below its watermark"
    );
    catch_up(of);
    for audience in [None, Some(&owner)] {
        for after in [0, 1, 17, 39, 40] {
            for n in [1, 3, 50] {
                let lines = all(of.store(), audience, after, n);
                let cursors: Vec<_> = lines.iter().map(|line| line.cursor).collect();
                assert_eq!(cursors, (after + 1..=40).collect::<Vec<_>>(), "after {after} by {n}");
            }
        }
    }
}

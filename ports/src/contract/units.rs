//! Units: atomic, in order, isolated, and checked.

use super::sample::{at, payer, unit, writes};
use super::{Sample, StoreUnderTest, commit, got, put, refused};
use crate::{Conflict, Expect, IdempotencyKey, IdempotencyRecord, StoreFailure, Unit, Write};
use smol_str::SmolStr;
use switchback_core::model::{PayerId, PeerId, RouteId, Status};

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey { owner: Sample::owner(), key: SmolStr::new(text) }
}

/// The unit's own answer is a conflict, and nothing of it is there.
pub(super) fn all_or_nothing(of: &mut dyn StoreUnderTest) {
    let store = of.store();
    let mut bad = Sample(1).accept();
    bad.writes.push(Write::Payer(Box::new(payer("anna", 1, 5, 0))));
    bad.expects.push(Expect::Payer { id: PayerId::new("anna"), version: Some(4) });
    assert_eq!(commit(store, bad), Err(Conflict::Payer));
    assert_eq!(got(store.message(Sample(1).id())), None);
    assert_eq!(got(store.content(Sample(1).id())), None);
    assert_eq!(got(store.decisions(Sample(1).id())), []);
    assert_eq!(got(store.payer(&PayerId::new("anna"))), None);
    assert_eq!(got(store.totals()).cursor, 0);
    put(store, Sample(1).accept());
    assert_eq!(got(store.message(Sample(1).id())), Some(Sample(1).message()));
}

/// A later unit of a commit sees the earlier ones, and only those.
pub(super) fn in_order(of: &mut dyn StoreUnderTest) {
    let store = of.store();
    let both = vec![Sample(1).accept(), Sample(1).finish(Status::Delivered)];
    assert!(got(store.commit(both)).iter().all(Result::is_ok));
    assert_eq!(got(store.message(Sample(1).id())).map(|m| m.version), Some(2));
    let wrong = vec![Sample(2).finish(Status::Delivered), Sample(2).accept()];
    let answers = got(store.commit(wrong));
    assert!(matches!(answers.as_slice(), [Err(Conflict::Message), Ok(_)]), "{answers:?}");
    let charge = |version| Expect::Payer { id: PayerId::new("anna"), version };
    let first = unit(vec![charge(None)], vec![Write::Payer(Box::new(payer("anna", 1, 5, 0)))]);
    let second = unit(vec![charge(Some(1))], vec![Write::Payer(Box::new(payer("anna", 2, 4, 0)))]);
    let again = unit(vec![charge(Some(1))], vec![Write::Payer(Box::new(payer("anna", 2, 3, 0)))]);
    let answers = got(store.commit(vec![first, second, again]));
    assert!(matches!(answers.as_slice(), [Ok(_), Ok(_), Err(Conflict::Payer)]), "{answers:?}");
    assert_eq!(got(store.payer(&PayerId::new("anna"))), Some(payer("anna", 2, 4, 0)));
}

/// The units before and after a conflict are written.
pub(super) fn conflict_isolated(of: &mut dyn StoreUnderTest) {
    let store = of.store();
    put(store, Sample(2).accept());
    let units = (1..=3).map(|n| Sample(n).accept()).collect();
    let answers = got(store.commit(units));
    assert!(matches!(answers.as_slice(), [Ok(_), Err(Conflict::Message), Ok(_)]), "{answers:?}");
    for n in 1..=3 {
        assert_eq!(got(store.message(Sample(n).id())), Some(Sample(n).message()));
    }
    assert_eq!(got(store.totals()).open, 3);
}

/// Each kind of precondition, held and broken, for open and for final messages.
pub(super) fn every_expectation(of: &mut dyn StoreUnderTest) {
    let sample = Sample(1);
    let expect = |version| unit(vec![Expect::Message { id: sample.id(), version }], vec![]);
    assert_eq!(commit(of.store(), expect(Some(1))), Err(Conflict::Message));
    assert!(commit(of.store(), expect(None)).is_ok());
    put(of.store(), sample.accept());
    for (version, holds) in [(None, false), (Some(1), true), (Some(2), false)] {
        assert_eq!(commit(of.store(), expect(version)).is_ok(), holds, "open, {version:?}");
    }
    put(of.store(), sample.finish(Status::Delivered));
    for reopen in [false, true] {
        if reopen {
            of.reopen();
        }
        for (version, holds) in [(None, false), (Some(1), false), (Some(2), true)] {
            assert_eq!(commit(of.store(), expect(version)).is_ok(), holds, "final, {version:?}, {reopen}");
        }
    }
    let record = IdempotencyRecord { body: [1; 32], message: sample.id(), until: at(1000) };
    let absent = || unit(vec![Expect::KeyAbsent(key("k"))], vec![Write::Key(key("k"), record.clone())]);
    assert!(commit(of.store(), absent()).is_ok());
    let taken = Err(Conflict::Key(Box::new(record.clone())));
    assert_eq!(commit(of.store(), absent()), taken);
    let both = got(of.store().commit(vec![fresh_key("both"), fresh_key("both")]));
    assert!(matches!(both.as_slice(), [Ok(_), Err(Conflict::Key(_))]), "{both:?}");
    let payer_at = |version| unit(vec![Expect::Payer { id: PayerId::new("anna"), version }], vec![]);
    put(of.store(), writes(vec![Write::Payer(Box::new(payer("anna", 7, 1, 0)))]));
    for (version, holds) in [(None, false), (Some(6), false), (Some(7), true)] {
        assert_eq!(commit(of.store(), payer_at(version)).is_ok(), holds, "payer, {version:?}");
    }
}

fn fresh_key(text: &str) -> Unit {
    let record = IdempotencyRecord { body: [2; 32], message: Sample(9).id(), until: at(1000) };
    unit(vec![Expect::KeyAbsent(key(text))], vec![Write::Key(key(text), record)])
}

/// A newer owner's epoch fences the older one off, and it stays fenced off.
pub(super) fn lease_fenced(of: &mut dyn StoreUnderTest) {
    let under = |epoch, n| Unit { epoch, ..Sample(n).accept() };
    assert!(commit(of.store(), under(3, 1)).is_ok());
    assert_eq!(commit(of.store(), under(2, 2)), Err(Conflict::Lease));
    assert!(commit(of.store(), under(4, 3)).is_ok());
    of.reopen();
    assert_eq!(commit(of.store(), under(3, 4)), Err(Conflict::Lease));
    assert!(commit(of.store(), under(4, 5)).is_ok());
}

/// A peer gives an id again once it has forgotten the message.
pub(super) fn peer_id_freed(of: &mut dyn StoreUnderTest) {
    let store = of.store();
    let expect = || vec![Expect::PeerIdAbsent { route: RouteId::new("smsc"), id: PeerId::new("77") }];
    let mut message = Sample(1).attempted("smsc", &[&["77"]]);
    assert!(commit(store, unit(expect(), vec![Write::Message(Box::new(message.clone()))])).is_ok());
    assert_eq!(commit(store, unit(expect(), vec![])), Err(Conflict::PeerId));
    let other = vec![Expect::PeerIdAbsent { route: RouteId::new("other"), id: PeerId::new("77") }];
    assert!(commit(store, unit(other, vec![])).is_ok(), "ids are a route's own");
    (message.version, message.status) = (2, Status::Delivered);
    put(store, writes(vec![Write::Message(Box::new(message))]));
    let next = Sample(2).attempted("smsc", &[&["77"]]);
    let again = || vec![Write::Message(Box::new(next.clone()))];
    let answers = got(store.commit(vec![unit(expect(), again()), unit(expect(), again())]));
    assert!(matches!(answers.as_slice(), [Ok(_), Err(Conflict::PeerId)]), "{answers:?}");
    let found = got(store.by_peer_id(&RouteId::new("smsc"), &PeerId::new("77")));
    assert_eq!(found.map(|part| part.message), Some(next.id));
}

/// Commits of many threads: each is answered for itself, one of each race wins, none is lost.
pub(super) fn eight_threads(of: &mut dyn StoreUnderTest) {
    let store = of.store();
    let wins: usize = std::thread::scope(|scope| {
        let thread = |thread: u64| {
            move || {
                let mut wins = 0;
                for n in 0..50 {
                    put(store, Sample(1_000 * (thread + 1) + n).accept());
                    assert!(got(store.message(Sample(1_000 * (thread + 1) + n).id())).is_some());
                    wins += usize::from(commit(store, Sample(n).accept()).is_ok());
                }
                wins
            }
        };
        let threads: Vec<_> = (0..8).map(|n| scope.spawn(thread(n))).collect();
        threads.into_iter().map(|thread| got(thread.join())).sum()
    });
    assert_eq!(wins, 50, "each race has one winner");
    let totals = got(store.totals());
    assert_eq!((totals.open, totals.cursor), (450, 450));
    assert!(totals.commits <= totals.units, "{totals:?}");
    of.reopen();
    assert_eq!(got(of.store().open_messages(None, 1000)).len(), 450);
}

/// After `close` every call fails, and says why.
pub(super) fn closed(of: &mut dyn StoreUnderTest) {
    put(of.store(), Sample(1).accept());
    of.store().close();
    assert_eq!(refused(of.store().commit(vec![Sample(2).accept()])), StoreFailure::Closed);
    assert_eq!(refused(of.store().message(Sample(1).id())), StoreFailure::Closed);
    assert_eq!(refused(of.store().totals()), StoreFailure::Closed);
    of.reopen();
    assert_eq!(got(of.store().message(Sample(1).id())), Some(Sample(1).message()));
    assert_eq!(got(of.store().message(Sample(2).id())), None);
}

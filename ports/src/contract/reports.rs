//! Reports and the story of a message: peers' ids, early receipts, decisions, events and ledger.

use super::sample::{at, writes};
use super::{Sample, StoreUnderTest, got, put};
use crate::{PeerRef, Write};
use switchback_core::charge::LedgerKind;
use switchback_core::model::{EventKind, PeerId, Report, ReportKind, RouteId, Status, Target};

fn route(name: &str) -> RouteId {
    RouteId::new(name)
}

/// Two attempts, several parts; the same id on another route is another's.
pub(super) fn peer_ids(of: &mut dyn StoreUnderTest) {
    let long = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let one = Sample(1).attempted("a", &[&["10", "11", long], &["12"]]);
    let two = Sample(2).attempted("b", &[&["10"]]);
    put(of.store(), Sample(1).accept_as(one.clone()));
    put(of.store(), Sample(2).accept_as(two.clone()));
    let part = |n: u64, attempt, part| Some(PeerRef { message: Sample(n).id(), attempt, part });
    for reopened in [false, true] {
        if reopened {
            of.reopen();
        }
        let ask = |on: &str, id: &str| got(of.store().by_peer_id(&route(on), &PeerId::new(id)));
        assert_eq!(ask("a", "10"), part(1, 1, 0));
        assert_eq!(ask("a", "11"), part(1, 1, 1));
        assert_eq!(ask("a", long), part(1, 1, 2));
        assert_eq!(ask("a", "12"), part(1, 2, 0));
        assert_eq!(ask("b", "10"), part(2, 1, 0));
        assert_eq!((ask("b", "11"), ask("c", "10"), ask("a", "")), (None, None, None));
    }
    let mut more = Sample(1).attempted("a", &[&["10", "11", long], &["12"], &["13"]]);
    more.version = 2;
    put(of.store(), writes(vec![Write::Message(Box::new(more))]));
    let found = got(of.store().by_peer_id(&route("a"), &PeerId::new("13")));
    assert_eq!(found, part(1, 3, 0));
}

/// T1: other spellings of an id find it, but never one of two, and what is given literally goes first.
pub(super) fn peer_ids_respelled(of: &mut dyn StoreUnderTest) {
    let ids: &[&[&str]] = &[&["00AB", "1f", "aBcD", "AbCd", "0", "007", "7"]];
    put(of.store(), Sample(1).accept_as(Sample(1).attempted("a", ids)));
    let part = |part| Some(PeerRef { message: Sample(1).id(), attempt: 1, part });
    for reopened in [false, true] {
        if reopened {
            of.reopen();
        }
        let ask = |id: &str| got(of.store().by_peer_id(&route("a"), &PeerId::new(id)));
        for spelling in ["00AB", "ab", "AB", "0xAB", "0000ab"] {
            assert_eq!(ask(spelling), part(0), "{spelling}");
        }
        assert_eq!((ask("1f"), ask("001F"), ask("1F ")), (part(1), part(1), part(1)));
        assert_eq!((ask("aBcD"), ask("AbCd"), ask("abcd")), (part(2), part(3), None));
        assert_eq!((ask("0"), ask("000")), (part(4), part(4)));
        assert_eq!((ask("007"), ask("7"), ask("07")), (part(5), part(6), None));
        assert_eq!((ask("171"), ask("b")), (None, None));
    }
}

/// Found under every spelling, oldest first, until taken back (I13).
pub(super) fn parked(of: &mut dyn StoreUnderTest) {
    let report = |kind, ms| {
        let target = Target::Peer { route: route("a"), ids: vec![PeerId::new("255"), PeerId::new("FF")] };
        Report { target, kind, code: None, at: at(ms) }
    };
    let park = |report: &Report| {
        let Target::Peer { route, ids } = report.target.clone() else { return Vec::new() };
        vec![Write::Park { route, ids, report: Box::new(report.clone()), until: at(100_000) }]
    };
    let (early, late) = (report(ReportKind::Intermediate, 1), report(ReportKind::Delivered, 2));
    put(of.store(), writes(park(&early)));
    put(of.store(), writes(park(&late)));
    for reopened in [false, true] {
        if reopened {
            of.reopen();
        }
        let ask = |on: &str, id: &str| got(of.store().parked(&route(on), &PeerId::new(id)));
        assert_eq!(ask("a", "255"), [early.clone(), late.clone()]);
        assert_eq!(ask("a", "FF"), [early.clone(), late.clone()]);
        assert_eq!((ask("a", "ff"), ask("b", "255")), (vec![], vec![]));
        assert_eq!(got(of.store().totals()).parked, 2);
    }
    let unpark = |report: &Report| {
        let report = Box::new(report.clone());
        writes(vec![Write::Unpark { route: route("a"), id: PeerId::new("FF"), report }])
    };
    put(of.store(), unpark(&early));
    assert_eq!(got(of.store().parked(&route("a"), &PeerId::new("255"))), std::slice::from_ref(&late));
    put(of.store(), unpark(&late));
    assert_eq!(got(of.store().parked(&route("a"), &PeerId::new("255"))), []);
    assert_eq!(got(of.store().totals()).parked, 0);
    of.reopen();
    assert_eq!(got(of.store().parked(&route("a"), &PeerId::new("255"))), []);
}

/// Decisions, events and ledger entries of a message, in order, over open and final states.
pub(super) fn story(of: &mut dyn StoreUnderTest) {
    let (sample, other) = (Sample(1), Sample(2));
    put(of.store(), sample.accept());
    put(of.store(), other.accept());
    let tell = |seq: u32, number: u16| {
        vec![
            Write::Decisions(sample.id(), vec![sample.decision(number), sample.decision(number + 1)]),
            Write::Events(vec![
                sample.event(seq, EventKind::Read),
                other.event(seq, EventKind::Refused),
                sample.event(seq + 1, EventKind::Expired),
            ]),
            Write::Ledger(vec![sample.entry(number, LedgerKind::Reserve, 1)]),
        ]
    };
    // A unit that tells of messages without writing them, and one that makes one final.
    put(of.store(), writes(tell(2, 2)));
    let mut last = sample.message();
    (last.version, last.status) = (2, Status::Delivered);
    let mut unit = writes(tell(4, 4));
    unit.writes.push(Write::Message(Box::new(last)));
    put(of.store(), unit);
    put(of.store(), writes(tell(6, 6)));
    for reopened in [false, true] {
        if reopened {
            of.reopen();
        }
        let numbers: Vec<_> =
            got(of.store().decisions(sample.id())).iter().filter_map(|d| d.attempt).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
        let seqs = |of: Sample, store: &dyn crate::Store| {
            let events = got(store.message_events(of.id()));
            assert!(events.iter().all(|event| event.message == of.id()));
            events.iter().map(|event| event.seq).collect::<Vec<_>>()
        };
        assert_eq!(seqs(sample, of.store()), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(seqs(other, of.store()), [1, 2, 4, 6]);
        let ledger = got(of.store().message_ledger(sample.id()));
        assert_eq!(ledger.iter().map(|entry| entry.attempt).collect::<Vec<_>>(), [2, 4, 6]);
        assert_eq!(got(of.store().message_ledger(other.id())), []);
    }
}

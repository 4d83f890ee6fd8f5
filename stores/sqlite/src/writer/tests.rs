//! The writer, driven by hand, one row of the fold at a time: between any two of them every look-up is exact, and a
//! process that ends there leaves a store that has everything.

use super::Writer;
use crate::ledger::Proof;
use crate::look::{self, View};
use crate::open::{Opened, open};
use crate::statements::Statements;
use crate::{Options, SqliteStore};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use switchback_core::model::{Event, EventKind, Message, MessageId, Status};
use switchback_ports::contract::Sample;
use switchback_ports::{MessageFilter, Store, Unit, Write};
use tempfile::TempDir;

/// What was answered: each message, and how many chapters its story has.
type Model = BTreeMap<MessageId, (u64, Message, usize)>;

/// The writer's commit of some units, as it is asked by one caller.
fn commit(writer: &mut Writer<'_>, units: Vec<Unit>) {
    let (answer, answered) = sync_channel(1);
    writer.commit(vec![(units, true, answer)]);
    assert!(answered.recv().unwrap().unwrap().iter().all(Result::is_ok));
}

/// Accepts a message.
fn accept(model: &mut Model, n: u64) -> Unit {
    model.insert(Sample(n).id(), (n, Sample(n).message(), 1));
    Sample(n).accept()
}

/// Writes a message again, in another status, and tells of it.
fn change(model: &mut Model, n: u64, status: Status) -> Unit {
    let (_, message, chapters) = model.get_mut(&Sample(n).id()).unwrap();
    (message.version, message.status) = (message.version + 1, status);
    *chapters += 1;
    let event: Event = Sample(n).event(message.version, EventKind::Read);
    let writes = vec![Write::Message(Box::new(message.clone())), Write::Events(vec![event])];
    let expects =
        vec![switchback_ports::Expect::Message { id: message.id, version: Some(message.version - 1) }];
    Unit { expects, writes, ..Sample(n).accept() }
}

/// Tells of a message without writing it.
fn tell(model: &mut Model, n: u64) -> Unit {
    model.get_mut(&Sample(n).id()).unwrap().2 += 1;
    Unit {
        expects: vec![],
        writes: vec![Write::Decisions(Sample(n).id(), vec![Sample(n).decision(7)])],
        ..Sample(n).accept()
    }
}

/// Three commits: messages that end, that stay open, that end and change again, that are opened again.
fn first(writer: &mut Writer<'_>, model: &mut Model) {
    commit(writer, (1..=6).map(|n| accept(model, n)).collect());
    commit(
        writer,
        vec![change(model, 1, Status::Delivered), change(model, 2, Status::Sending), tell(model, 3)],
    );
    commit(
        writer,
        vec![change(model, 4, Status::Delivered), change(model, 5, Status::Failed), tell(model, 1)],
    );
}

/// Meets messages that stand in each table, and new ones.
fn second(writer: &mut Writer<'_>, model: &mut Model) {
    let changed = [(1, Status::Read), (2, Status::Delivered), (5, Status::Sending), (3, Status::Waiting)];
    let mut units: Vec<_> = changed.into_iter().map(|(n, status)| change(model, n, status)).collect();
    units.extend([accept(model, 7), tell(model, 4), accept(model, 8)]);
    commit(writer, units);
    commit(writer, vec![change(model, 8, Status::Delivered), tell(model, 2)]);
}

/// Every exact look-up agrees with what was answered.
fn check(view: View<'_>, model: &Model) {
    for (id, (n, message, chapters)) in model {
        assert_eq!(look::message(view, *id).unwrap().as_ref(), Some(message), "message {n}");
        assert_eq!(look::content(view, *id).unwrap(), Some(Sample(*n).content()), "content {n}");
        assert_eq!(look::story(view, *id).unwrap().len(), *chapters, "story {n}");
    }
    let open: Vec<_> =
        model.values().filter(|(_, m, _)| !m.status.is_final()).map(|(_, m, _)| m.clone()).collect();
    assert_eq!(look::open_messages(view, None, 100).unwrap(), open);
    for (at, message) in open.iter().enumerate() {
        let rest = look::open_messages(view, Some(message.id), 2).unwrap();
        assert_eq!(rest, open.iter().skip(at + 1).take(2).cloned().collect::<Vec<_>>());
    }
    let proof = Proof::default().read_on(view.c, Duration::MAX).unwrap();
    assert!(proof.complete && proof.unbalanced.is_empty(), "{proof:?}");
}

/// All of it through the port of a store that was opened again, exact, listed, and with nothing left to replay.
fn check_reopened(options: &Options, model: &Model) {
    let store = SqliteStore::open(options).unwrap();
    let totals = store.totals().unwrap();
    let finished = model.values().filter(|(_, m, _)| m.status.is_final()).count();
    let count = |n: usize| u64::try_from(n).unwrap();
    assert_eq!((totals.open, totals.finished), (count(model.len() - finished), count(finished)));
    store
        .look(|view| {
            check(view, model);
            Ok(())
        })
        .unwrap();
    let filter = MessageFilter { owner: Some(Sample::owner()), ..MessageFilter::default() };
    for filter in [filter, MessageFilter::default()] {
        let listed = store.messages(&filter, None, 100).unwrap().lines;
        assert_eq!(listed, model.values().rev().map(|(_, m, _)| m.clone()).collect::<Vec<_>>());
    }
    let feed = store.events(Some(&Sample::owner()), 0, 100).unwrap().lines;
    assert_eq!(
        feed.iter().map(|line| line.cursor).collect::<Vec<_>>(),
        (1..=totals.cursor).collect::<Vec<_>>()
    );
}

/// A store whose writer is in the test's hand.
fn by_hand(options: &Options, drive: impl FnOnce(&mut Writer<'_>, View<'_>)) {
    let Opened { writer, pool, shared, at, fold, lock, checkpointer, .. } = open(options).unwrap();
    {
        let mut writer = Writer::new(Statements::prepare(&writer).unwrap(), Arc::clone(&shared), at, fold);
        pool.read(|c| {
            drive(&mut writer, View { c, overlay: &shared.overlay });
            Ok(())
        })
        .unwrap();
    }
    drop((pool, checkpointer, writer, lock));
}

/// Folds until nothing is left, row by row, with a check after each; gives how many steps that took.
fn fold(writer: &mut Writer<'_>, view: View<'_>, model: &Model) -> usize {
    let mut steps = 0;
    while writer.folding() {
        writer.follow(1);
        check(view, model);
        steps += 1;
    }
    steps
}

#[test]
fn look_ups_are_exact_between_any_two_rows_of_the_fold() {
    let folder = TempDir::new().unwrap();
    let (options, mut model) = (Options::at(folder.path()), Model::new());
    by_hand(&options, |writer, view| {
        first(writer, &mut model);
        check(view, &model);
        assert!(fold(writer, view, &model) > 15);
        // Now the tables have all of it; changes come while the next round is half written.
        second(writer, &mut model);
        for _ in 0..4 {
            writer.follow(1);
            check(view, &model);
        }
        assert!(writer.fold.in_round());
        commit(writer, vec![change(&mut model, 2, Status::Read), change(&mut model, 7, Status::Delivered)]);
        commit(
            writer,
            vec![accept(&mut model, 9), tell(&mut model, 8), change(&mut model, 3, Status::Failed)],
        );
        check(view, &model);
        fold(writer, view, &model);
        assert!(crate::shared::read(&writer.shared.overlay).is_empty());
        let left: i64 = view.c.query_row("SELECT count(*) FROM journal", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "a journal that was followed is forgotten");
    });
    check_reopened(&options, &model);
}

#[test]
fn a_process_that_ends_within_a_fold_leaves_everything() {
    for steps in 0.. {
        let folder = TempDir::new().unwrap();
        let (options, mut model) = (Options::at(folder.path()), Model::new());
        let mut over = false;
        by_hand(&options, |writer, view| {
            first(writer, &mut model);
            fold(writer, view, &model);
            second(writer, &mut model);
            (0..steps).for_each(|_| writer.follow(1));
            over = !writer.folding();
            if steps % 2 == 1 {
                commit(writer, vec![change(&mut model, 2, Status::Read), accept(&mut model, 9)]);
            }
        });
        check_reopened(&options, &model);
        check_reopened(&options, &model);
        if over {
            assert!(steps > 10, "{steps}");
            break;
        }
    }
}

#[test]
fn what_is_folded_is_written_once() {
    let folder = TempDir::new().unwrap();
    let (options, mut model) = (Options::at(folder.path()), Model::new());
    by_hand(&options, |writer, view| {
        commit(writer, vec![accept(&mut model, 1), accept(&mut model, 2)]);
        commit(writer, vec![change(&mut model, 1, Status::Delivered)]);
        while writer.folding() {
            writer.follow(1);
            let passed = view.c.query_row(
                "SELECT count(*) FROM open WHERE id = ?1",
                [Sample(1).id().to_bytes()],
                |r| r.get(0),
            );
            assert_eq!(passed, Ok(0_i64), "a final message never passes through `open`");
        }
    });
    check_reopened(&options, &model);
}

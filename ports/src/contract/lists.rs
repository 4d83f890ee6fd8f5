//! Lists: behind the watermark, then whole; filled messages; and what happens when lists stay behind.

use super::sample::{at, unit};
use super::{Sample, StoreUnderTest, catch_up, commit, got, put, refused, wait_for};
use crate::{MessageFilter, Store, StoreFailure, Unit, Write};
use smol_str::SmolStr;
use switchback_core::model::{
    AccountId, Address, AttemptState, ClientRef, EventKind, Message, MessageId, Owner, Service, Status,
    SubscriberId,
};

/// All messages that a filter finds, in pages of `n`.
fn all(store: &dyn Store, filter: &MessageFilter, n: usize) -> Vec<Message> {
    let (mut before, mut found): (Option<MessageId>, Vec<Message>) = (None, Vec::new());
    loop {
        let page = got(store.messages(filter, before, n));
        assert!(page.lines.len() <= n);
        found.extend(page.lines);
        before = found.last().map(|message| message.id);
        if !page.more {
            return found;
        }
    }
}

fn numbers(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.id.made_at().millis_since(at(0))).collect()
}

/// Open and final together, by owner and for the operator.
pub(super) fn messages(of: &mut dyn StoreUnderTest) {
    let other = Owner::Account(AccountId::new("bank"));
    for n in [3, 1, 2, 5, 4] {
        put(of.store(), Sample(n).accept());
    }
    let mut theirs = Sample(6).message();
    theirs.originator.owner = other.clone();
    put(of.store(), Sample(6).accept_as(theirs));
    put(of.store(), Sample(2).finish(Status::Delivered));
    put(of.store(), Sample(5).finish(Status::Failed));
    catch_up(of);
    for reopened in [false, true] {
        if reopened {
            of.reopen();
            catch_up(of);
        }
        for n in [1, 2, 100] {
            let own = |owner| MessageFilter { owner, ..MessageFilter::default() };
            assert_eq!(numbers(&all(of.store(), &own(Some(Sample::owner())), n)), [5, 4, 3, 2, 1]);
            assert_eq!(numbers(&all(of.store(), &own(Some(other.clone())), n)), [6]);
            assert_eq!(numbers(&all(of.store(), &own(None), n)), [6, 5, 4, 3, 2, 1]);
        }
    }
}

/// Every part of a filter that is given must match.
pub(super) fn filters(of: &mut dyn StoreUnderTest) {
    for n in 1..=6 {
        let mut message = Sample(n).message();
        message.client_ref = (n % 2 == 0).then(|| ClientRef::new("even"));
        message.first = Some(if n < 4 { Service::Im } else { Service::Sms });
        put(of.store(), Sample(n).accept_as(message));
    }
    put(of.store(), Sample(4).finish(Status::Delivered));
    catch_up(of);
    for owner in [None, Some(Sample::owner())] {
        let ask = |filter: MessageFilter| {
            numbers(&all(of.store(), &MessageFilter { owner: owner.clone(), ..filter }, 2))
        };
        let none = MessageFilter::default;
        assert_eq!(ask(MessageFilter { status: Some(Status::Accepted), ..none() }), [6, 5, 3, 2, 1]);
        assert_eq!(ask(MessageFilter { status: Some(Status::Delivered), ..none() }), [4]);
        assert_eq!(ask(MessageFilter { service: Some(Service::Im), ..none() }), [3, 2, 1]);
        assert_eq!(ask(MessageFilter { to: Some(Sample(5).message().recipient), ..none() }), [5]);
        assert_eq!(ask(MessageFilter { accepted_after: Some(at(5)), ..none() }), [6, 5]);
        let even = MessageFilter { client_ref: Some(ClientRef::new("even")), ..none() };
        assert_eq!(ask(even.clone()), [6, 2], "4 was rewritten without its reference");
        assert_eq!(ask(MessageFilter { service: Some(Service::Im), ..even }), [2]);
    }
}

/// A message from one subscriber to another, handed to a device of theirs.
fn said(n: u64, from: &str, to: &str) -> Unit {
    let number =
        |name: &str| Address::E164(SmolStr::new(if name == "anna" { "4670000001" } else { "4670000002" }));
    let mut message = Sample(n).attempted("app", &[&[]]);
    message.originator.owner = Owner::Subscriber(SubscriberId::new(from));
    message.originator.address = number(from);
    message.recipient = number(to);
    message.recipient_subscriber = Some(SubscriberId::new(to));
    Sample(n).accept_as(message)
}

/// A message is in the conversation of both, incoming once it was handed over, unread until it is read.
pub(super) fn conversations(of: &mut dyn StoreUnderTest) {
    let owner = |name: &str| Owner::Subscriber(SubscriberId::new(name));
    let (anna, bo) = (owner("anna"), owner("bo"));
    for (n, from, to) in [(1, "anna", "bo"), (2, "bo", "anna"), (3, "anna", "bo")] {
        put(of.store(), said(n, from, to));
    }
    let mut held = said(4, "anna", "bo");
    if let Some(Write::Message(message)) = held.writes.first_mut()
        && let Some(attempt) = message.attempts.first_mut()
    {
        (attempt.state, attempt.handed_over_at) = (AttemptState::Deferred, None);
    }
    put(of.store(), held);
    let mut read = match said(1, "anna", "bo").writes.swap_remove(0) {
        Write::Message(message) => message,
        other => panic!("{other:?}"),
    };
    (read.version, read.status, read.delivered_at, read.displayed_at) =
        (2, Status::Read, Some(at(8)), Some(at(9)));
    put(of.store(), unit(vec![], vec![Write::Message(read)]));
    catch_up(of);
    let with = |name: &str| SmolStr::new(if name == "anna" { "+4670000001" } else { "+4670000002" });
    let lines = |owner, with: &str, before: Option<u64>, n| {
        let page =
            got(of.store().conversation(owner, &SmolStr::new(with), before.map(|n| Sample(n).id()), n));
        let line =
            |line: &crate::ConversationLine| (line.message.made_at().millis_since(at(0)), line.outgoing);
        (page.lines.iter().map(line).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(
        lines(&anna, &with("bo"), None, 9),
        (vec![(4, true), (3, true), (2, false), (1, true)], false)
    );
    assert_eq!(lines(&bo, &with("anna"), None, 9), (vec![(3, false), (2, true), (1, false)], false));
    assert_eq!(lines(&bo, &with("anna"), Some(3), 1), (vec![(2, true)], true));
    assert_eq!(lines(&bo, "+4670000009", None, 9), (vec![], false));
    let summaries = |owner| {
        let page = got(of.store().conversations(owner, 10));
        page.lines.into_iter().map(|c| (c.with, c.last, c.unread)).collect::<Vec<_>>()
    };
    assert_eq!(summaries(&anna), [(with("bo"), Sample(4).id(), 1)]);
    assert_eq!(summaries(&bo), [(with("anna"), Sample(3).id(), 1)]);
    let spoken = got(of.store().conversation(&bo, &with("anna"), None, 1)).lines;
    assert_eq!(spoken.first().map(|line| line.text.clone()), Some(Sample(3).content().text));
}

/// Filled messages are found by every way that committed ones are.
pub(super) fn filled(of: &mut dyn StoreUnderTest) {
    put(of.store(), Sample(500).accept());
    let units = (0..100).rev().map(|n| {
        let mut unit = Sample(n).accept();
        unit.expects.clear();
        unit.writes.retain(|write| !matches!(write, Write::Message(_)));
        let finish = Sample(n).finish(Status::Delivered).writes.into_iter();
        unit.writes.extend(finish);
        unit
    });
    // A fill may wait for the lists; they are let go for it.
    of.hold_back(false);
    got(of.store().fill(units.collect()));
    catch_up(of);
    for reopened in [false, true] {
        if reopened {
            of.reopen();
            catch_up(of);
        }
        let store = of.store();
        let totals = got(store.totals());
        assert_eq!((totals.open, totals.finished, totals.cursor), (1, 100, 201));
        for n in [0, 50, 99] {
            assert_eq!(
                got(store.message(Sample(n).id())).map(|m| (m.version, m.status)),
                Some((2, Status::Delivered))
            );
            assert_eq!(got(store.content(Sample(n).id())), Some(Sample(n).content()));
            assert_eq!(got(store.decisions(Sample(n).id())), [Sample(n).decision(1)]);
            assert_eq!(got(store.message_events(Sample(n).id())).len(), 2);
        }
        assert_eq!(got(store.events(Some(&Sample::owner()), 0, 1000)).lines.len(), 201);
        let filter = MessageFilter { owner: Some(Sample::owner()), ..MessageFilter::default() };
        assert_eq!(all(store, &filter, 30).len(), 101);
        assert_eq!(commit(store, Sample(7).accept()), Err(crate::Conflict::Message));
    }
}

/// The counts that health and metrics show.
pub(super) fn totals(of: &mut dyn StoreUnderTest) {
    let before = got(of.store().totals());
    assert_eq!((before.open, before.finished, before.cursor, before.watermark), (0, 0, 0, 0));
    got(of.store().commit((0..10).map(|n| Sample(n).accept()).collect()));
    got(of.store().commit((0..4).map(|n| Sample(n).finish(Status::Delivered)).collect()));
    let after = got(of.store().totals());
    assert_eq!((after.open, after.finished, after.cursor), (6, 4, 14));
    assert_eq!((after.units - before.units, after.commits - before.commits), (14, 2));
    assert!(after.bytes > 0 && after.watermark <= after.cursor);
}

/// Behind by too many units: commits are refused, look-ups stay exact, and all is well when the lists have followed.
pub(super) fn refuses_when_behind(of: &dyn StoreUnderTest) {
    of.hold_back(true);
    let mut n = 0;
    let failure = loop {
        match of.store().commit(vec![Sample(n).accept()]) {
            Ok(_) => n += 1,
            Err(failure) => break failure,
        }
        assert!(n < 1000, "commits are never refused");
    };
    assert_eq!(failure, StoreFailure::Behind);
    assert!(n >= 50, "refused after {n}");
    assert_eq!(got(of.store().message(Sample(n - 1).id())), Some(Sample(n - 1).message()));
    assert_eq!(got(of.store().message(Sample(n).id())), None);
    catch_up(of);
    put(of.store(), Sample(n).accept());
    let page = got(of.store().events(Some(&Sample::owner()), 0, 10_000));
    assert!(u64::try_from(page.lines.len()).is_ok_and(|lines| lines >= n));
}

/// Behind for too long.
pub(super) fn refuses_when_late(of: &dyn StoreUnderTest) {
    of.hold_back(true);
    put(of.store(), Sample(0).accept());
    let silent = || unit(vec![], vec![Write::Decisions(Sample(0).id(), vec![Sample(0).decision(2)])]);
    wait_for(|| of.store().commit(vec![silent()]).is_err());
    assert_eq!(refused(of.store().commit(vec![silent()])), StoreFailure::Behind);
    catch_up(of);
    wait_for(|| of.store().commit(vec![silent()]).is_ok());
    put(of.store(), unit(vec![], vec![Write::Events(vec![Sample(0).event(2, EventKind::Read)])]));
}

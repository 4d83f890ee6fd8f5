//! Look-ups of one thing: exact straight after the commit, and the same after reopening.

use super::sample::{at, payer, to_subscriber, writes};
use super::{Sample, StoreUnderTest, got, put};
use crate::directory::{Account, Entry, Kind, PlanText};
use crate::{DeviceRow, IdempotencyKey, IdempotencyRecord, RefusalRecord, Write};
use smol_str::SmolStr;
use switchback_core::model::{
    AccountId, Address, Content, DeviceId, Media, Message, MessageId, Owner, PayerId, PlanId, Status,
    SubscriberId, Time,
};

/// Does something twice: now, and on the store opened again.
fn twice(of: &mut dyn StoreUnderTest, check: impl Fn(&dyn StoreUnderTest)) {
    check(of);
    of.reopen();
    check(of);
}

/// All that was answered is durable.
pub(super) fn survives(of: &mut dyn StoreUnderTest) {
    for round in 0..5 {
        let units = (0..20).map(|n| Sample(round * 100 + n).accept()).collect();
        assert!(got(of.store().commit(units)).iter().all(Result::is_ok));
        put(of.store(), Sample(round * 100).finish(Status::Failed));
        of.reopen();
        let totals = got(of.store().totals());
        assert_eq!((totals.open, totals.finished), (19 * (round + 1), round + 1));
        assert_eq!(totals.cursor, 21 * (round + 1));
        assert_eq!(got(of.store().message(Sample(round * 100).id())).map(|m| m.status), Some(Status::Failed));
    }
}

/// Replaced, final, changed once final.
pub(super) fn message_exact(of: &mut dyn StoreUnderTest) {
    let sample = Sample(1);
    put(of.store(), sample.accept());
    let mut message = sample.message();
    let states = [Status::Sending, Status::Waiting, Status::Delivered, Status::Read];
    for (version, status) in (2..).zip(states) {
        (message.version, message.status) = (version, status);
        put(of.store(), writes(vec![Write::Message(Box::new(message.clone()))]));
        assert_eq!(got(of.store().message(sample.id())).as_ref(), Some(&message));
        let totals = got(of.store().totals());
        let open = u64::from(!status.is_final());
        assert_eq!((totals.open, totals.finished), (open, 1 - open), "{status:?}");
    }
    twice(of, |of| assert_eq!(got(of.store().message(sample.id())).as_ref(), Some(&message)));
    assert_eq!(got(of.store().message(Sample(2).id())), None);
}

/// What is delivered is what was accepted (I2).
pub(super) fn content_unchanged(of: &mut dyn StoreUnderTest) {
    let (id, text) = (Sample(1).id(), "Grüße an 你 \u{1F600}\r\n\0 ".repeat(200));
    let media = Media {
        content_type: SmolStr::new("image/png"),
        filename: SmolStr::new("a.png"),
        data: (0..=255).cycle().take(300_000).collect(),
    };
    let content = Content { text, media: vec![media], chat: None };
    put(of.store(), writes(vec![Write::Content(id, Box::new(content.clone()))]));
    put(of.store(), writes(vec![Write::Content(id, Box::new(Content::text("another")))]));
    twice(of, |of| assert!(got(of.store().content(id)).as_ref() == Some(&content), "it came back changed"));
    assert_eq!(got(of.store().content(Sample(2).id())), None);
}

/// Only open messages, only this recipient's, oldest first.
pub(super) fn waiting(of: &mut dyn StoreUnderTest) {
    for n in [5, 3, 8, 1] {
        let name = if n == 8 { "bo" } else { "anna" };
        put(of.store(), Sample(n).accept_as(to_subscriber(Sample(n), name)));
    }
    put(of.store(), Sample(9).accept());
    let (anna, bo) = (SubscriberId::new("anna"), SubscriberId::new("bo"));
    let ids = |list: &[u64]| list.iter().map(|n| Sample(*n).id()).collect::<Vec<_>>();
    twice(of, |of| {
        assert_eq!(got(of.store().waiting_for(&anna)), ids(&[1, 3, 5]));
        assert_eq!(got(of.store().waiting_for(&bo)), ids(&[8]));
        assert_eq!(got(of.store().waiting_for(&SubscriberId::new("cid"))), []);
    });
    let mut done = to_subscriber(Sample(3), "anna");
    (done.version, done.status) = (2, Status::Delivered);
    put(of.store(), writes(vec![Write::Message(Box::new(done))]));
    twice(of, |of| assert_eq!(got(of.store().waiting_for(&anna)), ids(&[1, 5])));
}

fn due_at(n: u64, version: u32, due: Option<Time>) -> Message {
    Message { version, due, ..Sample(n).message() }
}

/// Timers: earliest first, bounded, moved and removed with their messages.
pub(super) fn due(of: &mut dyn StoreUnderTest) {
    assert_eq!(got(of.store().next_due()), None);
    for (n, due) in [(1, Some(300)), (2, Some(100)), (3, None), (4, Some(200)), (5, Some(100))] {
        put(of.store(), Sample(n).accept_as(due_at(n, 1, due.map(at))));
    }
    let times = |of: &dyn StoreUnderTest, now, n| {
        let due = got(of.store().due(now, n));
        due.into_iter().map(|(time, id)| (time.millis_since(at(0)), id)).collect::<Vec<_>>()
    };
    twice(of, |of| {
        assert_eq!(got(of.store().next_due()), Some(at(100)));
        assert_eq!(times(of, at(99), 10), []);
        let mut first = times(of, at(100), 10);
        first.sort_unstable();
        assert_eq!(first, [(100, Sample(2).id()), (100, Sample(5).id())]);
        assert_eq!(times(of, at(1000), 3).iter().map(|(t, _)| *t).collect::<Vec<_>>(), [100, 100, 200]);
        assert_eq!(times(of, at(1000), 10).len(), 4);
    });
    put(of.store(), writes(vec![Write::Message(Box::new(due_at(2, 2, Some(at(900)))))]));
    put(of.store(), writes(vec![Write::Message(Box::new(due_at(5, 2, None)))]));
    put(of.store(), Sample(4).finish(Status::Canceled));
    twice(of, |of| {
        assert_eq!(got(of.store().next_due()), Some(at(300)));
        assert_eq!(times(of, at(1000), 10), [(300, Sample(1).id()), (900, Sample(2).id())]);
    });
}

/// The walk of recovery meets each open message once.
pub(super) fn open_walk(of: &mut dyn StoreUnderTest) {
    for n in [40, 10, 30, 20, 50] {
        put(of.store(), Sample(n).accept());
    }
    put(of.store(), Sample(30).finish(Status::Expired));
    twice(of, |of| {
        let (mut after, mut walked): (Option<MessageId>, Vec<Message>) = (None, Vec::new());
        loop {
            let mut page = got(of.store().open_messages(after, 2));
            assert!(page.len() <= 2);
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            walked.append(&mut page);
        }
        assert_eq!(walked, [10, 20, 40, 50].map(|n| Sample(n).message()));
    });
}

/// A payer is the one last written, wherever it lies.
pub(super) fn payers(of: &mut dyn StoreUnderTest) {
    for version in 1..=40 {
        for name in ["anna", "bo"] {
            let is = payer(name, version, i128::from(version), 0);
            put(of.store(), writes(vec![Write::Payer(Box::new(is.clone()))]));
            assert_eq!(got(of.store().payer(&PayerId::new(name))), Some(is));
        }
    }
    twice(of, |of| {
        for name in ["anna", "bo"] {
            assert_eq!(got(of.store().payer(&PayerId::new(name))), Some(payer(name, 40, 40, 0)));
        }
    });
    assert_eq!(got(of.store().payer(&PayerId::new("cid"))), None);
    // Long enough after, when the implementation has put them away, too.
    super::catch_up(of);
    put(of.store(), Sample(1).accept());
    assert_eq!(got(of.store().payer(&PayerId::new("bo"))), Some(payer("bo", 40, 40, 0)));
}

/// Keys are an owner's own, and are forgotten when their time is over.
pub(super) fn keys(of: &mut dyn StoreUnderTest) {
    let key = |owner| IdempotencyKey { owner, key: SmolStr::new("order-1") };
    let other = Owner::Account(AccountId::new("bank"));
    let record = |n: u64, until| IdempotencyRecord { body: [3; 32], message: Sample(n).id(), until };
    let first = record(1, at(1000));
    put(of.store(), writes(vec![Write::Key(key(Sample::owner()), first.clone())]));
    twice(of, |of| {
        let ask = |owner, now| got(of.store().by_idempotency_key(&key(owner), now));
        assert_eq!(ask(Sample::owner(), at(999)), Some(first.clone()));
        assert_eq!(ask(Sample::owner(), at(1000)), None, "forgotten");
        assert_eq!(ask(other.clone(), at(999)), None, "another's");
    });
    // Expired: the key may be taken again, by a unit that speaks of a later moment.
    let mut again = Sample(2000).accept();
    again.expects.push(crate::Expect::KeyAbsent(key(Sample::owner())));
    again.writes.push(Write::Key(key(Sample::owner()), record(2000, at(3000))));
    put(of.store(), again);
    let found = got(of.store().by_idempotency_key(&key(Sample::owner()), at(2000)));
    assert_eq!(found, Some(record(2000, at(3000))));
}

/// Registrations and what the operator set up.
pub(super) fn directory(of: &mut dyn StoreUnderTest) {
    let row = |online, ms, why: &str| DeviceRow {
        subscriber: SubscriberId::new("anna"),
        device: DeviceId::new("phone"),
        online,
        since: at(ms),
        why: SmolStr::new(why),
        kept: vec![1, 0, 255],
    };
    let device = |row: DeviceRow| {
        let DeviceRow { subscriber, device, online, since, why, .. } = row;
        Write::Device { subscriber, device, online, at: since, why }
    };
    let keep = |device: &str, kept: &[u8]| Write::DeviceKept {
        subscriber: SubscriberId::new("anna"),
        device: DeviceId::new(device),
        kept: kept.to_vec(),
    };
    put(of.store(), writes(vec![device(row(true, 1, "stream opened")), keep("phone", &[7])]));
    put(of.store(), writes(vec![keep("phone", &[1, 0, 255]), keep("nobody's", &[1])]));
    put(of.store(), writes(vec![device(row(false, 2, "stream closed"))]));
    let plan = |text: &str| Entry::Plan(PlanText { id: PlanId::new("prepaid"), text: text.into() });
    let account = Entry::Account(Account {
        id: AccountId::new("shop"),
        payer: PayerId::new("payer"),
        senders: vec![Address::Alphanumeric(SmolStr::new("Shop"))],
        class: None,
        max_price: None,
    });
    for entry in [plan("old"), account.clone(), plan("new")] {
        put(of.store(), writes(vec![Write::Directory(Box::new(entry))]));
    }
    twice(of, |of| {
        assert_eq!(got(of.store().devices()), [row(false, 2, "stream closed")]);
        assert_eq!(got(of.store().directory(Kind::Plan)), [plan("new")]);
        assert_eq!(got(of.store().directory(Kind::Account)), std::slice::from_ref(&account));
        assert_eq!(got(of.store().directory(Kind::Sim)), []);
    });
}

/// The operator's list keeps the latest, and not for ever (R1, I20).
pub(super) fn refusals(of: &mut dyn StoreUnderTest) {
    let refusal = |n: u64| RefusalRecord {
        at: at(n),
        owner: Sample::owner(),
        recipient: None,
        code: SmolStr::new(format!("code-{n}")),
    };
    for group in 0..30 {
        let list = (0..500).map(|n| Write::Refusal(Box::new(refusal(group * 500 + n)))).collect();
        put(of.store(), writes(list));
    }
    twice(of, |of| {
        assert_eq!(got(of.store().refusals(2)), [refusal(14_999), refusal(14_998)]);
        let kept = got(of.store().refusals(usize::MAX)).len();
        assert!((1_000..=10_000).contains(&kept), "{kept} refusals are kept");
    });
}

//! T1: an SMSC answers with one spelling of an id and reports with another. Each receipt finds its own message and
//! no other, also where short numbers can be read both ways, before and after a restart.

use crate::scene::{ROUTE, Scene, eventually};
use std::collections::HashSet;
use switchback_core::model::{
    MessageId, PeerId, ReportKind, RouteId, Service, ServiceChoice, Status, Target,
};
use switchback_ports::{AttemptOrder, Store};

const SMS: ServiceChoice = ServiceChoice::Named(Service::Sms);

/// So many messages wait for their receipts at once, with ids from 1: the hardest case there is.
const OPEN: u64 = 300;

type Spell = fn(u64) -> String;

/// What a service makes of an id: the same, the decimal of it, the hexadecimal of it.
fn readings(told: &str) -> Vec<PeerId> {
    let hex = u128::from_str_radix(told, 16).map(|n| n.to_string()).ok();
    let decimal = told.parse::<u128>().map(|n| format!("{n:x}")).ok();
    [Some(told.to_owned()), hex, decimal].into_iter().flatten().map(PeerId::new).collect()
}

fn tell(scene: &Scene, told: &str) {
    let target = Target::Peer { route: RouteId::new(ROUTE), ids: readings(told) };
    assert!(scene.report(target, ReportKind::Delivered), "told again for ever");
}

/// Sends messages whose ids are the numbers of this range.
fn send(scene: &Scene, numbers: std::ops::RangeInclusive<u64>) -> Vec<(u64, AttemptOrder)> {
    let before = scene.sms.orders().len();
    let ids: Vec<_> = numbers.clone().map(|n| scene.send(&format!("number {n}"), SMS).id).collect();
    scene.sms.order(before + ids.len());
    let orders = scene.sms.orders();
    let of = |id: &MessageId| orders.iter().find(|order| order.message == *id).unwrap().clone();
    numbers.zip(ids.iter().map(of)).collect()
}

/// Exactly these are delivered, in the end.
fn delivered_are(scene: &Scene, all: &[(u64, AttemptOrder)], wanted: impl Fn(u64) -> bool) {
    for (n, order) in all.iter().filter(|(n, _)| wanted(*n)) {
        eventually(&format!("number {n} is delivered"), || {
            (scene.message(order.message).status == Status::Delivered).then_some(())
        });
    }
    let delivered = |order: &AttemptOrder| scene.message(order.message).status == Status::Delivered;
    let wrong: Vec<_> =
        all.iter().filter(|(n, order)| !wanted(*n) && delivered(order)).map(|(n, _)| n).collect();
    assert!(wrong.is_empty(), "delivered without a receipt: {wrong:?}");
}

fn play(answered: Spell, told: Spell) {
    let scene = Scene::new();
    let mut all = send(&scene, 1..=OPEN);
    for (n, order) in &all {
        scene.hand_over(order, &answered(*n));
    }
    for n in (1..=OPEN).filter(|n| n % 3 == 0) {
        tell(&scene, &told(n));
    }
    delivered_are(&scene, &all, |n| n % 3 == 0);

    // From now on the way is known: receipts before their answers fall on nothing older.
    let late = send(&scene, OPEN + 1..=OPEN + 20);
    for (n, _) in &late {
        tell(&scene, &told(*n));
    }
    delivered_are(&scene, &all, |n| n % 3 == 0);
    for (n, order) in &late {
        scene.hand_over(order, &answered(*n));
    }
    all.extend(late);
    delivered_are(&scene, &all, |n| n % 3 == 0 || n > OPEN);

    let scene = scene.crash();
    for n in (1..=OPEN).filter(|n| n % 3 == 1) {
        tell(&scene, &told(n));
    }
    delivered_are(&scene, &all, |n| n % 3 != 2 || n > OPEN);
    let parked = scene.store.totals().unwrap().parked;
    assert_eq!(parked, 0, "receipts that never found their message");
    scene.prove_ledger();
}

#[test]
fn the_same_decimal() {
    play(|n| n.to_string(), |n| n.to_string());
}

#[test]
fn the_same_hexadecimal_in_another_case() {
    play(|n| format!("{n:08X}"), |n| format!("{n:08x}"));
}

#[test]
fn hexadecimal_in_the_answer_and_decimal_in_the_receipt() {
    play(|n| format!("{n:x}"), |n| n.to_string());
    play(|n| format!("{n:010X}"), |n| format!("{n:010}"));
}

#[test]
fn decimal_in_the_answer_and_hexadecimal_in_the_receipt() {
    play(|n| n.to_string(), |n| format!("{n:x}"));
    play(|n| format!("{n:012}"), |n| format!("{n:08X}"));
}

#[test]
fn leading_zeros_on_one_side() {
    play(|n| format!("{n:020}"), |n| n.to_string());
    play(|n| n.to_string(), |n| format!("{n:018}"));
}

#[test]
fn numbers_of_every_length_never_meet_another_s_message() {
    let scene = Scene::new();
    let numbers: Vec<u64> = (0..64).flat_map(|bits| [1_u64 << bits, (1 << bits) | 0x11]).collect();
    let numbers: Vec<u64> = numbers.into_iter().collect::<HashSet<_>>().into_iter().collect();
    let sent = send(&scene, 1..=u64::try_from(numbers.len()).unwrap());
    for ((_, order), number) in sent.iter().zip(&numbers) {
        scene.hand_over(order, &format!("{number:X}"));
    }
    // The long ones first: by them the way is known.
    let mut by_size: Vec<_> = sent.iter().zip(&numbers).collect();
    by_size.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    for (told, ((n, order), number)) in by_size.iter().enumerate() {
        tell(&scene, &number.to_string());
        scene.until(order.message, Status::Delivered);
        let delivered =
            sent.iter().filter(|(_, order)| scene.message(order.message).status.is_final()).count();
        assert_eq!(delivered, told + 1, "number {n} delivered another's too");
    }
}

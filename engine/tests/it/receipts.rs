//! Receipts that come before the answer they belong to, in every order, from several threads (I13).

use crate::gate::Rule;
use crate::scene::{PATIENCE, ROUTE, Scene, euro, eventually};
use std::sync::Arc;
use switchback_core::model::{
    PeerId, Report, ReportKind, RouteId, Service, ServiceChoice, Shard, Status, Target,
};
use switchback_ports::{Intake, Store};

const SMS: ServiceChoice = ServiceChoice::Named(Service::Sms);

#[test]
fn a_receipt_before_the_answer_is_parked_durably_and_matched_when_the_answer_comes() {
    let scene = Scene::new();
    let message = scene.send("hello", SMS);
    let order = scene.sms.order(1);
    assert!(scene.receive("early", ReportKind::Delivered), "acknowledged once it is parked");
    assert_eq!(scene.store.totals().unwrap().parked, 1);
    assert_eq!(scene.message(message.id).status, Status::Sending);
    scene.hand_over(&order, "early");
    scene.until(message.id, Status::Delivered);
    assert_eq!((scene.store.totals().unwrap().parked, scene.charged()), (0, euro("0.03")));
    scene.prove_ledger();
}

#[test]
fn a_parked_receipt_outlives_a_crash_also_one_between_commit_and_look_up() {
    let scene = Scene::new();
    let message = scene.send("hello", SMS);
    let order = scene.sms.order(1);
    scene.receive("early", ReportKind::Delivered);
    let scene = scene.crash();
    // After the crash the attempt is unknown; the late answer names it, and its receipt is waiting.
    assert_eq!(scene.message(message.id).attempts[0].state, switchback_core::model::AttemptState::Unknown);
    scene.hand_over(&order, "early");
    scene.until(message.id, Status::Delivered);

    // Parked by a loop that died before it looked again: written here as that commit would have been.
    let second = scene.send("two", SMS);
    scene.hand_over(&scene.sms.order(1), "late");
    let report = Report {
        target: Target::Peer { route: RouteId::new(ROUTE), ids: vec![PeerId::new("late")] },
        kind: ReportKind::Delivered,
        code: None,
        at: message.accepted_at,
    };
    let park = switchback_ports::Write::Park {
        route: RouteId::new(ROUTE),
        ids: vec![PeerId::new("late")],
        report: Box::new(report),
        until: second.expires_at,
    };
    let unit = switchback_ports::Unit {
        shard: second.id.shard(),
        epoch: 1,
        expects: Vec::new(),
        writes: vec![park],
    };
    scene.store.commit(vec![unit]).unwrap().remove(0).unwrap();
    let scene = scene.crash();
    scene.until(second.id, Status::Delivered);
    assert_eq!(scene.store.totals().unwrap().parked, 0);
    scene.prove_ledger();
}

#[test]
fn a_receipt_whose_parking_is_overtaken_by_its_answer_is_found_again() {
    let scene = Scene::new();
    let message = scene.send("hello", SMS);
    let order = scene.sms.order(1);
    // The receipt is handled by the other loop: it has looked the id up in vain, and is about to be parked.
    let loops = scene.options.loops;
    let of = |shard: Shard| usize::from(shard.number()) % loops;
    let elsewhere = |name: &String| of(Shard::of(name)) != of(message.id.shard());
    let name = (0..).map(|n| format!("id-{n}")).find(elsewhere).unwrap();
    scene.gate.set(Rule::HoldParks);
    std::thread::scope(|threads| {
        let receipt = threads.spawn(|| scene.receive(&name, ReportKind::Delivered));
        eventually("the parking is held", || (scene.gate.met() == 1).then_some(()));
        // The answer is committed and finds nothing parked yet.
        scene.hand_over(&order, &name);
        assert!(!scene.message(message.id).status.is_final());
        scene.gate.set(Rule::Pass);
        assert!(receipt.join().unwrap());
    });
    scene.until(message.id, Status::Delivered);
    assert_eq!(scene.store.totals().unwrap().parked, 0);
}

#[test]
fn no_interleaving_of_answers_and_receipts_loses_one() {
    let scene = Arc::new(Scene::new());
    let n = 400;
    let ids: Vec<_> = (0..n).map(|i| scene.send(&format!("text {i}"), SMS).id).collect();
    scene.sms.order(n);
    let orders = scene.sms.orders();
    // Half of the receipts are hexadecimal spellings of a decimal id (T1): two candidates each.
    let answers = {
        let (scene, orders) = (Arc::clone(&scene), orders.clone());
        std::thread::spawn(move || {
            for order in orders {
                let kind = ReportKind::HandedOver { peer_id: Some(peer(&order)) };
                let target = Target::Attempt { message: order.message, attempt: order.attempt, part: 0 };
                fire(&scene, target, kind);
            }
        })
    };
    let receipts = {
        let scene = Arc::clone(&scene);
        std::thread::spawn(move || {
            for order in orders {
                let ids = vec![PeerId::new(format!("x{}", peer(&order))), peer(&order)];
                fire(&scene, Target::Peer { route: RouteId::new(ROUTE), ids }, ReportKind::Delivered);
            }
        })
    };
    answers.join().unwrap();
    receipts.join().unwrap();
    for id in ids {
        scene.until(id, Status::Delivered);
    }
    eventually("nothing stays parked", || (scene.store.totals().unwrap().parked == 0).then_some(()));
    assert_eq!(scene.charged(), euro("12"));
    scene.prove_ledger();
}

#[test]
fn a_receipt_told_three_times_is_one_delivery() {
    let scene = Scene::new();
    let message = scene.send("hello", SMS);
    scene.hand_over(&scene.sms.order(1), "id");
    for _ in 0..3 {
        assert!(scene.receive("id", ReportKind::Delivered));
    }
    let names = scene.names(message.id);
    assert_eq!(names.iter().filter(|name| **name == "message.delivered").count(), 1, "{names:?}");
    assert_eq!(scene.charged(), euro("0.03"));
}

#[test]
fn an_id_given_twice_is_not_believed() {
    let scene = Scene::new();
    let (one, two) = (scene.send("one", SMS), scene.send("two", SMS));
    scene.sms.order(2);
    for order in scene.sms.orders() {
        scene.hand_over(&order, "same");
    }
    let known = |id| scene.message(id).attempts[0].parts[0].peer_id.is_some();
    assert!(known(one.id) && !known(two.id), "the second message keeps no id that is another's");
    assert!(scene.message(two.id).attempts[0].handed_over_at.is_some());
}

fn peer(order: &switchback_ports::AttemptOrder) -> PeerId {
    PeerId::new(order.message.to_string())
}

/// Reports without waiting; a full queue is asked again, as a peer would.
fn fire(scene: &Scene, target: Target, kind: ReportKind) {
    let (sender, done) = std::sync::mpsc::channel();
    let report = Report { target, kind, code: None, at: switchback_ports::Clock::now(&*scene.clock) };
    eventually("the report is taken", || {
        let sender = sender.clone();
        scene
            .engine
            .report(
                report.clone(),
                Box::new(move |ok| {
                    let _ = sender.send(ok);
                }),
            )
            .ok()
    });
    assert!(done.recv_timeout(PATIENCE).unwrap());
}

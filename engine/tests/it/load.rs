//! Too much at once is refused cleanly (I20, I21).

use crate::gate::Rule;
use crate::scene::{Scene, euro, eventually, options};
use std::sync::atomic::Ordering;
use switchback_core::model::{PayerId, Report, ReportKind, Service, ServiceChoice, Shard, Target, Time};
use switchback_engine::{Limits, Options};
use switchback_ports::{Expect, Intake, PayerChange, RefusalKind, Store, Unit, Write};

#[test]
fn a_full_inbox_refuses_and_what_it_took_is_served() {
    let small = Options { loops: 1, limits: Limits { inbox: 8, ..Limits::default() }, ..options() };
    let scene = Scene::with(small);
    scene.sms.full.store(true, Ordering::SeqCst);
    let answers: Vec<_> = (0..2_000)
        .map(|n| {
            let choice = ServiceChoice::Named(Service::Sms);
            scene.engine.submit(
                Box::new(scene.submission("anna", "bo", &format!("text {n}"), choice)),
                None,
                None,
            )
        })
        .collect();
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.wait().unwrap()).collect();
    let accepted = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(!refused.is_empty(), "two thousand at once do not fit into eight places");
    assert!(
        refused.iter().all(|refusal| refusal.kind == RefusalKind::Overload && refusal.code == "overloaded")
    );
    assert_eq!(
        usize::try_from(scene.store.totals().unwrap().open).unwrap(),
        accepted,
        "a refusal makes no message"
    );
    assert!(scene.engine.counters().overloads > 0);

    let mut refusals = 0;
    for _ in 0..2_000 {
        let target = Target::Attempt {
            message: answers.iter().flatten().next().unwrap().message.id,
            attempt: 1,
            part: 0,
        };
        let report = Report { target, kind: ReportKind::Intermediate, code: None, at: Time::from_millis(1) };
        refusals += usize::from(scene.engine.report(report, Box::new(|_| {})).is_err());
    }
    assert!(refusals > 0, "a peer is told to try again");
    scene.prove_ledger();
}

#[test]
fn a_payer_that_changed_behind_the_loops_back_is_read_again() {
    let scene = Scene::new();
    scene.send("the loop remembers Anna's payer", ServiceChoice::Named(Service::Sms));
    let mut payer = scene.store.payer(&PayerId::new("anna")).unwrap().unwrap();
    let before = payer.version;
    payer.credit(euro("1")).unwrap();
    let expects = vec![Expect::Payer { id: payer.id.clone(), version: Some(before) }];
    let writes = vec![Write::Payer(Box::new(payer.clone()))];
    let unit = Unit { shard: Shard::of("anna"), epoch: 1, expects, writes };
    scene.store.commit(vec![unit]).unwrap().remove(0).unwrap();

    let text = "decided again on what the store says";
    let second = scene.send(text, ServiceChoice::Named(Service::Sms));
    assert_eq!(scene.engine.counters().conflicts, 1);
    assert_eq!(scene.sms.order(2).message, second.id);
    let after = scene.store.payer(&PayerId::new("anna")).unwrap().unwrap();
    assert_eq!((after.balance, after.held), (payer.balance, euro("0.06")), "nothing paid in is lost");
    scene.prove_ledger();
}

#[test]
fn one_payers_money_is_never_spent_twice_by_many_senders() {
    let scene = std::sync::Arc::new(Scene::new());
    let poor = PayerId::new("poor");
    let plan = switchback_core::model::PlanId::new("plan");
    scene.engine.put_payer(poor.clone(), PayerChange::to(plan).with(euro("0.30"))).wait().unwrap().unwrap();
    let senders: Vec<_> = (0..8)
        .map(|_| {
            let (scene, poor) = (std::sync::Arc::clone(&scene), poor.clone());
            std::thread::spawn(move || {
                let mut submission =
                    scene.submission("anna", "bo", "hello", ServiceChoice::Named(Service::Sms));
                submission.originator.payer = Some(poor);
                (0..10).filter(|_| scene.ask(submission.clone()).is_ok()).count()
            })
        })
        .collect();
    let accepted: usize = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
    assert_eq!(accepted, 10, "ten times 0.03 is all there is");
    let codes = scene.engine.counters().refused;
    assert_eq!(codes, [("insufficient_funds".into(), 70)]);
    scene.prove_ledger();
}

#[test]
fn while_the_lists_are_behind_submissions_are_refused_and_reports_wait() {
    let scene = Scene::new();
    let message = scene.send("hello", ServiceChoice::Named(Service::Sms));
    let order = scene.sms.order(1);
    scene.gate.set(Rule::Behind);
    let refused = scene.ask(scene.submission("anna", "bo", "later", ServiceChoice::Named(Service::Sms)));
    assert_eq!(refused.unwrap_err().kind, RefusalKind::Overload);
    std::thread::scope(|threads| {
        let met = scene.gate.met();
        let report = threads.spawn(|| scene.hand_over(&order, "x"));
        eventually("the report is tried again and again", || (scene.gate.met() > met + 2).then_some(()));
        assert!(!report.is_finished(), "not durable, so not acknowledged");
        scene.gate.set(Rule::Pass);
        report.join().unwrap();
    });
    assert!(scene.message(message.id).attempts[0].handed_over_at.is_some());
    scene.send("now", ServiceChoice::Named(Service::Sms));
    scene.prove_ledger();
}

#[test]
fn after_a_failed_write_nothing_is_accepted_or_acknowledged_any_more() {
    let scene = Scene::new();
    scene.send("hello", ServiceChoice::Named(Service::Sms));
    let order = scene.sms.order(1);
    scene.gate.set(Rule::Broken);
    let submission = || scene.submission("anna", "bo", "lost disk", ServiceChoice::Named(Service::Sms));
    assert_eq!(scene.ask(submission()).unwrap_err().kind, RefusalKind::Unavailable);
    // The disk works again: without a restart that changes nothing (I19).
    scene.gate.set(Rule::Pass);
    assert!(scene.engine.ready().unwrap_err().contains("no space left"));
    assert_eq!(scene.ask(submission()).unwrap_err().kind, RefusalKind::Unavailable);
    let target = Target::Attempt { message: order.message, attempt: 1, part: 0 };
    let report = Report { target, kind: ReportKind::Delivered, code: None, at: Time::from_millis(1) };
    assert!(scene.engine.report(report, Box::new(|_| {})).is_err(), "the peer keeps it");
    let scene = scene.crash();
    scene.send("after the restart", ServiceChoice::Named(Service::Sms));
    scene.prove_ledger();
}

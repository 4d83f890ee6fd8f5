//! Crashes: the engine is dropped where it stands and started again over the same file.

use crate::scene::{Scene, euro, eventually};
use std::sync::atomic::Ordering;
use switchback_core::model::{AttemptState, ReportKind, Service, ServiceChoice, Status, Withdrawal};
use switchback_ports::{CancelOutcome, Intake, Store};

const SMS: ServiceChoice = ServiceChoice::Named(Service::Sms);

#[test]
fn what_had_started_is_unknown_and_the_rest_stands() {
    let scene = Scene::new();
    let sent = scene.send("intent durable", SMS);
    scene.sms.order(1);
    let handed = scene.send("handed over", SMS);
    scene.hand_over(&scene.sms.order(2), "h");
    let waiting = scene.send("waits", ServiceChoice::Named(Service::Im));
    let asked = scene.send("asked back", SMS);
    scene.hand_over(&scene.sms.order(3), "a");
    let cancel = scene.engine.cancel(asked.id, None);
    scene.sms.withdrawal(1);
    let scene = scene.crash();
    assert!(cancel.wait().is_err(), "nobody was told anything");

    let state = |id| scene.message(id).attempts[0].state;
    assert_eq!(state(sent.id), AttemptState::Unknown);
    assert_eq!(state(handed.id), AttemptState::HandedOver);
    assert_eq!(state(waiting.id), AttemptState::Deferred);
    assert_eq!(scene.message(asked.id).attempts[0].withdrawal, Withdrawal::Unclear);
    assert!(scene.receive("h", ReportKind::Delivered));
    scene.until(handed.id, Status::Delivered);
    assert_eq!(scene.charged(), euro("0.03"));
    scene.prove_ledger();
}

#[test]
fn recovery_twice_is_recovery_once() {
    let scene = Scene::new();
    for n in 0..50 {
        scene.send(&format!("text {n}"), SMS);
    }
    scene.sms.order(50);
    let scene = scene.crash();
    let ids: Vec<_> = scene.store.open_messages(None, 100).unwrap();
    assert_eq!(scene.engine.counters().attempts_unknown, 50);
    let scene = scene.crash();
    assert_eq!(scene.store.open_messages(None, 100).unwrap(), ids, "nothing changed any more");
    assert_eq!(scene.engine.counters().attempts_unknown, 0);
}

#[test]
fn what_a_stopping_service_gives_back_goes_out_at_the_next_start_and_only_then() {
    let scene = Scene::new();
    let given_back = scene.send("given back", SMS);
    scene.say(&scene.sms.order(1), ReportKind::NotSent);
    scene.sms.full.store(true, Ordering::SeqCst);
    let held_back = scene.send("never taken", SMS);
    scene.engine.close_door();
    assert!(scene.engine.stop(crate::scene::PATIENCE));

    let scene = scene.crash();
    let mut again = [scene.sms.order(1).message, scene.sms.order(2).message];
    again.sort_unstable();
    assert_eq!(again, [given_back.id, held_back.id]);
    assert_eq!(scene.engine.counters().attempts_unknown, 0);
    // From here on they are intents like any other: a crash now leaves them unknown, and none goes out twice.
    let scene = scene.crash();
    assert_eq!(scene.engine.counters().attempts_unknown, 2);
    assert!(scene.sms.orders().is_empty());
}

#[test]
fn what_was_given_back_is_taken_back_for_certain() {
    let scene = Scene::new();
    let message = scene.send("given back", SMS);
    scene.say(&scene.sms.order(1), ReportKind::NotSent);
    assert_eq!(scene.engine.cancel(message.id, None).wait().unwrap().unwrap(), CancelOutcome::Withdrawn);
    let crossing = scene.send("asked back meanwhile", SMS);
    let cancel = scene.engine.cancel(crossing.id, None);
    scene.sms.withdrawal(1);
    scene.say(&scene.sms.order(2), ReportKind::NotSent);
    assert_eq!(cancel.wait().unwrap().unwrap(), CancelOutcome::Withdrawn);
    scene.prove_ledger();
}

#[test]
fn a_second_attempt_after_a_crash_sends_what_the_store_holds() {
    // Claim 2: the process that accepted the text is gone.
    let scene = Scene::priced(crate::scene::options(), "0.03", "0.03");
    let message = scene.send("only the store knows", ServiceChoice::Named(Service::Im));
    let scene = scene.crash();
    scene.clock.forward(scene.options.timers.im_offline_ms + scene.options.timers.outage_guard_ms + 1);
    let order = scene.sms.order(1);
    assert_eq!((order.message, order.content.text.as_str()), (message.id, "only the store knows"));
}

#[test]
fn a_stop_finishes_what_was_taken_and_closes() {
    let scene = Scene::new();
    let answers: Vec<_> = (0..200)
        .map(|n| {
            let submission = scene.submission("anna", "bo", &format!("text {n}"), SMS);
            scene.engine.submit(Box::new(submission), None, None)
        })
        .collect();
    scene.register("bo", "phone");
    scene.engine.close_door();
    assert!(scene.engine.ready().is_err());
    let refused = scene.ask(scene.submission("anna", "bo", "too late", SMS)).unwrap_err();
    assert_eq!(refused.code, "unavailable");
    let accepted =
        answers.into_iter().filter(|_| true).map(|a| a.wait().unwrap()).filter(Result::is_ok).count();
    assert!(scene.engine.stop(crate::scene::PATIENCE));
    let scene = scene.crash();
    assert_eq!(usize::try_from(scene.store.totals().unwrap().open).unwrap(), accepted, "every yes is there");
    assert!(scene.store.devices().unwrap().iter().all(|row| !row.online));
    eventually("ready again", || scene.engine.ready().ok());
    scene.prove_ledger();
}

#[test]
fn every_yes_outlives_a_crash_at_any_moment() {
    for round in 0..15_u64 {
        let scene = Scene::new();
        let (sender, accepted) = std::sync::mpsc::channel();
        let client = {
            let engine = scene.engine.clone();
            let template = scene.submission("anna", "bo", "text", SMS);
            std::thread::spawn(move || {
                for _ in 0..20_000 {
                    match engine.submit(Box::new(template.clone()), None, None).wait() {
                        Ok(Ok(yes)) => drop(sender.send(yes.message.id)),
                        Ok(Err(_)) | Err(_) => return,
                    }
                }
            })
        };
        let until = usize::try_from(20 + round * 7).unwrap();
        let mut ids: Vec<_> =
            (0..until).map(|_| accepted.recv_timeout(crate::scene::PATIENCE).unwrap()).collect();
        // The store closes under the running engine: everything after is a failed commit, as when the disk is gone.
        scene.store.close();
        ids.extend(accepted.iter());
        client.join().unwrap();
        assert!(scene.engine.ready().is_err(), "after a failed write nothing is accepted (I19)");
        let scene = scene.crash();
        let lost = ids.iter().filter(|id| scene.store.message(**id).unwrap().is_none()).count();
        assert_eq!(lost, 0, "of {} accepted", ids.len());
        scene.prove_ledger();
    }
}

//! One idempotency key, one message (I6), whoever races.

use crate::gate::Rule;
use crate::scene::{Scene, eventually, owner, tally};
use std::sync::Arc;
use switchback_core::model::{Service, ServiceChoice};
use switchback_ports::{Accepted, Answer, IdempotencyKey, Intake, Refusal, RefusalKind, Store};

const THREADS: u8 = 64;
const KEYS: u8 = 100;
const IN_FLIGHT: &str = "idempotency_key_in_flight";

#[test]
fn sixty_four_threads_and_a_hundred_keys_make_a_hundred_messages() {
    let scene = Arc::new(Scene::new());
    let racers: Vec<_> = (0..THREADS)
        .map(|_| {
            let scene = Arc::clone(&scene);
            std::thread::spawn(move || {
                let submit = |n: u8| {
                    let text = format!("key {n}");
                    let submission =
                        scene.submission("anna", "bo", &text, ServiceChoice::Named(Service::Sms));
                    scene.engine.submit(Box::new(submission), None, Some((key(n), [n; 32])))
                };
                let answers: Vec<_> = (0..KEYS).map(|n| (n, submit(n))).collect();
                let settle = |(n, answer): (u8, Answer<Result<Accepted, Refusal>>)| {
                    let mut outcome = answer.wait().unwrap();
                    while outcome.as_ref().is_err_and(|refused| refused.code == IN_FLIGHT) {
                        std::thread::yield_now();
                        outcome = submit(n).wait().unwrap();
                    }
                    outcome.unwrap()
                };
                answers.into_iter().map(settle).collect::<Vec<_>>()
            })
        })
        .collect();
    let answers: Vec<_> = racers.into_iter().map(|racer| racer.join().unwrap()).collect();
    for n in 0..usize::from(KEYS) {
        let ids = tally(answers.iter().map(|of| of[n].message.id));
        assert_eq!(ids.len(), 1, "key {n} made more than one message");
        let fresh = answers.iter().filter(|of| !of[n].replayed).count();
        assert_eq!(fresh, 1, "key {n} was new more than once");
    }
    assert_eq!(scene.store.totals().unwrap().open, u64::from(KEYS));
    assert_eq!(scene.sms.orders().len(), usize::from(KEYS));
    scene.prove_ledger();
}

#[test]
fn a_key_answers_the_same_whatever_the_facts_are_now_and_refuses_another_body() {
    let scene = Scene::new();
    let submit = |text: &str, body: u8| {
        let submission = scene.submission("anna", "bo", text, ServiceChoice::Named(Service::Sms));
        scene.engine.submit(Box::new(submission), None, Some((key(1), [body; 32]))).wait().unwrap()
    };
    let first = submit("hello", 1).unwrap();
    // An empty text would be refused; with the key it is the stored answer.
    let again = submit("", 1).unwrap();
    assert_eq!((again.message.id, again.replayed), (first.message.id, true));
    assert_eq!(submit("other", 2).unwrap_err().code, "idempotency_key_reused");
    scene.clock.forward(scene.options.timers.idempotency_ms);
    assert!(!submit("other", 2).unwrap().replayed, "after its time the key is forgotten");
}

#[test]
fn a_key_whose_first_request_is_not_answered_yet_is_refused_and_free_again_with_the_answer() {
    let scene = Scene::new();
    let submit = |body: u8| {
        let submission = scene.submission("anna", "bo", "hello", ServiceChoice::Named(Service::Sms));
        scene.engine.submit(Box::new(submission), None, Some((key(1), [body; 32])))
    };
    scene.gate.set(Rule::HoldKeys);
    let first = submit(1);
    eventually("the commit is held", || (scene.gate.met() == 1).then_some(()));
    for body in [1, 2] {
        let refused = submit(body).wait().unwrap().unwrap_err();
        assert_eq!((refused.code.as_str(), refused.kind), (IN_FLIGHT, RefusalKind::Conflict));
    }
    scene.gate.set(Rule::Pass);
    let made = first.wait().unwrap().unwrap();
    let again = submit(1).wait().unwrap().unwrap();
    assert_eq!((again.message.id, again.replayed), (made.message.id, true));
    assert_eq!(submit(2).wait().unwrap().unwrap_err().code, "idempotency_key_reused");
    assert_eq!(scene.store.totals().unwrap().open, 1);
}

#[test]
fn a_refused_submission_frees_its_key() {
    let scene = Scene::new();
    let submit = |text: &str| {
        let submission = scene.submission("anna", "bo", text, ServiceChoice::Named(Service::Sms));
        scene.engine.submit(Box::new(submission), None, Some((key(1), [1; 32]))).wait().unwrap()
    };
    assert_eq!(submit("").unwrap_err().code, "empty");
    assert!(!submit("hello").unwrap().replayed);
}

fn key(n: u8) -> IdempotencyKey {
    IdempotencyKey { owner: owner("anna"), key: format!("key-{n}").into() }
}

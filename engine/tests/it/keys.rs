//! One idempotency key, one message (I6), whoever races.

use crate::scene::{Scene, owner, tally};
use std::sync::Arc;
use switchback_core::model::{Service, ServiceChoice};
use switchback_ports::{IdempotencyKey, Intake, Store};

const THREADS: u8 = 64;
const KEYS: u8 = 100;

#[test]
fn sixty_four_threads_and_a_hundred_keys_make_a_hundred_messages() {
    let scene = Arc::new(Scene::new());
    let racers: Vec<_> = (0..THREADS)
        .map(|_| {
            let scene = Arc::clone(&scene);
            std::thread::spawn(move || {
                let answers = (0..KEYS).map(|n| {
                    let text = format!("key {n}");
                    let submission =
                        scene.submission("anna", "bo", &text, ServiceChoice::Named(Service::Sms));
                    scene.engine.submit(Box::new(submission), None, Some((key(n), [n; 32])))
                });
                let answers: Vec<_> = answers.collect();
                answers.into_iter().map(|answer| answer.wait().unwrap().unwrap()).collect::<Vec<_>>()
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

fn key(n: u8) -> IdempotencyKey {
    IdempotencyKey { owner: owner("anna"), key: format!("key-{n}").into() }
}

//! What is taken back, what nobody can know, and who said no (R10, R11, R12), with SIP devices.

use crate::scene::{Scene, uri};
use switchback_core::model::{AttemptState, ClassName, Outcome, Service, ServiceChoice, Status, Submission};
use switchback_ports::{CancelOutcome, Intake};
use switchback_testkit::handset::{SendOptions, Ticks};

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_device_is_taken_back_for_certain() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let by_chat = || SendOptions { service: Some("im".into()), ..SendOptions::default() };
    let taken_back = anna.send(&uri("bo"), "never mind", by_chat()).await.unwrap();
    let stays = anna.send(&uri("bo"), "this one stays", by_chat()).await.unwrap();
    let outcome = scene.engine.cancel(scene.message(&taken_back).id, None).await.unwrap().unwrap();
    assert_eq!(outcome, CancelOutcome::Withdrawn);
    let bo = scene.phone(scene.config("bo")).await;
    scene.until(&stays, Status::Delivered).await;
    assert_eq!(
        (bo.inbox().texts(), scene.message(&taken_back).status),
        (vec!["this one stays"], Status::Canceled)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_stream_may_have_been_seen() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let mut config = scene.config("bo");
    config.answers_by_hand = true;
    let bo = scene.phone(config).await;
    anna.send(&uri("bo"), "not answered yet", SendOptions::default()).await.unwrap();
    bo.wait_for(|inbox| inbox.messages.len() == 1).await.unwrap();
    let behind = anna.send(&uri("bo"), "behind it", SendOptions::default()).await.unwrap();
    let outcome = scene.engine.cancel(scene.message(&behind).id, None).await.unwrap().unwrap();
    assert_eq!(outcome, CancelOutcome::Unknown, "an app of his could have read it");
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_after_a_message_was_sent_is_unknown_and_no_reason_for_an_sms() {
    let scene = Scene::new().await;
    let mut config = scene.config("bo");
    config.ticks = Ticks::Never;
    let bo = scene.phone(config).await;
    let rather_not_twice = |submission: &mut Submission| {
        (submission.fallback_after_ms, submission.class) = (Some(300), Some(ClassName::new("bulk")));
    };
    let id = scene.submit(rather_not_twice).await;
    let inbox = bo.wait_for(|inbox| inbox.texts().len() == 1).await.unwrap();
    let is_unknown = |message: &switchback_core::model::Message| {
        message.attempts.first().is_some_and(|attempt| attempt.state == AttemptState::Unknown)
    };
    scene.until_it(id, "unknown", is_unknown).await;
    assert!(scene.look(id).attempts.iter().all(|attempt| attempt.service == Service::Im));
    // What it says at last counts.
    bo.display(inbox.messages[0].imdn_id.as_deref().unwrap()).await.unwrap();
    scene.until_it(id, "read", |message| message.status == Status::Read).await;
    assert_eq!(scene.orders(0).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_want_it_ends_it_and_whoever_can_t_take_it_does_not() {
    let scene = Scene::new().await;
    let mut config = scene.config("bo");
    config.answers_by_hand = true;
    let bo = scene.phone(config).await;
    let (refused, busy) = (Outcome::Refused, Outcome::TemporaryFailure);
    for (n, (status, outcome)) in
        [(603, refused), (607, refused), (608, refused), (486, busy), (480, busy)].into_iter().enumerate()
    {
        let by_chat = ServiceChoice::Named(Service::Im);
        let id = scene.submit(|submission| submission.service = by_chat).await;
        let inbox = bo.wait_for(|inbox| inbox.messages.len() == n + 1).await.unwrap();
        bo.answer(&inbox.messages[n], status).await;
        let message = scene
            .until_it(id, "ended", |message| message.attempts[0].state == AttemptState::Ended(outcome))
            .await;
        let sms = message.attempts.iter().filter(|attempt| attempt.service == Service::Sms).count();
        let expected = if outcome == refused { (Status::Refused, 0) } else { (Status::Sending, 1) };
        assert_eq!((message.status, sms), expected, "{status}");
    }
}

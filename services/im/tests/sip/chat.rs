//! Messages between people who are there: both ways, ticks that tell the truth, several devices, and those who say no.

use crate::scene::{Scene, uri};
use switchback_core::model::{AttemptState, DeviceId, Outcome, Service, Status, SubscriberId};
use switchback_ports::Intake;
use switchback_testkit::handset::{SendOptions, Ticks, word_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_there_and_its_ticks_come_back() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let mut config = scene.config("bo");
    config.ticks = Ticks::Displayed;
    let bo = scene.phone(config).await;
    let sent = anna.send(&uri("bo"), "hello", SendOptions::default()).await.unwrap();
    assert_eq!(sent.answer.status, 202);
    assert_eq!(sent.answer.header("X-Switchback-Price").as_deref(), Some("0.03 EUR"));
    let inbox = bo.wait_for(|inbox| !inbox.texts().is_empty()).await.unwrap();
    let got = &inbox.messages[0];
    assert_eq!(
        (got.text.as_str(), got.cpim, got.imdn_id.as_deref()),
        ("hello", true, Some(sent.imdn_id.as_str()))
    );
    assert_eq!(got.conversation, sent.conversation);
    assert!(got.from.contains("+46701111111"), "{}", got.from);
    scene.until(&sent, Status::Read).await;
    let id = sent.imdn_id.clone();
    let inbox = anna.wait_for(|inbox| inbox.ticks(&id).len() == 2).await.unwrap();
    assert_eq!(inbox.ticks(&id).into_iter().map(word_of).collect::<Vec<_>>(), ["delivered", "displayed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn for_a_plain_client_its_answer_is_the_word() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let mut config = scene.config("bo");
    config.cpm = false;
    let bo = scene.phone(config).await;
    let sent = anna.send(&uri("bo"), "hello", SendOptions::plain()).await.unwrap();
    let inbox = bo.wait_for(|inbox| !inbox.texts().is_empty()).await.unwrap();
    assert!(inbox.messages[0].content_type.starts_with("text/plain"), "{}", inbox.messages[0].content_type);
    scene.until(&sent, Status::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cpm_client_that_says_nothing_has_not_got_it() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    bo.set_script("no-imdn".parse().unwrap());
    let sent = anna.send(&uri("bo"), "hello", SendOptions::default()).await.unwrap();
    let inbox = bo.wait_for(|inbox| !inbox.texts().is_empty()).await.unwrap();
    let attempt = &scene.message(&sent).attempts[0];
    assert_eq!((attempt.state, scene.message(&sent).status), (AttemptState::HandedOver, Status::Sending));
    bo.display(inbox.messages[0].imdn_id.as_deref().unwrap()).await.unwrap();
    scene.until(&sent, Status::Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_declines_ends_it_and_one_who_is_busy_gets_an_sms() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    bo.set_script("declined".parse().unwrap());
    let sent = anna.send(&uri("bo"), "no?", SendOptions::default()).await.unwrap();
    scene.until(&sent, Status::Refused).await;
    let id = sent.imdn_id.clone();
    let inbox = anna.wait_for(|inbox| !inbox.ticks(&id).is_empty()).await.unwrap();
    assert_eq!(word_of(inbox.ticks(&id)[0]), "delivery-forbidden");
    bo.set_script("busy".parse().unwrap());
    let sent = anna.send(&uri("bo"), "then by SMS", SendOptions::default()).await.unwrap();
    let orders = scene.orders(1).await;
    assert_eq!(orders[0].content.text, "then by SMS");
    let message = scene.message(&sent);
    assert_eq!(message.attempts[0].state, AttemptState::Ended(Outcome::TemporaryFailure));
    assert_eq!(message.attempts[1].service, Service::Sms, "the same price: it goes by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_device_gets_it_and_only_all_of_them_can_fail() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let first = scene.phone(scene.config("bo")).await;
    let second = scene.phone(scene.config("bo").device(2)).await;
    assert_eq!(scene.engine.device_count(&SubscriberId::new("bo")), 2);
    first.set_script("busy".parse().unwrap());
    let sent = anna.send(&uri("bo"), "to both", SendOptions::default()).await.unwrap();
    second.wait_for(|inbox| inbox.texts() == ["to both"]).await.unwrap();
    first.wait_for(|inbox| inbox.counts.refused == 1).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
    // An app's device beside them: when both phones are busy, it may still take the message.
    let (bo, app) = (SubscriberId::new("bo"), DeviceId::new("app"));
    scene.engine.register(bo, app).await.unwrap().unwrap();
    second.set_script("busy".parse().unwrap());
    let sent = anna.send(&uri("bo"), "to three", SendOptions::default()).await.unwrap();
    first.wait_for(|inbox| inbox.counts.refused == 2).await.unwrap();
    second.wait_for(|inbox| inbox.counts.refused == 1).await.unwrap();
    assert_eq!(scene.message(&sent).attempts[0].state, AttemptState::HandedOver);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_again_is_one_message() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    let options = || SendOptions { imdn_id: Some("once".into()), ..SendOptions::default() };
    let first = anna.send(&uri("bo"), "hello", options()).await.unwrap();
    let again = anna.send(&uri("bo"), "hello", options()).await.unwrap();
    assert_eq!((again.answer.status, scene.message(&first).id), (202, scene.message(&again).id));
    anna.send(&uri("bo"), "another", SendOptions::default()).await.unwrap();
    let inbox = bo.wait_for(|inbox| inbox.texts().contains(&"another")).await.unwrap();
    assert_eq!((inbox.texts(), inbox.counts.again), (vec!["hello", "another"], 0));
}

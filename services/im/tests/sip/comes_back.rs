//! Those who were away: what waited comes in order and once, after a restart too, and so do the ticks of a sender.

use crate::scene::{Scene, uri};
use futures_util::future::join_all;
use std::time::Duration;
use switchback_core::model::Status;
use switchback_engine::Limits;
use switchback_testkit::handset::{Config, SendOptions, Ticks, word_of};

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_comes_in_order_and_once() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let mut sent = Vec::new();
    for n in 0..20 {
        let date_time = Some(format!("2026-11-23T08:00:{n:02}Z"));
        let options = SendOptions { date_time, service: Some("im".into()), ..SendOptions::default() };
        sent.push(anna.send(&uri("bo"), &format!("text {n}"), options).await.unwrap());
    }
    let bo = scene.phone(scene.config("bo")).await;
    let inbox = bo.wait_for(|inbox| inbox.texts().len() == 20).await.unwrap();
    let expected: Vec<String> = (0..20).map(|n| format!("text {n}")).collect();
    assert_eq!(inbox.texts(), expected);
    assert_eq!(inbox.messages[7].date_time.as_deref(), Some("2026-11-23T08:00:07Z"), "the original's");
    for sent in &sent {
        scene.until(sent, Status::Delivered).await;
    }
    bo.unregister().await.unwrap();
    bo.register().await.unwrap();
    anna.send(&uri("bo"), "the last", SendOptions::default()).await.unwrap();
    let inbox = bo.wait_for(|inbox| inbox.texts().contains(&"the last")).await.unwrap();
    assert_eq!((inbox.texts().len(), inbox.counts.again), (21, 0), "nothing confirmed is sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_passed_over_when_the_store_is_asked_for_more_than_it_can_say_at_once() {
    let bounds = Limits { queries: 1, query_threads: 1, ..Limits::default() };
    let scene = Scene::within(bounds, |_| ()).await;
    let anna = scene.phone(scene.config("anna")).await;
    // More than have what they say at hand.
    let expected: Vec<String> = (0..90).map(|n| format!("text {n}")).collect();
    for text in &expected {
        let by_chat = SendOptions { service: Some("im".into()), ..SendOptions::default() };
        anna.send(&uri("bo"), text, by_chat).await.unwrap();
    }
    // Nobody confirms: what one had confirmed would not wait for those who register after that.
    let silent = |n| Config { ticks: Ticks::Never, ..scene.config("bo").device(n) };
    let phones = join_all((1..=8).map(|n| scene.phone(silent(n)))).await;
    for phone in &phones {
        let inbox = phone.wait_for(|inbox| inbox.texts().contains(&"text 89")).await.unwrap();
        assert_eq!(inbox.texts(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_may_wait_than_there_is_room_for_and_comes_in_order_and_once() {
    let scene = Scene::with(|options| options.limits.ahead = 3).await;
    let anna = scene.phone(scene.config("anna")).await;
    let by_chat = || SendOptions { service: Some("im".into()), ..SendOptions::default() };
    let expected: Vec<String> = (0..60).map(|n| format!("text {n}")).collect();
    let (before, meanwhile) = expected.split_at(40);
    let mut sent = Vec::new();
    for text in before {
        sent.push(anna.send(&uri("bo"), text, by_chat()).await.unwrap());
    }
    let bo = scene.phone(scene.config("bo")).await;
    for text in meanwhile {
        sent.push(anna.send(&uri("bo"), text, by_chat()).await.unwrap());
    }
    for sent in &sent {
        scene.until(sent, Status::Delivered).await;
    }
    let inbox = bo.inbox();
    assert_eq!((inbox.texts(), inbox.counts.again), (expected.iter().map(String::as_str).collect(), 0));
    // Ticks take the same way, and after a crash too.
    anna.unregister().await.unwrap();
    bo.set_script("no-imdn".parse().unwrap());
    let scene = scene.crash().await;
    anna.register().await.unwrap();
    anna.wait_for(|inbox| sent.iter().all(|sent| !inbox.ticks(&sent.imdn_id).is_empty())).await.unwrap();
    let mut open = Vec::new();
    for n in 0..20 {
        open.push(anna.send(&uri("bo"), &format!("not confirmed {n}"), by_chat()).await.unwrap());
    }
    bo.wait_for(|inbox| inbox.texts().contains(&"not confirmed 19")).await.unwrap();
    bo.set_script("".parse().unwrap());
    let scene = scene.crash().await;
    for open in &open {
        scene.until(open, Status::Delivered).await;
    }
    let inbox = bo.inbox();
    assert_eq!((inbox.texts().len(), inbox.counts.again), (80, 20), "each that it had not confirmed, once");
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_wait_for_a_sender_who_is_away() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let by_chat = SendOptions { service: Some("im".into()), ..SendOptions::default() };
    let sent = anna.send(&uri("bo"), "hello", by_chat).await.unwrap();
    anna.unregister().await.unwrap();
    let mut config = scene.config("bo");
    config.ticks = Ticks::Delivered;
    let _bo = scene.phone(config).await;
    scene.until(&sent, Status::Delivered).await;
    let id = sent.imdn_id.clone();
    assert!(anna.inbox().ticks(&id).is_empty());
    anna.register().await.unwrap();
    let inbox = anna.wait_for(|inbox| !inbox.ticks(&id).is_empty()).await.unwrap();
    assert_eq!(word_of(inbox.ticks(&id)[0]), "delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_bindings_hold_and_only_what_was_not_confirmed_comes_again() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    let had = anna.send(&uri("bo"), "confirmed", SendOptions::default()).await.unwrap();
    scene.until(&had, Status::Delivered).await;
    bo.set_script("no-imdn".parse().unwrap());
    let open = anna.send(&uri("bo"), "not confirmed", SendOptions::default()).await.unwrap();
    bo.wait_for(|inbox| inbox.texts().len() == 2).await.unwrap();
    bo.set_script("".parse().unwrap());
    let scene = scene.crash().await;
    // Nobody registers: the server knows where they are.
    let new = anna.send(&uri("bo"), "after the crash", SendOptions::default()).await.unwrap();
    scene.until(&new, Status::Delivered).await;
    scene.until(&open, Status::Delivered).await;
    let inbox = bo.wait_for(|inbox| inbox.texts().len() == 3).await.unwrap();
    assert_eq!(inbox.counts.again, 1, "what it had not confirmed, by the same id");
    let confirmed = inbox.messages.iter().filter(|message| message.text == "confirmed").count();
    assert_eq!(confirmed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_after_a_restart_and_any_time_finds_its_message() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    let sent = anna.send(&uri("bo"), "read me some day", SendOptions::default()).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
    let scene = scene.crash().await;
    assert_eq!(bo.display(&sent.imdn_id).await.unwrap().status, 200);
    scene.until(&sent, Status::Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_before_a_crash_is_not_told_at_a_later_registration() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    let had = anna.send(&uri("bo"), "confirmed", SendOptions::default()).await.unwrap();
    scene.until(&had, Status::Delivered).await;
    let mut scene = scene.crash().await;
    // It leaves at once, mostly before it was told what it missed, and another crash follows.
    for _ in 0..3 {
        bo.unregister().await.unwrap();
        scene = scene.crash().await;
    }
    for _ in 0..20 {
        bo.register().await.unwrap();
        bo.unregister().await.unwrap();
    }
    bo.register().await.unwrap();
    let last = anna.send(&uri("bo"), "the last", SendOptions::default()).await.unwrap();
    scene.until(&last, Status::Delivered).await;
    let inbox = bo.wait_for(|inbox| inbox.texts().contains(&"the last")).await.unwrap();
    assert_eq!((inbox.texts(), inbox.counts.again), (vec!["confirmed", "the last"], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_told_that_it_came_or_left_has_done_so_on_disk() {
    let scene = Scene::new().await;
    let bo = scene.phone(scene.config("bo")).await;
    for _ in 0..20 {
        assert_eq!(scene.devices_on_disk("bo"), 1);
        bo.unregister().await.unwrap();
        assert_eq!(scene.devices_on_disk("bo"), 0);
        bo.register().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_does_not_answer_is_lost_and_told_when_it_is_back() {
    let scene = Scene::with(|options| options.t1 = Duration::from_millis(10)).await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    bo.go_dead();
    let sent = anna.send(&uri("bo"), "hello?", SendOptions::default()).await.unwrap();
    let bo_is = || scene.engine_devices("bo");
    crate::scene::eventually("the flow is lost", || bo_is() == 0).await;
    assert_eq!(scene.message(&sent).status, Status::Sending, "silence is not a failure");
    bo.register().await.unwrap();
    bo.wait_for(|inbox| inbox.texts() == ["hello?"]).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
}

//! What a device has confirmed is not told to it again, whichever way its word and its absence cross; and what it was
//! not told it is told, whoever else has confirmed it.

use crate::between::Held;
use crate::scene::{Scene, uri};
use switchback_core::model::Status;
use switchback_testkit::handset::{Config, Handset, SendOptions, Sent, Ticks};

/// Bo's phone, which answers nothing by itself: its word comes before its answer.
fn by_hand(scene: &Scene) -> Config {
    Config { answers_by_hand: true, ..scene.config("bo") }
}

/// Anna writes, and Bo's phone says that it has shown it, while the request for it is still open.
async fn confirmed_unanswered(scene: &Scene, anna: &Handset, bo: &Handset) -> Sent {
    let sent = anna.send(&uri("bo"), "confirmed", SendOptions::default()).await.unwrap();
    bo.wait_for(|inbox| inbox.messages.len() == 1).await.unwrap();
    assert_eq!(bo.display(&sent.imdn_id).await.unwrap().status, 200);
    scene.until(&sent, Status::Read).await;
    sent
}

/// What Bo's phone is told next is new to it.
async fn the_next_is_new(anna: &Handset, bo: &Handset) {
    anna.send(&uri("bo"), "the next", SendOptions::default()).await.unwrap();
    let inbox = bo.wait_for(|inbox| inbox.messages.len() == 2).await.unwrap();
    let told: Vec<&str> = inbox.messages.iter().map(|message| &*message.text).collect();
    assert_eq!(told, ["confirmed", "the next"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_leaves_between_its_word_and_its_answer() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(by_hand(&scene)).await;
    confirmed_unanswered(&scene, &anna, &bo).await;
    bo.unregister().await.unwrap();
    bo.register().await.unwrap();
    the_next_is_new(&anna, &bo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_leaves_between_its_word_and_its_answer_and_comes_after_a_crash() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(by_hand(&scene)).await;
    confirmed_unanswered(&scene, &anna, &bo).await;
    bo.unregister().await.unwrap();
    let _scene = scene.crash().await;
    bo.register().await.unwrap();
    the_next_is_new(&anna, &bo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_comes_by_another_flow_between_its_word_and_its_answer() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(by_hand(&scene)).await;
    confirmed_unanswered(&scene, &anna, &bo).await;
    bo.roam().await.unwrap();
    the_next_is_new(&anna, &bo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_the_word_of_a_device_and_its_answer() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(by_hand(&scene)).await;
    confirmed_unanswered(&scene, &anna, &bo).await;
    let _scene = scene.crash().await;
    the_next_is_new(&anna, &bo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_away_over_a_crash_is_told_what_another_confirmed() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let phone = scene.phone(scene.config("bo")).await;
    let tablet = scene.phone(scene.config("bo").device(2)).await;
    let both = anna.send(&uri("bo"), "for both", SendOptions::default()).await.unwrap();
    tablet.wait_for(|inbox| inbox.texts() == ["for both"]).await.unwrap();
    scene.until(&both, Status::Delivered).await;
    tablet.unregister().await.unwrap();
    let missed = anna.send(&uri("bo"), "missed", SendOptions::default()).await.unwrap();
    scene.until(&missed, Status::Delivered).await;
    let scene = scene.crash().await;
    tablet.register().await.unwrap();
    let last = anna.send(&uri("bo"), "the last", SendOptions::default()).await.unwrap();
    scene.until(&last, Status::Delivered).await;
    let inbox = tablet.wait_for(|inbox| inbox.texts().contains(&"the last")).await.unwrap();
    assert_eq!((inbox.texts(), inbox.counts.again), (vec!["for both", "missed", "the last"], 0));
    assert_eq!(phone.inbox().counts.again, 0);
}

/// Bo's phone has taken a message and not confirmed it; over a crash such answers are held back.
async fn unconfirmed_over_a_crash(scene: Scene, anna: &Handset, bo: &Handset, held: Held) -> (Scene, Sent) {
    let sent = anna.send(&uri("bo"), "confirmed", SendOptions::default()).await.unwrap();
    bo.wait_for(|inbox| inbox.messages.len() == 1).await.unwrap();
    scene.gate.hold(held);
    let scene = scene.crash().await;
    scene.gate.something_waits().await;
    (scene, sent)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_comes_while_what_was_unconfirmed_is_on_its_way() {
    for held in [Held::Registrations, Held::LookUps] {
        let scene = Scene::new().await;
        let anna = scene.phone(scene.config("anna")).await;
        let bo = scene.phone(Config { ticks: Ticks::Never, ..scene.config("bo") }).await;
        let (scene, sent) = unconfirmed_over_a_crash(scene, &anna, &bo, held).await;
        // What waits says that nobody has confirmed it.
        assert_eq!(bo.display(&sent.imdn_id).await.unwrap().status, 200);
        scene.gate.release();
        the_next_is_new(&anna, &bo).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_was_too_slow_for_comes_once_and_in_its_order() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    let texts = ["heard", "not heard", "neither", "heard again"];
    for (n, text) in texts.into_iter().enumerate() {
        match n {
            1 => scene.gate.deafen(),
            3 => scene.gate.cut_off(),
            _ => {}
        }
        let sent = anna.send(&uri("bo"), text, SendOptions::default()).await.unwrap();
        if n == 0 {
            scene.until(&sent, Status::Delivered).await;
        }
    }
    let inbox = bo.wait_for(|inbox| inbox.texts().len() == texts.len()).await.unwrap();
    assert_eq!((inbox.texts(), inbox.counts.again), (texts.to_vec(), 0));
    // So do the ticks of the sender.
    anna.wait_for(|inbox| inbox.notifications.len() == texts.len()).await.unwrap();
}

//! What is too long for a datagram: a connection to the device, kept for the next; the datagram after all where there
//! is none; and the bound of it all.

use crate::scene::{Scene, uri};
use switchback_core::model::{AttemptState, Content, Outcome, Service, Status};
use switchback_testkit::handset::{Handset, Received, SendOptions, Wire};
use tokio::net::TcpListener;

/// Several datagrams long.
fn long(word: &str) -> String {
    format!("{word} ").repeat(400)
}

async fn got(bo: &Handset, text: &str) -> Received {
    let inbox = bo.wait_for(|inbox| inbox.texts().contains(&text)).await.unwrap();
    inbox.messages.iter().rfind(|message| message.text == text).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_on_udp_gets_what_is_long_by_one_connection() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let mut config = scene.config("bo");
    config.takes_streams = true;
    let bo = scene.phone(config).await;
    let mut sources = Vec::new();
    for text in [long("first"), "short".to_owned(), long("second")] {
        let sent = anna.send(&uri("bo"), &text, SendOptions::default()).await.unwrap();
        scene.until(&sent, Status::Delivered).await;
        let message = got(&bo, &text).await;
        assert_eq!(message.wire, if text == "short" { Wire::Udp } else { Wire::Tcp });
        sources.push(message.source);
    }
    assert_eq!(sources[0], sources[2], "the connection is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_connection_is_taken_the_datagram_is_as_long_as_it_must_be() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    for text in [long("first"), long("second")] {
        let sent = anna.send(&uri("bo"), &text, SendOptions::default()).await.unwrap();
        scene.until(&sent, Status::Delivered).await;
        assert_eq!(got(&bo, &text).await.wire, Wire::Udp);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_closed_instead_of_answered_is_not_tried_again() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    let closing = TcpListener::bind(bo.address().unwrap()).await.unwrap();
    let closer = tokio::spawn(async move {
        let taken = closing.accept().await.unwrap();
        drop(taken);
        closing.accept().await.unwrap();
        panic!("it was tried again");
    });
    for text in [long("first"), long("second")] {
        let sent = anna.send(&uri("bo"), &text, SendOptions::default()).await.unwrap();
        scene.until(&sent, Status::Delivered).await;
        assert_eq!(got(&bo, &text).await.wire, Wire::Udp);
    }
    assert_eq!(scene.engine_devices("bo"), 1, "the device is as much there as before");
    assert!(!closer.is_finished());
    closer.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_sip_peer_need_take_goes_another_way() {
    let scene = Scene::new().await;
    let mut config = scene.config("bo");
    config.takes_streams = true;
    let bo = scene.phone(config).await;
    let id = scene.submit(|submission| submission.content = Content::text("x".repeat(64 * 1024))).await;
    scene.orders(1).await;
    let message = scene.look(id);
    assert_eq!(message.attempts[0].state, AttemptState::Ended(Outcome::PermanentFailure));
    assert_eq!((message.attempts[1].service, bo.inbox().messages.len()), (Service::Sms, 0));
}

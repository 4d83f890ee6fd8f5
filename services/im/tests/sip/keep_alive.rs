//! Signs of life: pings are answered, and a device that was never silent and falls silent is gone until it is heard.

use crate::scene::{Scene, eventually, uri};
use std::time::Duration;
use switchback_core::model::Status;
use switchback_im::sip::Wire;
use switchback_testkit::handset::{self, SendOptions};
use tokio::net::UdpSocket;

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_is_answered_on_streams_and_a_binding_request_on_datagrams() {
    let scene = Scene::new().await;
    let mut config = scene.config("anna");
    (config.wire, config.server) = (handset::Wire::Tcp, scene.address(Wire::Tcp));
    let anna = scene.phone(config).await;
    anna.keep_alive().await.unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(scene.address(Wire::Udp)).await.unwrap();
    let mut request = [0; 20];
    request[..8].copy_from_slice(&[0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42]);
    socket.send(&request).await.unwrap();
    let mut answer = [0; 64];
    let received = tokio::time::timeout(Duration::from_secs(10), socket.recv(&mut answer)).await;
    assert_eq!((received.unwrap().unwrap(), &answer[..2]), (32, &[0x01, 0x01][..]));
    let port = u16::from_be_bytes([answer[26] ^ 0x21, answer[27] ^ 0x12]);
    assert_eq!(port, socket.local_addr().unwrap().port(), "where the request came from");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_kept_alive_and_falls_silent_is_gone_until_it_is_heard() {
    let scene = Scene::with(|options| options.alive = Duration::from_millis(200)).await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    bo.keep_alive().await.unwrap();
    eventually("silence means something now", || scene.engine_devices("bo") == 0).await;
    assert_eq!(scene.engine_devices("anna"), 1, "she never said that she would be heard");
    let waits = SendOptions { service: Some("im".into()), ..SendOptions::default() };
    let sent = anna.send(&uri("bo"), "hello?", waits).await.unwrap();
    assert!(bo.inbox().texts().is_empty());
    bo.keep_alive().await.unwrap();
    scene.until(&sent, Status::Delivered).await;
}

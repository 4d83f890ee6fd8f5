//! Peers that are no SMSC, or one gone mad: the session ends, the service lives and binds again.

use crate::scene::{Scene, quick, whole};
use crate::smsc::Smsc;
use std::time::Duration;
use switchback_core::model::ReportKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use wire_smpp::CommandStatus;

/// What is said in place of an answer to the bind.
fn nonsense() -> Vec<(&'static str, Vec<u8>)> {
    let mut header_only = vec![0, 0, 0, 16, 0x80, 0, 0, 9, 0, 0, 0, 0];
    header_only.extend([0xFF; 4]);
    let mut bomb = vec![0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0, 0, 9];
    bomb.extend([0; 64]);
    let noise = (0..70_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    vec![
        ("a web server", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("a length bomb", bomb),
        ("a length below the header", vec![0, 0, 0, 4, 0, 0, 0, 9]),
        ("an answer to another question", header_only),
        ("noise", noise),
        ("nothing", Vec::new()),
    ]
}

async fn still_works(scene: &Scene, smsc: &Smsc) {
    let mut peer = smsc.bound().await;
    let order = scene.send("still here");
    let submit = peer.submit().await;
    peer.answer(&submit, CommandStatus::OK, Some("1")).await;
    assert!(matches!(scene.recorder.kind(whole(&order), 0).await, ReportKind::HandedOver { .. }));
}

#[tokio::test]
async fn nonsense_instead_of_a_bind_answer_ends_that_connection_only() {
    let scene = Scene::new(quick()).await;
    scene.service.set_route(scene.route(10));
    for (what, octets) in nonsense() {
        let mut stream = scene.smsc.connection().await;
        // The client may close before all of it is written.
        let _ = stream.write_all(&octets).await;
        let _ = stream.shutdown().await;
        let mut heard = Vec::new();
        let closed = timeout(Duration::from_secs(10), stream.read_to_end(&mut heard)).await;
        assert!(closed.is_ok(), "{what}: the connection stays");
    }
    still_works(&scene, &scene.smsc).await;
}

#[tokio::test]
async fn nonsense_in_a_bound_session_loses_nothing_but_the_session() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    for (_, octets) in nonsense() {
        let order = scene.send("in the middle");
        peer.submit().await;
        peer.write_raw(&octets).await;
        drop(peer);
        assert_eq!(scene.recorder.kind(whole(&order), 0).await, ReportKind::NoAnswer);
        peer = scene.smsc.bound().await;
    }
    drop(peer);
    still_works(&scene, &scene.smsc).await;
}

#[tokio::test]
async fn a_flood_of_receipts_that_nobody_stores_stays_bounded() {
    let (scene, mut peer) =
        Scene::bound(switchback_sms::SmsOptions { unanswered_max: 16, ..quick() }, 10).await;
    scene.recorder.with(|heard| heard.hold = true);
    let mut flood = Vec::new();
    for sequence in 1..=5_000_u32 {
        let receipt = wire_smpp::ShortMessage {
            esm_class: wire_smpp::EsmClass::RECEIPT,
            short_message: b"id:1 stat:DELIVRD",
            ..wire_smpp::ShortMessage::default()
        };
        wire_smpp::Pdu::DeliverSm(receipt).encode(CommandStatus::OK, sequence, &mut flood).unwrap();
    }
    let _ = timeout(Duration::from_secs(1), peer.write_raw(&flood)).await;
    scene.recorder.until("the bound", |heard| (heard.held.len() >= 16).then_some(())).await;
    assert!(scene.recorder.with(|heard| heard.held.len()) <= 32);
    drop(peer);
    scene.recorder.with(|heard| {
        heard.hold = false;
        heard.held.clear();
    });
    still_works(&scene, &scene.smsc).await;
}

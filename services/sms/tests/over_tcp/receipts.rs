//! Receipts: answered only when durable, in whatever order they come.

use crate::scene::{Scene, quick, whole};
use std::time::Duration;
use switchback_core::model::{FailureClass, PeerCode, PeerId, Report, ReportKind, RouteId, Target};
use wire_smpp::{Address, CommandStatus, EsmClass, MessageState, ShortMessage, Tag, TlvBuf};

fn receipt(text: &str) -> ShortMessage<'_> {
    ShortMessage {
        source: Address::international("46701234567"),
        destination: Address::short_code("72404"),
        esm_class: EsmClass::RECEIPT,
        short_message: text.as_bytes(),
        ..ShortMessage::default()
    }
}

async fn heard(scene: &Scene, nth: usize) -> Report {
    let by_peer = |report: &&Report| matches!(report.target, Target::Peer { .. });
    scene.recorder.until("a receipt", |heard| heard.reports.iter().filter(by_peer).nth(nth).cloned()).await
}

#[tokio::test]
async fn a_receipt_is_answered_after_the_commit_and_not_before() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    scene.recorder.with(|heard| heard.hold = true);
    peer.deliver(1, &receipt("id:00A7 sub:001 dlvrd:001 stat:DELIVRD err:000 text:")).await;
    assert_eq!(peer.event_within(Duration::from_millis(100)).await, None);
    scene.recorder.with(|heard| {
        assert_eq!(heard.reports.len(), 1);
        let Target::Peer { route, ids } = &heard.reports[0].target else { panic!("not by the peer's id") };
        assert_eq!(*route, RouteId::new("smsc-a"));
        assert_eq!(ids[0], PeerId::new("00A7"));
        assert_eq!(heard.reports[0].kind, ReportKind::Delivered);
    });
    scene.recorder.settle(true);
    assert_eq!(peer.delivery_answer().await, (1, CommandStatus::OK));
}

#[tokio::test]
async fn a_receipt_that_could_not_be_stored_stays_with_the_smsc() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    scene.recorder.with(|heard| heard.hold = true);
    peer.deliver(1, &receipt("id:7 stat:DELIVRD")).await;
    peer.deliver(2, &receipt("id:8 stat:DELIVRD")).await;
    assert_eq!(peer.event_within(Duration::from_millis(100)).await, None);
    scene.recorder.settle(false);
    assert_eq!(peer.delivery_answer().await, (1, CommandStatus::X_T_APPN));
    // The engine went away without a word.
    drop(scene.recorder.with(|heard| heard.held.remove(0)));
    assert_eq!(peer.delivery_answer().await, (2, CommandStatus::X_T_APPN));
    scene.recorder.with(|heard| heard.overloaded = true);
    peer.deliver(3, &receipt("id:9 stat:DELIVRD")).await;
    assert_eq!(peer.delivery_answer().await, (3, CommandStatus::X_T_APPN));
}

#[tokio::test]
async fn a_receipt_before_the_answer_is_handed_on_and_so_is_the_answer() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let order = scene.send("hello");
    let submit = peer.submit().await;
    peer.deliver(1, &receipt("id:early stat:DELIVRD")).await;
    assert_eq!(peer.delivery_answer().await, (1, CommandStatus::OK));
    peer.answer(&submit, CommandStatus::OK, Some("early")).await;
    let answer = ReportKind::HandedOver { peer_id: Some(PeerId::new("early")) };
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, answer);
    let order_heard: Vec<_> =
        scene.recorder.with(|heard| heard.reports.iter().map(|r| r.kind.clone()).collect());
    assert_eq!(order_heard, [ReportKind::Delivered, answer]);
}

#[tokio::test]
async fn receipts_in_every_dress() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let mut tlvs = TlvBuf::new();
    tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, "by-tlv");
    tlvs.push_u8(Tag::MESSAGE_STATE, MessageState::Undeliverable.code());
    tlvs.push(Tag::NETWORK_ERROR_CODE, &[3, 0, 27]);
    peer.deliver(1, &ShortMessage { tlvs: tlvs.tlvs(), ..receipt("") }).await;
    let report = heard(&scene, 0).await;
    assert_eq!(report.kind, ReportKind::Failed(FailureClass::Temporary));
    assert_eq!(report.code, Some(PeerCode::SmppReceipt(27)));

    let mut payload = TlvBuf::new();
    payload.push(Tag::MESSAGE_PAYLOAD, b"id:by-payload stat:EXPIRED err:42");
    peer.deliver_data(2, &ShortMessage { tlvs: payload.tlvs(), ..receipt("") }).await;
    let report = heard(&scene, 1).await;
    let Target::Peer { ids, .. } = &report.target else { panic!("not by the peer's id") };
    assert_eq!(ids[0], PeerId::new("by-payload"));
    assert_eq!(report.kind, ReportKind::Failed(FailureClass::Temporary));
    assert_eq!(report.code, Some(PeerCode::SmppReceipt(42)));

    // Three times the same: three times handed on, three times answered; what it means the core knows.
    for token in 3..6 {
        peer.deliver(token, &receipt("id:thrice stat:DELIVRD")).await;
    }
    heard(&scene, 4).await;
    // A receipt that names nothing: answered, so that it does not come for ever.
    peer.deliver(6, &receipt("stat:DELIVRD")).await;
    for token in 1..7 {
        assert_eq!(peer.delivery_answer().await, (token, CommandStatus::OK));
    }
    assert_eq!(scene.recorder.with(|heard| heard.reports.len()), 5);
}

#[tokio::test]
async fn the_route_s_table_says_which_failures_may_pass() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    for (n, (err, class)) in
        [("011", FailureClass::Temporary), ("012", FailureClass::Permanent)].into_iter().enumerate()
    {
        peer.deliver(0, &receipt(&format!("id:{n} stat:UNDELIV err:{err} text:"))).await;
        assert_eq!(heard(&scene, n).await.kind, ReportKind::Failed(class), "{err}");
    }
}

#[tokio::test]
async fn reading_stops_while_too_much_awaits_its_commit() {
    let options = switchback_sms::SmsOptions { unanswered_max: 8, ..quick() };
    let (scene, mut peer) = Scene::bound(options, 10).await;
    scene.recorder.with(|heard| heard.hold = true);
    for token in 0..8 {
        peer.deliver(token, &receipt(&format!("id:{token} stat:DELIVRD"))).await;
    }
    scene.recorder.until("eight receipts", |heard| (heard.held.len() == 8).then_some(())).await;
    peer.deliver(8, &receipt("id:8 stat:DELIVRD")).await;
    assert_eq!(peer.event_within(Duration::from_millis(100)).await, None);
    assert_eq!(scene.recorder.with(|heard| heard.held.len()), 8);
    scene.recorder.settle(true);
    assert_eq!(peer.delivery_answer().await, (0, CommandStatus::OK));
    scene.recorder.until("the ninth receipt", |heard| (heard.reports.len() == 9).then_some(())).await;
}

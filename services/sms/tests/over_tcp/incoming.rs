//! Messages from phones: decoded, put together, answered when durable.

use crate::scene::{Scene, number, quick};
use crate::smsc::Peer;
use std::time::Duration;
use switchback_core::model::{Address as Number, RouteId};
use switchback_ports::Arrival;
use switchback_sms::SmsOptions;
use wire_gsm::{Reference, segments};
use wire_smpp::{Address, CommandStatus, EsmClass, ShortMessage, Tag, TlvBuf};

fn from_anna(octets: &[u8], data_coding: u8) -> ShortMessage<'_> {
    ShortMessage {
        source: Address::international("46701234567"),
        destination: Address::international("46707654321"),
        short_message: octets,
        data_coding,
        ..ShortMessage::default()
    }
}

async fn arrival(scene: &Scene, nth: usize) -> Arrival {
    scene.recorder.until("an arrival", |heard| heard.arrivals.get(nth).cloned()).await
}

#[tokio::test]
async fn a_message_in_each_alphabet_arrives_and_is_answered_when_durable() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    scene.recorder.with(|heard| heard.hold = true);
    for (n, (octets, data_coding, text)) in [
        (&b"\x00 \x1be"[..], 0, "@ €"),
        (b"plain", 1, "plain"),
        (b"\xE5ngstr\xF6m", 3, "ångström"),
        (b"\x04\x2F", 8, "Я"),
    ]
    .into_iter()
    .enumerate()
    {
        peer.deliver(0, &from_anna(octets, data_coding)).await;
        let arrival = arrival(&scene, n).await;
        assert_eq!(arrival.content.text, text);
        assert_eq!((arrival.from, arrival.to), (number("+46701234567"), number("+46707654321")));
        assert_eq!(arrival.route, RouteId::new("smsc-a"));
        assert_eq!(peer.event_within(Duration::from_millis(50)).await, None);
        scene.recorder.settle(true);
        assert_eq!(peer.delivery_answer().await.1, CommandStatus::OK);
    }
}

#[tokio::test]
async fn text_that_looks_like_a_receipt_is_no_receipt() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    peer.deliver(0, &from_anna(b"id:1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:", 0)).await;
    assert!(arrival(&scene, 0).await.content.text.starts_with("id:1"));
    assert_eq!(scene.recorder.with(|heard| heard.reports.len()), 0);
}

#[tokio::test]
async fn what_is_no_text_or_for_nobody_is_refused_for_good() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    peer.deliver(1, &from_anna(&[1, 2, 3], 4)).await;
    assert_eq!(peer.delivery_answer().await, (1, CommandStatus::X_P_APPN));
    let nobody = Address { ton: 2, npi: 1, digits: b"0701234567" };
    peer.deliver(2, &ShortMessage { destination: nobody, ..from_anna(b"hi", 0) }).await;
    assert_eq!(peer.delivery_answer().await, (2, CommandStatus::INVDSTADR));
    let shop = Address::alphanumeric("The Shop");
    peer.deliver(3, &ShortMessage { source: shop, ..from_anna(b"hi", 0) }).await;
    assert_eq!(arrival(&scene, 0).await.from, Number::Alphanumeric("The Shop".into()));
}

#[tokio::test]
async fn a_long_message_is_answered_when_the_whole_is_durable() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let text = "Привет, мир. ".repeat(20);
    let parts = segments(&text, Reference::Bits8(0)).unwrap();
    assert_eq!(parts.len(), 4);
    scene.recorder.with(|heard| heard.hold = true);
    for place in [3, 0, 2] {
        deliver_part(&mut peer, u64::try_from(place).unwrap(), parts[place].user_data()).await;
    }
    assert_eq!(peer.event_within(Duration::from_millis(100)).await, None);
    deliver_part(&mut peer, 1, parts[1].user_data()).await;
    assert_eq!(arrival(&scene, 0).await.content.text, text);
    scene.recorder.settle(true);
    let mut answered = Vec::new();
    for _ in 0..4 {
        let (token, status) = peer.delivery_answer().await;
        assert_eq!(status, CommandStatus::OK);
        answered.push(token);
    }
    answered.sort_unstable();
    assert_eq!(answered, [0, 1, 2, 3]);
}

async fn deliver_part(peer: &mut Peer, token: u64, octets: &[u8]) {
    let part = ShortMessage { esm_class: EsmClass::WITH_UDH, ..from_anna(octets, 8) };
    peer.deliver(token, &part).await;
}

#[tokio::test]
async fn parts_by_optional_parameters_are_put_together_too() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    for (part, octets) in [(2, &b"world"[..]), (1, b"hello ")] {
        let mut tlvs = TlvBuf::new();
        tlvs.push_u16(Tag::SAR_MSG_REF_NUM, 700);
        tlvs.push_u8(Tag::SAR_TOTAL_SEGMENTS, 2);
        tlvs.push_u8(Tag::SAR_SEGMENT_SEQNUM, part);
        peer.deliver(0, &ShortMessage { tlvs: tlvs.tlvs(), ..from_anna(octets, 0) }).await;
    }
    assert_eq!(arrival(&scene, 0).await.content.text, "hello world");
}

/// Part `part` of `total` of the long message with this reference.
async fn deliver_piece(peer: &mut Peer, token: u64, (reference, part, total): (u8, u8, u8), text: &str) {
    let octets = [&[5, 0, 3, reference, total, part], text.as_bytes()].concat();
    let message = ShortMessage { esm_class: EsmClass::WITH_UDH, ..from_anna(&octets, 0) };
    peer.deliver(token, &message).await;
}

#[tokio::test]
async fn when_a_part_never_comes_the_others_are_delivered_with_a_mark_and_answered_once_durable() {
    let (scene, mut peer) = Scene::bound(SmsOptions { reassembly_ms: 100, ..quick() }, 10).await;
    scene.recorder.with(|heard| heard.hold = true);
    deliver_piece(&mut peer, 1, (9, 1, 3), "one ").await;
    deliver_piece(&mut peer, 2, (9, 3, 3), "three").await;
    deliver_piece(&mut peer, 3, (9, 1, 3), "one ").await;
    assert_eq!(arrival(&scene, 0).await.content.text, "one [...]three");
    assert_eq!(peer.event_within(Duration::from_millis(50)).await, None);
    scene.recorder.settle(true);
    // Every request is answered, the repeat too: nothing comes again.
    for token in 1..4 {
        assert_eq!(peer.delivery_answer().await, (token, CommandStatus::OK));
    }
    // The missing part comes after all: shown by itself, and answered.
    deliver_piece(&mut peer, 4, (9, 2, 3), "two ").await;
    assert_eq!(arrival(&scene, 1).await.content.text, "[...]two [...]");
    // What can't be stored now stays with the SMSC.
    scene.recorder.settle(false);
    assert_eq!(peer.delivery_answer().await, (4, CommandStatus::X_T_APPN));
}

#[tokio::test]
async fn first_parts_without_end_are_bounded_and_the_smsc_keeps_the_rest() {
    let options = SmsOptions { reassembly_ms: 300, unanswered_max: 16, ..quick() };
    let (scene, mut peer) = Scene::bound(options, 10).await;
    for reference in 0..40 {
        deliver_piece(&mut peer, reference.into(), (reference, 1, 2), "first ").await;
    }
    // A quarter of the allowance is held, all else turned away at once.
    for token in 4..40 {
        assert_eq!(peer.delivery_answer().await, (token, CommandStatus::X_T_APPN));
    }
    // A message that becomes whole finds its way also now.
    deliver_piece(&mut peer, 40, (2, 2, 2), "second").await;
    assert_eq!(arrival(&scene, 0).await.content.text, "first second");
    let mut answered = Vec::new();
    for _ in 0..5 {
        let (token, status) = peer.delivery_answer().await;
        assert_eq!(status, CommandStatus::OK);
        answered.push(token);
    }
    assert_eq!(answered, [2, 40, 0, 1, 3]);
    assert_eq!(arrival(&scene, 3).await.content.text, "first [...]");
    deliver_piece(&mut peer, 41, (50, 1, 2), "room again ").await;
    deliver_piece(&mut peer, 42, (50, 2, 2), "for this").await;
    assert_eq!(arrival(&scene, 4).await.content.text, "room again for this");
}

#[tokio::test]
async fn parts_of_a_lost_link_were_not_answered_and_come_again_as_one_message() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    deliver_piece(&mut peer, 1, (9, 1, 2), "one ").await;
    assert_eq!(peer.event_within(Duration::from_millis(50)).await, None);
    drop(peer);
    let mut peer = scene.smsc.bound().await;
    for (token, part, text) in [(1, 1, "one "), (2, 2, "two")] {
        deliver_piece(&mut peer, token, (9, part, 2), text).await;
    }
    assert_eq!(arrival(&scene, 0).await.content.text, "one two");
    for token in 1..3 {
        assert_eq!(peer.delivery_answer().await, (token, CommandStatus::OK));
    }
    assert_eq!(scene.recorder.with(|heard| heard.arrivals.len()), 1);
}

#[tokio::test]
async fn the_same_words_twice_are_two_messages_and_a_repeat_after_a_lost_link_is_one() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    for _ in 0..2 {
        peer.deliver(0, &from_anna(b"ok", 0)).await;
    }
    let (first, second) = (arrival(&scene, 0).await.once, arrival(&scene, 1).await.once);
    assert_ne!(first, second);
    drop(peer);
    let mut peer = scene.smsc.bound().await;
    peer.deliver(0, &from_anna(b"ok", 0)).await;
    assert_eq!(arrival(&scene, 2).await.once, second);
    peer.deliver(0, &from_anna(b"ok", 0)).await;
    let fresh = arrival(&scene, 3).await.once;
    assert!(fresh != first && fresh != second);
}

#[tokio::test]
async fn what_becomes_durable_after_its_session_ended_is_not_answered_in_another() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    scene.recorder.with(|heard| heard.hold = true);
    peer.deliver(0, &from_anna(b"hello", 0)).await;
    scene.recorder.until("the hand-in", |heard| (heard.held.len() == 1).then_some(())).await;
    drop(peer);
    let mut peer = scene.smsc.bound().await;
    peer.deliver(1, &from_anna(b"other", 0)).await;
    scene.recorder.until("the hand-in", |heard| (heard.held.len() == 2).then_some(())).await;
    // Both sessions count from 1: the answer to the first must not be taken for one to the second.
    scene.recorder.settle(true);
    assert_eq!(peer.event_within(Duration::from_millis(100)).await, None);
    scene.recorder.settle(true);
    assert_eq!(peer.delivery_answer().await, (1, CommandStatus::OK));
}

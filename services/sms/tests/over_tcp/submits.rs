//! Submitting: the window, long messages, back-pressure, and what no answer means.

use crate::recorder::WallClock;
use crate::scene::{Scene, number, quick, whole};
use std::time::Duration;
use switchback_core::model::{
    Address, CannotCarry, Content, FailureClass, Media, PeerCode, PeerId, Priority, Reach, ReportKind,
};
use switchback_ports::{Clock, Transport, TransportFull};
use switchback_sms::SmsOptions;
use wire_gsm::UserData;
use wire_smpp::{CommandStatus, SmppTime, Tag};

fn taken(id: &str) -> ReportKind {
    ReportKind::HandedOver { peer_id: Some(PeerId::new(id)) }
}

#[tokio::test]
async fn a_message_goes_out_as_the_standard_says_and_its_id_comes_back_raw() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let order = scene.send("Hello [Anna] €");
    let submit = peer.submit().await;
    let message = submit.message();
    assert_eq!((message.source.ton, message.source.digits), (3, &b"72404"[..]));
    assert_eq!((message.destination.ton, message.destination.npi), (1, 1));
    assert_eq!(message.destination.digits, b"46701234567");
    assert_eq!((message.esm_class.0, message.data_coding, message.registered_delivery), (0, 0, 1));
    assert_eq!(message.user_data(), b"Hello \x1b<Anna\x1b> \x1be");
    assert!(message.tlvs.get_u16(Tag::USER_MESSAGE_REFERENCE).is_some());
    // Two hours of life are left, which is less than the longest validity.
    let Some(SmppTime::Relative(validity)) = SmppTime::parse(message.validity_period) else {
        panic!("validity")
    };
    assert!(validity <= Duration::from_secs(7_200) && validity > Duration::from_secs(7_100), "{validity:?}");
    peer.answer(&submit, CommandStatus::OK, Some("00Ab7")).await;
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, taken("00Ab7"));
}

#[tokio::test]
async fn the_window_holds_and_moves_on_with_each_answer() {
    let (scene, mut peer) = Scene::bound(quick(), 3).await;
    let orders: Vec<_> = (0..7).map(|n| scene.send(&format!("message {n}"))).collect();
    let mut out = Vec::new();
    for _ in 0..3 {
        out.push(peer.submit().await);
    }
    assert_eq!(peer.event_within(Duration::from_millis(100)).await, None);
    for n in 0..7 {
        let submit = out.remove(0);
        assert_eq!(submit.message().user_data(), format!("message {n}").as_bytes());
        peer.answer(&submit, CommandStatus::OK, Some(&n.to_string())).await;
        if n < 4 {
            out.push(peer.submit().await);
        }
    }
    for (n, order) in orders.iter().enumerate() {
        assert_eq!(scene.recorder.kind(whole(order), 0).await, taken(&n.to_string()));
    }
}

#[tokio::test]
async fn the_urgent_lane_goes_first_and_a_full_lane_is_back_pressure() {
    let scene = Scene::new(SmsOptions { lane_orders: 3, ..quick() }).await;
    scene.service.set_route(scene.route(1));
    for (text, priority) in
        [("bulk", Priority::Bulk), ("person", Priority::Person), ("urgent", Priority::Urgent)]
    {
        let mut order = scene.order(text);
        order.priority = priority;
        scene.attempt(&order).unwrap();
    }
    assert_eq!(scene.attempt(&scene.order("one too many")), Err(TransportFull));
    let mut peer = scene.smsc.bound().await;
    for text in ["urgent", "person", "bulk"] {
        let submit = peer.submit().await;
        assert_eq!(submit.message().user_data(), text.as_bytes());
        peer.answer(&submit, CommandStatus::OK, Some(text)).await;
    }
}

#[tokio::test]
async fn a_long_message_is_as_many_parts_as_it_was_measured_each_answered_for_itself() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let text = "0123456789".repeat(40);
    let order = scene.send(&text);
    assert_eq!(order.parts, 3);
    let (mut joined, mut references) = (Vec::new(), Vec::new());
    for part in 0..3_u8 {
        let submit = peer.submit().await;
        assert!(submit.message().esm_class.has_udh());
        let message = submit.message();
        let data = UserData::parse(message.user_data());
        let place = data.concatenation().unwrap();
        assert_eq!((place.total(), place.part()), (3, part + 1));
        references.push(place.reference());
        joined.extend_from_slice(data.payload());
        let status = if part == 1 { CommandStatus::INVDSTADR } else { CommandStatus::OK };
        peer.answer(&submit, status, Some(&format!("id{part}"))).await;
    }
    assert_eq!(joined, text.as_bytes());
    assert!(references.windows(2).all(|pair| pair[0] == pair[1]));
    let of = |part| (order.message, 1, part);
    assert_eq!(scene.recorder.kind(of(0), 0).await, taken("id0"));
    let refused = scene.recorder.said(of(1), 0).await;
    assert_eq!(refused.kind, ReportKind::Failed(FailureClass::Permanent));
    assert_eq!(refused.code, Some(PeerCode::Smpp(0x0B)));
    assert_eq!(scene.recorder.kind(of(2), 0).await, taken("id2"));
}

#[tokio::test]
async fn slow_down_pauses_the_link_and_fails_nothing() {
    for status in [CommandStatus::THROTTLED, CommandStatus::MSGQFUL] {
        let (scene, mut peer) = Scene::bound(quick(), 2).await;
        let orders = [scene.send("first"), scene.send("second"), scene.send("third")];
        let refused = [peer.submit().await, peer.submit().await];
        for submit in &refused {
            peer.answer(submit, status, None).await;
        }
        for n in 0..3 {
            let submit = peer.submit().await;
            assert!(refused.iter().all(|earlier| earlier.sequence != submit.sequence));
            peer.answer(&submit, CommandStatus::OK, Some(&n.to_string())).await;
        }
        for order in &orders {
            assert!(matches!(scene.recorder.kind(whole(order), 0).await, ReportKind::HandedOver { .. }));
        }
        assert_eq!(scene.recorder.with(|heard| heard.reports.len()), 3);
    }
}

#[tokio::test]
async fn no_answer_is_unknown_and_a_late_answer_is_still_heard() {
    let (scene, mut peer) = Scene::bound(SmsOptions { response_ms: 100, ..quick() }, 10).await;
    let order = scene.send("hello");
    let submit = peer.submit().await;
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, ReportKind::NoAnswer);
    peer.answer(&submit, CommandStatus::OK, Some("late")).await;
    assert_eq!(scene.recorder.kind(whole(&order), 1).await, taken("late"));
}

#[tokio::test]
async fn an_ok_without_an_id_is_taken_but_untraceable_and_a_second_answer_changes_nothing() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let order = scene.send("hello");
    let submit = peer.submit().await;
    peer.answer(&submit, CommandStatus::OK, None).await;
    peer.answer(&submit, CommandStatus::SYSERR, None).await;
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, ReportKind::HandedOver { peer_id: None });
    let next = scene.send("next");
    let submit = peer.submit().await;
    peer.answer(&submit, CommandStatus::SYSERR, None).await;
    let failed = ReportKind::Failed(FailureClass::Temporary);
    assert_eq!(scene.recorder.kind(whole(&next), 0).await, failed);
    assert_eq!(scene.recorder.with(|heard| heard.reports.len()), 2);
}

#[tokio::test]
async fn an_smsc_that_refuses_optional_parameters_gets_none() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let order = scene.send("hello");
    let submit = peer.submit().await;
    peer.answer(&submit, CommandStatus::OPTPARNOTALLWD, None).await;
    let again = peer.submit().await;
    assert!(again.message().tlvs.as_bytes().is_empty());
    peer.answer(&again, CommandStatus::OPTPARNOTALLWD, None).await;
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, ReportKind::Failed(FailureClass::Local));
}

#[tokio::test]
async fn what_waits_past_its_deadline_never_leaves_and_is_no_unknown() {
    let scene = Scene::new(quick()).await;
    scene.service.set_route(scene.route(10));
    let mut order = scene.order("0123456789".repeat(20).as_str());
    order.deadline = WallClock.now().plus_millis(50);
    scene.attempt(&order).unwrap();
    for part in 0..2 {
        let kind = scene.recorder.kind((order.message, 1, part), 0).await;
        assert_eq!(kind, ReportKind::Failed(FailureClass::Temporary));
    }
    let mut peer = scene.smsc.bound().await;
    assert_eq!(peer.event_within(Duration::from_millis(100)).await, None);
}

#[tokio::test]
async fn reports_that_the_engine_is_too_busy_for_are_kept_for_it() {
    let (scene, mut peer) = Scene::bound(quick(), 1).await;
    let orders = [scene.send("first"), scene.send("second")];
    let submit = peer.submit().await;
    scene.recorder.with(|heard| heard.overloaded = true);
    peer.answer(&submit, CommandStatus::OK, Some("1")).await;
    // While a report is kept back, nothing new leaves.
    assert_eq!(peer.event_within(Duration::from_millis(100)).await, None);
    scene.recorder.with(|heard| heard.overloaded = false);
    assert_eq!(scene.recorder.kind(whole(&orders[0]), 0).await, taken("1"));
    let submit = peer.submit().await;
    peer.answer(&submit, CommandStatus::OK, Some("2")).await;
    assert_eq!(scene.recorder.kind(whole(&orders[1]), 0).await, taken("2"));
}

#[tokio::test]
async fn content_that_is_not_as_priced_is_not_sent() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let mut order = scene.order("hello");
    order.parts = 2;
    scene.attempt(&order).unwrap();
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, ReportKind::Failed(FailureClass::Local));
    assert_eq!(peer.event_within(Duration::from_millis(100)).await, None);
}

#[tokio::test]
async fn measures_say_what_can_go_and_where() {
    let scene = Scene::new(quick()).await;
    let phone = number("+46701234567");
    let measure = |content: &Content, to: &Address| scene.service.measure(content, to);
    assert_eq!(measure(&Content::text("hi"), &phone).reach, Reach::NoRoute);
    scene.service.set_route(scene.route(10));
    let down = measure(&Content::text("hi"), &phone);
    assert!(matches!(down.reach, Reach::Down(_)) && down.route.is_some());
    let _peer = scene.smsc.bound().await;
    scene.recorder.route_is(switchback_ports::RouteState::Up).await;
    for (text, parts) in
        [("a".repeat(160), 1), ("a".repeat(161), 2), ("ä".repeat(161), 2), ("я".repeat(71), 2)]
    {
        let measure = measure(&Content::text(text), &phone);
        assert_eq!((measure.parts, measure.reach, measure.cannot_carry), (parts, Reach::Yes, None));
    }
    assert_eq!(measure(&Content::text("a".repeat(153 * 6)), &phone).cannot_carry, None);
    assert_eq!(
        measure(&Content::text("a".repeat(153 * 6 + 1)), &phone).cannot_carry,
        Some(CannotCarry::TooLong)
    );
    for stranger in ["72404", "MyBank", "sip:anna@example.net"] {
        assert_eq!(measure(&Content::text("hi"), &number(stranger)).reach, Reach::NoAddress);
    }
    let picture = Media { content_type: "image/png".into(), filename: "a.png".into(), data: vec![0; 9] };
    let media = Content { text: String::new(), media: vec![picture], chat: None };
    assert_eq!(measure(&media, &phone).cannot_carry, Some(CannotCarry::Media));
}

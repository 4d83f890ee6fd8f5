//! The life of a session: bind, loss, return, goodbye.

use crate::scene::{Scene, number, quick, whole};
use smol_str::SmolStr;
use switchback_core::model::{Content, FailureClass, Reach, ReportKind, WithdrawalAnswer};
use switchback_ports::{RouteState, Transport, TransportFull};
use switchback_sms::{RouteSettings, SmsOptions};
use wire_smpp::{BindMode, CloseReason, CommandStatus, ServerEvent};

#[tokio::test]
async fn binds_as_a_transceiver_with_the_route_s_credentials() {
    let scene = Scene::new(quick()).await;
    scene.service.set_route(scene.route(10));
    let (_peer, request) = scene.smsc.asked_to_bind().await;
    assert_eq!(request.mode, BindMode::Transceiver);
    assert_eq!((request.system_id.as_str(), request.password.as_str()), ("switchback", "secret"));
    assert_eq!(request.interface_version, 0x34);
}

#[tokio::test]
async fn a_link_cut_before_the_answer_is_unknown_and_what_did_not_leave_goes_by_the_next_session() {
    let (scene, mut peer) = Scene::bound(quick(), 1).await;
    let sent = scene.send("sent");
    peer.submit().await;
    let waiting = scene.send("waiting");
    drop(peer);
    assert_eq!(scene.recorder.kind(whole(&sent), 0).await, ReportKind::NoAnswer);
    scene.recorder.route_is(RouteState::Down).await;
    let mut peer = scene.smsc.bound().await;
    let submit = peer.submit().await;
    assert_eq!(submit.message().user_data(), b"waiting");
    peer.answer(&submit, CommandStatus::OK, Some("2")).await;
    assert!(matches!(scene.recorder.kind(whole(&waiting), 0).await, ReportKind::HandedOver { .. }));
    scene.recorder.route_is(RouteState::Up).await;
    assert_eq!(scene.recorder.with(|heard| heard.reports.len()), 2);
}

#[tokio::test]
async fn an_answer_of_the_last_session_says_nothing_in_the_next() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let first = scene.send("first");
    let submit = peer.submit().await;
    drop(peer);
    assert_eq!(scene.recorder.kind(whole(&first), 0).await, ReportKind::NoAnswer);
    let mut peer = scene.smsc.bound().await;
    let second = scene.send("second");
    let other = peer.submit().await;
    // The sequence numbers of two sessions meet: this answers the second message, and only that.
    assert_eq!(submit.sequence, other.sequence);
    peer.answer(&submit, CommandStatus::OK, Some("id")).await;
    assert!(matches!(scene.recorder.kind(whole(&second), 0).await, ReportKind::HandedOver { .. }));
    assert_eq!(scene.recorder.with(|heard| heard.reports.len()), 2);
}

#[tokio::test]
async fn a_refused_bind_is_tried_again_and_the_route_is_down_meanwhile() {
    let scene = Scene::new(SmsOptions { enquire_link_ms: 100, ..quick() }).await;
    scene.service.set_route(scene.route(10));
    for status in [CommandStatus::INVPASWD, CommandStatus::ALYBND, CommandStatus::SYSERR] {
        let (mut peer, request) = scene.smsc.asked_to_bind().await;
        peer.answer_bind(&request, status).await;
        let reach = scene.service.measure(&Content::text("hi"), &number("+46701234567")).reach;
        assert!(matches!(reach, Reach::Down(_)));
    }
    let _peer = scene.smsc.bound().await;
    scene.recorder.route_is(RouteState::Up).await;
    assert_eq!(scene.recorder.with(|heard| heard.routes.len()), 2);
}

#[tokio::test]
async fn refused_credentials_are_tried_slowly() {
    let scene = Scene::new(SmsOptions { auth_retry_ms: 300, ..quick() }).await;
    scene.service.set_route(scene.route(10));
    let (mut peer, request) = scene.smsc.asked_to_bind().await;
    peer.answer_bind(&request, CommandStatus::INVPASWD).await;
    let refused = std::time::Instant::now();
    scene.smsc.asked_to_bind().await;
    assert!(refused.elapsed() >= std::time::Duration::from_millis(300));
}

#[tokio::test]
async fn a_silent_link_is_found_out() {
    let options = SmsOptions { enquire_link_ms: 100, response_ms: 100, ..quick() };
    let (scene, peer) = Scene::bound(options, 10).await;
    // The pretend SMSC reads nothing from here on, so nothing is answered; the connection stays open.
    scene.recorder.route_is(RouteState::Down).await;
    let _again = scene.smsc.asked_to_bind().await;
    drop(peer);
}

#[tokio::test]
async fn stop_takes_the_answers_that_are_out_gives_back_what_never_left_and_says_goodbye() {
    let (scene, mut peer) = Scene::bound(quick(), 1).await;
    let out = scene.send("out");
    let submit = peer.submit().await;
    let waiting = scene.send("waiting");
    // The stop begins first; the answer that is owed is still heard, and nothing new comes.
    let smsc = async {
        peer.answer(&submit, CommandStatus::OK, Some("1")).await;
        peer.event().await
    };
    let ((), closed) = tokio::join!(scene.stop(), smsc);
    assert_eq!(closed, ServerEvent::Closed(CloseReason::PeerUnbound));
    assert!(matches!(scene.recorder.kind(whole(&out), 0).await, ReportKind::HandedOver { .. }));
    assert_eq!(scene.recorder.kind(whole(&waiting), 0).await, ReportKind::NotSent);
    scene.recorder.route_is(RouteState::Down).await;
    assert_eq!(scene.attempt(&scene.order("too late")), Err(TransportFull));
}

#[tokio::test]
async fn stop_gives_back_before_it_waits_and_finishes_a_long_message_that_has_begun() {
    let (scene, mut peer) = Scene::bound(quick(), 1).await;
    let long = scene.send(&"a long message ".repeat(20));
    let waiting = scene.send("waiting");
    let first = peer.submit().await;
    // The SMSC says nothing yet: what never left is given back all the same, and can be asked back for certain.
    let smsc = async {
        assert_eq!(scene.recorder.kind(whole(&waiting), 0).await, ReportKind::NotSent);
        scene.withdraw(&waiting, &[None]);
        let answer = ReportKind::Withdrawal(WithdrawalAnswer::Withdrawn);
        assert_eq!(scene.recorder.kind(whole(&waiting), 1).await, answer);
        peer.answer(&first, CommandStatus::OK, Some("1")).await;
        let second = peer.submit().await;
        peer.answer(&second, CommandStatus::OK, Some("2")).await;
        peer.event().await
    };
    let ((), closed) = tokio::join!(scene.stop(), smsc);
    assert_eq!(closed, ServerEvent::Closed(CloseReason::PeerUnbound));
    for part in 0..2 {
        let of = (long.message, long.attempt, part);
        assert!(matches!(scene.recorder.kind(of, 0).await, ReportKind::HandedOver { .. }), "part {part}");
    }
}

#[tokio::test]
async fn stop_ends_in_time_even_when_the_smsc_says_nothing() {
    let (scene, mut peer) = Scene::bound(quick(), 1).await;
    let out = scene.send("out");
    peer.submit().await;
    let began = std::time::Instant::now();
    scene.service.stop(std::time::Duration::from_millis(200)).await;
    assert!(began.elapsed() < std::time::Duration::from_secs(5));
    assert_eq!(scene.recorder.kind(whole(&out), 0).await, ReportKind::NoAnswer);
}

#[tokio::test]
async fn stop_before_any_bind_gives_everything_back() {
    let scene = Scene::new(quick()).await;
    scene.service.set_route(scene.route(1));
    let order = scene.send("hello");
    scene.stop().await;
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, ReportKind::NotSent);
}

#[tokio::test]
async fn new_settings_say_goodbye_to_the_old_session_and_keep_what_waits() {
    let (scene, mut peer) = Scene::bound(quick(), 1).await;
    scene.send("out");
    let submit = peer.submit().await;
    scene.send("waiting");
    scene.service.set_route(RouteSettings { system_id: SmolStr::new("renamed"), ..scene.route(5) });
    peer.answer(&submit, CommandStatus::OK, Some("1")).await;
    // Whether "waiting" leaves before the goodbye or after it depends on who is quicker; it leaves once.
    let mut texts = Vec::new();
    loop {
        match peer.event().await {
            ServerEvent::Submit(submit) => {
                texts.push(submit.message().user_data().to_vec());
                peer.answer(&submit, CommandStatus::OK, Some("2")).await;
            }
            ServerEvent::Closed(reason) => {
                assert_eq!(reason, CloseReason::PeerUnbound);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    let (mut peer, request) = scene.smsc.asked_to_bind().await;
    assert_eq!(request.system_id, "renamed");
    peer.answer_bind(&request, CommandStatus::OK).await;
    if texts.is_empty() {
        texts.push(peer.submit().await.message().user_data().to_vec());
    }
    assert_eq!(texts, [b"waiting"]);
}

#[tokio::test]
async fn an_order_for_a_route_that_is_not_there_is_our_own_fault() {
    let scene = Scene::new(quick()).await;
    let order = scene.send("hello");
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, ReportKind::Failed(FailureClass::Local));
}

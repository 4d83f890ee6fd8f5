//! Withdrawing (R10): only a certain answer is a yes.

use crate::scene::{Scene, quick, whole};
use switchback_core::model::{ReportKind, WithdrawalAnswer};
use switchback_sms::SmsOptions;
use wire_smpp::CommandStatus;

fn answer(answer: WithdrawalAnswer) -> ReportKind {
    ReportKind::Withdrawal(answer)
}

#[tokio::test]
async fn what_is_still_in_the_lane_is_taken_back_exactly() {
    let (scene, mut peer) = Scene::bound(quick(), 1).await;
    let first = scene.send("first");
    let submit = peer.submit().await;
    let second = scene.send("second");
    let third = scene.send("third");
    scene.withdraw(&second, &[None]);
    assert_eq!(scene.recorder.kind(whole(&second), 0).await, answer(WithdrawalAnswer::Withdrawn));
    peer.answer(&submit, CommandStatus::OK, Some("1")).await;
    let submit = peer.submit().await;
    assert_eq!(submit.message().user_data(), b"third");
    // Sent, and not answered: nobody can tell, and there is no id to cancel by.
    scene.withdraw(&third, &[None]);
    assert_eq!(scene.recorder.kind(whole(&third), 0).await, answer(WithdrawalAnswer::Unknown));
    assert!(matches!(scene.recorder.kind(whole(&first), 0).await, ReportKind::HandedOver { .. }));
}

#[tokio::test]
async fn while_the_link_is_down_the_lane_still_gives_back() {
    let scene = Scene::new(quick()).await;
    scene.service.set_route(scene.route(1));
    let order = scene.send("hello");
    scene.withdraw(&order, &[None]);
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, answer(WithdrawalAnswer::Withdrawn));
    let sent = scene.order("sent in an earlier session");
    scene.withdraw(&sent, &[Some("7")]);
    assert_eq!(scene.recorder.kind(whole(&sent), 0).await, answer(WithdrawalAnswer::Unknown));
}

#[tokio::test]
async fn cancel_sm_names_the_message_as_it_was_submitted() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let order = scene.order("hello");
    scene.withdraw(&order, &[Some("00Ab7")]);
    let cancel = peer.cancel().await;
    assert_eq!(cancel.message_id, "00Ab7");
    let address = |ton, npi, digits: &str| (ton, npi, digits.to_owned());
    let source = &cancel.source;
    assert_eq!(address(source.ton, source.npi, &source.digits), address(3, 0, "72404"));
    let destination = &cancel.destination;
    assert_eq!(address(destination.ton, destination.npi, &destination.digits), address(1, 1, "46701234567"));
    peer.answer_cancel(&cancel, CommandStatus::OK).await;
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, answer(WithdrawalAnswer::Withdrawn));
}

#[tokio::test]
async fn every_part_must_be_taken_back_for_a_yes() {
    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let order = scene.order("0123456789".repeat(40).as_str());
    for (second, expected) in [
        (CommandStatus::OK, WithdrawalAnswer::Withdrawn),
        (CommandStatus::CANCELFAIL, WithdrawalAnswer::Refused),
    ] {
        let nth = scene.recorder.with(|heard| heard.reports.len());
        scene.withdraw(&order, &[Some("1"), Some("2"), Some("3")]);
        for status in [CommandStatus::OK, second, CommandStatus::OK] {
            let cancel = peer.cancel().await;
            peer.answer_cancel(&cancel, status).await;
        }
        assert_eq!(scene.recorder.kind(whole(&order), nth).await, answer(expected));
    }
    // One part has no id: cancelling the others would only tear the message.
    scene.withdraw(&order, &[Some("1"), None, Some("3")]);
    assert_eq!(scene.recorder.kind(whole(&order), 2).await, answer(WithdrawalAnswer::Unknown));
    scene.withdraw(&order, &[Some("only")]);
    assert_eq!(peer.cancel().await.message_id, "only");
}

#[tokio::test]
async fn no_answer_to_a_cancel_is_unknown_and_so_is_a_lost_link() {
    let (scene, mut peer) = Scene::bound(SmsOptions { recall_ms: 100, ..quick() }, 10).await;
    let order = scene.order("hello");
    scene.withdraw(&order, &[Some("7")]);
    peer.cancel().await;
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, answer(WithdrawalAnswer::Unknown));
    drop(peer);

    let (scene, mut peer) = Scene::bound(quick(), 10).await;
    let order = scene.order("hello");
    scene.withdraw(&order, &[Some("7")]);
    peer.cancel().await;
    drop(peer);
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, answer(WithdrawalAnswer::Unknown));
}

#[tokio::test]
async fn a_full_window_does_not_hold_up_a_cancel() {
    let (scene, mut peer) = Scene::bound(quick(), 1).await;
    scene.send("fills the window");
    peer.submit().await;
    let order = scene.order("earlier");
    scene.withdraw(&order, &[Some("7")]);
    let cancel = peer.cancel().await;
    peer.answer_cancel(&cancel, CommandStatus::OK).await;
    assert_eq!(scene.recorder.kind(whole(&order), 0).await, answer(WithdrawalAnswer::Withdrawn));
}

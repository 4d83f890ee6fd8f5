//! The sweeper of reservations is each message's own timer: what nobody ends is given back when its message ends, also
//! after a crash, and never while an attempt may still deliver.

use crate::scene::{Scene, euro};
use switchback_core::model::{FallbackRule, Message, PayerId, ReportKind, Service, ServiceChoice, Status};
use switchback_ports::Intake;

const HOUR: u64 = 3_600_000;

/// A text at 0.03 to Bo that nothing else may carry.
fn text(scene: &Scene) -> Message {
    let mut text = scene.submission("anna", "bo", "hi", ServiceChoice::Named(Service::Sms));
    text.fallback = FallbackRule::Never;
    scene.ask(text).unwrap().message
}

fn held(scene: &Scene) -> String {
    let payer = scene.engine.payer(&PayerId::new("anna")).wait().unwrap().unwrap().unwrap();
    assert_eq!(payer.held.checked_add(payer.available()), Some(payer.balance));
    payer.held.amount()
}

#[test]
fn a_reservation_that_nobody_ends_is_given_back_at_the_end_of_its_message() {
    let scene = Scene::new();
    let (lost, found) = (text(&scene), text(&scene));
    scene.hand_over(&scene.sms.order(1), "a");
    scene.hand_over(&scene.sms.order(2), "b");
    scene.clock.forward(71 * HOUR);
    // The receipts may still come: both are held, and one does.
    let scene = scene.crash();
    assert_eq!(held(&scene), "0.06");
    assert!(scene.receive("b", ReportKind::Delivered));
    assert_eq!((held(&scene).as_str(), scene.charged()), ("0.03", euro("0.03")));
    scene.clock.forward(HOUR);
    assert_eq!(held(&scene), "0.03", "what is heard in the minute after the end still decides");
    scene.clock.forward(61_000);
    scene.until(lost.id, Status::Unknown);
    assert_eq!(scene.message(found.id).status, Status::Delivered);
    assert_eq!((held(&scene).as_str(), scene.charged()), ("0.00", euro("0.03")));
    // A receipt after the end moves no money.
    scene.receive("a", ReportKind::Delivered);
    assert_eq!((held(&scene).as_str(), scene.charged()), ("0.00", euro("0.03")));
    scene.prove_ledger();
}

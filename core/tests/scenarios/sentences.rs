//! What the sender reads, and what they do not read about the recipient.

use crate::world::{World, eur};
use switchback_core::lifecycle::Changes;
use switchback_core::model::{
    ChargeOn, DecisionRecord, FailureClass, Input, Presence, Price, Reach, Reason, ReportKind, Service,
    ServiceChoice, Time,
};

/// All records of an IM that the offline recipient does not get within 10 s.
fn records(set_up: impl FnOnce(&mut World)) -> Vec<DecisionRecord> {
    let mut world = World::new();
    set_up(&mut world);
    world.send().unwrap();
    let mut records = world.changes.records.clone();
    world.now = world.message.due.unwrap();
    world.changes = Changes::default();
    world.hear(&Input::Poked);
    records.append(&mut world.changes.records);
    records
}

fn sentences(records: &[DecisionRecord]) -> Vec<String> {
    records.iter().map(|record| record.for_sender().sentence()).collect()
}

#[test]
fn a_fallback_shows_the_inequality_that_let_it_pass() {
    let told = sentences(&records(|_| {}));
    assert_eq!(
        told,
        [
            "You chose chat; the recipient is not online: keeping it for delivery by chat.",
            "Not delivered in time; SMS costs 0.03 EUR, and 0.00 + 0.03 <= 0.03 EUR: taking the chat message back.",
            "The chat message was taken back; SMS costs 0.03 EUR, and 0.00 + 0.03 <= 0.03 EUR: sending by SMS.",
        ]
    );
}

#[test]
fn a_closed_gate_shows_the_price_and_what_can_be_done() {
    let told = sentences(&records(|world| {
        world.offers.sms.price = Price::Exact(eur("0.12"));
    }));
    assert_eq!(
        told.last().unwrap(),
        "Not delivered in time; SMS would cost 0.12 EUR, more than the 0.03 EUR you agreed to: \
         chat goes on; you may send it by SMS for 0.12 EUR."
    );
}

#[test]
fn the_operator_sees_since_when_and_the_sender_does_not() {
    let since = Time::from_millis(1_799_999_000_000);
    let records = records(|world| {
        world.presence = Presence::Offline { since };
        world.message.choice = ServiceChoice::Named(Service::Im);
    });
    let first = records.first().unwrap();
    assert!(first.reasons.contains(&Reason::RecipientOffline(since)) && first.presence.is_some());
    assert!(first.sentence().contains(&since.to_string()));
    for seen in records.iter().map(DecisionRecord::for_sender) {
        assert!(!format!("{seen:?}").contains("1799999000000"), "{seen:?}");
        assert!(!seen.sentence().contains("2027-01-15T07:43:20"), "{}", seen.sentence());
    }
}

#[test]
fn every_record_keeps_the_inputs_it_was_taken_on() {
    let records = records(|_| {});
    let start = records.last().unwrap();
    assert_eq!(start.code(), "start");
    assert_eq!(start.p1, Some(Price::Exact(eur("0.03"))));
    let offers = start.offers.unwrap();
    assert_eq!(offers.map(|offer| offer.price.as_next()), [Some(eur("0.03")), Some(eur("0.03")), None]);
}

fn reported(world: &mut World, attempt: u16, kind: ReportKind) {
    world.hear(&Input::Report { attempt, part: 0, kind, code: None });
}

#[test]
fn what_two_rules_look_at_is_said_once() {
    let mut world = World::new();
    world.message.choice = ServiceChoice::Named(Service::Sms);
    world.offers.im.reach = Reach::NoAddress;
    world.send().unwrap();
    reported(&mut world, 1, ReportKind::Failed(FailureClass::Permanent));
    assert_eq!(
        sentences(&world.changes.records),
        [
            "SMS failed for good; the recipient cannot be reached by chat: failed, since no service could deliver it."
        ]
    );
}

#[test]
fn who_came_online_is_not_said_to_be_online_too() {
    let mut world = World::new();
    world.send().unwrap();
    world.pass(10_000);
    reported(&mut world, 2, ReportKind::HandedOver { peer_id: None });
    world.set_online(true);
    world.hear(&Input::Poked);
    assert_eq!(
        sentences(&world.changes.records),
        ["The recipient came online; chat costs 0.03 EUR, and 0.00 + 0.03 <= 0.03 EUR: \
          taking the SMS message back so that it can go by chat."]
    );
}

#[test]
fn what_is_charged_and_kept_is_in_what_the_sender_is_asked_for() {
    let mut world = World::new();
    world.message.choice = ServiceChoice::Named(Service::Sms);
    world.offers.sms.charge_on = ChargeOn::Submitted { kept_if_undelivered: true, refund_at_end: false };
    world.set_online(true);
    world.send().unwrap();
    reported(&mut world, 1, ReportKind::HandedOver { peer_id: None });
    reported(&mut world, 1, ReportKind::Failed(FailureClass::Permanent));
    assert_eq!(
        sentences(&world.changes.records),
        [
            "SMS failed for good; chat would cost 0.03 EUR, and 0.03 + 0.03 is more than the 0.03 EUR you agreed to: \
          waiting for your consent; you may send it by chat for 0.06 EUR in all."
        ]
    );
}

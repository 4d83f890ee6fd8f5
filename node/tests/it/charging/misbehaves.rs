//! A charging system that goes, or does what none should: nothing goes out without its grant, at most one charge,
//! nothing held in the end, and an audit that is content.

use super::{PHONE, SOON, Stage, audit, audits_clean, go, lists, payer, section, send, smsc_for, until};
use crate::server::{Server, ask_as, text_of, wait_for};
use serde_json::{Value, json};
use std::net::SocketAddr;
use switchback_testkit::ocs::{self, Ocs};
use switchback_testkit::smsc::Phone;

const MIRROR: &str = "quote = \"mirror\"\n";

impl Stage {
    fn anna(&self, if_down: &str) -> String {
        payer(&self.server, "anna", "+46701000001", if_down)
    }
}

#[test]
fn a_session_whose_peer_is_busy_ends_with_the_other() {
    let first =
        Ocs::start(ocs::Config { script: "fails-over".parse().unwrap(), ..ocs::Config::default() }).unwrap();
    let second = first.start_peer().unwrap();
    let peers = [first.address().to_string(), second.address().to_string()];
    let server = Server::start(&section(&peers, MIRROR));
    let smsc = smsc_for(&server);
    wait_for("two links", || (second.counts().links > 1).then_some(()));
    let stage = Stage { server, smsc, ocs: first };
    let anna = stage.anna("deny");
    until(&stage.server, &send(&stage.server, &anna), "delivered");
    stage.settles_at(90_000_000);
    let counts = stage.ocs.counts();
    assert_eq!((counts.reserves, counts.commits, counts.refused), (1, 2, 1), "{counts:?}");
    audits_clean(&stage.server);
}

#[test]
fn a_lone_peer_that_is_busy_is_asked_again_until_it_charges_once() {
    let stage = Stage::new("fails-over", MIRROR);
    let anna = stage.anna("deny");
    until(&stage.server, &send(&stage.server, &anna), "delivered");
    // Each order is given twice, since there might have been another peer.
    wait_for("a second order", || (stage.ocs.counts().commits > 2).then_some(()));
    let counts = stage.ocs.counts();
    assert_eq!((counts.held_nanos, counts.charged_nanos), (90_000_000, 0), "{counts:?}");
    stage.ocs.set_script("".parse().unwrap());
    stage.settles_at(90_000_000);
    audits_clean(&stage.server);
}

#[test]
fn a_price_ten_times_too_high_is_given_back_and_never_paid() {
    let stage = Stage::new("exponent-off", MIRROR);
    let anna = stage.anna("deny");
    let id = send(&stage.server, &anna);
    wait_for("the reservation to be given back", || (stage.ocs.counts().releases > 0).then_some(()));
    stage.settles_at(0);
    let (_, body) = stage.server.ask("GET", &format!("/v1/messages/{id}"), "");
    let message: Value = serde_json::from_str(&body).unwrap();
    assert!(message["charge"].is_null() && message["status"] != "delivered", "{message}");
    assert_eq!(stage.smsc.counts().submits, 0, "sent for more than was agreed");
    audits_clean(&stage.server);
}

#[test]
fn a_probed_price_ten_times_too_high_is_above_what_the_sender_allows() {
    let stage = Stage::new("exponent-off", "quote = \"reserve_probe\"\n");
    let anna = stage.anna("deny");
    let body = json!({"to": PHONE, "text": "hello", "service": "sms", "max_price": {"amount": "0.09", "currency": "EUR"}});
    let asked = ask_as(stage.server.address, &anna, "POST", "/v1/messages", &body.to_string());
    let (status, refusal) = asked.unwrap();
    assert_eq!((status, text_of(&refusal, "code").as_str()), (402, "price_above_max"), "{refusal}");
    assert!(stage.ocs.counts().reserves > 0, "the price came from there");
    stage.settles_at(0);
    audits_clean(&stage.server);
}

#[test]
fn one_that_has_no_prices_is_asked_once_and_charges_all_the_same() {
    let stage = Stage::new("no-price-enquiry", "");
    let anna = stage.anna("deny");
    let ask = format!("{{\"to\": \"{PHONE}\", \"text\": \"hello\"}}");
    let (status, quote) = ask_as(stage.server.address, &anna, "POST", "/v1/quotes", &ask).unwrap();
    assert_eq!(status, 200, "{quote}");
    let quote: Value = serde_json::from_str(&quote).unwrap();
    let sms = quote["services"].as_array().unwrap().iter().find(|line| line["service"] == "sms").unwrap();
    assert!(sms["price"].is_null() && !sms["reason"].is_null(), "unknown is never nothing: {quote}");
    let asked = stage.ocs.counts().price_enquiries;
    assert!(asked > 0);
    let message = until(&stage.server, &send(&stage.server, &anna), "delivered");
    assert_eq!(message["charge"]["amount"], "0.09", "what the reservation told: {message}");
    assert_eq!(stage.ocs.counts().price_enquiries, asked, "asked again");
    stage.settles_at(90_000_000);
    audits_clean(&stage.server);
}

#[test]
fn one_that_answers_only_the_watchdog_gets_no_message_out_and_holds_nothing() {
    let stage = Stage::new("watchdog-only", SOON);
    let anna = stage.anna("deny");
    let message = until(&stage.server, &send(&stage.server, &anna), "failed");
    assert!(message["charge"].is_null(), "{message}");
    assert_eq!(stage.smsc.counts().submits, 0, "sent without a grant");
    let doubtful = audit(&stage.server);
    assert!(doubtful["records"]["suspects"]["count"] == 1, "{doubtful}");
    stage.ocs.set_script("".parse().unwrap());
    audits_clean(&stage.server);
    stage.settles_at(0);
    assert_eq!(stage.ocs.counts().reserves, 1, "a reservation in doubt was asked for again");
}

#[test]
fn answers_that_come_twice_count_once() {
    let stage = Stage::new("answers-twice", "");
    let anna = stage.anna("deny");
    for _ in 0..3 {
        until(&stage.server, &send(&stage.server, &anna), "delivered");
    }
    stage.settles_at(270_000_000);
    let counts = stage.ocs.counts();
    assert_eq!((counts.reserves, counts.commits, counts.repeated, counts.links), (3, 3, 0, 1), "{counts:?}");
    audits_clean(&stage.server);
}

/// It grants, and goes: the message is with the SMSC. What it knows stays, as in its database.
fn goes_after_the_grant(if_down: &str) -> (Stage, SocketAddr, String) {
    let goes = Ocs::start(ocs::Config::default()).unwrap();
    let knows = goes.start_peer().unwrap();
    let server = Server::start(&section(&[goes.address().to_string()], MIRROR));
    let smsc = smsc_for(&server);
    wait_for("a link", || (goes.counts().links > 0).then_some(()));
    let stage = Stage { server, smsc, ocs: knows };
    let anna = stage.anna(if_down);
    stage.smsc.set_phone(PHONE, Phone::Pending);
    let id = send(&stage.server, &anna);
    wait_for("the message to leave", || (stage.smsc.counts().submits > 0).then_some(()));
    let place = go(goes);
    (stage, place, id)
}

/// While it is away, what it granted stays held and nothing is charged.
fn is_held(stage: &Stage) {
    let counts = stage.ocs.counts();
    assert_eq!((counts.held_nanos, counts.charged_nanos), (90_000_000, 0), "{counts:?}");
    audit(&stage.server);
}

#[test]
fn when_it_goes_after_a_grant_it_charges_once_it_is_back() {
    for if_down in ["deny", "buffer", "free"] {
        let (stage, place, id) = goes_after_the_grant(if_down);
        stage.smsc.set_phone(PHONE, Phone::Reachable);
        until(&stage.server, &id, "delivered");
        is_held(&stage);
        let _back = stage.ocs.start_peer_at(place).unwrap();
        stage.settles_at(90_000_000);
        let counts = stage.ocs.counts();
        assert_eq!((counts.reserves, counts.commits, counts.repeated), (1, 1, 0), "{if_down}: {counts:?}");
        audits_clean(&stage.server);
    }
}

#[test]
fn when_it_goes_after_a_grant_and_the_server_falls_too_it_charges_once_both_are_back() {
    let (mut stage, place, id) = goes_after_the_grant("deny");
    stage.smsc.set_phone(PHONE, Phone::Reachable);
    until(&stage.server, &id, "delivered");
    stage.server.kill();
    let _back = stage.ocs.start_peer_at(place).unwrap();
    stage.server.start_again();
    stage.settles_at(90_000_000);
    assert_eq!((stage.ocs.counts().commits, stage.smsc.counts().submits), (1, 1));
    audit(&stage.server);
}

#[test]
fn when_it_goes_after_a_grant_and_the_message_is_taken_back_it_lets_go_once_it_is_back() {
    let (stage, place, id) = goes_after_the_grant("deny");
    let (status, body) = stage.server.ask("POST", &format!("/v1/messages/{id}/cancel"), "");
    assert_eq!(status, 200, "{body}");
    until(&stage.server, &id, "canceled");
    is_held(&stage);
    let _back = stage.ocs.start_peer_at(place).unwrap();
    stage.settles_at(0);
    assert_eq!(stage.ocs.counts().commits, 0);
    audits_clean(&stage.server);
}

/// A message whose reservation has run out when it is delivered, while the charging system is `then`.
fn delivered_too_late(then: &str) -> (Stage, String) {
    let stage = Stage::new("expires", MIRROR);
    let anna = stage.anna("deny");
    stage.smsc.set_phone(PHONE, Phone::Off);
    let id = send(&stage.server, &anna);
    wait_for("the message to leave", || (stage.smsc.counts().submits > 0).then_some(()));
    stage.ocs.set_script(then.parse().unwrap());
    stage.smsc.set_phone(PHONE, Phone::Reachable);
    until(&stage.server, &id, "delivered");
    wait_for("both reservations", || (stage.ocs.counts().reserves > 1).then_some(()));
    (stage, id)
}

#[test]
fn a_reservation_that_ran_out_before_the_delivery_is_made_anew() {
    let (stage, id) = delivered_too_late("");
    stage.settles_at(90_000_000);
    let message = until(&stage.server, &id, "delivered");
    assert_eq!(message["charge"]["amount"], "0.09", "{message}");
    assert_eq!(stage.ocs.counts().done_twice, 0);
    audits_clean(&stage.server);
}

#[test]
fn what_cannot_be_held_anew_is_given_back_and_listed_as_uncollected() {
    for then in ["credit-limit", "expires"] {
        let (stage, id) = delivered_too_late(then);
        lists(&stage.server, "charge_uncollected");
        stage.settles_at(0);
        let message = until(&stage.server, &id, "delivered");
        assert!(message["charge"].is_null(), "{then}: {message}");
        assert_eq!(stage.smsc.counts().submits, 1, "{then}");
    }
}

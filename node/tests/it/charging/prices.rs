//! A charging system that tells no prices is known for it before a sender asks, and the plan's copy stands in where the
//! configuration says so.

use super::{PHONE, Stage, audit, payer, send, until};
use crate::server::{ask_as, text_of, wait_for};
use serde_json::Value;

const SUBJECT: &str = "46701000009";

/// What `/metrics` says of the charging system.
fn metric(stage: &Stage, name: &str) -> Option<u64> {
    let (_, page) = stage.server.ask("GET", "/metrics", "");
    let line = page.lines().find_map(|line| line.strip_prefix(&format!("{name}{{system=\"ocs\"}} ")));
    line.map(|value| value.parse().unwrap())
}

/// The price of an SMS as a sender is shown it.
fn shown(stage: &Stage, token: &str, from: &str) -> Value {
    let ask = format!("{{\"to\": \"{PHONE}\", \"text\": \"hello\", \"origin\": \"{from}\"}}");
    let (status, quote) = ask_as(stage.server.address, token, "POST", "/v1/quotes", &ask).unwrap();
    assert_eq!(status, 200, "{quote}");
    let quote: Value = serde_json::from_str(&quote).unwrap();
    let sms = quote["services"].as_array().unwrap().iter().find(|line| line["service"] == "sms").unwrap();
    sms["price"].clone()
}

#[test]
fn what_it_does_not_tell_stands_in_the_plan() {
    for (otherwise, price) in [("mirror", "0.09"), ("none", "")] {
        let more = &format!("probe_subject = \"+{SUBJECT}\"\nquote_otherwise = \"{otherwise}\"\n");
        let stage = Stage::new("no-price-enquiry", more);
        wait_for("a probe", || (metric(&stage, "switchback_charging_prices") == Some(0)).then_some(()));
        assert_eq!(metric(&stage, "switchback_charging_up"), Some(1));
        let log = stage.server.log();
        let told = log.lines().find(|line| line.contains("tells no prices this way")).unwrap_or(&log);
        assert!(told.contains("ocs") && told.contains("5012"), "{told}");
        let anna = payer(&stage.server, "anna", "+46701000001", "deny");
        let told = shown(&stage, &anna, "home");
        assert_eq!(told["amount"].as_str().unwrap_or_default(), price, "{otherwise}: {told}");
        let message = until(&stage.server, &send(&stage.server, &anna), "delivered");
        assert_eq!(message["charge"]["amount"], "0.09", "{message}");
        stage.settles_at(90_000_000);
        let counts = stage.ocs.counts();
        assert_eq!((counts.price_enquiries, counts.reserves), (1, 1), "{counts:?}");
    }
}

#[test]
fn a_message_from_abroad_costs_what_it_says_from_there() {
    let stage = Stage::new("", "quote = \"reserve_probe\"\n");
    let anna = payer(&stage.server, "anna", "+46701000001", "deny");
    assert_eq!(shown(&stage, &anna, "home")["amount"], "0.09");
    assert_eq!(shown(&stage, &anna, "52001")["amount"], "0.50");
    let body =
        format!("{{\"to\": \"{PHONE}\", \"text\": \"hello\", \"service\": \"sms\", \"origin\": \"52001\"}}");
    let (status, message) = ask_as(stage.server.address, &anna, "POST", "/v1/messages", &body).unwrap();
    assert_eq!(status, 202, "{message}");
    let message = until(&stage.server, &text_of(&message, "id"), "delivered");
    assert_eq!(message["charge"]["amount"], "0.50", "{message}");
    stage.settles_at(500_000_000);
    audit(&stage.server);
}

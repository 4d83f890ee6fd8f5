//! `mode = "event"`: nothing is held, and a charge is a direct debit when it is due. Nobody knows before whether there is
//! enough, so what cannot be paid then is delivered all the same, and nobody is told that it was charged.

use super::{Stage, a_suspect, audits_clean, lists, payer, send, until};
use crate::server::wait_for;
use serde_json::json;

const EVENT: &str = "mode = \"event\"\nquote = \"mirror\"\n";
/// The same of one that does not answer.
const SOON: &str = "mode = \"event\"\nquote = \"mirror\"\nanswer_timeout = \"300ms\"\n";

const ANNA: &str = "+46701000001";

fn anna(stage: &Stage) -> String {
    payer(&stage.server, "anna", ANNA, "deny")
}

/// From now on Anna's plan charges at hand-over, and gives back when it is not delivered.
fn charge_on_submit(stage: &Stage) {
    let plan = "[plan]\nid = \"anna\"\nversion = 2\ncurrency = \"EUR\"\ncharging = \"ocs\"\n\
                [[rate]]\nservice = \"sms\"\ndest = \"any\"\nunit = \"segment\"\nprice = \"0.09\"\ncharge_on = \"submitted\"\n";
    let (status, body) = stage.server.ask("PUT", "/v1/admin/plans/anna", &json!({"text": plan}).to_string());
    assert!((200..300).contains(&status), "{status}: {body}");
}

#[test]
fn what_is_delivered_is_debited_once() {
    let stage = Stage::new("", EVENT);
    let anna = anna(&stage);
    let message = until(&stage.server, &send(&stage.server, &anna), "delivered");
    assert_eq!(message["charge"]["amount"], "0.09", "{message}");
    stage.settles_at(90_000_000);
    let counts = stage.ocs.counts();
    assert_eq!((counts.debits, counts.reserves, counts.commits, counts.releases), (1, 0, 0, 0), "{counts:?}");
    audits_clean(&stage.server);
}

#[test]
fn what_is_not_delivered_is_never_asked_for() {
    let stage = Stage::new("", EVENT);
    let anna = anna(&stage);
    stage.smsc.set_script("unknown-subscriber".parse().unwrap());
    let message = until(&stage.server, &send(&stage.server, &anna), "failed");
    assert!(message["charge"].is_null(), "{message}");
    audits_clean(&stage.server);
    let counts = stage.ocs.counts();
    assert_eq!((counts.debits, counts.refunds, counts.charged_nanos), (0, 0, 0), "{counts:?}");
}

#[test]
fn who_cannot_pay_when_it_is_due_is_not_charged() {
    let stage = Stage::new("", EVENT);
    stage.ocs.set_balance(ANNA, 10_000_000);
    let anna = anna(&stage);
    let id = send(&stage.server, &anna);
    until(&stage.server, &id, "delivered");
    wait_for("the charge to be given up", || {
        let (_, body) = stage.server.ask("GET", &format!("/v1/messages/{id}"), "");
        let message: serde_json::Value = serde_json::from_str(&body).unwrap();
        message["charge"].is_null().then_some(())
    });
    stage.settles_at(0);
    assert_eq!(stage.ocs.counts().debits, 1);
    lists(&stage.server, "charge_uncollected");
}

#[test]
fn a_debit_without_an_answer_is_a_suspect_and_is_never_made_again() {
    for script in ["answer-lost", "answer-lost,no-dedup", "watchdog-only"] {
        let mut stage = Stage::new(script, SOON);
        let anna = anna(&stage);
        until(&stage.server, &send(&stage.server, &anna), "delivered");
        a_suspect(&stage.server);
        stage.server.kill();
        stage.ocs.set_script("".parse().unwrap());
        stage.server.start_again();
        // What is sent after it has been charged: the one in doubt had its turn.
        until(&stage.server, &send(&stage.server, &anna), "delivered");
        let taken = if script == "watchdog-only" { 90_000_000 } else { 180_000_000 };
        stage.settles_at(taken);
        let counts = stage.ocs.counts();
        assert_eq!((counts.debits, counts.repeated), (2, 0), "{script}: {counts:?}");
        a_suspect(&stage.server);
    }
}

#[test]
fn what_was_debited_at_hand_over_is_given_back_when_it_does_not_arrive() {
    let stage = Stage::new("", EVENT);
    let anna = anna(&stage);
    charge_on_submit(&stage);
    stage.smsc.set_script("unknown-subscriber".parse().unwrap());
    let message = until(&stage.server, &send(&stage.server, &anna), "failed");
    assert!(message["charge"].is_null(), "{message}");
    wait_for("a refund", || (stage.ocs.counts().refunds > 0).then_some(()));
    stage.settles_at(0);
    let counts = stage.ocs.counts();
    assert_eq!((counts.debits, counts.refunds), (1, 1), "{counts:?}");
    audits_clean(&stage.server);
}

#[test]
fn a_refund_that_is_refused_is_a_suspect_and_is_asked_for_once() {
    let mut stage = Stage::new("no-refund", EVENT);
    let anna = anna(&stage);
    charge_on_submit(&stage);
    stage.smsc.set_script("unknown-subscriber".parse().unwrap());
    until(&stage.server, &send(&stage.server, &anna), "failed");
    a_suspect(&stage.server);
    stage.server.kill();
    stage.server.start_again();
    stage.smsc.set_script("".parse().unwrap());
    until(&stage.server, &send(&stage.server, &anna), "delivered");
    // The first is still charged there, and the audit still says so.
    stage.settles_at(180_000_000);
    let counts = stage.ocs.counts();
    assert_eq!((counts.debits, counts.refunds), (2, 1), "{counts:?}");
    a_suspect(&stage.server);
}

//! The server against a pretend CGRateS: the same promises, by another wire.

use super::{TIMERS, a_suspect, audits_clean, payer, send, smsc_for, until};
use crate::server::{Server, ask_as, wait_for};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};
use switchback_testkit::cgrates::{Cgrates, Fault};
use switchback_testkit::smsc::Smsc;

const COST: &str = "APIerSv1.GetAccountCost";
const BEGIN: &str = "SessionSv1.InitiateSession";
const END: &str = "SessionSv1.TerminateSession";

const ANNA: &str = "46701000001";

/// A server, an SMSC, and a CGRateS in which Anna has ten euros.
struct Stage {
    server: Server,
    smsc: Smsc,
    cgrates: Cgrates,
    anna: String,
}

fn section(address: SocketAddr) -> String {
    format!(
        "{TIMERS}[charging.ocs]\nkind = \"cgrates\"\naddress = \"{address}\"\norigin_host = \"sb.pretend.test\"\n\
         currency = \"EUR\"\nanswer_timeout = \"300ms\"\n"
    )
}

fn cgrates(listen: SocketAddr) -> Cgrates {
    let cgrates = Cgrates::start(listen).unwrap();
    cgrates.set_account(ANNA, 1000);
    cgrates
}

impl Stage {
    fn new(if_down: &str) -> Self {
        let cgrates = cgrates(([127, 0, 0, 1], 0).into());
        let server = Server::start(&section(cgrates.address()));
        let smsc = smsc_for(&server);
        wait_for("a link", || (cgrates.links() > 0).then_some(()));
        let anna = payer(&server, "anna", &format!("+{ANNA}"), if_down);
        Self { server, smsc, cgrates, anna }
    }

    fn send(&self) -> String {
        send(&self.server, &self.anna)
    }

    /// Anna has this left, in hundredths, and no session is open.
    fn settles_at(&self, left: i64) {
        wait_for("CGRateS to hold nothing", || {
            let settled = self.cgrates.open_sessions() == 0 && self.cgrates.account(ANNA) == Some(left);
            settled.then_some(())
        });
    }
}

#[test]
fn it_is_asked_for_the_price_then_reserves_and_charges_once_and_has_a_record() {
    let stage = Stage::new("deny");
    let ask = "{\"to\": \"+46709000001\", \"text\": \"hello\"}";
    let (status, quote) = ask_as(stage.server.address, &stage.anna, "POST", "/v1/quotes", ask).unwrap();
    assert_eq!(status, 200, "{quote}");
    let quote: Value = serde_json::from_str(&quote).unwrap();
    let sms = quote["services"].as_array().unwrap().iter().find(|line| line["service"] == "sms").unwrap();
    assert_eq!(
        (&sms["price"]["amount"], &sms["price"]["kind"]),
        (&"0.09".into(), &"exact".into()),
        "{quote}"
    );
    assert_eq!(
        (stage.cgrates.times(BEGIN), stage.cgrates.account(ANNA)),
        (0, Some(1000)),
        "a quote moves nothing"
    );

    let id = stage.send();
    let message = until(&stage.server, &id, "delivered");
    assert_eq!(message["charge"]["amount"], "0.09", "{message}");
    stage.settles_at(991);
    wait_for("a record", || (stage.cgrates.records() == [format!("{id}.1")]).then_some(()));
    assert_eq!((stage.cgrates.times(BEGIN), stage.cgrates.times(END)), (1, 1));
    assert_eq!(stage.smsc.counts().submits, 1);
    audits_clean(&stage.server);
}

#[test]
fn what_does_not_arrive_is_released_and_costs_nothing() {
    let stage = Stage::new("deny");
    stage.smsc.set_script("unknown-subscriber".parse().unwrap());
    let id = stage.send();
    let message = until(&stage.server, &id, "failed");
    assert!(message["charge"].is_null(), "{message}");
    stage.settles_at(1000);
    assert_eq!((stage.cgrates.times(BEGIN), stage.cgrates.records().len()), (1, 0));
    audits_clean(&stage.server);
}

#[test]
fn what_it_turns_away_is_never_sent_and_nothing_stays_held() {
    let stage = Stage::new("deny");
    stage.cgrates.set_account(ANNA, 8);
    let stranger = payer(&stage.server, "bert", "+46701000002", "deny");
    for token in [&stage.anna, &stranger] {
        let message = until(&stage.server, &send(&stage.server, token), "failed");
        assert_eq!(message["reason"], "not_payable", "{message}");
    }
    stage.settles_at(8);
    assert_eq!(stage.smsc.counts().submits, 0);
    audits_clean(&stage.server);
}

#[test]
fn a_reservation_without_an_answer_is_released_and_the_next_one_is_another() {
    let stage = Stage::new("buffer");
    stage.cgrates.fail(BEGIN, Fault::Silent);
    let id = stage.send();
    until(&stage.server, &id, "delivered");
    stage.settles_at(991);
    assert_eq!((stage.cgrates.times(BEGIN), stage.smsc.counts().submits), (2, 1));
    audits_clean(&stage.server);
}

#[test]
fn a_charge_without_an_answer_is_a_suspect_and_is_not_asked_for_again() {
    let stage = Stage::new("deny");
    stage.cgrates.fail(END, Fault::Silent);
    let id = stage.send();
    until(&stage.server, &id, "delivered");
    a_suspect(&stage.server);
    stage.settles_at(991);
    assert_eq!(stage.cgrates.times(END), 1);
}

#[test]
fn answers_that_are_wrong_or_come_twice_neither_send_nor_charge_anything() {
    let stage = Stage::new("deny");
    stage.cgrates.fail(BEGIN, Fault::Says(json!({"MaxUsage": 121})));
    let message = until(&stage.server, &stage.send(), "failed");
    assert_eq!(message["reason"], "not_payable", "{message}");
    stage.settles_at(1000);
    assert_eq!(stage.smsc.counts().submits, 0);
    for method in [COST, BEGIN, END] {
        stage.cgrates.fail(method, Fault::Twice);
    }
    until(&stage.server, &stage.send(), "delivered");
    stage.settles_at(991);
    audits_clean(&stage.server);
}

#[test]
fn while_nobody_is_there_a_plan_denies_waits_or_lets_go_free() {
    // A port that nobody listens on, until CGRateS comes.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(&section(address));
    let smsc = smsc_for(&server);
    let anna = payer(&server, "anna", &format!("+{ANNA}"), "buffer");
    let (bert, cleo) =
        (payer(&server, "bert", "+46701000002", "deny"), payer(&server, "cleo", "+46701000003", "free"));
    until(&server, &send(&server, &bert), "failed");
    let waits = send(&server, &anna);
    until(&server, &send(&server, &cleo), "delivered");
    assert_eq!(smsc.counts().submits, 1);
    let cgrates = cgrates(address);
    until(&server, &waits, "delivered");
    let stage = Stage { server, smsc, cgrates, anna };
    stage.settles_at(991);
    audits_clean(&stage.server);
}

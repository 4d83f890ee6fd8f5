//! The server against a pretend charging system: nothing goes out without its grant, and whatever it does wrong, nobody
//! is charged twice and nothing stays held.

mod cgrates;
mod event;
mod misbehaves;
mod prices;

use crate::server::{Server, ask_as, binary, text_of, wait_for};
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use switchback_testkit::ocs::{self, Ocs};
use switchback_testkit::smsc::{self, Phone, Smsc};

const TIMERS: &str = "[timers]\nbackoff = \"200ms\"\nbackoff_cap = \"400ms\"\n";

/// For a charging system that answers late or never; to all others a busy machine gives the usual time.
const SOON: &str = "quote = \"mirror\"\nanswer_timeout = \"300ms\"\n";

/// Whom everybody writes to.
const PHONE: &str = "+46709000001";

/// A server, an SMSC and a charging system.
struct Stage {
    server: Server,
    smsc: Smsc,
    ocs: Ocs,
}

/// The section of a charging system with these peers.
fn section(peers: &[String], more: &str) -> String {
    let peers: Vec<String> = peers.iter().map(|peer| format!("\"{peer}\"")).collect();
    format!(
        "believe_origin = true\n{TIMERS}[charging.ocs]\npeers = [{}]\norigin_host = \"sb.pretend.test\"\n\
         destination_realm = \"pretend.test\"\nim_units = \"messages\"\n{more}",
        peers.join(", ")
    )
}

impl Stage {
    fn new(script: &str, more: &str) -> Self {
        let script = script.parse().unwrap();
        let ocs = Ocs::start(ocs::Config { script, ..ocs::Config::default() }).unwrap();
        Self::with(ocs, more)
    }

    fn with(ocs: Ocs, more: &str) -> Self {
        let peers = [ocs.address().to_string()];
        let server = Server::start(&section(&peers, more));
        let smsc = smsc_for(&server);
        wait_for("a link", || (ocs.counts().links > 0).then_some(()));
        Self { server, smsc, ocs }
    }

    /// Nothing is held at the charging system, and so much was charged.
    fn settles_at(&self, nanos: u64) {
        wait_for("the charging system to hold nothing", || {
            let counts = self.ocs.counts();
            let settled =
                counts.open_sessions == 0 && counts.held_nanos == 0 && counts.charged_nanos == nanos;
            settled.then_some(())
        });
    }
}

fn smsc_for(server: &Server) -> Smsc {
    let smsc = Smsc::start(smsc::Config::default()).unwrap();
    let route = format!(
        "{{\"service\": \"sms\", \"address\": \"{}\", \"system_id\": \"test\", \"password\": \"secret\", \"window\": 10}}",
        smsc.address()
    );
    let (status, body) = server.ask("PUT", "/v1/admin/routes/smsc", &route);
    assert!((200..300).contains(&status), "{status}: {body}");
    wait_for("a bind", || (smsc.counts().binds > 0).then_some(()));
    smsc
}

/// A subscriber whose plan names the charging system.
fn payer(server: &Server, name: &str, number: &str, if_down: &str) -> String {
    let head = format!("charging = \"ocs\"\non_ocs_down = \"{if_down}\"\n");
    server.subscriber_by(name, number, "0.01", "0.09", &head)
}

fn send(server: &Server, token: &str) -> String {
    let body = format!(
        "{{\"to\": \"{PHONE}\", \"text\": \"hello\", \"service\": \"sms\", \"fallback\": \"never\"}}"
    );
    let (status, message) = ask_as(server.address, token, "POST", "/v1/messages", &body).unwrap();
    assert_eq!(status, 202, "{message}");
    text_of(&message, "id")
}

fn until(server: &Server, id: &str, status: &str) -> Value {
    wait_for(status, || {
        let (code, body) = server.ask("GET", &format!("/v1/messages/{id}"), "");
        assert_eq!(code, 200, "{body}");
        let message: Value = serde_json::from_str(&body).unwrap();
        (message["status"] == status).then_some(message)
    })
}

/// The charging system goes, and the server knows: it has come back to its door. What it gives to a link that nobody
/// reads is in doubt, and is rightly not given again.
fn go(ocs: Ocs) -> SocketAddr {
    let place = ocs.address();
    drop(ocs);
    let door = TcpListener::bind(place).unwrap();
    door.set_nonblocking(true).unwrap();
    wait_for("the server at the door", || door.accept().ok());
    place
}

/// What the audit says, which is content.
fn audit(server: &Server) -> Value {
    let token = std::fs::read_to_string(server.data().join("admin.token")).unwrap();
    let audit = Command::new(binary())
        .args(["ledger", "audit", "--json", "--url", &server.url(), "--token", token.trim()])
        .output()
        .unwrap();
    let told = String::from_utf8(audit.stdout).unwrap();
    assert!(audit.status.success(), "{told}");
    serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"))
}

/// The audit is content, and in the end nobody is in doubt.
fn audits_clean(server: &Server) {
    wait_for("an audit without suspects", || {
        (audit(server)["records"]["suspects"]["count"] == 0).then_some(())
    });
}

/// The audit is content, and lists a charge that nobody knows of.
fn a_suspect(server: &Server) {
    wait_for("a suspect", || {
        audit(server)["records"]["suspects"]["listed"].to_string().contains("charge_in_doubt").then_some(())
    });
}

#[test]
fn it_is_asked_for_the_price_then_reserves_and_charges_once() {
    let stage = Stage::new("", "");
    let anna = payer(&stage.server, "anna", "+46701000001", "deny");
    let ask = format!("{{\"to\": \"{PHONE}\", \"text\": \"hello\"}}");
    let (status, quote) = ask_as(stage.server.address, &anna, "POST", "/v1/quotes", &ask).unwrap();
    assert_eq!(status, 200, "{quote}");
    let quote: Value = serde_json::from_str(&quote).unwrap();
    let sms = quote["services"].as_array().unwrap().iter().find(|line| line["service"] == "sms").unwrap();
    assert_eq!((&sms["price"]["amount"], &sms["price"]["kind"]), (&"0.09".into(), &"list".into()), "{quote}");

    let id = send(&stage.server, &anna);
    let message = until(&stage.server, &id, "delivered");
    assert_eq!(message["charge"]["amount"], "0.09", "{message}");
    stage.settles_at(90_000_000);
    let counts = stage.ocs.counts();
    assert_eq!(
        (counts.reserves, counts.commits, counts.releases, counts.repeated),
        (1, 1, 0, 0),
        "{counts:?}"
    );
    let audit = audit(&stage.server);
    assert_eq!(audit["records"]["suspects"]["count"], 0, "{audit}");
}

#[test]
fn what_it_turns_away_is_never_sent_and_nothing_stays_held() {
    let script = "denied@467011,credit-limit@467012,unknown-user@467013,rating-failed@467014,grants-less@467015,\
                  grants-more@467016,grants-nothing@467017";
    let stage = Stage::new(script, "");
    for kind in 1..=7 {
        let token = payer(&stage.server, &format!("p{kind}"), &format!("+46701{kind}00001"), "deny");
        let id = send(&stage.server, &token);
        let message = until(&stage.server, &id, "failed");
        assert_eq!(message["reason"], "not_payable", "{message}");
    }
    stage.settles_at(0);
    assert_eq!(stage.smsc.counts().submits, 0);
    audit(&stage.server);
}

#[test]
fn what_is_free_there_is_sent_and_not_charged() {
    let stage = Stage::new("not-applicable", "");
    let anna = payer(&stage.server, "anna", "+46701000001", "deny");
    let id = send(&stage.server, &anna);
    until(&stage.server, &id, "delivered");
    stage.settles_at(0);
}

#[test]
fn a_reservation_without_an_answer_is_released_and_the_next_one_is_another() {
    let stage = Stage::new("answer-lost", SOON);
    let anna = payer(&stage.server, "anna", "+46701000001", "buffer");
    let id = send(&stage.server, &anna);
    wait_for("a release", || (stage.ocs.counts().releases > 0).then_some(()));
    let (_, body) = stage.server.ask("GET", &format!("/v1/messages/{id}"), "");
    assert!(!body.contains("\"delivered\""), "{body}");
    assert_eq!(stage.smsc.counts().submits, 0, "sent without a grant");
    let doubtful = audit(&stage.server);
    assert!(doubtful["records"]["suspects"]["count"].as_u64() > Some(0), "{doubtful}");
    stage.ocs.set_script("".parse().unwrap());
    until(&stage.server, &id, "delivered");
    stage.settles_at(90_000_000);
    assert_eq!(stage.smsc.counts().submits, 1);
    audits_clean(&stage.server);
}

#[test]
fn an_answer_that_comes_too_late_changes_nothing() {
    let script = "late".parse().unwrap();
    let late = std::time::Duration::from_millis(900);
    let ocs = Ocs::start(ocs::Config { script, late, ..ocs::Config::default() }).unwrap();
    let stage = Stage::with(ocs, "answer_timeout = \"300ms\"\n");
    let anna = payer(&stage.server, "anna", "+46701000001", "deny");
    let id = send(&stage.server, &anna);
    until(&stage.server, &id, "failed");
    stage.ocs.set_script("".parse().unwrap());
    stage.settles_at(0);
    assert_eq!(stage.smsc.counts().submits, 0);
}

#[test]
fn a_charge_without_an_answer_is_a_suspect_and_is_not_sent_again() {
    let stage = Stage::new("no-dedup", SOON);
    let anna = payer(&stage.server, "anna", "+46701000001", "buffer");
    // The reservation is answered; from then on nothing is.
    stage.smsc.set_phone(PHONE, Phone::Off);
    let id = send(&stage.server, &anna);
    wait_for("the message to leave", || (stage.smsc.counts().submits > 0).then_some(()));
    stage.ocs.set_script("no-dedup,answer-lost".parse().unwrap());
    stage.smsc.set_phone(PHONE, Phone::Reachable);
    until(&stage.server, &id, "delivered");
    a_suspect(&stage.server);
    let counts = stage.ocs.counts();
    assert_eq!((counts.commits, counts.done_twice, counts.repeated_unflagged), (1, 0, 0), "{counts:?}");
    assert_eq!(counts.charged_nanos, 90_000_000);
}

#[test]
fn while_nobody_is_there_a_plan_denies_waits_or_lets_go_free() {
    // A port that nobody listens on, until the charging system comes.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(&section(&[address.to_string()], "quote = \"mirror\"\n"));
    let smsc = smsc_for(&server);
    let (anna, bert, cleo) = (
        payer(&server, "anna", "+46701000001", "deny"),
        payer(&server, "bert", "+46701000002", "buffer"),
        payer(&server, "cleo", "+46701000003", "free"),
    );
    until(&server, &send(&server, &anna), "failed");
    let waits = send(&server, &bert);
    until(&server, &send(&server, &cleo), "delivered");
    assert_eq!(smsc.counts().submits, 1);
    let ocs = Ocs::start(ocs::Config { listen: address, ..ocs::Config::default() }).unwrap();
    until(&server, &waits, "delivered");
    let stage = Stage { server, smsc, ocs };
    stage.settles_at(90_000_000);
}

#[test]
fn when_a_peer_goes_the_other_ends_what_it_began() {
    let first = Ocs::start(ocs::Config::default()).unwrap();
    let second = first.start_peer().unwrap();
    let peers = [first.address().to_string(), second.address().to_string()];
    let server = Server::start(&section(&peers, "quote = \"mirror\"\n"));
    let smsc = smsc_for(&server);
    wait_for("two links", || (second.counts().links > 1).then_some(()));
    let anna = payer(&server, "anna", "+46701000001", "buffer");
    smsc.set_phone(PHONE, Phone::Off);
    let begun = send(&server, &anna);
    wait_for("the message to leave", || (smsc.counts().submits > 0).then_some(()));
    go(first);
    smsc.set_phone(PHONE, Phone::Reachable);
    until(&server, &begun, "delivered");
    until(&server, &send(&server, &anna), "delivered");
    let stage = Stage { server, smsc, ocs: second };
    stage.settles_at(180_000_000);
}

#[test]
fn links_that_are_cut_mid_session_charge_once() {
    let stage = Stage::new("drops-mid-session", "quote = \"mirror\"\ndeduplicates = true\n");
    let anna = payer(&stage.server, "anna", "+46701000001", "buffer");
    for _ in 0..3 {
        until(&stage.server, &send(&stage.server, &anna), "delivered");
    }
    stage.settles_at(270_000_000);
    assert_eq!(stage.ocs.counts().done_twice, 0);
}

#[test]
fn a_crash_between_order_and_answer_leaves_nothing_held_and_nothing_charged_twice() {
    let mut stage = Stage::new("answer-lost", &format!("{SOON}deduplicates = true\n"));
    let anna = payer(&stage.server, "anna", "+46701000001", "buffer");
    let id = send(&stage.server, &anna);
    wait_for("a reservation", || (stage.ocs.counts().reserves > 0).then_some(()));
    stage.server.kill();
    stage.ocs.set_script("".parse().unwrap());
    stage.server.start_again();
    until(&stage.server, &id, "delivered");
    stage.settles_at(90_000_000);
    assert_eq!(stage.ocs.counts().done_twice, 0);
    assert_eq!(stage.smsc.counts().submits, 1);
}

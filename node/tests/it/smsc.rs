//! The server against a pretend SMSC: what it owes to both sides whatever the SMSC is like, and across restarts.

use crate::server::{Server, ask_as, text_of, wait_for};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use switchback_testkit::smsc::{Config, Phone, Smsc};

/// A server with one SMS route to an SMSC, and Anna, who sends.
struct Stage {
    server: Server,
    smsc: Smsc,
    anna: String,
}

impl Stage {
    fn new(config: Config, window: u16) -> Self {
        let smsc = Smsc::start(config).unwrap();
        let server = Server::start("");
        let route = format!(
            "{{\"service\": \"sms\", \"address\": \"{}\", \"system_id\": \"test\", \"password\": \"secret\", \"window\": {window}}}",
            smsc.address()
        );
        let (status, body) = server.ask("PUT", "/v1/admin/routes/smsc", &route);
        assert!((200..300).contains(&status), "{status}: {body}");
        let anna = server.subscriber("anna", "+46701000001", "0.03", "0.05");
        wait_for("a bind", || (smsc.counts().binds > 0).then_some(()));
        Self { server, smsc, anna }
    }

    /// Anna sends an SMS; its id.
    fn send(&self, text: &str) -> String {
        self.send_to("+46709000001", text)
    }

    fn send_to(&self, to: &str, text: &str) -> String {
        let body = format!("{{\"to\": \"{to}\", \"text\": \"{text}\", \"service\": \"sms\"}}");
        let (status, message) =
            ask_as(self.server.address, &self.anna, "POST", "/v1/messages", &body).unwrap();
        assert_eq!(status, 202, "{message}");
        text_of(&message, "id")
    }

    fn message(&self, id: &str) -> Value {
        let (status, body) = self.server.ask("GET", &format!("/v1/messages/{id}"), "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    fn until_delivered(&self, id: &str) -> Value {
        wait_for("delivered", || Some(self.message(id)).filter(|message| message["status"] == "delivered"))
    }
}

#[test]
fn what_waits_for_a_slow_smsc_at_a_graceful_stop_goes_out_once_at_the_next_start() {
    // Twenty a second at most: most of the fifty wait in the server when it is asked to stop.
    let script = "answer-late".parse().unwrap();
    let mut stage = Stage::new(Config { script, late: Duration::from_millis(50), ..Config::default() }, 1);
    let ids: Vec<_> = (0..50).map(|n| stage.send(&format!("number {n}"))).collect();
    assert!(stage.server.terminate().success());
    let before = stage.smsc.counts().submits;
    assert!(before < 50, "all were gone before the stop: this run proves nothing");

    stage.server.start_again();
    for id in &ids {
        let message = stage.until_delivered(id);
        let attempts = message["attempts"].as_array().unwrap();
        assert_eq!(attempts.len(), 1, "{message}");
        assert_eq!(attempts[0]["may_duplicate"], false, "{message}");
    }
    assert_eq!(stage.smsc.counts().submits, 50, "{before} before the stop");
    let shown: BTreeSet<_> = stage.smsc.inbox().into_iter().map(|shown| shown.text).collect();
    assert_eq!(shown.len(), 50);
    let (_, events) = stage.server.ask("GET", "/v1/events?after=0&limit=1000", "");
    assert!(!events.contains("attempt.unknown"), "{events}");
}

/// Scripts under which the id of the receipt is spelled unlike that of the answer.
const SPELLINGS: [&str; 6] =
    ["id-decimal", "id-upper-case", "id-padded", "answer-decimal", "answer-upper-case", "answer-padded"];

#[test]
fn receipts_find_their_messages_however_they_spell_the_id_also_after_a_restart() {
    for script in SPELLINGS {
        let mut stage = Stage::new(Config { script: script.parse().unwrap(), ..Config::default() }, 10);
        for phone in ["+467090001", "+467090002", "+467090003"] {
            stage.smsc.set_phone(phone, Phone::Off);
        }
        let early = stage.send_to("+46709000101", "before the restart");
        let late = stage.send_to("+46709000201", "after the restart");
        let back = stage.send_to("+46709000301", "taken back");
        wait_for("three in the SMSC", || (stage.smsc.counts().taken == 3).then_some(()));
        stage.smsc.set_phone("+467090001", Phone::Reachable);
        stage.until_delivered(&early);
        // cancel_sm names the id as the answer gave it.
        let (status, body) = stage.server.ask("POST", &format!("/v1/messages/{back}/cancel"), "");
        assert!(status == 200 && body.contains("withdrawn"), "{script}: {status} {body}");

        stage.server.kill();
        stage.server.start_again();
        wait_for("the next bind", || (stage.smsc.counts().binds == 2).then_some(()));
        stage.smsc.set_phone("+467090002", Phone::Reachable);
        let message = stage.until_delivered(&late);
        assert_eq!(message["attempts"].as_array().unwrap().len(), 1, "{script}: {message}");
        assert_eq!(stage.smsc.counts().submits, 3, "{script}");
    }
}

//! The stage of a story: the shipped binary, a pretend SMSC, SIP handsets, and one capture of all that they say.

use crate::server::{Server, text_of};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};
use switchback_testkit::clock::now_us;
use switchback_testkit::handset::{Config, Handset, Inbox, Received, SendOptions, Sent, word_of};
use switchback_testkit::ladder::Names;
use switchback_testkit::smsc::{self, Smsc};

use super::page::Act;

pub(super) const ANNA: (&str, &str) = ("Anna", "+46701000001");
pub(super) const BEN: (&str, &str) = ("Ben", "+46701000002");
pub(super) const CLEO: (&str, &str) = ("Cleo", "+46701000003");

const DOMAIN: &str = "example.net";
const PASSWORD: &str = "correct horse";
const OFFER: &str = "application/vnd.switchback.offer+json";
const PATIENCE: Duration = Duration::from_secs(30);

/// Hours become seconds. What is told depends on which time runs out first: between them is room for a busy machine.
const TIMERS: &str = "[timers]\nim_offline = \"900ms\"\nim_deadline = \"5s\"\nsms_validity = \"2s\"\nsms_grace = \"1s\"\n\
unknown_wait = \"1s\"\nt_off = \"1500ms\"\nmin_gap = \"200ms\"\noffline_grace = \"100ms\"\noutage_guard = \"100ms\"\n\
backoff = \"2s\"\nexpiry = \"1m\"\n";

/// A stage.
pub(super) struct Stage {
    pub(super) smsc: Smsc,
    server: Server,
    sip: SocketAddr,
    folder: tempfile::TempDir,
    ports: RefCell<HashMap<u16, String>>,
}

impl Stage {
    /// Anna pays 0.03 for chat and SMS alike, Ben nothing and 0.12; nobody is registered.
    pub(super) async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pcap = Some(folder.path().join("story.pcap"));
        let delay = Duration::from_millis(50);
        let smsc = Smsc::start(smsc::Config { pcap, delay, ..smsc::Config::default() }).unwrap();
        let sip = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let password = folder.path().join("smsc.password");
        std::fs::write(&password, "secret").unwrap();
        let server = Server::start(&format!(
            "{TIMERS}[sip]\nlisten = [\"udp:{sip}\"]\ndomain = \"{DOMAIN}\"\nrealm = \"{DOMAIN}\"\n[smpp]\nreconnect = \"100ms\"\n\
             [[route]]\nid = \"smsc-1\"\naddress = \"{}\"\nsystem_id = \"switchback\"\npassword_file = \"{}\"\n",
            smsc.address(),
            password.display()
        ));
        for ((name, number), im, sms) in
            [(ANNA, "0.03", "0.03"), (BEN, "0.00", "0.12"), (CLEO, "0.00", "0.09")]
        {
            let name = name.to_lowercase();
            server.subscriber(&name, number, im, sms);
            let login = format!("{{\"subscriber\": \"{name}\", \"password\": \"{PASSWORD}\"}}");
            let (status, body) = server.ask("PUT", &format!("/v1/admin/sip-users/{name}"), &login);
            assert!((200..300).contains(&status), "{body}");
        }
        let stage = Self { smsc, server, sip, folder, ports: RefCell::default() };
        stage.until("the route to the SMSC", || {
            stage.server.ask("GET", "/v1/admin/routes", "").1.contains("\"up\"").then_some(())
        });
        stage
    }

    /// Switches somebody's handset on; it does not register by itself.
    pub(super) async fn handset(&self, (name, number): (&str, &str)) -> Handset {
        let config = Config {
            user: name.to_lowercase(),
            capture: self.smsc.capture(),
            ..Config::of(number, PASSWORD, DOMAIN, self.sip)
        };
        let handset = Handset::start(config).await.unwrap();
        self.ports.borrow_mut().insert(handset.address().unwrap().port(), name.to_owned());
        handset
    }

    /// Whose lifelines are whose.
    pub(super) fn names(&self) -> Names {
        Names { server: "Switchback".into(), smsc: "SMSC".into(), by_port: self.ports.borrow().clone() }
    }

    /// The capture, whole up to now.
    pub(super) fn capture(&self) -> std::path::PathBuf {
        self.smsc.flush().unwrap();
        self.folder.path().join("story.pcap")
    }

    /// Waits, at most for so long as a story may take.
    fn until<T>(&self, what: &str, mut come: impl FnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(come) = come() {
                return come;
            }
            assert!(began.elapsed() < PATIENCE, "{what} did not come\n{}", self.server.log());
            std::thread::yield_now();
        }
    }

    /// The message as the operator sees it.
    fn message(&self, id: &str) -> Value {
        serde_json::from_str(&self.server.ask("GET", &format!("/v1/messages/{id}"), "").1).unwrap()
    }

    /// Waits until an attempt is in a state.
    pub(super) fn until_attempt(&self, sent: &Sent, n: usize, key: &str, value: &str) {
        let place = format!("/attempts/{n}/{key}");
        self.until(&format!("{place} {value}"), || {
            (self.message(&id_of(sent)).pointer(&place).and_then(Value::as_str) == Some(value)).then_some(())
        });
    }

    /// Waits until the operator sees somebody online, or not.
    pub(super) fn until_status(&self, (_, number): (&str, &str), status: &str) {
        let path = format!("/v1/presence/{}", number.replace('+', "%2B"));
        self.until(status, || {
            (text_of(&self.server.ask("GET", &path, "").1, "status") == status).then_some(())
        });
    }

    /// The end of one act: the message is delivered, by these services and for this price.
    pub(super) fn end(&self, title: &str, began: u64, sent: &Sent, services: &[&str], price: &str) -> Act {
        let id = id_of(sent);
        let message = self.until("delivered", || {
            let message = self.message(&id);
            (message.get("status").and_then(Value::as_str) == Some("delivered")).then_some(message)
        });
        let attempts = message.get("attempts").and_then(Value::as_array).cloned().unwrap_or_default();
        let went: Vec<&str> =
            attempts.iter().filter_map(|attempt| attempt.get("service")?.as_str()).collect();
        assert_eq!(went, services, "{title}");
        let (_, trace) = self.server.ask("GET", &format!("/v1/messages/{id}/trace"), "");
        let trace: Value = serde_json::from_str(&trace).unwrap();
        let entries = trace.get("ledger").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_charge = |entry: &&Value| entry.get("kind").and_then(Value::as_str) == Some("commit");
        let charged: Vec<&str> =
            entries.iter().filter(is_charge).filter_map(|entry| entry.get("amount")?.as_str()).collect();
        let expected = if price == "0.00" { vec![] } else { vec![price] };
        assert!(charged == expected || charged == [price], "{title}: {charged:?}");
        let decisions = trace.get("decisions").and_then(Value::as_array).cloned().unwrap_or_default();
        let sentences = decisions.iter().filter_map(|decision| decision.get("sentence")?.as_str());
        Act {
            title: title.to_owned(),
            began,
            ended: now_us(),
            sentences: sentences.map(str::to_owned).collect(),
            charged: format!("{price} EUR"),
        }
    }
}

fn id_of(sent: &Sent) -> String {
    sent.answer.header("X-Switchback-Message-ID").unwrap()
}

/// Somebody's address.
pub(super) fn uri((_, number): (&str, &str)) -> String {
    format!("sip:{number}@{DOMAIN}")
}

/// A message with an id of its own, by this service.
pub(super) async fn send(from: &Handset, text: &str, id: &str, service: Option<&str>) -> Sent {
    let options = SendOptions {
        imdn_id: Some(id.to_owned()),
        service: service.map(str::to_owned),
        ..SendOptions::default()
    };
    let sent = from.send(&uri(CLEO), text, options).await.unwrap();
    assert_eq!(sent.answer.status, 202, "{:?}", sent.answer.message);
    sent
}

/// Registers.
pub(super) async fn register(handset: &Handset) {
    assert_eq!(handset.register().await.unwrap().answer.status, 200);
}

/// Waits until the sender was told this, in this order.
pub(super) async fn told(sender: &Handset, sent: &Sent, words: &[&str]) {
    let so = |inbox: &Inbox| -> bool {
        inbox.ticks(&sent.imdn_id).into_iter().map(word_of).eq(words.iter().copied())
    };
    sender.wait_at_most(PATIENCE, so).await.unwrap();
}

/// Waits for the offer that the server sends.
pub(super) async fn offered(sender: &Handset) {
    let is_offer = |message: &Received| message.content_type.starts_with(OFFER);
    sender.wait_at_most(PATIENCE, |inbox| inbox.messages.iter().any(is_offer)).await.unwrap();
}

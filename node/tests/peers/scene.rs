//! The scene: the shipped server with SIP on free ports, Anna and Bo with numbers, names and logins.

use crate::server::{PATIENCE, Server};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Instant;
use switchback_testkit::handset::{Config, Handset, SendOptions, Sent, word_of};

pub(crate) const DOMAIN: &str = "example.net";
const PEOPLE: [(&str, &str); 2] = [("anna", "+46701000001"), ("bo", "+46701000002")];

pub(crate) struct Scene {
    pub(crate) server: Server,
}

impl Scene {
    /// A server whose `[sip]` section says this, beside the domain.
    pub(crate) fn new(sip: &str) -> Self {
        let server = Server::start(&format!(
            "[sip]\ndomain = \"{DOMAIN}\"\nrealm = \"{DOMAIN}\"\n{sip}\n[timers]\noffline_grace = \"100ms\"\n"
        ));
        let scene = Self { server };
        for (who, number) in PEOPLE {
            // Chat and SMS at one price, so that nothing but the state of things decides.
            scene.server.subscriber(who, number, "0.03", "0.03");
            let address = uri(who);
            scene.put(
                &format!("subscribers/{who}"),
                &serde_json::json!({"addresses": [number, address], "payer": who}),
            );
            scene.put(
                &format!("sip-users/{who}"),
                &serde_json::json!({"subscriber": who, "password": password(who)}),
            );
        }
        scene
    }

    fn put(&self, what: &str, body: &Value) {
        let (status, answer) = self.server.ask("PUT", &format!("/v1/admin/{what}"), &body.to_string());
        assert!((200..300).contains(&status), "{what}: {status}: {answer}");
    }

    /// The `nth` address that it listens on for SIP by this wire.
    pub(crate) fn address(&self, wire: &str, nth: usize) -> SocketAddr {
        let log = self.server.log();
        let line = format!("SIP clients register at {wire} ");
        let mut found = log.lines().filter_map(|said| said.strip_prefix(&line));
        let address = found.nth(nth).unwrap_or_else(|| panic!("it does not listen on {wire}:\n{log}"));
        address.parse().unwrap()
    }

    /// A handset of this person, registered by UDP.
    pub(crate) async fn handset(&self, who: &str) -> Handset {
        self.handset_with(who, |_| ()).await
    }

    /// A handset that differs in something.
    pub(crate) async fn handset_with(&self, who: &str, change: impl FnOnce(&mut Config)) -> Handset {
        let mut config = Config::of(who, &password(who), DOMAIN, self.address("udp", 0));
        change(&mut config);
        let handset = Handset::start(config).await.unwrap();
        let registered = handset.register().await.unwrap();
        assert_eq!(registered.answer.status, 200, "{:?}", registered.answer.message);
        handset
    }

    /// What the server says of a message that a handset sent.
    pub(crate) fn message(&self, sent: &Sent) -> Value {
        let id = sent.answer.header("X-Switchback-Message-ID").unwrap();
        let (status, body) = self.server.ask("GET", &format!("/v1/messages/{id}"), "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Every event so far, as `(message, type)`.
    pub(crate) fn events(&self) -> Vec<(String, String)> {
        let (status, body) = self.server.ask("GET", "/v1/events?after=0&limit=200", "");
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).unwrap();
        let text = |event: &Value, key: &str| event[key].as_str().unwrap().to_owned();
        let events = page["data"].as_array().unwrap();
        events.iter().map(|event| (text(event, "message"), text(event, "type"))).collect()
    }

    /// How often this happened so far.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.events().iter().filter(|(_, event)| event == kind).count()
    }

    /// Waits until this has happened so many times.
    pub(crate) async fn until(&self, kind: &str, times: usize) {
        let began = Instant::now();
        while self.count(kind) < times {
            assert!(began.elapsed() < PATIENCE, "{kind} not {times} times: {:?}", self.events());
            tokio::task::yield_now().await;
        }
    }
}

/// A person's address.
pub(crate) fn uri(who: &str) -> String {
    format!("sip:{who}@{DOMAIN}")
}

pub(crate) fn password(who: &str) -> String {
    format!("correct-horse-{who}")
}

/// By chat alone: it waits for somebody who is away.
pub(crate) fn by_chat() -> SendOptions {
    SendOptions { service: Some("im".into()), ..SendOptions::default() }
}

/// The ticks that a handset has for what it sent, once there are so many.
pub(crate) async fn ticks(handset: &Handset, sent: &Sent, many: usize) -> Vec<&'static str> {
    let inbox = handset.wait_for(|inbox| inbox.ticks(&sent.imdn_id).len() >= many).await.unwrap();
    inbox.ticks(&sent.imdn_id).into_iter().map(word_of).collect()
}

//! The scene: the shipped binary with SIP sockets; Anna, Bo and Mallory with numbers, money and SIP logins; and what
//! the server says over HTTP of what happened.

use crate::digest::Login;
use crate::program::find;
use crate::server::{PATIENCE, Server, wait_for};
use crate::sipp::Wire;
use crate::socket;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use switchback_testkit::handset::{Config, Handset, SendOptions};

pub(crate) const DOMAIN: &str = "example.net";
/// The Request-URI of every registration.
pub(crate) const REGISTRAR: &str = "sip:example.net";
pub(crate) const ANNA: &str = "+46701111111";
pub(crate) const BO: &str = "+46702222222";
pub(crate) const MALLORY: &str = "+46703333333";
const PEOPLE: [(&str, &str); 3] = [("anna", ANNA), ("bo", BO), ("mallory", MALLORY)];
/// A line for `[sip]`: one socket more, for programs that know only MD5.
pub(crate) const MD5: &str = "md5 = true\nlisten_md5 = [\"udp:127.0.0.1:0\"]\n";
/// So that an attempt ends while a test waits.
const TIMERS: &str = "[timers]\noffline_grace = \"200ms\"\n";

/// The password of a person's SIP login.
pub(crate) fn password(who: &str) -> String {
    format!("correct-horse-of-{who}")
}

/// The SIP URI of a number.
pub(crate) fn uri(number: &str) -> String {
    format!("sip:{number}@{DOMAIN}")
}

pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) sipp: PathBuf,
    sockets: Vec<(Wire, SocketAddr)>,
}

impl Scene {
    /// Starts it with these lines added to `[sip]`; nothing when SIPp is not installed.
    pub(crate) fn start(more: &str) -> Option<Self> {
        let sipp = find("sipp", "sip-tester")?;
        let server = Server::start(&format!(
            "{TIMERS}[sip]\nlisten = [\"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\"]\ndomain = \"{DOMAIN}\"\n{more}"
        ));
        let log = server.log();
        let sockets = log.lines().filter_map(|line| {
            let (wire, address) = line.strip_prefix("SIP clients register at ")?.split_once(' ')?;
            Some((if wire == "udp" { Wire::Udp } else { Wire::Tcp }, address.parse().unwrap()))
        });
        let sockets = sockets.collect();
        for (name, number) in PEOPLE {
            server.subscriber(name, number, "0.03", "0.05");
            let login = format!("{{\"subscriber\": \"{name}\", \"password\": \"{}\"}}", password(name));
            let (status, body) = server.ask("PUT", &format!("/v1/admin/sip-users/{name}"), &login);
            assert!((200..300).contains(&status), "{status}: {body}");
        }
        Some(Self { server, sipp, sockets })
    }

    /// Where it listens.
    pub(crate) fn sip(&self, wire: Wire) -> SocketAddr {
        self.sockets.iter().find(|(of, _)| *of == wire).unwrap().1
    }

    /// The last socket: the one that asks for MD5 alone, where there is one.
    pub(crate) fn sip_md5(&self) -> SocketAddr {
        self.sockets.last().unwrap().1
    }

    /// A nonce that was not used.
    pub(crate) fn nonce(&self) -> String {
        let answer = socket::ask(self.sip(Wire::Udp), &socket::request("REGISTER", REGISTRAR, ANNA, ""));
        let nonce = answer.split("nonce=\"").nth(1).unwrap_or_else(|| panic!("{answer}"));
        nonce.split('"').next().unwrap().to_owned()
    }

    /// What this person shows with its first request to `uri`.
    pub(crate) fn login(&self, who: &str, method: &str, uri: &str) -> String {
        let [first, _] = self.logins(who, method, uri);
        first
    }

    /// What it shows with its first two requests to `uri`: one nonce, two counts.
    pub(crate) fn logins(&self, who: &str, method: &str, uri: &str) -> [String; 2] {
        let (nonce, password) = (self.nonce(), password(who));
        [1, 2].map(|count| Login { count, ..login(who, &password, method, uri) }.credentials(&nonce))
    }

    /// A person's phone, registered by the right password.
    pub(crate) async fn phone(&self, who: &str) -> Handset {
        let number = PEOPLE.iter().find(|(name, _)| *name == who).unwrap().1;
        let mut config = Config::of(number, &password(who), DOMAIN, self.sip(Wire::Udp));
        config.user = who.to_owned();
        let phone = Handset::start(config).await.unwrap();
        assert_eq!(phone.register().await.unwrap().answer.status, 200);
        phone
    }

    /// An honest person registers and gets a message from another: the server is well.
    pub(crate) fn serves(&self) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (anna, bo) = (self.phone("anna").await, self.phone("bo").await);
            let sent = anna.send(&uri(BO), "are you there?", SendOptions::default()).await.unwrap();
            assert_eq!(sent.answer.status, 202);
            let came = bo.wait_at_most(PATIENCE, |inbox| inbox.texts().contains(&"are you there?")).await;
            came.unwrap_or_else(|in_vain| panic!("{in_vain}\n{}", self.server.log()));
            anna.wait_at_most(PATIENCE, |inbox| !inbox.ticks(&sent.imdn_id).is_empty()).await.unwrap();
            anna.unregister().await.unwrap();
            bo.unregister().await.unwrap();
        });
    }

    /// What the operator reads there.
    pub(crate) fn read(&self, path: &str) -> Value {
        let (status, body) = self.server.ask("GET", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
    }

    /// A message by its id.
    pub(crate) fn message(&self, id: &str) -> Value {
        self.read(&format!("/v1/messages/{id}"))
    }

    /// A message, once it is in this status.
    pub(crate) fn until(&self, id: &str, status: &str) -> Value {
        let mut last = Value::Null;
        wait_for(&format!("{id} {status}"), || {
            last = self.message(id);
            (last["status"] == status).then(|| last.clone())
        })
    }

    /// The types of a message's events.
    pub(crate) fn events(&self, id: &str) -> Vec<String> {
        let trace = self.read(&format!("/v1/messages/{id}/trace"));
        let events = trace["events"].as_array().unwrap();
        events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    /// How many messages there are.
    pub(crate) fn accepted(&self) -> u64 {
        self.metric("switchback_accepted_total")
    }

    /// `online`, `offline` and so on.
    pub(crate) fn presence(&self, number: &str) -> String {
        let presence = self.read(&format!("/v1/presence/{}", number.replace('+', "%2B")));
        presence["status"].as_str().unwrap().to_owned()
    }

    /// Waits until somebody is `online`, `offline` and so on.
    pub(crate) fn until_presence(&self, number: &str, status: &str) {
        wait_for(&format!("{number} {status}"), || (self.presence(number) == status).then_some(()));
    }

    /// A counter, or a gauge.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let (_, page) = self.server.ask("GET", "/metrics", "");
        let line =
            page.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
        line.unwrap_or_else(|| panic!("no {name}: {page}")).rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Its resident memory now, in KiB.
    pub(crate) fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

/// What a person shows with its first request.
pub(crate) fn login<'a>(username: &'a str, password: &'a str, method: &'a str, uri: &'a str) -> Login<'a> {
    Login { username, password, realm: DOMAIN, method, uri, count: 1 }
}

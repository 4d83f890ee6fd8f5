//! What the operator sets up before the first message: configuration, plans, payers, accounts, subscribers, tokens.

use super::traffic::{Cast, Group};
use super::{Fault, Options, charging};
use crate::child::Server;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;

/// Senders; even ones pay by `flat`, odd ones by `bundle`.
const SENDERS: usize = 20;

/// The name and the password that the server binds with.
const SYSTEM_ID: &str = "crash";

const FLAT: &str = r#"
[plan]
id = "flat"
version = 1
currency = "EUR"
charge_decimals = 4
rounding = "up"

[[rate]]
service = "im"
dest = "any"
unit = "message"
price = "0.03"

[[rate]]
service = "sms"
dest = "any"
unit = "segment"
price = "0.03"
"#;

const BUNDLE: &str = r#"
[[allowance]]
id = "texts"
services = ["sms"]
dest = "any"
unit = "segment"
amount = 400
per = "month"

[[allowance]]
id = "chats"
services = ["im"]
dest = "any"
unit = "message"
amount = 200
per = "month"
"#;

/// The server's configuration: every timer short, nothing else unusual.
pub(super) fn config(
    options: &Options,
    store: &Path,
    http: SocketAddr,
    smsc: SocketAddr,
    more: &str,
) -> String {
    let last_word = 5;
    format!(
        r#"[http]
listen = "{http}"

[store]
path = "{}"

[log]
level = "warn"

[timers]
im_deadline = "8s"
im_offline = "500ms"
smpp_response = "2s"
unknown_wait = "1s"
sms_validity = "12s"
sms_grace = "4s"
recall = "1s"
offline_grace = "200ms"
outage_guard = "500ms"
route_down = "20s"
last_word = "{last_word}s"
backoff = "500ms"
backoff_cap = "2s"
expiry = "{}s"
expiry_min = "1s"

[smpp]
reconnect = "100ms"
reconnect_cap = "500ms"

[[route]]
id = "smsc"
address = "{smsc}"
system_id = "{SYSTEM_ID}"
password_file = "password"
window = 8

{}
{more}
"#,
        store.display(),
        options.ttl.as_secs(),
        options.more_config
    )
}

/// Both plans, by their names; with a charging system it charges by the first.
pub(super) fn plans(ocs: bool) -> [(&'static str, String); 2] {
    let head = "[plan]\n";
    let outside = if ocs { format!("{head}{}", charging::PLAN) } else { head.to_owned() };
    [("flat", FLAT.replace(head, &outside)), ("bundle", FLAT.replace("\"flat\"", "\"bundle\"") + BUNDLE)]
}

/// Sets everything up on the running server and gives the cast of the run.
pub(super) fn prepare(admin: &Admin<'_>, options: &Options) -> Result<Cast, Fault> {
    for (id, text) in plans(options.ocs) {
        admin.put(&format!("plans/{id}"), &json!({ "text": text }))?;
    }
    let mut senders = Vec::new();
    for n in 0..SENDERS {
        let payer = format!("payer-{n}");
        let plan = if n % 2 == 0 { "flat" } else { "bundle" };
        let top_up = json!({ "amount": "100000", "currency": "EUR" });
        admin.put(&format!("payers/{payer}"), &json!({ "plan": plan, "top_up": top_up }))?;
        let account = format!("account-{n}");
        admin.put(
            &format!("accounts/{account}"),
            &json!({ "payer": payer, "senders": [format!("+4690000{n:03}")] }),
        )?;
        senders.push(admin.token(&json!({ "name": account, "account": account }))?);
    }
    let mut cast = Cast { senders, devices: Vec::new() };
    for group in Group::WITH_DEVICES {
        for n in 0..group.numbers() {
            let subscriber = format!("sub-{}-{n}", group.name());
            let body = json!({ "addresses": [group.number(n)], "payer": "payer-0" });
            admin.put(&format!("subscribers/{subscriber}"), &body)?;
            let token = admin.token(&json!({ "name": subscriber, "subscriber": subscriber }))?;
            cast.devices.push((group, subscriber, token));
        }
    }
    Ok(cast)
}

/// The password file, beside the configuration.
pub(super) fn write_password(folder: &Path) -> Result<(), Fault> {
    std::fs::write(folder.join("password"), "secret8").map_err(Fault::io("write the password"))
}

/// An operator with a token.
pub(super) struct Admin<'a> {
    server: &'a Server,
    token: String,
}

impl<'a> Admin<'a> {
    /// With the token that the server wrote at its first start.
    pub(super) fn of(server: &'a Server, store: &Path) -> Result<Self, Fault> {
        let path = store.join("admin.token");
        let token = std::fs::read_to_string(&path).map_err(Fault::io(format!("read {}", path.display())))?;
        Ok(Self { server, token: token.trim().to_owned() })
    }

    /// Its token.
    pub(super) fn secret(&self) -> &str {
        &self.token
    }

    /// Puts something in the directory.
    pub(super) fn put(&self, what: &str, body: &Value) -> Result<(), Fault> {
        self.ask("PUT", what, body).map(drop)
    }

    fn token(&self, body: &Value) -> Result<String, Fault> {
        let answer = self.ask("POST", "tokens", body)?;
        let secret = answer.get("secret").and_then(Value::as_str);
        secret.map(str::to_owned).ok_or_else(|| Fault::Server("a new token has no secret".to_owned()))
    }

    fn ask(&self, method: &str, what: &str, body: &Value) -> Result<Value, Fault> {
        let path = format!("/v1/admin/{what}");
        let answer =
            self.server.ask(method, &path, &self.token, Some(body)).map_err(Fault::io(path.clone()))?;
        if !(200..300).contains(&answer.status) {
            let body = String::from_utf8_lossy(&answer.body);
            return Err(Fault::Server(format!("{method} {path}: {} {body}", answer.status)));
        }
        serde_json::from_slice(&answer.body).map_err(|error| Fault::Server(format!("{path}: {error}")))
    }
}

//! The stage: a server, an SMSC, four subscribers on different plans, and their phones.

use super::DemoArgs;
use super::judge::Account;
use super::phone::Phone;
use super::server::Server;
use super::sip_phone::SipPhone;
use crate::cli::Failure;
use crate::http::{Answer, Client};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use switchback_testkit::smsc::{Config, Smsc};

/// How long anything on the stage may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A person: number, plan, client.
#[derive(Debug)]
pub(super) struct Person {
    /// The number.
    pub(super) number: &'static str,
    /// What this person may do.
    pub(super) client: Client,
    /// The token, for the terminal client.
    pub(super) token: String,
}

/// Everything that a story needs.
#[derive(Debug)]
pub(super) struct Stage {
    /// The pretend SMSC.
    pub(super) smsc: Smsc,
    /// The server.
    pub(super) server: Server,
    /// The operator.
    pub(super) admin: Client,
    /// The operator's token, for the live page.
    pub(super) admin_token: String,
    /// Chat and SMS cost the same: fallback needs no consent.
    pub(super) anna: Person,
    /// Chat is free, SMS is dear: fallback needs consent.
    pub(super) ben: Person,
    /// The recipient of most stories; a hundred SMS a month are included.
    pub(super) cleo: Person,
    /// Cleo's phone.
    pub(super) phone: Phone,
    /// Pays as Anna does, and chats with a SIP client.
    pub(super) dana: Person,
    /// Her client, always registered.
    pub(super) sip_phone: SipPhone,
}

/// What Dana's client logs in with; the server keeps no more than its digest.
const SIP_PASSWORD: &str = "correct horse";

const EVEN: &str = "[plan]\nid = \"even\"\nversion = 1\ncurrency = \"EUR\"\ncharge_decimals = 2\nrounding = \"up\"\n\
[[rate]]\nservice = \"im\"\ndest = \"any\"\nunit = \"message\"\nprice = \"0.03\"\n\
[[rate]]\nservice = \"sms\"\ndest = \"any\"\nunit = \"segment\"\nprice = \"0.03\"\n";
const FREE_CHAT: &str = "[plan]\nid = \"free-chat\"\nversion = 1\ncurrency = \"EUR\"\ncharge_decimals = 2\nrounding = \"up\"\n\
[[rate]]\nservice = \"im\"\ndest = \"any\"\nunit = \"message\"\nprice = \"0.00\"\n\
[[rate]]\nservice = \"sms\"\ndest = \"any\"\nunit = \"segment\"\nprice = \"0.12\"\n";
const BUNDLE: &str = "[plan]\nid = \"bundle\"\nversion = 1\ncurrency = \"EUR\"\ncharge_decimals = 2\nrounding = \"up\"\n\
[[rate]]\nservice = \"im\"\ndest = \"any\"\nunit = \"message\"\nprice = \"0.00\"\n\
[[rate]]\nservice = \"sms\"\ndest = \"any\"\nunit = \"segment\"\nprice = \"0.09\"\n\
[[allowance]]\nid = \"sms100\"\nservices = [\"sms\"]\ndest = \"any\"\nunit = \"segment\"\namount = 100\nper = \"month\"\n";

impl Stage {
    /// Starts the server and the SMSC, and introduces the four.
    pub(super) fn set(args: &DemoArgs) -> Result<Self, Failure> {
        let script = args.smsc.parse().map_err(|error| Failure::Usage(format!("--smsc: {error}")))?;
        let smsc = Smsc::start(Config {
            script,
            pcap: args.pcap.clone(),
            delay: Duration::from_millis(50),
            ..Config::default()
        })?;
        let folder = std::env::temp_dir().join(format!("switchback-demo-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let listen = free_port(args.listen)?;
        let server = Server::start(&folder, listen, smsc.address())?;
        let admin_token = server.admin_token()?;
        let admin = Client::new(&server.url(), &admin_token)?;
        let anna = person(&admin, &server, "anna", "+46701000001", EVEN)?;
        let ben = person(&admin, &server, "ben", "+46701000002", FREE_CHAT)?;
        let cleo = person(&admin, &server, "cleo", "+46701000003", BUNDLE)?;
        let phone = Phone::new(cleo.client.clone(), "cleos-phone");
        let dana = person(&admin, &server, "dana", "+46701000004", EVEN)?;
        let login = json!({"subscriber": "dana", "password": SIP_PASSWORD});
        admin.ask("PUT", "/v1/admin/sip-users/dana", Some(&login), &[]).and_then(Answer::good)?;
        let sip_phone = SipPhone::start("dana", dana.number, SIP_PASSWORD, server.sip(), smsc.capture())?;
        let stage = Self { smsc, server, admin, admin_token, anna, ben, cleo, phone, dana, sip_phone };
        stage.wait_for("the route to the SMSC", || {
            let routes = stage.admin.get("/v1/admin/routes").and_then(Answer::good)?;
            let up = |route: &Value| route.get("state").and_then(Value::as_str) == Some("up");
            Ok(routes.get("data").and_then(Value::as_array).is_some_and(|routes| routes.iter().any(up)))
        })?;
        Ok(stage)
    }

    /// Waits until something holds.
    pub(super) fn wait_for(
        &self,
        what: &str,
        holds: impl Fn() -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        while !holds()? {
            if began.elapsed() > PATIENCE {
                return Err(Failure::Failed(format!("{what} did not come within {} s", PATIENCE.as_secs())));
            }
            std::thread::sleep(Duration::from_millis(15));
        }
        Ok(())
    }

    /// Closes Cleo's app, and waits until the server knows: a lost line has a short grace.
    pub(super) fn close_phone(&mut self) -> Result<(), Failure> {
        self.phone.close();
        self.wait_for("Cleo offline", || {
            let presence =
                self.admin.get(&format!("/v1/presence/{}", self.cleo.number.replace('+', "%2B")))?.good()?;
            Ok(presence.get("status").and_then(Value::as_str) == Some("offline"))
        })
    }

    /// Sends from one person to a number; `more` is added to the submission.
    pub(super) fn send(&self, from: &Client, to: &str, text: &str, more: &Value) -> Result<String, Failure> {
        let mut body = json!({"to": to, "text": text});
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        let message = from.post("/v1/messages", &body)?.good()?;
        Ok(message.get("id").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// The message as the operator sees it.
    pub(super) fn message(&self, id: &str) -> Result<Value, Failure> {
        self.admin.get(&format!("/v1/messages/{id}"))?.good()
    }

    /// Waits until a message satisfies `holds`.
    pub(super) fn wait_message(
        &self,
        id: &str,
        what: &str,
        holds: impl Fn(&Value) -> bool,
    ) -> Result<Value, Failure> {
        self.wait_for(what, || Ok(holds(&self.message(id)?)))?;
        self.message(id)
    }

    /// Waits for a final status and gathers the three accounts of the message.
    pub(super) fn finish(&self, id: &str, text: &str) -> Result<Account, Failure> {
        let open = ["accepted", "offered", "sending", "waiting"];
        let message = self.wait_message(id, "a final status", |message| {
            message.get("status").and_then(Value::as_str).is_some_and(|status| !open.contains(&status))
        })?;
        let trace = self.admin.get(&format!("/v1/messages/{id}/trace"))?.good()?;
        let shown_by_smsc = self.smsc.inbox().iter().filter(|shown| shown.text == text).count();
        Ok(Account {
            text: text.to_owned(),
            message,
            trace,
            shown_by_smsc,
            shown_by_phone: self.phone.times(text) + self.sip_phone.times(text),
        })
    }
}

/// Introduces a person: plan, payer, subscriber, token.
fn person(
    admin: &Client,
    server: &Server,
    name: &'static str,
    number: &'static str,
    plan: &str,
) -> Result<Person, Failure> {
    let plan_id = plan.split('"').nth(1).unwrap_or_default();
    let put = |path: String, body: Value| admin.ask("PUT", &path, Some(&body), &[]).and_then(Answer::good);
    put(format!("/v1/admin/plans/{plan_id}"), json!({"text": plan}))?;
    put(
        format!("/v1/admin/payers/{name}"),
        json!({"plan": plan_id, "top_up": {"amount": "10.00", "currency": "EUR"}}),
    )?;
    put(format!("/v1/admin/subscribers/{name}"), json!({"addresses": [number], "payer": name}))?;
    let token = admin.post("/v1/admin/tokens", &json!({"name": name, "subscriber": name}))?.good()?;
    let token = token.get("secret").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Person { number, client: Client::new(&server.url(), &token)?, token })
}

/// Port 0 means any free one: the server's configuration needs its number.
fn free_port(listen: std::net::SocketAddr) -> Result<std::net::SocketAddr, Failure> {
    let taken =
        |error| Failure::Usage(format!("{listen} cannot be used: {error}; choose another with --listen"));
    std::net::TcpListener::bind(listen).and_then(|listener| listener.local_addr()).map_err(taken)
}

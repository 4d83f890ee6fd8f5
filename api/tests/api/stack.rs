//! The real thing in one process: the engine over a SQLite file, chat by the app channel, and the router on top.
//! What a test says goes through the router; nothing is looked up behind its back.

pub(crate) mod events;
pub(crate) mod spec;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::future::Future;
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};
use switchback_api::{Api, ApiOptions, MoneyMove, Page, RecordsPage};
use switchback_core::model::Time;
use switchback_engine::{Engine, Options};
use switchback_im::ImService;
use switchback_ports::directory::{Bearer, Entry, Token};
use switchback_ports::{Clock, Intake, Random, Store};
use switchback_sqlite::SqliteStore;
use tempfile::TempDir;
use tower_service::Service;

/// How long anything in these tests may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) const ADMIN: &str = "the-operators-secret";
pub(crate) const ANNA: &str = "+46701111111";
pub(crate) const BERT: &str = "+46702222222";

pub(crate) const PLAN: &str = r#"
[plan]
id = "prepaid"
version = 1
currency = "EUR"
charge_decimals = 4
rounding = "up"

[[rate]]
service = "im"
dest = "any"
unit = "message"
price = "0.01"

[[rate]]
service = "sms"
dest = "any"
unit = "segment"
price = "0.03"
"#;

struct WallClock {
    base: Instant,
    at_base: u64,
}

impl Clock for WallClock {
    fn now(&self) -> Time {
        Time::from_millis(self.at_base + u64::try_from(self.base.elapsed().as_millis()).unwrap())
    }
}

struct Urandom;

impl Random for Urandom {
    fn fill(&self, buffer: &mut [u8]) {
        std::fs::File::open("/dev/urandom").unwrap().read_exact(buffer).unwrap();
    }
}

pub(crate) struct Stack {
    router: Router,
    engine: Engine,
    /// The tokens of the two subscribers, once [`Stack::with_people`] has set them up.
    pub(crate) anna: String,
    pub(crate) bert: String,
    _folder: TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The document, after checking that it is one in every part and that its code has a page.
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status.as_u16(), self.header("content-type")),
            (status, "application/problem+json"),
            "{self:?}"
        );
        let told = self.json();
        assert_eq!(
            (told["status"].as_u64(), told["code"].as_str()),
            (Some(status.into()), Some(code)),
            "{told}"
        );
        assert_eq!(told["type"], format!("/errors/{code}"));
        assert!(told["permanent"].is_boolean() && !told["title"].as_str().unwrap().is_empty());
        assert!(!told["detail"].as_str().unwrap().is_empty());
        let page = format!("{}/../docs/errors/{code}.md", env!("CARGO_MANIFEST_DIR"));
        assert!(std::fs::exists(&page).unwrap(), "{code} has no page");
        told
    }

    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        if self.bytes.is_empty() { Value::Null } else { self.json() }
    }
}

pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(DEADLINE * 2, future).await.expect("it takes too long")
}

impl Stack {
    /// An engine with an operator's token and nothing else.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(&switchback_sqlite::Options::at(folder.path())).unwrap());
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let at_base = u64::try_from(since.as_millis()).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(WallClock { base: Instant::now(), at_base });
        let mut options = Options { loops: 1, ..Options::default() };
        options.timers.offline_grace_ms = 100;
        let engine = Engine::start(options, store, Arc::clone(&clock), Arc::new(Urandom)).unwrap();
        let intake: Arc<dyn Intake> = Arc::new(engine.clone());
        engine.attach(Arc::new(ImService::new(Arc::clone(&intake), Arc::clone(&clock))));
        engine.recover().unwrap();
        let hash = Sha256::digest(ADMIN.as_bytes()).into();
        let (name, created_at) = (SmolStr::new("first"), clock.now());
        let token = Token { hash, name, bearer: Bearer::Admin, created_at, revoked: false };
        intake.put(Entry::Token(token)).wait().unwrap().unwrap();
        let page = Page {
            path: "/",
            content_type: "text/html; charset=utf-8",
            body: Bytes::from_static(b"<p>hello"),
        };
        let options = ApiOptions {
            pages: vec![page],
            metrics: Arc::new(|| "switchback_up 1\n".to_owned()),
            heartbeat: Duration::from_millis(200),
            body_time: Duration::from_millis(300),
            records: Arc::new(|after, _| Ok(one_record(after))),
            ..ApiOptions::new(clock, Arc::new(Urandom))
        };
        let router = Api::router(intake, options);
        Self { router, engine, anna: String::new(), bert: String::new(), _folder: folder }
    }

    /// With a plan, a payer, and the subscribers Anna and Bert.
    pub(crate) async fn with_people() -> Self {
        // Starting blocks on the store.
        let mut stack = tokio::task::spawn_blocking(Self::empty).await.unwrap();
        stack.put("/v1/admin/plans/prepaid", json!({"text": PLAN})).await;
        let eur = |amount: &str| json!({"amount": amount, "currency": "EUR"});
        stack.put("/v1/admin/payers/family", json!({"plan": "prepaid", "top_up": eur("10")})).await;
        for (id, address) in [("anna", ANNA), ("bert", BERT)] {
            let entry = json!({"addresses": [address], "payer": "family"});
            stack.put(&format!("/v1/admin/subscribers/{id}"), entry).await;
        }
        stack.anna = stack.token(json!({"name": "Anna's phone", "subscriber": "anna"})).await;
        stack.bert = stack.token(json!({"name": "Bert's phone", "subscriber": "bert"})).await;
        stack
    }

    pub(crate) async fn token(&self, wanted: Value) -> String {
        let made = self.post("/v1/admin/tokens", ADMIN, wanted).await.ok();
        made["secret"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Value {
        self.call(request(Method::PUT, path, ADMIN, Some(body))).await.ok()
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(request(Method::POST, path, token, Some(body))).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(request(Method::GET, path, token, None)).await
    }

    /// Anna sends Bert a chat message; its id.
    pub(crate) async fn chat(&self, text: &str) -> String {
        let body = json!({"to": BERT, "text": text, "service": "im"});
        let made = self.post("/v1/messages", &self.anna, body).await;
        assert_eq!(made.status, StatusCode::ACCEPTED, "{made:?}");
        made.json()["id"].as_str().unwrap().to_owned()
    }

    /// Asks until the answer is as wanted.
    pub(crate) async fn until(&self, path: &str, token: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        within(async {
            loop {
                let seen = self.get(path, token).await.ok();
                if wanted(&seen) {
                    return seen;
                }
                assert!(began.elapsed() < DEADLINE, "{path} stays {seen}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
    }

    /// For a listener of its own.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.open(request).await;
        let (parts, body) = response.into_parts();
        let bytes = within(body.collect()).await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// The answer with its body still to be read: a stream.
    pub(crate) async fn open(&self, request: Request<Body>) -> axum::response::Response {
        within(self.router.clone().call(request)).await.unwrap()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.engine.stop(Duration::from_secs(5));
    }
}

/// A request with a token (none when empty) and perhaps a JSON body.
pub(crate) fn request(method: Method, path: &str, token: &str, body: Option<Value>) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        builder = builder.header("authorization", format!("Bearer {token}"));
    }
    let body = match body {
        Some(body) => {
            builder = builder.header("content-type", "application/json");
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    builder.body(body).unwrap()
}

/// A page with a record and a refund, as a node would give it.
fn one_record(after: u64) -> RecordsPage {
    let message = switchback_core::model::MessageId::from_bytes([1; 16]);
    let amount =
        switchback_core::model::Money::from_nanos(switchback_core::model::Currency::EUR, -30_000_000);
    let moved = MoneyMove { chapter: after + 1, cursor: 9, message, attempt: 1, amount };
    let records = vec![r#"{"record":"message"}"#.into()];
    RecordsPage { records, moves: vec![moved], chapter: after + 1, cursor: 9 }
}

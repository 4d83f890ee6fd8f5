//! The scene: Anna and Bo with SIP logins and numbers, chat and SMS at one price, a pretend SMS service that takes
//! everything, a server on loopback.

use crate::between::{Between, Gate};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use switchback_core::model::{
    Address, Content, Currency, FallbackRule, Message, MessageId, Money, PayerId, PlanId, Reach, RouteId,
    Service, ServiceChoice, Status, Submission, SubscriberId, Time,
};
use switchback_engine::{Engine, Limits as Bounds, Options as EngineOptions};
use switchback_im::ImService;
use switchback_im::sip::{Listen, Options, SipServer, Wire};
use switchback_ports::directory::{Bearer, Entry, Kind, PlanText, SipUser, Subscriber};
use switchback_ports::{
    AttemptOrder, Clock, Intake, Measure, PayerChange, Random, RouteChange, RouteState, Store, Transport,
    TransportFull, WithdrawOrder,
};
use switchback_sqlite::SqliteStore;
use switchback_testkit::handset::{Config, Handset, Sent};
use tempfile::TempDir;
use wire_sip::digest::{Algorithm, Ha1};

pub(crate) const DOMAIN: &str = "example.net";
const REALM: &str = "switchback";
const PATIENCE: Duration = Duration::from_secs(10);
const PLAN: &str = r#"
[plan]
id = "plan"
version = 1
currency = "EUR"

[[rate]]
service = "im"
charge_on = "delivered"
unit = "message"
price = "0.03"

[[rate]]
service = "sms"
charge_on = "delivered"
unit = "segment"
price = "0.03"
"#;

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Time::from_millis(u64::try_from(since.as_millis()).unwrap())
    }
}

/// Chance that differs from start to start.
struct Dice(AtomicU64);

static STARTS: AtomicUsize = AtomicUsize::new(1);

impl Random for Dice {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            let mut x = self.0.load(Ordering::SeqCst);
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            self.0.store(x, Ordering::SeqCst);
            *byte = u8::try_from((x >> 24) & 255).unwrap();
        }
    }
}

/// An SMS service that notes what it is given.
#[derive(Default)]
pub(crate) struct Sms(Mutex<Vec<AttemptOrder>>);

impl Transport for Sms {
    fn service(&self) -> Service {
        Service::Sms
    }

    fn measure(&self, content: &Content, to: &Address) -> Measure {
        let reach = if matches!(to, Address::E164(_)) { Reach::Yes } else { Reach::NoAddress };
        let route = Some(RouteId::new("smsc"));
        Measure { cannot_carry: None, reach, route, parts: 1, bytes: content.bytes() }
    }

    fn attempt(&self, order: AttemptOrder) -> Result<(), TransportFull> {
        self.0.lock().unwrap().push(order);
        Ok(())
    }

    fn withdraw(&self, _: WithdrawOrder) {}
}

pub(crate) struct Scene {
    pub(crate) engine: Engine,
    pub(crate) gate: Arc<Gate>,
    pub(crate) sms: Arc<Sms>,
    pub(crate) server: SipServer,
    store: Arc<SqliteStore>,
    options: Options,
    keys_ms: u64,
    bounds: Bounds,
    dir: TempDir,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::within(Bounds::default(), change).await
    }

    /// With an engine of these bounds.
    pub(crate) async fn within(bounds: Bounds, change: impl FnOnce(&mut Options)) -> Self {
        // What is found by a key that is forgotten is found by accident.
        Self::open(change, 1, bounds).await
    }

    /// With keys that are kept for an hour.
    pub(crate) async fn with_keys() -> Self {
        Self::open(|_| (), 3_600_000, Bounds::default()).await
    }

    async fn open(change: impl FnOnce(&mut Options), keys_ms: u64, bounds: Bounds) -> Self {
        let mut options = Options::new(DOMAIN, REALM);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        options.listen = [Wire::Udp, Wire::Tcp, Wire::Ws].map(|wire| Listen { wire, address }).to_vec();
        change(&mut options);
        let dir = tempfile::tempdir().unwrap();
        let (engine, sms, store) = open(dir.path(), keys_ms, bounds).await;
        put_people(&engine).await;
        let gate = Gate::new();
        let server = start(&engine, &gate, &options).await;
        // The same sockets after a restart, as a server has them.
        for (listen, (_, address)) in options.listen.iter_mut().zip(server.addresses()) {
            listen.address = *address;
        }
        Self { engine, gate, sms, server, store, options, keys_ms, bounds, dir }
    }

    /// As after kill -9: server and engine are dropped where they stand, and started again over the same file.
    pub(crate) async fn crash(self) -> Self {
        let Self { engine, gate, sms, server, store, options, keys_ms, bounds, dir } = self;
        server.abort().await;
        drop((engine, sms));
        tokio::task::spawn_blocking(move || store.close()).await.unwrap();
        let (engine, sms, store) = open(dir.path(), keys_ms, bounds).await;
        let server = start(&engine, &gate, &options).await;
        Self { engine, gate, sms, server, store, options, keys_ms, bounds, dir }
    }

    pub(crate) fn address(&self, wire: Wire) -> SocketAddr {
        self.server.addresses().iter().find(|(of, _)| *of == wire).unwrap().1
    }

    /// A handset's configuration: of `anna` or `bo`, over UDP, a CPM client that says when it has something.
    pub(crate) fn config(&self, who: &str) -> Config {
        let mut config = Config::of(&number(who), "correct horse", DOMAIN, self.address(Wire::Udp));
        config.user = who.to_owned();
        config.cpm = true;
        config.t1 = Duration::from_millis(50);
        config
    }

    /// A handset that is registered.
    pub(crate) async fn phone(&self, config: Config) -> Handset {
        let handset = Handset::start(config).await.unwrap();
        let answer = handset.register().await.unwrap().answer;
        assert_eq!(answer.status, 200, "{:?}", answer.message);
        handset
    }

    /// A message of Anna to Bo that no client of hers sent, changed as it shall be.
    pub(crate) async fn submit(&self, change: impl FnOnce(&mut Submission)) -> MessageId {
        let anna = Bearer::Subscriber(SubscriberId::new("anna"));
        let mut submission = Submission {
            originator: self.engine.originator(&anna, None).unwrap(),
            recipient: Address::parse(&number("bo")).unwrap(),
            content: Content::text("from elsewhere"),
            service: ServiceChoice::Auto,
            fallback: FallbackRule::Auto,
            revert: None,
            quoted: None,
            max_price: None,
            expires_at: None,
            fallback_after_ms: None,
            class: None,
            client_ref: None,
        };
        change(&mut submission);
        self.engine.submit(Box::new(submission), None, None).await.unwrap().unwrap().message.id
    }

    /// The plan's next version, with these words in it instead of those.
    pub(crate) async fn plan_says(&self, instead: &[(&str, &str)]) {
        let Entry::Plan(PlanText { id, text }) = self.engine.directory(Kind::Plan).remove(0) else {
            panic!("not a plan")
        };
        let text = text.replace("version = 1", "version = 2");
        let text = instead.iter().fold(text, |text, (old, new)| text.replace(old, new));
        self.engine.put(Entry::Plan(PlanText { id, text })).await.unwrap().unwrap();
    }

    /// A message as it is in the store.
    pub(crate) fn look(&self, id: MessageId) -> Message {
        self.store.message(id).unwrap().unwrap()
    }

    pub(crate) fn message(&self, sent: &Sent) -> Message {
        self.look(MessageId::parse(&sent.answer.header("X-Switchback-Message-ID").unwrap()).unwrap())
    }

    /// The message, once it is in this status.
    pub(crate) async fn until(&self, sent: &Sent, status: Status) -> Message {
        let is_so = |message: &Message| message.status == status;
        self.until_it(self.message(sent).id, status.as_str(), is_so).await
    }

    /// The message, once it is so.
    pub(crate) async fn until_it(
        &self,
        id: MessageId,
        what: &str,
        is_so: impl Fn(&Message) -> bool,
    ) -> Message {
        let began = Instant::now();
        loop {
            let message = self.look(id);
            if is_so(&message) {
                return message;
            }
            assert!(began.elapsed() < PATIENCE, "never {what}: {message:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// How many devices of a person are registered.
    pub(crate) fn engine_devices(&self, who: &str) -> usize {
        self.engine.device_count(&SubscriberId::new(who))
    }

    /// How many devices of a person the disk says are registered.
    pub(crate) fn devices_on_disk(&self, who: &str) -> usize {
        let rows = self.store.devices().unwrap();
        rows.iter().filter(|row| row.online && row.subscriber == SubscriberId::new(who)).count()
    }

    /// What the SMS service was given, once there are so many.
    pub(crate) async fn orders(&self, n: usize) -> Vec<AttemptOrder> {
        let began = Instant::now();
        loop {
            let orders = self.sms.0.lock().unwrap().clone();
            if orders.len() >= n {
                return orders;
            }
            assert!(began.elapsed() < PATIENCE, "only {} SMS were ordered", orders.len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(crate) fn euro(amount: &str) -> Money {
    Money::parse(amount, Currency::EUR).unwrap()
}

pub(crate) fn number(who: &str) -> String {
    if who == "anna" { "+46701111111".to_owned() } else { "+46702222222".to_owned() }
}

/// A person's number as a URI of ours.
pub(crate) fn uri(who: &str) -> String {
    format!("sip:{}@{DOMAIN}", number(who))
}

async fn open(path: &Path, keys_ms: u64, bounds: Bounds) -> (Engine, Arc<Sms>, Arc<SqliteStore>) {
    let path = path.join("store.db");
    tokio::task::spawn_blocking(move || {
        let store = Arc::new(SqliteStore::open(&switchback_sqlite::Options::at(path)).unwrap());
        let mut options = EngineOptions { loops: 1, limits: bounds, ..EngineOptions::default() };
        options.timers.idempotency_ms = keys_ms;
        (options.timers.offline_grace_ms, options.timers.outage_guard_ms) = (100, 100);
        let seed = u64::try_from(STARTS.fetch_add(1, Ordering::SeqCst)).unwrap();
        let random = Arc::new(Dice(AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)));
        let engine = Engine::start(options, store.clone(), Arc::new(WallClock), random).unwrap();
        let intake: Arc<dyn Intake> = Arc::new(engine.clone());
        engine.attach(Arc::new(ImService::new(intake, Arc::new(WallClock))));
        let sms = Arc::new(Sms::default());
        engine.attach(sms.clone());
        let (route, service) = (RouteId::new("smsc"), Service::Sms);
        let since = WallClock.now();
        engine.route_changed(RouteChange {
            route,
            service,
            state: RouteState::Up,
            since,
            why: "bound".into(),
        });
        engine.recover().unwrap();
        (engine, sms, store)
    })
    .await
    .unwrap()
}

async fn put_people(engine: &Engine) {
    let plan = PlanText { id: PlanId::new("plan"), text: PLAN.to_owned() };
    engine.put(Entry::Plan(plan)).await.unwrap().unwrap();
    for who in ["anna", "bo"] {
        let payer = PayerId::new(who);
        engine
            .put_payer(payer.clone(), PayerChange::to(PlanId::new("plan")).with(euro("100")))
            .await
            .unwrap()
            .unwrap();
        let addresses = [number(who), format!("sip:{who}@{DOMAIN}")];
        let subscriber = Subscriber {
            id: SubscriberId::new(who),
            addresses: addresses.iter().map(|text| Address::parse(text).unwrap()).collect(),
            payer,
            max_price: None,
            hide_presence: false,
            created_at: WallClock.now(),
        };
        engine.put(Entry::Subscriber(subscriber)).await.unwrap().unwrap();
        let ha1 = Ha1::of(Algorithm::Sha256, who.as_bytes(), REALM.as_bytes(), b"correct horse");
        let octet = |at: usize| u8::from_str_radix(&ha1.as_hex()[2 * at..2 * at + 2], 16).unwrap();
        let login = SipUser {
            user: who.into(),
            subscriber: SubscriberId::new(who),
            realm: REALM.into(),
            sha256: std::array::from_fn(octet),
            md5: None,
        };
        engine.put(Entry::SipUser(login)).await.unwrap().unwrap();
    }
}

async fn start(engine: &Engine, gate: &Arc<Gate>, options: &Options) -> SipServer {
    let seed = u64::try_from(STARTS.fetch_add(1, Ordering::SeqCst)).unwrap();
    let random = Arc::new(Dice(AtomicU64::new(seed.wrapping_mul(0xdead_beef_cafe_f00d) | 1)));
    let intake = Between { engine: engine.clone(), gate: Arc::clone(gate) };
    SipServer::start(options.clone(), Arc::new(intake), Arc::new(WallClock), random).await.unwrap()
}

/// Waits for a condition, within bounded time.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

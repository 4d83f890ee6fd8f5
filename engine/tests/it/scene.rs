//! The scene of all tests: Anna sends, Bo receives, one SMS route, the app channel, and a clock set by hand.

use crate::gate::Gate;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use switchback_core::model::{
    Address, CannotCarry, Content, Currency, DeviceId, FallbackRule, Message, MessageId, Money, Originator,
    Owner, PayerId, PeerId, PlanId, Reach, Report, ReportKind, RouteId, Service, ServiceChoice, Status,
    Submission, SubscriberId, Target, Time,
};
use switchback_engine::{Engine, Options};
use switchback_ports::directory::{Bearer, Entry, PlanText, Subscriber};
use switchback_ports::{
    Accepted, AttemptOrder, Clock, DeviceReceipt, Disposition, EventLine, Intake, Measure, PayerChange,
    Random, Refusal, Store, Subscription, Transport, TransportFull, WithdrawOrder,
};
use switchback_sqlite::SqliteStore;
use tempfile::TempDir;

/// How long any condition is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const T0: u64 = 1_795_412_000_000;
pub(crate) const ROUTE: &str = "smsc";

pub(crate) struct HandClock(AtomicU64);

impl Clock for HandClock {
    fn now(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl HandClock {
    pub(crate) fn forward(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

/// Chance that differs from run to run of an engine, but not from run to run of a test.
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1))
    }

    pub(crate) fn roll(&self, sides: u64) -> u64 {
        let mut x = self.0.load(Ordering::SeqCst);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.0.store(x, Ordering::SeqCst);
        (x >> 11) % sides
    }
}

impl Random for Dice {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill_with(|| u8::try_from(self.roll(256)).unwrap());
    }
}

/// A service that notes what it is asked and says nothing by itself.
pub(crate) struct Pretend {
    service: Service,
    state: Mutex<Asked>,
    bell: Condvar,
    pub(crate) full: AtomicBool,
}

#[derive(Default)]
struct Asked {
    orders: Vec<AttemptOrder>,
    withdrawals: Vec<WithdrawOrder>,
}

impl Pretend {
    fn new(service: Service) -> Arc<Self> {
        Arc::new(Self {
            service,
            state: Mutex::default(),
            bell: Condvar::new(),
            full: AtomicBool::new(false),
        })
    }

    /// The `n`th order ever, counted from 1, once it is there.
    pub(crate) fn order(&self, n: usize) -> AttemptOrder {
        self.wait(|asked| asked.orders.get(n - 1).cloned())
    }

    pub(crate) fn withdrawal(&self, n: usize) -> WithdrawOrder {
        self.wait(|asked| asked.withdrawals.get(n - 1).cloned())
    }

    fn wait<T>(&self, find: impl Fn(&Asked) -> Option<T>) -> T {
        let began = Instant::now();
        let mut state = self.state.lock().unwrap();
        loop {
            if let Some(found) = find(&state) {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "{} was never asked", self.service);
            state = self.bell.wait_timeout(state, Duration::from_millis(20)).unwrap().0;
        }
    }

    pub(crate) fn orders(&self) -> Vec<AttemptOrder> {
        self.state.lock().unwrap().orders.clone()
    }
}

impl Transport for Pretend {
    fn service(&self) -> Service {
        self.service
    }

    fn measure(&self, content: &Content, to: &Address) -> Measure {
        let parts = u16::try_from(content.text.chars().count().div_ceil(160).max(1)).unwrap();
        let sms = self.service == Service::Sms;
        let reach = if sms && matches!(to, Address::E164(_)) { Reach::Yes } else { Reach::NoAddress };
        Measure {
            cannot_carry: (sms && !content.media.is_empty()).then_some(CannotCarry::Media),
            reach,
            route: sms.then(|| RouteId::new(ROUTE)),
            parts: if sms { parts } else { 1 },
            bytes: content.bytes(),
        }
    }

    fn attempt(&self, order: AttemptOrder) -> Result<(), TransportFull> {
        if self.full.load(Ordering::SeqCst) {
            return Err(TransportFull);
        }
        self.state.lock().unwrap().orders.push(order);
        self.bell.notify_all();
        Ok(())
    }

    fn withdraw(&self, order: WithdrawOrder) {
        self.state.lock().unwrap().withdrawals.push(order);
        self.bell.notify_all();
    }
}

pub(crate) struct Scene {
    pub(crate) clock: Arc<HandClock>,
    pub(crate) sms: Arc<Pretend>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) engine: Engine,
    pub(crate) options: Options,
    pub(crate) dir: TempDir,
}

static RUNS: AtomicUsize = AtomicUsize::new(1);

pub(crate) fn options() -> Options {
    Options { loops: 2, ..Options::default() }
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(options())
    }

    /// IM costs 0.01, SMS 0.03 a segment.
    pub(crate) fn with(options: Options) -> Self {
        Self::priced(options, "0.01", "0.03")
    }

    pub(crate) fn priced(options: Options, im: &str, sms: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock(AtomicU64::new(T0)));
        let plan = plan(im, sms);
        let (store, gate, sms, engine) = open(dir.path(), &options, &clock);
        let scene = Self { clock, sms, store, gate, engine, options, dir };
        scene.put(Entry::Plan(plan));
        for name in ["anna", "bo", "cleo"] {
            scene.person(name);
        }
        scene
    }

    /// As after kill -9: the engine is dropped where it stands, and started again over the same file.
    pub(crate) fn crash(self) -> Self {
        let Self { clock, engine, store, gate, options, dir, sms } = self;
        drop(engine);
        store.close();
        drop((store, gate, sms));
        let (store, gate, sms, engine) = open(dir.path(), &options, &clock);
        Self { clock, sms, store, gate, engine, options, dir }
    }

    pub(crate) fn put(&self, entry: Entry) {
        self.engine.put(entry).wait().unwrap().unwrap();
    }

    /// A person with a number, a payer of the same name and 100 euro.
    pub(crate) fn person(&self, name: &str) {
        let payer = PayerId::new(name);
        self.engine
            .put_payer(payer.clone(), PayerChange::to(PlanId::new("plan")).with(euro("100")))
            .wait()
            .unwrap()
            .unwrap();
        self.put(Entry::Subscriber(Subscriber {
            id: SubscriberId::new(name),
            addresses: vec![number(name)],
            payer,
            max_price: None,
            hide_presence: false,
            created_at: Time::from_millis(T0 - 86_400_000),
        }));
    }

    pub(crate) fn ask(&self, submission: Submission) -> Result<Accepted, Refusal> {
        self.engine.submit(Box::new(submission), None, None).wait().unwrap()
    }

    /// Anna writes to Bo; accepted.
    pub(crate) fn send(&self, text: &str, service: ServiceChoice) -> Message {
        self.ask(self.submission("anna", "bo", text, service)).unwrap().message
    }

    pub(crate) fn submission(&self, from: &str, to: &str, text: &str, service: ServiceChoice) -> Submission {
        let bearer = Bearer::Subscriber(SubscriberId::new(from));
        let originator: Originator = self.engine.originator(&bearer, None).unwrap();
        Submission {
            originator,
            recipient: number(to),
            content: Content::text(text),
            service,
            fallback: FallbackRule::Auto,
            revert: None,
            quoted: None,
            max_price: None,
            expires_at: None,
            fallback_after_ms: None,
            class: None,
            client_ref: None,
        }
    }

    /// Says something of an attempt and waits until it is durable.
    pub(crate) fn say(&self, order: &AttemptOrder, kind: ReportKind) {
        let target = Target::Attempt { message: order.message, attempt: order.attempt, part: 0 };
        assert!(self.report(target, kind), "the report was not taken in");
    }

    /// What the SMSC's answer does: the attempt is handed over under this id.
    pub(crate) fn hand_over(&self, order: &AttemptOrder, peer_id: &str) {
        self.say(order, ReportKind::HandedOver { peer_id: Some(PeerId::new(peer_id)) });
    }

    /// A delivery receipt by the peer's id.
    pub(crate) fn receive(&self, peer_id: &str, kind: ReportKind) -> bool {
        self.report(Target::Peer { route: RouteId::new(ROUTE), ids: vec![PeerId::new(peer_id)] }, kind)
    }

    pub(crate) fn report(&self, target: Target, kind: ReportKind) -> bool {
        let (sender, done) = std::sync::mpsc::channel();
        let report = Report { target, kind, code: None, at: self.clock.now() };
        self.engine
            .report(
                report,
                Box::new(move |ok| {
                    let _ = sender.send(ok);
                }),
            )
            .unwrap();
        done.recv_timeout(PATIENCE).unwrap()
    }

    pub(crate) fn message(&self, id: MessageId) -> Message {
        self.store.message(id).unwrap().unwrap()
    }

    /// The message once it is in this status.
    pub(crate) fn until(&self, id: MessageId, status: Status) -> Message {
        eventually(&format!("{id} is never {}", status.as_str()), || {
            let message = self.message(id);
            (message.status == status).then_some(message)
        })
    }

    pub(crate) fn register(&self, who: &str, device: &str) -> Vec<EventLine> {
        self.engine.register(SubscriberId::new(who), DeviceId::new(device)).wait().unwrap().unwrap()
    }

    pub(crate) fn deregister(&self, who: &str, device: &str) {
        self.engine.deregister(SubscriberId::new(who), DeviceId::new(device), "stream closed".into());
    }

    pub(crate) fn confirm(&self, who: &str, id: MessageId, disposition: Disposition) -> Result<(), Refusal> {
        let (subscriber, device) = (SubscriberId::new(who), DeviceId::new("phone"));
        self.engine.receipt(DeviceReceipt { message: id, subscriber, device, disposition }).wait().unwrap()
    }

    /// The ledger's proof: balanced, no charge twice, no reservation without an open message.
    pub(crate) fn prove_ledger(&self) {
        let totals = self.store.ledger_proof().unwrap();
        assert_eq!((totals.orphan_holds, totals.double_charges), (0, 0), "{totals:?}");
        assert!(totals.unbalanced.is_empty(), "{totals:?}");
    }

    /// Everything charged and not refunded, in euro.
    pub(crate) fn charged(&self) -> Money {
        let totals = self.store.ledger_proof().unwrap();
        totals.charged.first().copied().unwrap_or_else(|| euro("0"))
    }

    /// Events of a message by name.
    pub(crate) fn names(&self, id: MessageId) -> Vec<&'static str> {
        self.store.message_events(id).unwrap().iter().map(|event| event.kind.name()).collect()
    }
}

fn open(
    path: &Path,
    options: &Options,
    clock: &Arc<HandClock>,
) -> (Arc<SqliteStore>, Arc<Gate>, Arc<Pretend>, Engine) {
    let store = Arc::new(SqliteStore::open(&switchback_sqlite::Options::at(path)).unwrap());
    let gate = Arc::new(Gate::new(Arc::clone(&store)));
    let sms = Pretend::new(Service::Sms);
    let run = u64::try_from(RUNS.fetch_add(1, Ordering::SeqCst)).unwrap();
    let engine = Engine::start(
        options.clone(),
        Arc::clone(&gate) as _,
        Arc::clone(clock) as _,
        Arc::new(Dice::new(run)),
    );
    let engine = engine.unwrap();
    engine.attach(Arc::clone(&sms) as _);
    engine.attach(Pretend::new(Service::Im));
    engine.recover().unwrap();
    (store, gate, sms, engine)
}

fn plan(im: &str, sms: &str) -> PlanText {
    let text = format!(
        "[plan]\nid = \"plan\"\nversion = 1\ncurrency = \"EUR\"\ncharge_decimals = 4\nrounding = \"up\"\n\
         [[rate]]\nservice = \"im\"\ndest = \"any\"\nunit = \"message\"\nprice = \"{im}\"\n\
         [[rate]]\nservice = \"sms\"\ndest = \"any\"\nunit = \"segment\"\nprice = \"{sms}\"\n"
    );
    PlanText { id: PlanId::new("plan"), text }
}

/// A name's number: the same for ever.
pub(crate) fn number(name: &str) -> Address {
    let digits = name
        .bytes()
        .fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)) % 100_000_000);
    Address::parse(&format!("+46{digits:08}")).unwrap()
}

pub(crate) fn euro(amount: &str) -> Money {
    Money::parse(amount, Currency::EUR).unwrap()
}

pub(crate) fn owner(name: &str) -> Owner {
    Owner::Subscriber(SubscriberId::new(name))
}

/// Waits for a condition, bounded.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// The next live event, within bounded time.
pub(crate) fn heard(live: &mut Subscription) -> EventLine {
    eventually("nothing is heard", || live.events.try_recv().ok())
}

/// Counts how often each thing occurs.
pub(crate) fn tally<T: std::hash::Hash + Eq>(things: impl IntoIterator<Item = T>) -> HashMap<T, usize> {
    things.into_iter().fold(HashMap::new(), |mut counts, thing| {
        *counts.entry(thing).or_insert(0) += 1;
        counts
    })
}

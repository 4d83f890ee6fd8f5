//! A client of a pretend charging system, both over real sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use switchback_core::model::{Currency, Money, Time};
use switchback_diameter::{DiameterCharging, Options, PeerAddress};
pub(crate) use switchback_ports::contract::{PAYER, ask, order};
use switchback_ports::{ChargeOrder, ChargeOutcome, ChargeStep, Clock, Random};
use switchback_testkit::ocs::{Config, Ocs};

/// Nothing takes longer than this, or the test has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The wall's, and so many milliseconds ahead of it.
#[derive(Default)]
pub(crate) struct Ahead(pub(crate) AtomicU64);

impl Clock for Ahead {
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = Time::from_millis(u64::try_from(since.as_millis()).unwrap_or_default());
        wall.plus_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Different every time, and no more is needed here.
pub(crate) struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        let next = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).to_be_bytes();
        for (to, from) in buffer.iter_mut().zip(next.iter().cycle()) {
            *to = *from;
        }
    }
}

pub(crate) struct Scene {
    pub(crate) ocs: Vec<Ocs>,
    pub(crate) charging: DiameterCharging,
    pub(crate) clock: Arc<Ahead>,
    _runtime: tokio::runtime::Runtime,
}

pub(crate) fn options() -> Options {
    Options {
        origin_host: "cpm.home.test".to_owned(),
        origin_realm: "home.test".to_owned(),
        destination_realm: "pretend.test".to_owned(),
        answer_timeout: Duration::from_millis(400),
        ..Options::default()
    }
}

pub(crate) fn plain(address: impl ToString) -> PeerAddress {
    PeerAddress { address: address.to_string(), host: None, tls: None }
}

pub(crate) fn client(options: Options) -> (DiameterCharging, tokio::runtime::Runtime) {
    client_by(options, Arc::default())
}

/// The same, and the clock that it goes by.
pub(crate) fn client_ahead(options: Options) -> (DiameterCharging, Arc<Ahead>, tokio::runtime::Runtime) {
    let clock = Arc::<Ahead>::default();
    let (charging, runtime) = client_by(options, Arc::clone(&clock));
    (charging, clock, runtime)
}

fn client_by(options: Options, clock: Arc<Ahead>) -> (DiameterCharging, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let random = Counting(AtomicU64::new(1));
    let charging = DiameterCharging::start(options, clock, &random, runtime.handle()).unwrap();
    (charging, runtime)
}

/// Waits for what must become true.
pub(crate) fn until(what: &str, mut is: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

impl Scene {
    pub(crate) fn new(script: &str) -> Self {
        Self::with(script, options(), 1)
    }

    pub(crate) fn with(script: &str, options: Options, peers: usize) -> Self {
        let config =
            Config { script: script.parse().unwrap(), late: Duration::from_secs(1), ..Config::default() };
        let mut ocs = vec![Ocs::start(config).unwrap()];
        while ocs.len() < peers {
            let another = ocs[0].start_peer().unwrap();
            ocs.push(another);
        }
        let options = Options { peers: ocs.iter().map(|it| plain(it.address())).collect(), ..options };
        let (charging, clock, runtime) = client_ahead(options);
        let all = u64::try_from(peers).unwrap();
        until("the charging system is connected", || ocs[0].counts().links >= all && charging.is_reachable());
        Self { ocs, charging, clock, _runtime: runtime }
    }

    pub(crate) fn ask(&self, order: ChargeOrder) -> ChargeOutcome {
        ask(&self.charging, order)
    }

    pub(crate) fn step(&self, step: ChargeStep) -> ChargeOutcome {
        self.ask(order(step, 1))
    }

    /// What is there and what is held, in hundredths.
    pub(crate) fn balance(&self) -> (i128, i128) {
        let balance = self.ocs[0].balance(PAYER).unwrap_or_default();
        (balance.there / 10_000_000, balance.held / 10_000_000)
    }
}

pub(crate) fn euro(amount: &str) -> Money {
    Money::parse(amount, Currency::EUR).unwrap()
}

//! A client of a pretend CGRateS, both over real sockets.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use switchback_cgrates::{CgratesCharging, Options};
use switchback_core::model::{Currency, Money};
pub(crate) use switchback_ports::contract::{PAYER, ask, order};
use switchback_ports::{ChargeOrder, ChargeOutcome, ChargeStep, Charging};
use switchback_testkit::cgrates::{Cgrates, Fault};

/// Nothing takes longer than this, or the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Scene {
    pub(crate) cgrates: Cgrates,
    pub(crate) charging: CgratesCharging,
    runtime: tokio::runtime::Runtime,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::waiting(PATIENCE)
    }

    fn waiting(answer_timeout: Duration) -> Self {
        let cgrates = start();
        let scene = Self::between(cgrates.address(), cgrates, answer_timeout);
        until("there is a connection", || scene.charging.is_reachable());
        scene
    }

    /// One whose client looks elsewhere.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self::between(address, start(), PATIENCE)
    }

    fn between(address: SocketAddr, cgrates: Cgrates, answer_timeout: Duration) -> Self {
        cgrates.set_account(PAYER, 1000);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options {
            address: address.to_string(),
            origin_host: "node1.home.test".to_owned(),
            answer_timeout,
            ..Options::default()
        };
        let charging = CgratesCharging::start(options, runtime.handle());
        Self { cgrates, charging, runtime }
    }

    /// One in which the next requests of a method meet something, and nobody waits long for an answer.
    pub(crate) fn with(method: &str, faults: &[Fault]) -> Self {
        let scene = Self::waiting(Duration::from_millis(400));
        for fault in faults {
            scene.cgrates.fail(method, fault.clone());
        }
        scene
    }

    /// Gives an order; its outcome comes later.
    pub(crate) fn give(&self, order: ChargeOrder) -> mpsc::Receiver<ChargeOutcome> {
        let (told, outcome) = mpsc::channel();
        self.charging.order(order, Box::new(move |outcome| told.send(outcome).unwrap()));
        outcome
    }

    pub(crate) fn ask(&self, order: ChargeOrder) -> ChargeOutcome {
        ask(&self.charging, order)
    }

    pub(crate) fn step(&self, step: ChargeStep) -> ChargeOutcome {
        self.ask(order(step, 1))
    }

    /// What is on the account, in hundredths, and how many sessions are open.
    pub(crate) fn book(&self) -> (i64, usize) {
        (self.cgrates.account(PAYER).unwrap(), self.cgrates.open_sessions())
    }

    /// Ends the client; what was under way has come to its end then.
    pub(crate) fn close(self) -> Cgrates {
        self.runtime.block_on(self.charging.stop());
        self.cgrates
    }
}

fn start() -> Cgrates {
    Cgrates::start(([127, 0, 0, 1], 0).into()).unwrap()
}

pub(crate) fn euro(amount: &str) -> Money {
    Money::parse(amount, Currency::EUR).unwrap()
}

pub(crate) fn is_done(outcome: ChargeOutcome) -> bool {
    matches!(outcome, ChargeOutcome::Done(_))
}

/// Waits for what must become true.
pub(crate) fn until(what: &str, mut is: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

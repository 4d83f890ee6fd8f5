//! A client of a pretend CGRateS, both over real sockets.

use crate::pretend::{Fault, Pretend};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use switchback_cgrates::{CgratesCharging, Options};
use switchback_core::model::{Address, Currency, MessageId, Money, Service, Time};
use switchback_ports::{ChargeKey, ChargeOrder, ChargeOutcome, ChargeStep, Charging};

/// Nothing takes longer than this, or the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who pays, and has 10.00.
pub(crate) const NUMBER: &str = "4915112345678";

pub(crate) struct Scene {
    pub(crate) cgrates: Pretend,
    pub(crate) charging: CgratesCharging,
    runtime: tokio::runtime::Runtime,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let cgrates = Pretend::start();
        let scene = Self::between(cgrates.address, cgrates);
        until("there is a connection", || scene.charging.is_reachable());
        scene
    }

    /// One whose client looks elsewhere.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self::between(address, Pretend::start())
    }

    fn between(address: SocketAddr, cgrates: Pretend) -> Self {
        cgrates.world().accounts.insert(NUMBER.to_owned(), 1000);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options {
            address: address.to_string(),
            origin_host: "node1.home.test".to_owned(),
            answer_timeout: Duration::from_millis(400),
            ..Options::default()
        };
        let charging = CgratesCharging::start(options, runtime.handle());
        Self { cgrates, charging, runtime }
    }

    /// One in which the next requests of a method meet something.
    pub(crate) fn with(method: &str, faults: &[Fault]) -> Self {
        let scene = Self::new();
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
        self.give(order).recv_timeout(PATIENCE).unwrap()
    }

    pub(crate) fn step(&self, step: ChargeStep) -> ChargeOutcome {
        self.ask(order(step, 1))
    }

    /// What is on the account, in hundredths, and how many sessions are open.
    pub(crate) fn book(&self) -> (i64, usize) {
        let world = self.cgrates.world();
        (world.accounts[NUMBER], world.sessions.len())
    }

    /// Ends the client; what was under way has come to its end then.
    pub(crate) fn close(self) -> Pretend {
        self.runtime.block_on(self.charging.stop());
        self.cgrates
    }
}

/// An order about three segments, 0.27 EUR.
pub(crate) fn order(step: ChargeStep, message: u8) -> ChargeOrder {
    ChargeOrder {
        step,
        key: ChargeKey { message: MessageId::from_bytes([message; 16]), attempt: 1 },
        imsi: Some("262011234567890".into()),
        number: Some(NUMBER.into()),
        from: Address::parse("+4915112345678").unwrap(),
        to: Address::parse("+4917012345678").unwrap(),
        service: Service::Sms,
        parts: 3,
        bytes: 400,
        at: Time::from_millis(1_795_412_428_007),
        currency: Currency::EUR,
        at_most: None,
    }
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

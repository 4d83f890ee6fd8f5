//! The examination that every charging system's client passes, against a pretend one of its own.

use super::Named;
use crate::{ChargeDone, ChargeKey, ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep, Charging};
use smol_str::SmolStr;
use std::sync::mpsc;
use std::time::Duration;
use switchback_core::model::{Address, Currency, MessageId, Money, Origin, Service, Time};

/// Who pays in the examination: the number.
pub const PAYER: &str = "4915112345678";

/// No outcome takes longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client on the examiner's table, connected, and what its charging system knows.
pub trait ChargingUnderTest {
    /// The client.
    fn charging(&self) -> &dyn Charging;

    /// Sets what [`PAYER`] has, in billionths. Nothing is held at that time.
    fn set_balance(&self, nanos: i128);

    /// What [`PAYER`] can spend: neither charged nor held, in billionths.
    fn spendable(&self) -> i128;

    /// How many reservations are open.
    fn open(&self) -> u64;
}

type Property = (&'static str, fn(&dyn ChargingUnderTest));

const PROPERTIES: &[Property] = &[
    ("a quote moves nothing", quotes),
    ("what is reserved is charged once", charges),
    ("what is released is given back", releases),
    ("to release what is not held does no harm", releases_nothing),
    ("who cannot pay all pays nothing", needs_funds),
    ("what is dearer than agreed is not held", keeps_the_limit),
    ("many at once are each told once", tells_once),
];

/// Examines a client: each property with a new one.
///
/// # Panics
/// When a property does not hold; the panic's message, and the property named before it, say which and where.
pub fn examine_charging(make: impl Fn() -> Box<dyn ChargingUnderTest>) {
    for (says, property) in PROPERTIES {
        let on_failure = Named(says);
        property(&*make());
        std::mem::forget(on_failure);
    }
}

/// An order of [`PAYER`]'s about an SMS of three segments.
#[must_use]
pub fn order(step: ChargeStep, message: u8) -> ChargeOrder {
    ChargeOrder {
        step,
        key: ChargeKey { message: MessageId::from_bytes([message; 16]), attempt: 1 },
        imsi: Some("262011234567890".into()),
        number: Some(PAYER.into()),
        from: Address::E164(PAYER.into()),
        to: Address::E164(SmolStr::new("4917012345678")),
        origin: Origin::HOME,
        service: Service::Sms,
        parts: 3,
        bytes: 400,
        at: Time::from_millis(1_795_412_428_007),
        currency: Currency::EUR,
        at_most: None,
    }
}

/// Gives an order and waits for its outcome.
///
/// # Panics
/// When none comes.
#[track_caller]
pub fn ask(charging: &dyn Charging, order: ChargeOrder) -> ChargeOutcome {
    let (told, outcome) = mpsc::channel();
    let tell = move |outcome| {
        // Who waited in vain has panicked.
        let _ = told.send(outcome);
    };
    charging.order(order, Box::new(tell));
    match outcome.recv_timeout(PATIENCE) {
        Ok(outcome) => outcome,
        Err(error) => panic!("an order has no outcome: {error}"),
    }
}

#[track_caller]
fn done(of: &dyn ChargingUnderTest, order: ChargeOrder) -> ChargeDone {
    match ask(of.charging(), order) {
        ChargeOutcome::Done(done) => done,
        other => panic!("not done: {other:?}"),
    }
}

/// What the order costs.
#[track_caller]
fn price(of: &dyn ChargingUnderTest) -> Money {
    match done(of, order(ChargeStep::Quote, 0)).price {
        Some(price) => price,
        None => panic!("a quote without a price"),
    }
}

fn quotes(of: &dyn ChargingUnderTest) {
    let before = of.spendable();
    assert!(price(of).nanos > 0, "the examination needs a price");
    assert_eq!((of.spendable(), of.open()), (before, 0));
}

fn charges(of: &dyn ChargingUnderTest) {
    let (before, price) = (of.spendable(), price(of));
    assert_eq!(done(of, order(ChargeStep::Reserve, 1)).price, Some(price));
    assert_eq!((of.spendable(), of.open()), (before - price.nanos, 1));
    done(of, order(ChargeStep::Commit, 1));
    assert_eq!((of.spendable(), of.open()), (before - price.nanos, 0));
}

fn releases(of: &dyn ChargingUnderTest) {
    let before = of.spendable();
    done(of, order(ChargeStep::Reserve, 1));
    done(of, order(ChargeStep::Release, 1));
    assert_eq!((of.spendable(), of.open()), (before, 0));
}

fn releases_nothing(of: &dyn ChargingUnderTest) {
    let before = of.spendable();
    done(of, order(ChargeStep::Release, 1));
    assert_eq!((of.spendable(), of.open()), (before, 0));
}

fn needs_funds(of: &dyn ChargingUnderTest) {
    let price = price(of).nanos;
    let short = price - 10_000_000;
    of.set_balance(short);
    let refused = ask(of.charging(), order(ChargeStep::Reserve, 1));
    assert_eq!(refused, ChargeOutcome::Refused(ChargeRefusal::InsufficientFunds));
    assert_eq!((of.spendable(), of.open()), (short, 0));
    of.set_balance(price);
    done(of, order(ChargeStep::Reserve, 2));
    assert_eq!((of.spendable(), of.open()), (0, 1));
}

fn keeps_the_limit(of: &dyn ChargingUnderTest) {
    let (before, price) = (of.spendable(), price(of));
    let at_most = |nanos, message| ChargeOrder {
        at_most: Some(Money::from_nanos(price.currency, nanos)),
        ..order(ChargeStep::Reserve, message)
    };
    let refused = ask(of.charging(), at_most(price.nanos - 1, 1));
    assert_eq!(refused, ChargeOutcome::Refused(ChargeRefusal::PriceAbove(price)));
    assert_eq!((of.spendable(), of.open()), (before, 0));
    done(of, at_most(price.nanos, 2));
    let other = Currency::parse(if price.currency == Currency::EUR { "USD" } else { "EUR" });
    let beyond_compare = other.map(|other| Money::from_nanos(other, price.nanos * 100));
    let before = of.spendable();
    let refused =
        ask(of.charging(), ChargeOrder { at_most: beyond_compare, ..order(ChargeStep::Reserve, 3) });
    assert!(matches!(refused, ChargeOutcome::Refused(_)), "{refused:?}");
    assert_eq!((of.spendable(), of.open()), (before, 1));
}

fn tells_once(of: &dyn ChargingUnderTest) {
    const ORDERS: u8 = 100;
    let price = price(of).nanos;
    let all = price * i128::from(ORDERS);
    of.set_balance(all);
    let (told, outcomes) = mpsc::channel();
    for message in 0..ORDERS {
        let told = told.clone();
        let tell = move |outcome| {
            // Likewise.
            let _ = told.send(outcome);
        };
        of.charging().order(order(ChargeStep::Reserve, message), Box::new(tell));
    }
    drop(told);
    for _ in 0..ORDERS {
        let outcome = outcomes.recv_timeout(PATIENCE);
        assert!(matches!(outcome, Ok(ChargeOutcome::Done(_))), "{outcome:?}");
    }
    assert!(outcomes.recv_timeout(PATIENCE).is_err(), "nobody is told twice");
    assert_eq!((of.spendable(), of.open()), (0, u64::from(ORDERS)));
    for message in 0..ORDERS {
        let step = if message % 2 == 0 { ChargeStep::Commit } else { ChargeStep::Release };
        done(of, order(step, message));
    }
    assert_eq!((of.spendable(), of.open()), (price * i128::from(ORDERS / 2), 0));
}

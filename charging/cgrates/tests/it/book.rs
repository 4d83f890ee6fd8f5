//! Where the money is: after every order the account holds what the orders say.

use crate::scene::{PAYER, Scene, euro, is_done, order};
use switchback_core::model::{Currency, Service};
use switchback_ports::contract::{ChargingUnderTest, examine_charging};
use switchback_ports::{ChargeDone, ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep, Charging};

/// Billionths in a hundredth.
const HUNDREDTH: i128 = 10_000_000;

impl ChargingUnderTest for Scene {
    fn charging(&self) -> &dyn Charging {
        &self.charging
    }

    fn set_balance(&self, nanos: i128) {
        self.cgrates.set_account(PAYER, i64::try_from(nanos / HUNDREDTH).unwrap());
    }

    fn spendable(&self) -> i128 {
        i128::from(self.book().0) * HUNDREDTH
    }

    fn open(&self) -> u64 {
        u64::try_from(self.book().1).unwrap()
    }
}

#[test]
fn it_keeps_the_contract() {
    examine_charging(|| Box::new(Scene::new()));
}

fn refused(refusal: ChargeRefusal) -> ChargeOutcome {
    ChargeOutcome::Refused(refusal)
}

#[test]
fn a_quote_is_the_accounts_own_price_and_moves_nothing() {
    let scene = Scene::new();
    let done = ChargeDone {
        price: Some(euro("0.27")),
        is_list: false,
        until: None,
        is_free: false,
        low_balance: false,
    };
    assert_eq!(scene.step(ChargeStep::Quote), ChargeOutcome::Done(done));
    for service in [Service::Mms, Service::Im] {
        let ChargeOutcome::Done(done) = scene.ask(ChargeOrder { service, ..order(ChargeStep::Quote, 1) })
        else {
            panic!("{service:?}")
        };
        assert_eq!(done.price, Some(euro("0.09")), "one message is one unit");
    }
    assert_eq!(scene.book(), (1000, 0));
}

#[test]
fn what_is_reserved_is_charged_once_or_given_back() {
    let scene = Scene::new();
    let ChargeOutcome::Done(done) = scene.step(ChargeStep::Reserve) else { panic!() };
    assert_eq!(done.price, Some(euro("0.27")));
    assert_eq!(scene.book(), (973, 1), "what is reserved is debited");
    assert!(is_done(scene.step(ChargeStep::Commit)));
    assert_eq!(scene.book(), (973, 0));
    assert!(is_done(scene.ask(order(ChargeStep::Reserve, 2))));
    assert_eq!(scene.book(), (946, 1));
    assert!(is_done(scene.ask(order(ChargeStep::Release, 2))));
    assert_eq!(scene.book(), (973, 0));
    let session = format!("{}.1", order(ChargeStep::Commit, 1).key.message);
    assert_eq!(scene.close().records(), [session], "a charge has a record, a reservation none");
}

#[test]
fn who_pays_is_the_number_or_else_the_sim() {
    let scene = Scene::new();
    let of = |number: Option<&str>, imsi: Option<&str>| ChargeOrder {
        number: number.map(Into::into),
        imsi: imsi.map(Into::into),
        ..order(ChargeStep::Reserve, 1)
    };
    for unknown in [of(Some("4915199"), Some("26201")), of(None, Some("26201")), of(None, None)] {
        assert_eq!(scene.ask(unknown), refused(ChargeRefusal::UnknownPayer));
    }
    assert_eq!(scene.book(), (1000, 0));
    assert!(is_done(scene.ask(of(None, Some(PAYER)))));
}

#[test]
fn other_money_has_no_price_here_and_a_refund_is_not_made() {
    let scene = Scene::new();
    let francs = Currency::parse("CHF").unwrap();
    let order = ChargeOrder { currency: francs, ..order(ChargeStep::Quote, 1) };
    assert_eq!(scene.ask(order), refused(ChargeRefusal::NoPrice));
    assert_eq!(scene.step(ChargeStep::Refund), refused(ChargeRefusal::NotSupported));
    assert!(scene.cgrates.heard().is_empty());
}

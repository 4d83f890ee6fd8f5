//! What is asked and what it does to the account.

use crate::scene::{PATIENCE, PAYER, Scene, euro, options, order};
use switchback_core::model::{Currency, Service};
use switchback_diameter::{Mode, Options, QuoteBy, UnitsOfIm};
use switchback_ports::contract::{ChargingUnderTest, examine_charging};
use switchback_ports::{ChargeDone, ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep, Charging};
use wire_diameter::credit::UnitsAt;

impl ChargingUnderTest for Scene {
    fn charging(&self) -> &dyn Charging {
        &self.charging
    }

    fn set_balance(&self, nanos: i128) {
        self.ocs[0].set_balance(PAYER, nanos);
    }

    fn spendable(&self) -> i128 {
        self.ocs[0].balance(PAYER).map_or(10_000_000_000, |balance| balance.there - balance.held)
    }

    fn open(&self) -> u64 {
        self.ocs[0].counts().open_sessions
    }
}

#[test]
fn it_keeps_the_contract_with_one_peer_and_with_two() {
    for peers in [1, 2] {
        let options = || Options { window: 16, answer_timeout: PATIENCE, ..options() };
        examine_charging(|| Box::new(Scene::with("", options(), peers)));
    }
}

fn done(outcome: ChargeOutcome) -> ChargeDone {
    let ChargeOutcome::Done(done) = outcome else { panic!("{outcome:?}") };
    done
}

#[test]
fn a_reservation_is_held_then_charged_or_given_back() {
    let scene = Scene::new("");
    let reserved = done(scene.step(ChargeStep::Reserve));
    assert_eq!((reserved.price, reserved.is_list, reserved.is_free), (Some(euro("0.27")), false, false));
    assert!(reserved.until.is_some());
    assert_eq!(scene.balance(), (1000, 27));
    assert_eq!(done(scene.step(ChargeStep::Commit)).price, Some(euro("0.27")));
    assert_eq!(scene.balance(), (973, 0));
    done(scene.ask(order(ChargeStep::Reserve, 2)));
    done(scene.ask(order(ChargeStep::Release, 2)));
    assert_eq!(scene.balance(), (973, 0));
    done(scene.step(ChargeStep::Refund));
    assert_eq!(scene.balance(), (1000, 0));
}

#[test]
fn releasing_what_was_never_held_does_no_harm_and_committing_it_is_refused() {
    let scene = Scene::new("");
    done(scene.step(ChargeStep::Release));
    assert_eq!(scene.step(ChargeStep::Commit), ChargeOutcome::Refused(ChargeRefusal::NotHeld));
    assert_eq!(scene.ocs[0].counts().charged_nanos, 0);
}

#[test]
fn every_way_of_quoting_gives_the_price_and_holds_nothing() {
    for quote in [QuoteBy::PriceEnquiry, QuoteBy::ReserveProbe, QuoteBy::Advice] {
        let scene = Scene::with("", Options { quote, ..options() }, 1);
        for _ in 0..2 {
            let quoted = done(scene.step(ChargeStep::Quote));
            assert_eq!(
                (quoted.price, quoted.is_list),
                (Some(euro("0.27")), quote == QuoteBy::PriceEnquiry),
                "{quote:?}"
            );
        }
        let counts = scene.ocs[0].counts();
        assert_eq!(
            (counts.held_nanos, counts.charged_nanos, counts.open_sessions, counts.repeated),
            (0, 0, 0, 0)
        );
    }
    let scene = Scene::with("", Options { quote: QuoteBy::None, ..options() }, 1);
    assert_eq!(scene.step(ChargeStep::Quote), ChargeOutcome::Refused(ChargeRefusal::NotSupported));
}

#[test]
fn each_service_is_counted_in_its_own_units() {
    let order = |service| ChargeOrder { service, ..order(ChargeStep::Reserve, 1) };
    for (service, units_of_im, price) in [
        (Service::Sms, UnitsOfIm::Octets, "0.27"),
        (Service::Mms, UnitsOfIm::Octets, "0.39"),
        (Service::Im, UnitsOfIm::Octets, "0.0000916"),
        (Service::Im, UnitsOfIm::Messages, "0.01"),
    ] {
        for units_at in [UnitsAt::Services, UnitsAt::Request] {
            let scene = Scene::with("", Options { units_of_im, units_at, ..options() }, 1);
            assert_eq!(done(scene.ask(order(service))).price, Some(euro(price)), "{service:?}");
        }
    }
}

#[test]
fn without_sessions_nothing_is_said_until_the_charge() {
    let scene = Scene::with("", Options { mode: Mode::Event, ..options() }, 1);
    assert_eq!(done(scene.step(ChargeStep::Reserve)).price, None);
    assert_eq!(scene.ocs[0].counts().reserves, 0);
    done(scene.step(ChargeStep::Commit));
    assert_eq!((scene.balance(), scene.ocs[0].counts().debits), ((973, 0), 1));
}

#[test]
fn a_currency_without_a_number_has_no_price() {
    let scene = Scene::new("");
    let order = ChargeOrder { currency: Currency::parse("ZZZ").unwrap(), ..order(ChargeStep::Quote, 1) };
    assert_eq!(scene.ask(order), ChargeOutcome::Refused(ChargeRefusal::NoPrice));
}

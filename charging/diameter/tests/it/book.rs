//! What is asked and what it does to the account.

use crate::scene::{Scene, ask, euro, options, order};
use std::sync::mpsc;
use switchback_core::model::{Currency, Service};
use switchback_diameter::{Mode, Options, QuoteBy, UnitsOfIm};
use switchback_ports::{ChargeDone, ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep, Charging};
use wire_diameter::credit::UnitsAt;

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
fn nobody_spends_what_is_not_there() {
    let scene = Scene::new("");
    scene.ocs[0].set_balance(crate::scene::NUMBER, 269_999_999);
    let refused = scene.ask(order(ChargeStep::Reserve, 1));
    assert_eq!(refused, ChargeOutcome::Refused(ChargeRefusal::InsufficientFunds));
    scene.ocs[0].set_balance(crate::scene::NUMBER, 270_000_000);
    done(scene.ask(order(ChargeStep::Reserve, 2)));
}

#[test]
fn what_turns_out_dearer_than_agreed_is_given_back() {
    let scene = Scene::new("");
    let at_most = |amount| ChargeOrder { at_most: Some(euro(amount)), ..order(ChargeStep::Reserve, 1) };
    let above = ChargeOutcome::Refused(ChargeRefusal::PriceAbove(euro("0.27")));
    assert_eq!(scene.ask(at_most("0.26")), above);
    assert_eq!((scene.balance(), scene.ocs[0].counts().open_sessions), ((1000, 0), 0));
    done(scene.ask(at_most("0.27")));
}

#[test]
fn a_currency_without_a_number_has_no_price() {
    let scene = Scene::new("");
    let order = ChargeOrder { currency: Currency::parse("ZZZ").unwrap(), ..order(ChargeStep::Quote, 1) };
    assert_eq!(scene.ask(order), ChargeOutcome::Refused(ChargeRefusal::NoPrice));
}

#[test]
fn many_at_once_are_each_told_once_and_the_book_balances() {
    const ORDERS: u8 = 200;
    let scene =
        Scene::with("", Options { window: 16, answer_timeout: crate::scene::PATIENCE, ..options() }, 2);
    scene.ocs[0].set_balance(crate::scene::NUMBER, 1_000_000_000_000);
    let (told, outcomes) = mpsc::channel();
    for message in 0..ORDERS {
        let told = told.clone();
        let order = order(ChargeStep::Reserve, message);
        scene.charging.order(order, Box::new(move |outcome| told.send(outcome).unwrap()));
    }
    for _ in 0..ORDERS {
        done(outcomes.recv_timeout(crate::scene::PATIENCE).unwrap());
    }
    drop(told);
    assert!(outcomes.recv().is_err(), "nobody is told twice");
    assert_eq!(scene.balance(), (100_000, 27 * i128::from(ORDERS)));
    for message in 0..ORDERS {
        let step = if message % 2 == 0 { ChargeStep::Commit } else { ChargeStep::Release };
        done(ask(&scene.charging, order(step, message)));
    }
    assert_eq!(scene.balance(), (100_000 - 27 * i128::from(ORDERS / 2), 0));
}

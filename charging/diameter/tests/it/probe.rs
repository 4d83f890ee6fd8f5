//! Whether prices are told is found out when a peer is there, before anybody needs one, and costs nobody anything.

use crate::scene::{Scene, client_ahead, options, plain, until};
use std::sync::atomic::Ordering;
use switchback_diameter::{Options, QuoteBy};
use switchback_ports::{ChargeOutcome, ChargeRefusal, ChargeStep};
use switchback_testkit::ocs::{Config, Ocs, Script};

const SUBJECT: &str = "46701000009";

fn probing(quote: QuoteBy) -> Options {
    Options { quote, probe_subject: Some(SUBJECT.into()), ..options() }
}

#[test]
fn a_price_is_asked_for_once_when_the_first_peer_is_there() {
    let scene = Scene::with("", probing(QuoteBy::PriceEnquiry), 2);
    until("it is asked", || scene.ocs[0].counts().price_enquiries > 0);
    assert!(matches!(scene.step(ChargeStep::Quote), ChargeOutcome::Done(_)));
    let counts = scene.ocs[0].counts();
    assert_eq!((counts.price_enquiries, counts.reserves, counts.charged_nanos), (2, 0, 0), "{counts:?}");
    assert!(scene.charging.can_quote());
}

#[test]
fn who_has_no_prices_is_known_before_anybody_asks() {
    let scene = Scene::with("no-price-enquiry", probing(QuoteBy::PriceEnquiry), 1);
    until("it is known", || !scene.charging.can_quote());
    assert_eq!(scene.step(ChargeStep::Quote), ChargeOutcome::Refused(ChargeRefusal::NotSupported));
    assert_eq!(scene.ocs[0].counts().price_enquiries, 1, "nobody else had to ask");
}

#[test]
fn a_probe_by_reservation_gives_it_back() {
    for quote in [QuoteBy::ReserveProbe, QuoteBy::Advice] {
        let scene = Scene::with("", probing(quote), 1);
        until("it is given back", || scene.ocs[0].counts().releases > 0);
        let counts = scene.ocs[0].counts();
        assert_eq!((counts.reserves, counts.open_sessions, counts.held_nanos), (1, 0, 0), "{counts:?}");
        let balance = scene.ocs[0].balance(SUBJECT).unwrap();
        assert_eq!((balance.there, balance.held), (10_000_000_000, 0), "{quote:?}");
    }
}

#[test]
fn a_peer_that_comes_is_asked_anew() {
    let options = probing(QuoteBy::PriceEnquiry);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ocs =
        Ocs::start(Config { script: "no-price-enquiry".parse().unwrap(), ..Config::default() }).unwrap();
    let (charging, clock, _runtime) =
        client_ahead(Options { peers: vec![plain(ocs.address()), plain(free)], ..options });
    until("it is known", || !charging.can_quote());
    ocs.set_script(Script::default());
    clock.0.fetch_add(60_000, Ordering::Relaxed);
    let _other = ocs.start_peer_at(free).unwrap();
    until("it tells prices now", || charging.can_quote());
    assert_eq!(ocs.counts().price_enquiries, 2);
}

#[test]
fn without_a_subject_nobody_is_asked_about() {
    let scene = Scene::new("no-price-enquiry");
    assert_eq!(scene.step(ChargeStep::Quote), ChargeOutcome::Refused(ChargeRefusal::NotSupported));
    assert_eq!(scene.ocs[0].counts().price_enquiries, 1, "the first price that was needed");
}

//! Peers that come and go.

use crate::scene::{Scene, client, options, order, plain, until};
use std::time::Duration;
use switchback_diameter::Options;
use switchback_ports::{ChargeOutcome, ChargeRefusal, ChargeStep};
use switchback_testkit::ocs::{Config, Ocs};

fn is_done(outcome: ChargeOutcome) -> bool {
    matches!(outcome, ChargeOutcome::Done(_))
}

#[test]
fn nobody_there_is_a_refusal_that_can_be_relied_on() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (charging, _runtime) = client(Options { peers: vec![plain(free)], ..options() });
    let outcome = crate::scene::ask(&charging, order(ChargeStep::Reserve, 1));
    assert_eq!(outcome, ChargeOutcome::Refused(ChargeRefusal::Unreachable));
}

#[test]
fn the_second_peer_takes_over_and_the_first_comes_back() {
    let mut scene = Scene::with("", options(), 2);
    assert!(is_done(scene.step(ChargeStep::Reserve)));
    let first = scene.ocs.remove(0);
    first.cut();
    until("the first link has ended", || first.counts().links_ended == 1);
    // What still goes there is lost or never leaves; what comes after it goes to the other peer.
    until("the other peer is asked", || is_done(scene.ask(order(ChargeStep::Quote, 9))));
    assert!(is_done(scene.step(ChargeStep::Commit)));
    let links = first.counts().links;
    until("the first is back", || first.counts().links > links || first.counts().watchdogs >= 3);
    assert!(scene.charging.is_reachable());
}

#[test]
fn a_charging_system_that_watches_us_is_answered() {
    let config = Config { watchdog: Some(Duration::from_millis(5)), ..Config::default() };
    let ocs = Ocs::start(config).unwrap();
    let (charging, _runtime) = client(Options { peers: vec![plain(ocs.address())], ..options() });
    until("connected", || charging.is_reachable());
    for message in 0..50 {
        assert!(is_done(crate::scene::ask(&charging, order(ChargeStep::Quote, message))));
    }
    assert_eq!((ocs.counts().links, ocs.counts().unreadable), (1, 0));
}

#[test]
fn another_than_the_expected_peer_gets_nothing() {
    let ocs = Ocs::start(Config::default()).unwrap();
    let mut peer = plain(ocs.address());
    peer.host = Some("somebody.else.test".to_owned());
    let (charging, _runtime) = client(Options { peers: vec![peer], ..options() });
    until("capabilities were exchanged", || ocs.counts().links >= 1);
    let outcome = crate::scene::ask(&charging, order(ChargeStep::Reserve, 1));
    assert_eq!(outcome, ChargeOutcome::Refused(ChargeRefusal::Unreachable));
    assert_eq!(ocs.counts().reserves, 0);
}

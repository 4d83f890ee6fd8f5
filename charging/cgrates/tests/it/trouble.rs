//! What goes wrong between us and CGRateS, each alone: what we then believe, and that money is safe.

use crate::scene::{Scene, euro, is_done, order, until};
use serde_json::json;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;
use switchback_ports::{ChargeOutcome, ChargeRefusal, ChargeStep};
use switchback_testkit::cgrates::Fault;

const COST: &str = "APIerSv1.GetAccountCost";
const BEGIN: &str = "SessionSv1.InitiateSession";
const END: &str = "SessionSv1.TerminateSession";

fn refused(refusal: ChargeRefusal) -> ChargeOutcome {
    ChargeOutcome::Refused(refusal)
}

#[test]
fn an_answer_that_never_comes_is_unknown_and_a_release_clears_it() {
    for fault in
        [Fault::Silent, Fault::Cut, Fault::Line("no JSON"), Fault::Says(json!({})), Fault::Says(json!(null))]
    {
        let scene = Scene::with(BEGIN, &[fault]);
        assert_eq!(scene.step(ChargeStep::Reserve), ChargeOutcome::Unknown);
        assert_eq!(scene.book(), (973, 1));
        until("there is a connection again", || scene.charging.is_reachable());
        assert!(is_done(scene.step(ChargeStep::Release)));
        assert_eq!(scene.book(), (1000, 0));
    }
}

#[test]
fn a_charge_without_an_answer_is_unknown_and_asked_for_once() {
    for fault in
        [Fault::Silent, Fault::Cut, Fault::Fails("PARTIALLY_EXECUTED"), Fault::Fails("RALS_ERROR:TIMED_OUT")]
    {
        let scene = Scene::with(END, &[fault]);
        assert!(is_done(scene.step(ChargeStep::Reserve)));
        assert_eq!(scene.step(ChargeStep::Commit), ChargeOutcome::Unknown);
        assert_eq!((scene.cgrates.times(END), scene.book().0), (1, 973));
    }
}

#[test]
fn a_price_that_cannot_be_found_out_is_a_refusal_and_nothing_is_reserved() {
    for (fault, refusal) in [
        (Fault::Silent, ChargeRefusal::Unreachable),
        (Fault::Cut, ChargeRefusal::Unreachable),
        (Fault::Fails("SERVER_ERROR: UNAUTHORIZED_DESTINATION"), ChargeRefusal::NoPrice),
        (Fault::Fails("SERVER_ERROR: nobody knows"), ChargeRefusal::NoPrice),
        (Fault::Fails("rpc: can't find service APIerSv1.GetAccountCost"), ChargeRefusal::NotSupported),
        (Fault::Fails("MANDATORY_IE_MISSING: [Account]"), ChargeRefusal::OurFault),
        (Fault::Fails("ACCOUNT_DISABLED"), ChargeRefusal::Barred),
        (Fault::Says(json!({"Usage": 3, "Cost": null})), ChargeRefusal::NoPrice),
        (Fault::Says(json!({"Usage": 3, "Cost": -1})), ChargeRefusal::NoPrice),
        (Fault::Says(json!({"Usage": 2, "Cost": 0.18})), ChargeRefusal::NoPrice),
        (Fault::Says(json!({"Usage": 3, "Cost": "0.27"})), ChargeRefusal::NoPrice),
    ] {
        let scene = Scene::with(COST, &[fault.clone(), fault]);
        for step in [ChargeStep::Quote, ChargeStep::Reserve] {
            until("there is a connection", || scene.charging.is_reachable());
            assert_eq!(scene.step(step), refused(refusal));
        }
        assert_eq!(scene.book(), (1000, 0));
    }
}

#[test]
fn a_float_that_is_a_little_off_is_the_price_that_was_meant() {
    let scene = Scene::with(COST, &[Fault::Says(json!({"Usage": 3, "Cost": 0.1 + 0.2}))]);
    let ChargeOutcome::Done(done) = scene.step(ChargeStep::Quote) else { panic!() };
    assert_eq!(done.price, Some(euro("0.30")));
}

#[test]
fn a_grant_of_other_than_what_was_asked_for_is_given_back() {
    for (granted, refusal) in [
        (0, ChargeRefusal::InsufficientFunds),
        (2, ChargeRefusal::InsufficientFunds),
        (121, ChargeRefusal::WrongGrant),
        (-1, ChargeRefusal::WrongGrant),
    ] {
        let scene = Scene::with(BEGIN, &[Fault::Says(json!({"MaxUsage": granted}))]);
        assert_eq!(scene.step(ChargeStep::Reserve), refused(refusal), "{granted}");
        assert_eq!(scene.book(), (1000, 0));
    }
}

#[test]
fn a_refusal_is_told_only_when_nothing_is_held_for_sure() {
    let scene = Scene::with(BEGIN, &[Fault::Says(json!({"MaxUsage": 2}))]);
    scene.cgrates.fail(END, Fault::Silent);
    assert_eq!(scene.step(ChargeStep::Reserve), ChargeOutcome::Unknown);
}

#[test]
fn a_session_of_before_is_not_given_back_by_a_second_reservation() {
    let scene = Scene::new();
    assert!(is_done(scene.step(ChargeStep::Reserve)));
    assert_eq!(scene.step(ChargeStep::Reserve), ChargeOutcome::Unknown);
    assert_eq!(scene.book(), (973, 1));
    assert!(is_done(scene.step(ChargeStep::Release)));
    assert_eq!(scene.book(), (1000, 0));
}

#[test]
fn answers_out_of_order_find_their_orders() {
    let scene = Scene::with(COST, &[Fault::AfterTheNext]);
    let first = scene.give(order(ChargeStep::Reserve, 1));
    let second = scene.give(order(ChargeStep::Reserve, 2));
    for outcome in [second, first] {
        assert!(is_done(outcome.recv_timeout(Duration::from_secs(20)).unwrap()));
    }
    assert_eq!(scene.book(), (946, 2));
}

#[test]
fn an_answer_that_comes_twice_counts_once() {
    let scene = Scene::with(BEGIN, &[Fault::Twice]);
    assert!(is_done(scene.step(ChargeStep::Reserve)));
    scene.cgrates.fail(END, Fault::Twice);
    assert!(is_done(scene.step(ChargeStep::Commit)));
    assert_eq!(scene.book(), (973, 0));
    assert_eq!(scene.cgrates.links(), 1, "the connection goes on");
}

#[test]
fn nobody_there_is_told_at_once_and_nothing_is_charged_for_sure() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let scene = Scene::at(free);
    for step in [ChargeStep::Quote, ChargeStep::Reserve, ChargeStep::Commit, ChargeStep::Release] {
        assert_eq!(scene.step(step), refused(ChargeRefusal::Unreachable));
    }
}

#[test]
fn a_connection_that_drops_is_made_again_and_the_session_goes_on() {
    let scene = Scene::new();
    assert!(is_done(scene.step(ChargeStep::Reserve)));
    let links = scene.cgrates.links();
    scene.cgrates.cut();
    until("there is a connection again", || scene.cgrates.links() > links && scene.charging.is_reachable());
    assert!(is_done(scene.step(ChargeStep::Commit)));
    assert_eq!(scene.book(), (973, 0));
}

#[test]
fn a_charge_stands_without_its_record() {
    let scene = Scene::with("SessionSv1.ProcessCDR", &[Fault::Fails("NOT_CONNECTED: CDRs")]);
    assert!(is_done(scene.step(ChargeStep::Reserve)));
    assert!(is_done(scene.step(ChargeStep::Commit)));
    assert_eq!(scene.book(), (973, 0));
}

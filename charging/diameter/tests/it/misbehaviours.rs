//! Everything that a charging system gets wrong, each alone: what we then believe, and that money is safe.

use crate::scene::{Scene, euro, options, order, until};
use std::sync::atomic::Ordering;
use switchback_diameter::Options;
use switchback_ports::{ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep};
use switchback_testkit::ocs::Script;

fn refused(refusal: ChargeRefusal) -> ChargeOutcome {
    ChargeOutcome::Refused(refusal)
}

fn is_done(outcome: ChargeOutcome) -> bool {
    matches!(outcome, ChargeOutcome::Done(_))
}

fn script(text: &str) -> Script {
    text.parse().unwrap()
}

#[test]
fn refusals_are_told_apart() {
    for (text, refusal) in [
        ("rating-failed", ChargeRefusal::NoPrice),
        ("credit-limit", ChargeRefusal::InsufficientFunds),
        ("unknown-user", ChargeRefusal::UnknownPayer),
        ("denied", ChargeRefusal::Barred),
        ("grants-more", ChargeRefusal::WrongGrant),
        ("grants-less", ChargeRefusal::WrongGrant),
        ("grants-nothing", ChargeRefusal::WrongGrant),
    ] {
        let scene = Scene::new(text);
        assert_eq!(scene.step(ChargeStep::Reserve), refused(refusal), "{text}");
        let counts = scene.ocs[0].counts();
        assert_eq!((counts.open_sessions, counts.held_nanos, counts.charged_nanos), (0, 0, 0), "{text}");
    }
}

#[test]
fn what_is_not_charged_there_is_free() {
    let scene = Scene::new("not-applicable");
    let ChargeOutcome::Done(done) = scene.step(ChargeStep::Reserve) else { panic!() };
    assert!(done.is_free && done.price == Some(euro("0")));
}

#[test]
fn a_late_reservation_is_unknown_and_cleared_by_a_release() {
    let scene = Scene::new("late");
    assert_eq!(scene.step(ChargeStep::Reserve), ChargeOutcome::Unknown);
    assert_eq!(scene.ocs[0].counts().reserves, 1, "it is not sent again");
    assert_eq!(scene.balance(), (1000, 27));
    scene.ocs[0].set_script(Script::default());
    assert!(is_done(scene.step(ChargeStep::Release)));
    assert_eq!(scene.balance(), (1000, 0));
}

#[test]
fn an_answer_lost_after_the_charge_is_unknown_and_never_charged_twice() {
    for text in ["answer-lost", "answer-lost,no-dedup"] {
        let scene = Scene::new("");
        assert!(is_done(scene.step(ChargeStep::Reserve)));
        scene.ocs[0].set_script(script(text));
        assert_eq!(scene.step(ChargeStep::Commit), ChargeOutcome::Unknown);
        let counts = scene.ocs[0].counts();
        assert_eq!((counts.commits, counts.repeated, counts.done_twice), (1, 0, 0));
        assert_eq!(scene.balance(), (973, 0));
    }
}

#[test]
fn a_charging_system_that_deduplicates_is_asked_once_more_and_flagged() {
    let scene = Scene::with("", Options { deduplicates: true, ..options() }, 1);
    assert!(is_done(scene.step(ChargeStep::Reserve)));
    scene.ocs[0].set_script(script("answer-lost"));
    assert_eq!(scene.step(ChargeStep::Commit), ChargeOutcome::Unknown);
    let counts = scene.ocs[0].counts();
    assert_eq!((counts.commits, counts.repeated, counts.repeated_unflagged, counts.done_twice), (2, 1, 0, 0));
    assert_eq!(scene.balance(), (973, 0));
}

#[test]
fn who_has_no_prices_is_asked_for_them_once() {
    let scene = Scene::new("no-price-enquiry");
    for _ in 0..3 {
        assert_eq!(scene.step(ChargeStep::Quote), refused(ChargeRefusal::NotSupported));
    }
    assert_eq!((scene.ocs[0].counts().price_enquiries, scene.charging.can_quote()), (1, false));
    assert!(is_done(scene.step(ChargeStep::Reserve)), "the rest goes on");
    scene.ocs[0].set_script(Script::default());
    assert!(!is_done(scene.step(ChargeStep::Quote)), "it was asked just now");
    scene.clock.0.fetch_add(600_000, Ordering::Relaxed);
    assert!(is_done(scene.step(ChargeStep::Quote)), "it was only in trouble");
}

#[test]
fn an_exponent_off_by_ten_is_caught_by_what_was_agreed() {
    let scene = Scene::new("exponent-off");
    let order = ChargeOrder { at_most: Some(euro("0.27")), ..order(ChargeStep::Reserve, 1) };
    assert_eq!(scene.ask(order), refused(ChargeRefusal::PriceAbove(euro("2.70"))));
    assert_eq!(scene.balance(), (1000, 0));
}

#[test]
fn a_link_that_drops_in_mid_session_is_made_again_and_the_session_goes_on() {
    let scene = Scene::new("drops-mid-session");
    assert!(is_done(scene.step(ChargeStep::Reserve)));
    until("the link is back", || scene.ocs[0].counts().links >= 2 && scene.charging.is_reachable());
    assert!(is_done(scene.step(ChargeStep::Commit)));
    assert_eq!(scene.balance(), (973, 0));
}

#[test]
fn who_answers_only_the_watchdog_makes_all_unknown_and_does_nothing() {
    let scene = Scene::new("watchdog-only");
    for step in [ChargeStep::Reserve, ChargeStep::Commit, ChargeStep::Release] {
        assert_eq!(scene.step(step), ChargeOutcome::Unknown);
    }
    let counts = scene.ocs[0].counts();
    assert_eq!((counts.reserves, counts.commits, counts.releases), (1, 1, 2), "a release is harmless twice");
    assert!(scene.charging.is_reachable());
}

#[test]
fn a_session_that_fails_over_ends_with_the_other_peer() {
    let scene = Scene::with("fails-over", options(), 2);
    assert!(is_done(scene.step(ChargeStep::Reserve)));
    assert!(is_done(scene.step(ChargeStep::Commit)));
    assert_eq!((scene.balance(), scene.ocs[0].counts().repeated), ((973, 0), 0));
    let alone = Scene::new("fails-over");
    assert!(is_done(alone.step(ChargeStep::Reserve)));
    assert_eq!(alone.step(ChargeStep::Commit), refused(ChargeRefusal::Unreachable));
    assert_eq!(alone.balance(), (1000, 27), "still held, for sure not charged");
}

#[test]
fn what_has_run_out_is_held_anew_and_charged_within_what_was_agreed() {
    let within = |amount| ChargeOrder { at_most: Some(euro(amount)), ..order(ChargeStep::Commit, 1) };
    for (now, commit, outcome, balance) in [
        ("", within("0.27"), None, 973),
        ("", within("0.26"), Some(ChargeRefusal::PriceAbove(euro("0.27"))), 1000),
        ("", order(ChargeStep::Commit, 1), Some(ChargeRefusal::NotHeld), 1000),
        ("credit-limit", within("0.27"), Some(ChargeRefusal::InsufficientFunds), 1000),
        ("expires", within("0.27"), Some(ChargeRefusal::NotHeld), 1000),
    ] {
        let scene = Scene::new("expires");
        assert!(is_done(scene.step(ChargeStep::Reserve)));
        scene.ocs[0].set_script(script(now));
        let came = scene.ask(commit);
        match outcome {
            None => assert!(is_done(came), "{came:?}"),
            Some(refusal) => assert_eq!(came, refused(refusal), "{now}"),
        }
        assert_eq!((scene.balance(), scene.ocs[0].counts().open_sessions), ((balance, 0), 0), "{now}");
    }
}

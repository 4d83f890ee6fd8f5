//! What is kept is bounded, and an answer that needs no memory is given beyond it.

use std::time::Duration;

use wire_sip::transaction::{Bound, Limits, NotTaken, Outgoing, Output, Timers, Transactions, Verdict};
use wire_sip::{HeaderName, Message, Method, StatusCode};

use crate::peer::{Asked, answer};

const NOW: Duration = Duration::ZERO;

fn limited(transactions: usize, octets: usize) -> Transactions<u8> {
    let bound = Bound { transactions, octets };
    let limits = Limits { servers: bound, clients: bound, retry_after: Duration::from_secs(7) };
    Transactions::new(&Timers::default(), limits, 3)
}

fn ask(table: &mut Transactions<u8>, number: usize) -> Vec<Output<u8>> {
    let (branch, call) = (format!("z9hG4bK-{number}"), format!("call-{number}"));
    let request = Asked { branch: &branch, call: &call, ..Asked::new("MESSAGE") };
    let mut out = Vec::new();
    table.received(request.message(), 1, false, NOW, &mut out);
    out
}

#[test]
fn a_request_beyond_the_limit_is_answered_with_503_and_retry_after_and_leaves_nothing() {
    let mut table = limited(2, usize::MAX);
    assert!(matches!(ask(&mut table, 1).as_slice(), [Output::Request { .. }]));
    assert!(matches!(ask(&mut table, 2).as_slice(), [Output::Request { .. }]));
    for _ in 0..200 {
        let out = ask(&mut table, 3);
        let [Output::Send { octets, .. }] = out.as_slice() else { panic!("{out:?}") };
        let refused = Message::read(octets.clone()).unwrap();
        assert_eq!(refused.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(refused.values(HeaderName::RetryAfter).next(), Some(&b"7"[..]));
        assert!(refused.to_tag().is_some());
    }
    assert_eq!(table.len(), 2);
    assert_eq!(table.counters().refused, 200);
    // What is here already is served as before.
    assert!(ask(&mut table, 2).is_empty());
}

#[test]
fn answers_that_are_kept_are_counted_in_octets_and_freed() {
    let mut table = limited(usize::MAX, 1000);
    let out = ask(&mut table, 1);
    let [Output::Request { id, message, .. }] = out.as_slice() else { panic!("{out:?}") };
    let mut long = answer(message, 200, b"tag").to_vec();
    long.resize(1000, b' ');
    let mut out = Vec::new();
    table.respond(*id, StatusCode::OK, &long.into(), NOW, &mut out).unwrap();
    assert!(matches!(ask(&mut table, 2).as_slice(), [Output::Send { .. }]), "refused");
    table.tick(Duration::from_secs(32), &mut out);
    assert!(table.is_empty());
    assert!(matches!(ask(&mut table, 2).as_slice(), [Output::Request { .. }]), "taken");
}

#[test]
fn a_request_of_ours_beyond_the_limit_is_not_taken() {
    let mut table = limited(1, usize::MAX);
    let mut out = Vec::new();
    assert!(send(&mut table, 1, &mut out).is_ok());
    assert_eq!(send(&mut table, 2, &mut out), Err(NotTaken::Full));
    assert_eq!(out.len(), 1);
}

#[test]
fn timers_that_no_longer_count_do_not_pile_up() {
    let mut table = limited(usize::MAX, usize::MAX);
    let mut out = Vec::new();
    for number in 0..10_000 {
        assert!(send(&mut table, number, &mut out).is_ok());
        let request = asked(number);
        let response = answer(&request, 200, b"tag");
        table.received(Message::read(response).unwrap(), 1, true, NOW, &mut out);
        assert!(matches!(out.pop(), Some(Output::Ended { verdict: Verdict::Answered(_), .. })));
        out.clear();
    }
    assert!(table.is_empty());
    // Timer F of each was set; nearly all are gone without a tick.
    let told = format!("{table:?}");
    let wakes = told.matches("Wake").count();
    assert!(wakes <= 4096 + 1, "{wakes} left");
}

fn asked(number: usize) -> Message {
    let branch = format!("z9hG4bK-{number}");
    Asked { branch: &branch, ..Asked::new("MESSAGE") }.message()
}

fn send(table: &mut Transactions<u8>, number: usize, out: &mut Vec<Output<u8>>) -> Result<(), NotTaken> {
    let request = asked(number);
    let outgoing = Outgoing {
        token: 1,
        method: Method::Message,
        branch: request.via().branch().unwrap(),
        octets: request.octets().clone(),
        flow: 1,
        reliable: true,
    };
    table.request(outgoing, NOW, out).map(|_| ())
}

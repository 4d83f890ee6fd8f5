//! Which message belongs to which transaction (RFC 3261 8.2.2.2, 9.2, 17.1.3, 17.2.3).

use std::time::Duration;

use bytes::Bytes;
use wire_sip::transaction::{Limits, Output, Timers, Transactions};
use wire_sip::{Message, StatusCode};

use crate::peer::{ALICE, Asked, answer, word};

const NOW: Duration = Duration::ZERO;

/// What comes of requests that come one after the other by one unreliable flow; the user is silent.
fn said(requests: &[Asked<'_>]) -> Vec<String> {
    let mut table = Transactions::new(&Timers::default(), Limits::default(), 1);
    requests.iter().map(|request| say(&mut table, request)).collect()
}

fn say(table: &mut Transactions<u8>, request: &Asked<'_>) -> String {
    let mut out = Vec::new();
    table.received(request.message(), 1, false, NOW, &mut out);
    let words = out.iter().map(|output| match output {
        Output::Send { octets, .. } => word(octets),
        Output::Request { .. } => "user".to_owned(),
        Output::Ack { .. } => "user ack".to_owned(),
        Output::Cancel { .. } => "user cancel".to_owned(),
        other => panic!("what is {other:?}?"),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[test]
fn branch_sent_by_and_method_tell_requests_apart() {
    let first = Asked::new("MESSAGE");
    let elsewhere = Asked { sent_by: "192.0.2.2", call: "another", ..first };
    let port = Asked { sent_by: "192.0.2.1:5061", call: "third", ..first };
    let branch = Asked { branch: "z9hG4bK-2", call: "fourth", ..first };
    let options = Asked { method: "OPTIONS", ..first };
    assert_eq!(said(&[first, elsewhere, port, branch, options]), ["user"; 5]);
    assert_eq!(said(&[first, first]), ["user", ""]);
}

#[test]
fn the_answer_goes_to_where_the_request_came_from_last() {
    let mut table = Transactions::new(&Timers::default(), Limits::default(), 1);
    let request = Asked::new("MESSAGE");
    let mut out = Vec::new();
    table.received(request.message(), "lost", false, NOW, &mut out);
    let Some(Output::Request { id, to_tag, message, .. }) = out.pop() else { panic!("nothing asked") };
    table.received(request.message(), "found", false, NOW, &mut out);
    let octets = answer(&message, 200, to_tag.as_ref());
    table.respond(id, StatusCode::OK, &octets, NOW, &mut out).unwrap();
    assert!(matches!(out.as_slice(), [Output::Send { flow: "found", .. }]), "{out:?}");
    table.received(request.message(), "third", false, NOW, &mut out);
    assert!(matches!(out.as_slice(), [_, Output::Send { flow: "third", .. }]), "{out:?}");
}

#[test]
fn a_request_that_comes_by_two_ways_is_a_loop_but_not_within_a_dialog() {
    let first = Asked::new("MESSAGE");
    let merged = Asked { branch: "z9hG4bK-2", sent_by: "192.0.2.9", ..first };
    assert_eq!(said(&[first, merged, merged]), ["user", "482", "482"]);
    let in_dialog = Asked { to_tag: "ours", ..first };
    let again = Asked { to_tag: "ours", ..merged };
    assert_eq!(said(&[in_dialog, again]), ["user", "user"]);
}

#[test]
fn old_peers_without_the_cookie_are_told_apart_by_everything_else() {
    let old = Asked { branch: "1", ..Asked::new("INVITE") };
    let next = Asked { call: "next", ..old };
    let cancel = Asked { method: "CANCEL", ..old };
    assert_eq!(said(&[old, old, next, cancel]), ["user", "", "user", "200, user cancel"]);

    let cookie_alone = Asked { branch: "z9hG4bK", ..old };
    let next = Asked { call: "next", ..cookie_alone };
    assert_eq!(said(&[cookie_alone, next]), ["user", "user"]);
}

#[test]
fn an_old_peers_ack_finds_its_invite_although_its_to_has_a_tag() {
    let mut table = Transactions::new(&Timers::default(), Limits::default(), 1);
    let old = Asked { branch: "1", ..Asked::new("INVITE") };
    let mut out = Vec::new();
    table.received(old.message(), 1, true, NOW, &mut out);
    let Some(Output::Request { id, to_tag, message, .. }) = out.pop() else { panic!("nothing asked") };
    let octets = answer(&message, 486, to_tag.as_ref());
    table.respond(id, StatusCode(486), &octets, NOW, &mut out).unwrap();
    assert_eq!(table.len(), 1);
    let tag = String::from_utf8(to_tag.as_ref().to_vec()).unwrap();
    assert_eq!(say(&mut table, &Asked { method: "ACK", to_tag: &tag, ..old }), "");
    assert!(table.is_empty());
}

#[test]
fn a_cancel_of_nothing_is_481_and_one_of_anything_but_an_invite_does_nothing() {
    let cancel = Asked::new("CANCEL");
    assert_eq!(said(&[cancel, cancel]), ["481", "481"]);
    assert_eq!(said(&[Asked::new("MESSAGE"), cancel]), ["user", "200"]);
    assert_eq!(said(&[Asked::new("INVITE"), cancel, cancel]), ["user", "200, user cancel", "200"]);
}

#[test]
fn the_tag_of_all_answers_to_a_request_and_of_its_cancel_is_one() {
    let mut table = Transactions::new(&Timers::default(), Limits::default(), 1);
    let mut out = Vec::new();
    table.received(Asked::new("INVITE").message(), 1, false, NOW, &mut out);
    let Some(Output::Request { to_tag, .. }) = out.pop() else { panic!("nothing asked") };
    table.received(Asked::new("CANCEL").message(), 1, false, NOW, &mut out);
    let Some(Output::Send { octets, .. }) = out.first() else { panic!("no answer") };
    let canceled = Message::read(octets.clone()).unwrap();
    assert_eq!(canceled.to_tag(), Some(to_tag.as_ref()));
}

#[test]
fn an_ack_without_an_invite_is_the_users_only_with_a_tag_that_a_2xx_may_have_given() {
    let mut table = Transactions::new(&Timers::default(), Limits::default(), 1);
    let stray = Asked::new("ACK");
    assert_eq!(say(&mut table, &stray), "");
    assert_eq!(say(&mut table, &Asked { to_tag: "of-a-dialog", ..stray }), "user ack");
    assert_eq!(table.counters().stray_acks, 1);
}

#[test]
fn the_ack_of_a_refusal_of_which_nothing_is_kept_goes_nowhere() {
    let mut table = Transactions::new(&Timers::default(), Limits::default(), 1);
    let merged = Asked { branch: "z9hG4bK-2", ..Asked::new("INVITE") };
    assert_eq!(say(&mut table, &Asked::new("INVITE")), "user");
    let mut out = Vec::new();
    table.received(merged.message(), 1, false, NOW, &mut out);
    let Some(Output::Send { octets, .. }) = out.pop() else { panic!("no answer") };
    let refused = Message::read(octets).unwrap();
    let tag = String::from_utf8(refused.to_tag().unwrap().to_vec()).unwrap();
    assert_eq!(say(&mut table, &Asked { method: "ACK", to_tag: &tag, ..merged }), "");
}

#[test]
fn answers_to_nothing_are_dropped_and_counted() {
    let mut table: Transactions<u8> = Transactions::new(&Timers::default(), Limits::default(), 1);
    let request = Asked { sent_by: ALICE, ..Asked::new("MESSAGE") };
    let response = answer(&request.message(), 200, b"tag");
    let mut out = Vec::new();
    table.received(Message::read(response).unwrap(), 1, false, NOW, &mut out);
    let old = Bytes::from_static(
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n\
          Call-ID: 1\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n",
    );
    table.received(Message::read(old).unwrap(), 1, false, NOW, &mut out);
    assert!(out.is_empty());
    assert_eq!(table.counters().stray_responses, 2);
}

#[test]
fn branches_and_tags_are_of_the_seed_and_never_the_same() {
    let mut table: Transactions<u8> = Transactions::new(&Timers::default(), Limits::default(), 1);
    let mut other: Transactions<u8> = Transactions::new(&Timers::default(), Limits::default(), 2);
    let (first, second) = (table.branch(), table.branch());
    assert!(first.as_ref().starts_with(b"z9hG4bK"));
    assert_eq!(first.as_ref().len(), 23);
    assert_ne!(first, second);
    assert_ne!(first, other.branch());
}

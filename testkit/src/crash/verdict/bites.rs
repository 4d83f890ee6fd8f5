//! The verdict finds what it is there to find: each fault planted in a clean story, one at a time.

use super::super::witness::{Answered, StoredAttempt, Submit};
use super::*;
use serde_json::json;

/// One message, accepted, submitted once, shown once, charged once.
fn clean() -> (Witnesses, Value) {
    let mut all = Witnesses::default();
    let answer = Answered { at: 20, status: 202, id: Some("msg_1".into()), replayed: false };
    all.asked.insert(
        1,
        Asked {
            intent: 10,
            to: "+4670".into(),
            hash: "h1".into(),
            class: "plain".into(),
            unclear: Vec::new(),
            answer: Some(answer),
            committed: None,
        },
    );
    let submit = Submit { at: 30, answered: Some(31), ..Submit::default() };
    all.peers.insert(
        "h1".into(),
        Peers {
            submits: [("a".to_owned(), submit)].into(),
            shown: vec![40],
            phones: vec!["4670".into()],
            ..Peers::default()
        },
    );
    all.stored.push(stored("msg_1", "1", "delivered"));
    let audit = json!({
        "double_charges": 0, "orphan_holds": 0, "unbalanced": [], "charged": [{"amount": "0.03", "currency": "EUR"}],
    });
    (all, audit)
}

fn stored(id: &str, reference: &str, status: &str) -> Stored {
    Stored {
        id: id.into(),
        client_ref: Some(reference.into()),
        status: status.into(),
        accepted_ms: 0,
        delivered_ms: None,
        attempts: vec![StoredAttempt { may_duplicate: false, service: "sms".into() }],
        charged: Some(Money { amount: "0.03".into(), currency: "EUR".into() }),
        charged_attempt: Some(1),
    }
}

fn found(change: impl FnOnce(&mut Witnesses, &mut Value)) -> Vec<&'static str> {
    let (mut witnesses, mut audit) = clean();
    change(&mut witnesses, &mut audit);
    let mut summary = Summary::default();
    compare(&witnesses, &audit, &[kill(200), kill(400)], &mut summary);
    summary.violations.into_keys().collect()
}

fn kill(at: u64) -> Kill {
    Kill { at, ..Kill::default() }
}

fn peers(all: &mut Witnesses) -> &mut Peers {
    all.peers.get_mut("h1").unwrap()
}

#[test]
fn a_clean_story_is_clean() {
    assert_eq!(found(|_, _| ()), [""; 0]);
}

#[test]
fn what_was_accepted_and_is_gone_is_lost() {
    assert_eq!(found(|all, _| all.stored.clear()), ["lost", "wrong total"]);
    assert_eq!(found(|all, _| peers(all).shown.clear()), ["lost"]);
}

#[test]
fn an_unknown_that_nobody_saw_is_told_and_not_lost() {
    let unknown = |all: &mut Witnesses, audit: &mut Value| {
        peers(all).shown.clear();
        all.stored[0].status = "unknown".into();
        all.stored[0].charged = None;
        audit["charged"] = json!([]);
    };
    assert_eq!(found(unknown), [""; 0]);
}

#[test]
fn a_copy_must_be_marked() {
    let twice = |all: &mut Witnesses| peers(all).heard.push(50);
    assert_eq!(found(|all, _| twice(all)), ["duplicate"]);
    let marked = |all: &mut Witnesses, _: &mut Value| {
        twice(all);
        all.stored[0].attempts[0].may_duplicate = true;
    };
    assert_eq!(found(marked), [""; 0]);
}

#[test]
fn what_nobody_asked_for_is_invented() {
    assert_eq!(
        found(|all, _| all.asked.get_mut(&1).unwrap().answer.as_mut().unwrap().status = 402),
        ["invented"]
    );
    let strange = |all: &mut Witnesses, _: &mut Value| {
        all.peers.insert("h2".into(), Peers { shown: vec![1], ..Peers::default() });
    };
    assert_eq!(found(strange), ["invented"]);
    let free = |id: &str, reference: &str| Stored { charged: None, ..stored(id, reference, "failed") };
    assert_eq!(found(|all, _| all.stored.push(free("msg_2", "7"))), ["invented"]);
    let doubled = |all: &mut Witnesses, _: &mut Value| all.stored.insert(0, free("msg_2", "1"));
    assert_eq!(found(doubled), ["key used twice"]);
}

#[test]
fn over_sip_a_message_is_known_by_the_id_that_its_sender_was_told() {
    assert_eq!(found(|all, _| all.stored[0].client_ref = None), [""; 0]);
    let another = |all: &mut Witnesses, _: &mut Value| {
        (all.stored[0].client_ref, all.stored[0].id) = (None, "msg_2".into());
    };
    assert_eq!(found(another), ["invented", "lost"]);
}

#[test]
fn what_a_handset_confirmed_is_not_told_to_it_again() {
    let story = |hearing: fn() -> Hearing| {
        move |all: &mut Witnesses, _: &mut Value| {
            peers(all).hearings.insert("a".into(), hearing());
            all.stored[0].delivered_ms = Some(0);
        }
    };
    let told = "confirmed and told again";
    assert_eq!(found(story(|| Hearing { at: vec![40, 60], confirmed: Some(70), own_word: false })), [""; 0]);
    assert_eq!(found(story(|| Hearing { at: vec![40, 60], confirmed: Some(50), own_word: false })), [told]);
    assert_eq!(found(story(|| Hearing { at: vec![40, 60], confirmed: None, own_word: true })), [told]);
    // Whether it was on disk at the next kill nobody can tell, nor whether it was heard by a server that was being killed.
    assert_eq!(found(story(|| Hearing { at: vec![40, 260], confirmed: None, own_word: true })), [""; 0]);
    assert_eq!(found(story(|| Hearing { at: vec![220, 260], confirmed: None, own_word: true })), [""; 0]);
    let late = || Hearing { at: vec![300_000, 300_260], confirmed: None, own_word: true };
    assert_eq!(found(story(late)), [told]);
}

#[test]
fn a_sender_is_told() {
    let sip = |all: &mut Witnesses, _: &mut Value| all.asked.get_mut(&1).unwrap().committed = Some(15);
    assert_eq!(found(sip), ["sender not told"]);
}

#[test]
fn the_right_phone_shows_it() {
    assert_eq!(found(|all, _| peers(all).phones = vec!["4671".into()]), ["mixed up"]);
}

#[test]
fn an_end_that_is_none_is_found() {
    for (status, seen, wanted) in
        [("sending", true, "unfinished"), ("failed", false, "not delivered"), ("expired", true, "wrong end")]
    {
        let change = |all: &mut Witnesses, audit: &mut Value| {
            all.stored[0].status = status.into();
            all.stored[0].charged = None;
            audit["charged"] = json!([]);
            if !seen {
                peers(all).shown.clear();
            }
        };
        assert_eq!(found(change), [wanted], "{status}");
    }
}

#[test]
fn money_is_counted_three_ways() {
    assert_eq!(found(|_, audit| audit["double_charges"] = json!(1)), ["double charge"]);
    assert_eq!(found(|_, audit| audit["orphan_holds"] = json!(1)), ["orphan reservation"]);
    assert_eq!(found(|_, audit| audit["unbalanced"] = json!(["payer-1"])), ["unbalanced payer"]);
    assert_eq!(found(|_, audit| audit["charged"][0]["amount"] = json!("0.06")), ["wrong total"]);
    assert_eq!(found(|all, _| all.stored[0].status = "failed".into()), ["wrong charge", "wrong end"]);
    assert_eq!(found(|_, audit| *audit = json!({})).len(), 4, "an audit that says nothing proves nothing");
}

//! What must hold after every commit, whatever the script (DESIGN section 8).

use crate::world::World;
use switchback_core::charge::{ClaimState, Slot};
use switchback_core::decide::check_choice;
use switchback_core::lifecycle::Effect;
use switchback_core::model::{
    Attempt, AttemptKind, AttemptState, ChargeOn, Choice, Message, Outcome, Service, Status,
};

pub(crate) fn check(world: &World, before: &Message) {
    let message = &world.message;
    i4_no_attempt_beside_another(message, before);
    i7_charges_within_the_limit(world);
    i9_no_orphan_reservation(world);
    i12_final_states_absorb(message, before);
    i14_every_start_within_the_limit(world, before);
    events_are_numbered_without_gaps(world, before);
    it_wants_to_be_looked_at_again(world);
    r9_reverts_once(message);
    an_outcome_changes_only_to_delivered(message, before);
    only_what_delivered_is_charged_on_delivery(message);
    r6_consent_to_what_was_told_opens_the_gate(world);
    r14_one_order_at_a_time_and_nothing_out_without_a_grant(world);
}

fn r14_one_order_at_a_time_and_nothing_out_without_a_grant(world: &World) {
    let claims =
        || world.message.attempts.iter().filter_map(|attempt| Some((attempt.n, attempt.claim.as_ref()?)));
    let asked = claims().filter(|(_, claim)| matches!(claim.state, ClaimState::Asked { .. })).count();
    assert!(asked <= 1, "R14: {asked} orders at once");
    for effect in &world.changes.effects {
        if let Effect::Attempt(n) = effect {
            let attempt = world.message.attempt(*n).unwrap();
            let granted = !attempt.is_awaiting_grant() && attempt.unpaid().is_none();
            assert!(granted, "R14: out without a grant: {attempt:?}");
        }
    }
    // Sessions that nobody doubts are as the charging system has them.
    for (n, claim) in claims().filter(|(_, claim)| claim.doubt.is_none()) {
        let holds = world.system.held.contains(&n);
        match claim.state {
            ClaimState::Held => assert!(holds, "R14: it holds nothing: {n} {claim:?}"),
            ClaimState::Free | ClaimState::Charged => assert!(!holds, "R14: an orphan hold: {n} {claim:?}"),
            _ => {}
        }
    }
    let charged: u32 = world.system.charged.values().sum();
    let kept = u32::try_from(world.message.kept.len()).unwrap();
    let owing = claims().any(|(_, claim)| claim.is_owing());
    let doubted = claims().any(|(_, claim)| claim.doubt.is_some());
    assert!(charged <= 1 + kept || owing || doubted, "I7: charged {charged} times");
    assert!(world.system.charged.values().all(|times| *times <= 1), "I7: one attempt charged twice");
}

/// Whoever is told an amount and chooses the service without another bound is not refused for the price.
fn r6_consent_to_what_was_told_opens_the_gate(world: &World) {
    for told in world.changes.records.iter().filter_map(|record| record.told) {
        let choice = Choice { service: told.service, max_price: None };
        let answer = check_choice(&world.message, choice, &world.offers, world.now);
        let opens = told.amount.is_none() || answer.is_ok();
        assert!(opens || world.message.marks.told != Some(told), "R6: {told:?}: {answer:?}");
    }
}

fn an_outcome_changes_only_to_delivered(message: &Message, before: &Message) {
    for (old, new) in before.attempts.iter().zip(&message.attempts).filter(|(old, _)| old.outcome().is_some())
    {
        let delivered = matches!(new.outcome(), Some(Outcome::Delivered | Outcome::Displayed));
        assert!(old.outcome() == new.outcome() || delivered, "an outcome was taken back: {old:?} {new:?}");
    }
}

fn only_what_delivered_is_charged_on_delivery(message: &Message) {
    let Slot::Charged { attempt, .. } = &message.slot else { return };
    let charged = message.attempt(*attempt).unwrap();
    let delivered = matches!(charged.outcome(), Some(Outcome::Delivered | Outcome::Displayed));
    assert!(delivered || charged.charge_on != ChargeOn::Delivered, "I7: charged, not delivered: {charged:?}");
}

/// No next attempt beside a live one ever; beside an unknown one only by R11, and flagged as a possible copy
/// (IM beside IM carries one id, and is shown once).
fn i4_no_attempt_beside_another(message: &Message, before: &Message) {
    let live = message.attempts.iter().filter(|attempt| attempt.is_live()).count();
    let live_before = before.attempts.iter().filter(|attempt| attempt.is_live()).count();
    for new in message.attempts.iter().skip(before.attempts.len()) {
        let older = message.attempts.iter().filter(|attempt| attempt.n < new.n);
        for open in older.filter(|attempt| attempt.outcome().is_none()) {
            assert_eq!(open.state, AttemptState::Unknown, "I4: {new:?} beside {open:?}");
            let one_id = new.service == Service::Im && open.service == Service::Im;
            assert!(new.may_duplicate || one_id, "I4: an unflagged copy");
        }
    }
    if message.attempts.len() > before.attempts.len() {
        assert!(live <= 1, "I4: two live attempts");
    }
    assert!(live <= live_before.max(1) + 1);
}

fn i7_charges_within_the_limit(world: &World) {
    let charged = world.charged();
    let message = &world.message;
    let kept: i128 = message.kept.iter().map(|kept| kept.nanos).sum();
    let in_slot = message.slot.charged().map_or(0, |charged| charged.nanos);
    assert_eq!(charged.nanos, kept + in_slot, "I7: the ledger is the slot and what the plan kept");
    let p1_known = message.p1.is_some_and(|pinned| pinned.price.as_first().is_some());
    if p1_known && !charged.is_zero() {
        let limit = world.highest_limit.unwrap_or_else(|| panic!("I7: charged without a limit"));
        assert!(charged.at_most(limit), "I7: {charged} > {limit}");
    }
}

fn i9_no_orphan_reservation(world: &World) {
    let held = if let Slot::Held { attempt, hold } = &world.message.slot {
        let holder = world.message.attempt(*attempt).unwrap();
        assert!(holder.outcome().is_none(), "I9: a reservation of an attempt that has ended: {holder:?}");
        assert!(!world.message.status.is_final(), "I9: a reservation after the end");
        hold.amount.nanos
    } else {
        0
    };
    assert_eq!(world.reserved().nanos, held, "I9: the ledger's reservation is the slot's");
}

fn i12_final_states_absorb(message: &Message, before: &Message) {
    if !before.status.is_final() {
        return;
    }
    let read = before.status == Status::Delivered && message.status == Status::Read;
    assert!(message.status == before.status || read, "I12: {:?} -> {:?}", before.status, message.status);
    // But a charge that the charging system refused is given back.
    let uncollected = |attempt| {
        let claim = message.attempt(attempt).and_then(|attempt| attempt.claim.as_ref());
        claim.is_some_and(|claim| claim.state == ClaimState::Free)
    };
    let given_back = message.slot == Slot::Empty
        && before.slot.charged().and_then(|_| before.slot.holder()).is_some_and(uncollected);
    assert!(message.slot == before.slot || given_back, "I12: money moved after the end: {:?}", message.slot);
    assert_eq!(message.kept, before.kept, "I12: money moved after the end");
    assert_eq!(message.attempts.len(), before.attempts.len(), "I12: an attempt after the end");
}

fn i14_every_start_within_the_limit(world: &World, before: &Message) {
    let message = &world.message;
    for new in message.attempts.iter().skip(before.attempts.len()) {
        if new.kind == AttemptKind::First {
            continue;
        }
        let Some(price) = new.price.as_next() else {
            assert_eq!(Some(new.service), message.first, "I14: only the first service at an unknown price");
            continue;
        };
        let kept: i128 = message.kept.iter().map(|kept| kept.nanos).sum();
        let limit = message.limit().map_or(0, |limit| limit.nanos);
        assert!(price.is_zero() || kept + price.nanos <= limit, "I14: {kept} + {price} > {limit}");
    }
}

fn events_are_numbered_without_gaps(world: &World, before: &Message) {
    let mut next = before.next_seq;
    for event in &world.changes.events {
        assert_eq!(event.seq, next, "a gap in the events");
        next += 1;
    }
    assert_eq!(world.message.next_seq, next);
}

fn it_wants_to_be_looked_at_again(world: &World) {
    match (world.message.status.is_final(), world.message.due) {
        (true, Some(due)) => {
            let wants = !world.message.is_settled() && due > world.now;
            assert!(wants, "a final message that owes nothing wants nothing");
        }
        (true, None) => {
            let forgotten = !world.message.is_settled() && world.asked().is_none();
            assert!(!forgotten, "R14: nobody will give the order: {:?}", world.message.attempts);
        }
        (false, Some(due)) => assert!(due > world.now, "a look that is past would spin"),
        (false, None) => panic!("I3: nobody will look at it again"),
    }
}

fn r9_reverts_once(message: &Message) {
    let is_revert = |attempt: &&Attempt| attempt.kind == AttemptKind::Revert && attempt.unpaid().is_none();
    let reverts = message.attempts.iter().filter(is_revert).count();
    assert!(reverts <= 1, "R9: {reverts} reverts");
    for (index, attempt) in message.attempts.iter().enumerate() {
        let out = message.attempts.iter().take(index).any(|earlier| {
            earlier.service == attempt.service
                && earlier.outcome() == Some(Outcome::PermanentFailure)
                && earlier.ended_at.is_some_and(|ended| ended < attempt.started_at)
        });
        assert!(!out, "R9: a service that failed for good was used again");
    }
}

//! R14 with a charging system of the operator's: orders become due with the slot's entries, one of a message is under
//! way at a time, and what came of it is taken in like a report.

use super::parts::{attempt_mut, end_open_parts, fold};
use super::{Changes, Effect, slot, start};
use crate::charge::{Claim, ClaimAnswer, ClaimState, IfDown, LedgerKind, Unpaid};
use crate::decide::deadline::growing;
use crate::model::{Attempt, AttemptKind, EventKind, Message, Outcome, PartState, Time, Timers};

/// The slot has written this entry for the attempt: the charging system is owed the order.
pub(super) fn owe(message: &mut Message, n: u16, order: LedgerKind, now: Time) {
    let Some(claim) = claim_mut(message, n) else { return };
    match (claim.state, order) {
        (ClaimState::Held, LedgerKind::Commit | LedgerKind::Release) => claim.state = due(order, now, 0),
        // Of what may not have been charged nothing is asked back: it stays a suspect.
        (ClaimState::Charged, LedgerKind::Refund) if claim.doubt.is_none() => {
            claim.state = due(order, now, 0)
        }
        // What was not ordered yet, and is not wanted any more, was never wanted.
        (ClaimState::Due { order: LedgerKind::Commit, .. }, LedgerKind::Refund) if claim.doubt.is_none() => {
            claim.state = due(LedgerKind::Release, now, 0);
        }
        (
            ClaimState::Due { order: LedgerKind::Commit, .. }
            | ClaimState::Asked { order: LedgerKind::Commit, .. },
            LedgerKind::Refund,
        ) => claim.then = Some(LedgerKind::Refund),
        _ => {}
    }
}

/// Gives the next order that is due, unless one is under way. Older attempts come first: k is released, or known to be
/// in doubt, before k+1 is reserved.
pub(super) fn go_on(message: &mut Message, now: Time, changes: &mut Changes) {
    if message.status.is_final() {
        // It waits for nothing but orders.
        message.due = None;
    }
    let asked = |attempt: &Attempt| {
        attempt.claim.as_ref().is_some_and(|claim| matches!(claim.state, ClaimState::Asked { .. }))
    };
    if message.attempts.iter().any(asked) {
        return;
    }
    let is_over = message.status.is_final();
    let mut later: Option<Time> = None;
    for attempt in &mut message.attempts {
        let has_ended = is_over || attempt.outcome().is_some();
        let Some(claim) = attempt.claim.as_deref_mut() else { continue };
        let ClaimState::Due { order, at, tries } = claim.state else { continue };
        if order == LedgerKind::Reserve && has_ended {
            claim.state = ClaimState::Free;
        } else if at <= now {
            claim.state = ClaimState::Asked { order, tries };
            changes.effects.push(Effect::Order(attempt.n));
            return;
        } else {
            later = Some(later.map_or(at, |known| known.min(at)));
        }
    }
    message.due = [message.due, later].into_iter().flatten().min();
}

/// The charging system answered an order.
pub(super) fn told(
    message: &mut Message,
    n: u16,
    order: LedgerKind,
    answer: ClaimAnswer,
    timers: &Timers,
    now: Time,
    changes: &mut Changes,
) {
    let Some(claim) = claim_mut(message, n) else { return };
    let ClaimState::Asked { order: asked, tries } = claim.state else { return };
    if asked != order {
        return;
    }
    let again = due(order, growing(timers, tries, now), tries.saturating_add(1));
    match (order, answer) {
        (LedgerKind::Reserve, answer) => reserved(message, n, answer, again, timers, now, changes),
        (_, ClaimAnswer::Refused(Unpaid::Down)) => {
            claim.state = again;
            if order == LedgerKind::Release {
                doubt(message, n, order, now, changes);
            }
        }
        (LedgerKind::Release, ClaimAnswer::Unknown { .. })
        | (_, ClaimAnswer::Unknown { does_once: true }) => {
            claim.state = again;
            doubt(message, n, order, now, changes);
        }
        (LedgerKind::Commit, answer) => committed(message, n, answer, now, changes),
        (_, ClaimAnswer::Done { .. }) | (LedgerKind::Release, ClaimAnswer::Refused(Unpaid::NotHeld)) => {
            settle(message, n, ClaimState::Free, now, changes);
        }
        (LedgerKind::Release, ClaimAnswer::Refused(_)) => {
            claim.state = ClaimState::Free;
            doubt(message, n, order, now, changes);
        }
        (LedgerKind::Refund | LedgerKind::Keep, _) => {
            claim.state = ClaimState::Charged;
            doubt(message, n, order, now, changes);
        }
    }
}

fn reserved(
    message: &mut Message,
    n: u16,
    answer: ClaimAnswer,
    again: ClaimState,
    timers: &Timers,
    now: Time,
    changes: &mut Changes,
) {
    let is_over = message.status.is_final();
    let Some(attempt) = attempt_mut(message, n) else { return };
    // After the message's end nothing goes out, whatever is known of the attempt.
    let has_ended = is_over || attempt.outcome().is_some();
    let Some(claim) = attempt.claim.as_deref_mut() else { return };
    let if_down = claim.external.if_down;
    match answer {
        ClaimAnswer::Done { is_free: false, .. } if has_ended => {
            claim.state = due(LedgerKind::Release, now, 0)
        }
        ClaimAnswer::Done { price, is_free } => {
            claim.state = if is_free { ClaimState::Free } else { ClaimState::Held };
            let currency = claim.hold.amount.currency;
            if is_free {
                claim.hold.amount.nanos = 0;
            } else if let Some(price) = price.filter(|price| price.currency == currency) {
                claim.hold.amount = price;
            }
            let hold = claim.hold.clone();
            if !has_ended {
                slot::reserve(message, n, hold, now, changes);
                start::granted(message, n, timers, now, changes);
            }
        }
        ClaimAnswer::Refused(_) if has_ended => claim.state = ClaimState::Free,
        ClaimAnswer::Refused(Unpaid::Down) if if_down == IfDown::Buffer => claim.state = again,
        ClaimAnswer::Refused(Unpaid::Down) if if_down == IfDown::Free => {
            claim.state = ClaimState::Free;
            start::granted(message, n, timers, now, changes);
        }
        ClaimAnswer::Refused(why) => {
            claim.state = ClaimState::Free;
            turned_away(message, n, why, timers, now, changes);
        }
        ClaimAnswer::Unknown { .. } => unanswered(message, n, timers, now, changes),
    }
}

/// Nobody knows whether it is held: it is released, and this attempt is never made.
fn unanswered(message: &mut Message, n: u16, timers: &Timers, now: Time, changes: &mut Changes) {
    if let Some(claim) = claim_mut(message, n) {
        claim.state = due(LedgerKind::Release, now, 0);
    }
    doubt(message, n, LedgerKind::Reserve, now, changes);
    turned_away(message, n, Unpaid::Unanswered, timers, now, changes);
}

/// The attempt ends before it was made. What its start had used up of the message's chances is given back.
fn turned_away(
    message: &mut Message,
    n: u16,
    why: Unpaid,
    timers: &Timers,
    now: Time,
    changes: &mut Changes,
) {
    let Some(attempt) = attempt_mut(message, n).filter(|attempt| attempt.outcome().is_none()) else { return };
    if let Some(claim) = attempt.claim.as_deref_mut() {
        claim.unpaid = Some(why);
    }
    let (service, kind) = (attempt.service, attempt.kind);
    end_open_parts(attempt, PartState::Ended(Outcome::TemporaryFailure));
    fold(message, n, timers, now, changes);
    if kind == AttemptKind::Revert {
        message.marks.reverts = message.marks.reverts.saturating_sub(1);
    }
    let made = |attempt: &Attempt| attempt.service == service && attempt.unpaid().is_none();
    if message.second == Some(service) && !message.attempts.iter().any(made) {
        message.second = None;
    }
}

fn committed(message: &mut Message, n: u16, answer: ClaimAnswer, now: Time, changes: &mut Changes) {
    let in_doubt = claim_mut(message, n).is_some_and(|claim| claim.doubt.is_some());
    match answer {
        ClaimAnswer::Done { .. } => {
            settle(message, n, ClaimState::Charged, now, changes);
            if let Some(order) = claim_mut(message, n).and_then(|claim| claim.then.take()) {
                owe(message, n, order, now);
            }
        }
        // It was not charged, so the sender is not either: what our ledger says is put right. But what is gone after an
        // order without an answer may have been charged by that order.
        ClaimAnswer::Refused(why) if !(in_doubt && why == Unpaid::NotHeld) => {
            settle(message, n, ClaimState::Free, now, changes);
            slot::uncollected(message, n, now, changes);
        }
        ClaimAnswer::Refused(_) | ClaimAnswer::Unknown { .. } => {
            if let Some(claim) = claim_mut(message, n) {
                (claim.state, claim.then) = (ClaimState::Charged, None);
            }
            doubt(message, n, LedgerKind::Commit, now, changes);
        }
    }
}

/// After a start: an order that was given before has no answer any more. A commit or a refund is ordered again too; who
/// carries orders out gives one that is in doubt only to a charging system that does each once.
pub(super) fn recovered(message: &mut Message, n: u16, timers: &Timers, now: Time, changes: &mut Changes) {
    let Some(claim) = claim_mut(message, n) else { return };
    let ClaimState::Asked { order, .. } = claim.state else { return };
    if order == LedgerKind::Reserve {
        unanswered(message, n, timers, now, changes);
    } else {
        claim.state = due(order, now, 0);
        doubt(message, n, order, now, changes);
    }
}

/// The answer leaves no doubt.
fn settle(message: &mut Message, n: u16, state: ClaimState, now: Time, changes: &mut Changes) {
    let Some(claim) = claim_mut(message, n) else { return };
    claim.state = state;
    if claim.doubt.take().is_some() {
        changes.tell(message, now, EventKind::ChargeCleared { attempt: n });
    }
}

fn doubt(message: &mut Message, n: u16, order: LedgerKind, now: Time, changes: &mut Changes) {
    let Some(claim) = claim_mut(message, n) else { return };
    if claim.doubt.is_none() {
        claim.doubt = Some(order);
        changes.tell(message, now, EventKind::ChargeInDoubt { attempt: n, order });
    }
}

const fn due(order: LedgerKind, at: Time, tries: u8) -> ClaimState {
    ClaimState::Due { order, at, tries }
}

fn claim_mut(message: &mut Message, n: u16) -> Option<&mut Claim> {
    attempt_mut(message, n)?.claim.as_deref_mut()
}

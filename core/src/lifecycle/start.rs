//! An attempt begins: its intent, its place in the charge slot, and, on the app channel, its hand-over.

use super::{Changes, Effect, slot};
use crate::charge::Claim;
use crate::model::{
    Attempt, AttemptKind, AttemptState, EventKind, Message, Part, PartState, Pinned, Service, Start, Status,
    Time, Timers, Withdrawal,
};

/// Starts the attempt.
pub(super) fn start(message: &mut Message, new: &Start, timers: &Timers, now: Time, changes: &mut Changes) {
    let n = next_number(message);
    tell_change(message, new, now, changes);
    mark(message, new, now);
    slot::take_over(message, n, new.hold.clone().filter(|_| new.external.is_none()), now, changes);
    message.attempts.push(attempt(n, new, now));
    message.wait = None;
    message.due = Some(new.deadline.min(message.expires_at));
    changes.tell(
        message,
        now,
        EventKind::AttemptStarted {
            attempt: n,
            service: new.service,
            route: new.route.clone(),
            kind: new.kind,
            price: new.price,
            may_duplicate: new.may_duplicate,
        },
    );
    // With a charging system's claim it waits for the grant.
    if new.external.is_none() {
        granted(message, n, timers, now, changes);
    }
}

/// Nothing of the price is open: the attempt goes into our own queue, or out.
pub(super) fn granted(message: &mut Message, n: u16, timers: &Timers, now: Time, changes: &mut Changes) {
    let Some(attempt) = super::parts::attempt_mut(message, n) else { return };
    attempt.parts.iter_mut().for_each(|part| part.state = PartState::Open);
    if attempt.state == AttemptState::Deferred {
        message.status = Status::Waiting;
        changes.tell(message, now, EventKind::AttemptDeferred { attempt: n });
    } else {
        let (kind, service) = (attempt.kind, attempt.service);
        let deadline = crate::decide::deadline::from_hand_over(message, kind, service, timers, now);
        send(message, n, deadline, now, changes);
    }
}

/// A deferred attempt goes out.
pub(super) fn hand_over(message: &mut Message, n: u16, deadline: Time, now: Time, changes: &mut Changes) {
    if message.attempt(n).is_some_and(|attempt| attempt.state == AttemptState::Deferred) {
        send(message, n, deadline, now, changes);
    }
}

/// To the transport; or, on the app channel, by the commit itself: the event is the hand-over.
fn send(message: &mut Message, n: u16, deadline: Time, now: Time, changes: &mut Changes) {
    message.status = Status::Sending;
    message.due = Some(deadline.min(message.expires_at));
    let Some(attempt) = super::parts::attempt_mut(message, n) else { return };
    attempt.deadline = deadline;
    attempt.state = AttemptState::Started;
    if !attempt.is_app() {
        changes.effects.push(Effect::Attempt(n));
        return;
    }
    attempt.state = AttemptState::HandedOver;
    attempt.handed_over_at = Some(now);
    attempt.parts.iter_mut().for_each(|part| part.state = PartState::HandedOver);
    changes.tell(message, now, EventKind::AttemptHandedOver { attempt: n });
    changes.tell_recipient(message, now, EventKind::Incoming { attempt: n });
    slot::handed_over(message, n, now, changes);
}

fn attempt(n: u16, new: &Start, now: Time) -> Attempt {
    let claim = new.external.clone().zip(new.hold.clone());
    let part = Part { peer_id: None, state: PartState::Unsent };
    Attempt {
        n,
        service: new.service,
        route: new.route.clone(),
        kind: new.kind,
        price: new.price,
        charge_on: new.charge_on,
        state: if new.deferred { AttemptState::Deferred } else { AttemptState::Started },
        withdrawal: Withdrawal::None,
        may_duplicate: new.may_duplicate,
        registration: new.registration,
        started_at: now,
        handed_over_at: None,
        deadline: new.deadline,
        unknown_at: None,
        ended_at: None,
        parts: vec![part; usize::from(new.parts.max(1))],
        code: None,
        claim: claim.map(|(external, hold)| Box::new(Claim::new(external, hold, now))),
    }
}

fn next_number(message: &Message) -> u16 {
    u16::try_from(message.attempts.len()).unwrap_or(u16::MAX - 1).saturating_add(1)
}

fn tell_change(message: &mut Message, new: &Start, now: Time, changes: &mut Changes) {
    let from = message.attempts.last().map(|last| last.service);
    match (new.kind, from) {
        (AttemptKind::Revert, _) => changes.tell(message, now, EventKind::Reverted { to: new.service }),
        (_, Some(from)) if from != new.service => {
            changes.tell(message, now, EventKind::Switched { from, to: new.service });
        }
        _ => {}
    }
}

/// What may happen only so often, and what is fixed by a first time.
fn mark(message: &mut Message, new: &Start, now: Time) {
    let by_choice = message.marks.consented == Some(new.service);
    if by_choice {
        message.marks.consented = None;
    }
    match new.kind {
        AttemptKind::First => {
            message.first = Some(new.service);
            message.p1 = Some(Pinned { price: new.price, at: now });
            if by_choice {
                // R2: the sender took a price anew; the old quote has served.
                message.quoted = None;
            }
        }
        AttemptKind::Revert => message.marks.reverts = message.marks.reverts.saturating_add(1),
        AttemptKind::Repeat if new.service == Service::Im => message.marks.im_repeated_at = Some(now),
        AttemptKind::Repeat => message.marks.resubmitted = true,
        AttemptKind::Fallback | AttemptKind::Retry => {}
    }
    message.marks.retries =
        if new.kind == AttemptKind::Retry { message.marks.retries.saturating_add(1) } else { 0 };
    // R5: the second service is fixed by the first attempt that is not by the first one.
    if message.second.is_none() && message.first != Some(new.service) {
        message.second = Some(new.service);
    }
}

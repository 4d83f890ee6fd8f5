//! Taking in what happened: outcomes are recorded on attempts, wishes as marks. Nothing starts here.

use super::parts::{attempt_mut, fold, next_state, reached};
use super::{Changes, Effect, claim, finish, withdrawal};
use crate::model::{
    AttemptState, Choice, EventKind, Input, Message, Outcome, PartState, PeerCode, ReportKind, ServiceChoice,
    Status, Time, Timers, Withdrawal, WithdrawalAnswer,
};

/// Takes in what happened: records outcomes on attempts, never starts anything.
/// Total: what does not fit the state (a duplicate, a report of an attempt that has ended) changes nothing or
/// is kept as an event.
pub fn absorb(message: &mut Message, input: &Input, timers: &Timers, now: Time, changes: &mut Changes) {
    match input {
        // One answer stands for all the parts: the service that asked has summed them up.
        Input::Report { attempt, part: _, kind: ReportKind::Withdrawal(answer), code } => {
            keep_code(message, *attempt, *code);
            withdrawal::answer(message, *attempt, *answer, timers, now, changes);
        }
        Input::Report { attempt, kind: ReportKind::NotSent, .. } => {
            not_sent(message, *attempt, timers, now, changes);
        }
        Input::Report { attempt, part, kind, code } => {
            keep_code(message, *attempt, *code);
            report(message, *attempt, *part, kind, timers, now, changes);
        }
        Input::Claimed { attempt, order, answer } => {
            claim::told(message, *attempt, *order, *answer, timers, now, changes);
        }
        Input::Chosen(choice) => chosen(message, *choice, now, changes),
        Input::Cancel => message.marks.cancel_asked |= !message.status.is_final(),
        Input::Recovered => recovered(message, timers, now, changes),
        Input::Poked => {}
    }
}

fn report(
    message: &mut Message,
    n: u16,
    part: u16,
    kind: &ReportKind,
    timers: &Timers,
    now: Time,
    changes: &mut Changes,
) {
    let Some(attempt) = attempt_mut(message, n) else { return };
    let before = attempt.state;
    let index = usize::from(part);
    let Some(state) = attempt.parts.get(index).map(|part| part.state) else { return };
    // Held in our own queue, or without its grant, it has not left us: nobody can know anything of it.
    if before == AttemptState::Deferred || attempt.is_awaiting_grant() {
        return;
    }
    let next = next_state(attempt, state, kind);
    if let Some(part) = attempt.parts.get_mut(index) {
        if let ReportKind::HandedOver { peer_id: Some(peer_id) } = kind {
            part.peer_id.get_or_insert_with(|| peer_id.clone());
        }
        part.state = next.unwrap_or(state);
    }
    if next.is_none() {
        return;
    }
    fold(message, n, timers, now, changes);
    if message.status.is_final() {
        after_the_end(message, n, before, now, changes);
    }
}

/// R15: a report after a final status changes neither status nor money, but for `delivered` -> `read`.
fn after_the_end(message: &mut Message, n: u16, before: AttemptState, now: Time, changes: &mut Changes) {
    let Some(after) = message.attempt(n).map(|attempt| attempt.state) else { return };
    if !reached(after) {
        return;
    }
    let first_time = !reached(before);
    match message.status {
        Status::Delivered | Status::Read => {
            if first_time {
                changes.tell(message, now, EventKind::Duplicate { attempt: n });
            }
            if after == AttemptState::Ended(Outcome::Displayed) {
                finish::read(message, now, changes);
            }
        }
        _ if first_time && message.delivered_late_at.is_none() => {
            message.delivered_late_at = Some(now);
            changes.tell(message, now, EventKind::DeliveredLate { attempt: n });
        }
        _ if first_time => changes.tell(message, now, EventKind::Duplicate { attempt: n }),
        _ => {}
    }
}

/// The service gives the whole attempt back. One that was asked back is thereby taken back for certain.
fn not_sent(message: &mut Message, n: u16, timers: &Timers, now: Time, changes: &mut Changes) {
    let Some(attempt) = attempt_mut(message, n) else { return };
    let untouched = attempt.parts.iter().all(|part| part.state == PartState::Open);
    if attempt.state != AttemptState::Started || !untouched {
        return;
    }
    if matches!(attempt.withdrawal, Withdrawal::Asked { .. }) {
        withdrawal::answer(message, n, WithdrawalAnswer::Withdrawn, timers, now, changes);
    } else {
        attempt.parts.iter_mut().for_each(|part| part.state = PartState::Unsent);
    }
}

fn keep_code(message: &mut Message, n: u16, code: Option<PeerCode>) {
    if let (Some(attempt), Some(code)) = (attempt_mut(message, n), code) {
        attempt.code = Some(code);
    }
}

/// The sender chose a service, or consented to a dearer one (R2, R6): it replaces the consent.
fn chosen(message: &mut Message, choice: Choice, now: Time, changes: &mut Changes) {
    if message.status.is_final() {
        return;
    }
    message.consent.own = message.consent_after(choice);
    message.marks.consented = Some(choice.service);
    if message.attempts.is_empty() && message.status == Status::Accepted {
        message.choice = ServiceChoice::Named(choice.service);
    }
    changes.tell(message, now, EventKind::Chosen { service: choice.service });
}

/// After a start: what had started without an outcome is unknown, and an answer to a withdrawal may be lost. What
/// our own queue or our own stream holds is as the last commit says; what was given back unsent is an intent again.
fn recovered(message: &mut Message, timers: &Timers, now: Time, changes: &mut Changes) {
    let numbers: Vec<u16> = message.attempts.iter().map(|attempt| attempt.n).collect();
    for n in numbers {
        claim::recovered(message, n, timers, now, changes);
        if message.status.is_final() {
            continue;
        }
        withdrawal::give_up(message, n, now, changes);
        let Some(attempt) = attempt_mut(message, n).filter(|attempt| attempt.state == AttemptState::Started)
        else {
            continue;
        };
        if attempt.is_awaiting_grant() {
            continue;
        }
        if attempt.is_unsent() {
            attempt.parts.iter_mut().for_each(|part| part.state = PartState::Open);
            changes.effects.push(Effect::Attempt(n));
        } else {
            let open = attempt.parts.iter_mut().filter(|part| part.state == PartState::Open);
            open.for_each(|part| part.state = PartState::Unknown);
            fold(message, n, timers, now, changes);
        }
    }
}

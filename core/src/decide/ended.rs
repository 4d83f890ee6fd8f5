//! What follows an attempt that ended without delivering: another service if the gate is open (R5, R7, R8),
//! else the same one again (R9), else the sender is asked (R6).

use super::case::{Answer, Case, MAX_ATTEMPTS};
use super::closed::fail;
use super::gate::Closed;
use super::retry::Retry;
use super::switch::{Prior, Shut, Switch};
use crate::model::{Attempt, Decision, FailReason, Outcome, Reason, Step, Wait, WaitFor};

/// The step after `last`, which has ended. An older attempt may still be unknown: by R11(2) the class then
/// allowed the later one, and what follows it stays flagged.
pub(super) fn decide(case: &Case<'_>, last: &Attempt, outcome: Outcome) -> Answer {
    let mut why = vec![outcome_reason(last, outcome)];
    if case.message.attempts.len() >= MAX_ATTEMPTS {
        why.push(Reason::TooManyAttempts);
        return Ok(case.hold(Wait { what: WaitFor::Backoff, until: None }, None, None, why));
    }
    // R13: a fault of ours is never a reason to change the service; only the sender may.
    let switch = if outcome == Outcome::LocalFault {
        case.switch_to_chosen(last, Prior::Ended, &mut why)?
    } else {
        case.switch(last, Prior::Ended, &mut why)?
    };
    let shut = match switch {
        Switch::Open(start) => return Ok(Decision { step: Step::Start(start), reasons: why }),
        Switch::Shut(shut) => shut,
    };
    if last.unpaid().is_some() {
        return never_made(case, last, shut, why);
    }
    if outcome == Outcome::PermanentFailure && shut.closed.told.is_some() {
        return Ok(case.consent_or_fail(shut.closed, why));
    }
    match case.retry(last, &mut why)? {
        Retry::Now(start) => Ok(Decision { step: Step::Start(start), reasons: why }),
        Retry::Later(wait, closed) => Ok(wait_for(case, wait, shut, closed, why)),
        Retry::NoneLeft => Ok(none_left(case, shut, why)),
    }
}

/// R14: no attempt was made yet, since the charging system turned each away. That is a refusal at the door, told late;
/// but where it was away and the plan says to wait for it, the message waits.
fn never_made(case: &Case<'_>, last: &Attempt, shut: Shut, mut why: Vec<Reason>) -> Answer {
    let (wait, closed) = match case.retry(last, &mut why)? {
        Retry::Now(start) => return Ok(Decision { step: Step::Start(start), reasons: why }),
        Retry::Later(wait, closed) => (wait, closed),
        Retry::NoneLeft => return Ok(none_left(case, shut, why)),
    };
    if last.claim.as_ref().is_some_and(|claim| claim.may_come()) {
        return Ok(wait_for(case, wait, shut, closed, why));
    }
    let closed = closed.and(shut.closed);
    Ok(if closed.told.is_some() {
        case.consent_or_fail(closed, why)
    } else {
        fail(FailReason::NotPayable, why)
    })
}

/// A retry and a change of service may wait side by side: whichever comes first.
fn wait_for(case: &Case<'_>, retry: Wait, shut: Shut, closed: Closed, why: Vec<Reason>) -> Decision {
    let closed = closed.and(shut.closed);
    let revert_at = shut.wait.and_then(|(_, until)| until);
    let look = [closed.look, revert_at].into_iter().flatten().min();
    case.hold(retry, look, closed.told, why)
}

/// The last service is out: a revert may still come, else R6.
fn none_left(case: &Case<'_>, shut: Shut, why: Vec<Reason>) -> Decision {
    match shut.wait {
        Some((what, until)) => case.hold(Wait { what, until }, shut.closed.look, shut.closed.told, why),
        None if !case.is_automatic() && !case.any_unknown() => fail(FailReason::Undeliverable, why),
        None => case.consent_or_fail(shut.closed, why),
    }
}

const fn outcome_reason(last: &Attempt, outcome: Outcome) -> Reason {
    match outcome {
        Outcome::PermanentFailure => Reason::FailedForGood(last.service),
        Outcome::Withdrawn => Reason::WasWithdrawn(last.service),
        Outcome::LocalFault => Reason::OurFault,
        Outcome::Refused => Reason::WasRefused,
        Outcome::TemporaryFailure => Reason::FailedForNow(last.service),
        Outcome::Delivered | Outcome::Displayed => Reason::WasDelivered(last.service),
    }
}

//! R10 and R7's second half: a running attempt is asked back before the next one starts, and only when the next
//! one would pass its gate now. Two live attempts reach the recipient twice and cost twice.

use super::case::{Answer, Case};
use super::revert::status_of;
use super::switch::{Prior, Switch};
use crate::model::{
    Attempt, AttemptState, Decision, Needs, Reason, Service, Step, Time, WithdrawCause, Withdrawal,
};

/// The step while `running` is live.
pub(super) fn decide(case: &Case<'_>, running: &Attempt) -> Answer {
    match running.withdrawal {
        Withdrawal::Asked { until } => Ok(case.stand(until, None, Vec::new())),
        // No next attempt: the peer says that it was delivered, and its report is on the way.
        Withdrawal::AlreadyDelivered => {
            Ok(case.stand(case.message.expires_at, None, vec![Reason::SaidDelivered]))
        }
        Withdrawal::Unclear if case.now < running.deadline => {
            Ok(case.stand(running.deadline, None, vec![Reason::WithdrawalUnclear]))
        }
        Withdrawal::Unclear => Ok(Decision {
            step: Step::MarkUnknown { attempt: running.n },
            reasons: vec![Reason::DeadlinePassed, Reason::WithdrawalUnclear],
        }),
        Withdrawal::None => not_asked(case, running),
    }
}

/// Asked once only: so it is asked only for a next attempt that can start.
fn not_asked(case: &Case<'_>, running: &Attempt) -> Answer {
    // A late answer made an older attempt live again: the one that came after it stands as long as both do.
    if case.another_is_live(running.n) {
        return Ok(case.stand(case.message.expires_at, None, Vec::new()));
    }
    let mut why = Vec::new();
    // The sender chose another service (R6): at once, whatever the deadline.
    let refused = match case.switch_to_chosen(running, Prior::Open, &mut why)? {
        Switch::Open(_) => return Ok(withdraw(case, running, WithdrawCause::Choice, why)),
        Switch::Shut(refused) => refused.closed,
    };
    if let Some(answer) = hand_over(case, running)? {
        return Ok(answer);
    }
    let Some((cause, reason)) = trigger(case, running)? else {
        let look = refused.look.unwrap_or(running.deadline).min(running.deadline);
        return Ok(case.stand(look, refused.told, why));
    };
    ask_back(case, running, cause, reason)
}

/// The recipient came online: what waits in our own queue goes out.
fn hand_over(case: &Case<'_>, running: &Attempt) -> Result<Option<Decision>, Needs> {
    let waits = running.state == AttemptState::Deferred && !running.is_awaiting_grant();
    if !waits || !case.presence()?.is_online() {
        return Ok(None);
    }
    let deadline =
        super::deadline::from_hand_over(case.message, running.kind, running.service, case.timers, case.now);
    let step = Step::HandOver { attempt: running.n, deadline };
    Ok(Some(Decision { step, reasons: vec![Reason::RecipientOnline] }))
}

/// What makes the running attempt count as not delivered (R4), if anything does.
fn trigger(case: &Case<'_>, running: &Attempt) -> Result<Option<(WithdrawCause, Reason)>, Needs> {
    if case.now >= running.deadline {
        return Ok(Some((WithdrawCause::Deadline, Reason::DeadlinePassed)));
    }
    // R4, R8: the second service's IM counts as not delivered as long as it waits in our own queue.
    let second_waits =
        running.state == AttemptState::Deferred && case.message.second == Some(running.service);
    if second_waits {
        return Ok(Some((WithdrawCause::Deadline, status_of(case.presence()?))));
    }
    if came_online(case, running)? {
        return Ok(Some((WithdrawCause::Registration, Reason::CameOnline)));
    }
    Ok(None)
}

/// R7: a registration while the SMS or MMS is handed over and undelivered, once a message.
fn came_online(case: &Case<'_>, running: &Attempt) -> Result<bool, Needs> {
    let message = case.message;
    let could_go_to_im = match message.second {
        None => case.is_automatic(),
        Some(second) => {
            let back_to_im = message.first == Some(Service::Im) && running.service == second;
            back_to_im && case.is_automatic() && case.no_revert(Service::Im).is_none()
        }
    };
    let applies = running.service.is_cellular()
        && running.state == AttemptState::HandedOver
        && message.recipient_subscriber.is_some()
        && !message.marks.withdrawn_by_registration
        && could_go_to_im;
    if !applies {
        return Ok(false);
    }
    // A registration that the decision to start it had seen is no news.
    let registration = case.presence()?.registration();
    Ok(registration.is_some() && registration != running.registration)
}

/// R10: only when the next attempt would pass its gate now; else the running one stays, and the sender is told.
fn ask_back(case: &Case<'_>, running: &Attempt, cause: WithdrawCause, reason: Reason) -> Answer {
    let mut why = vec![reason];
    match case.switch(running, Prior::Open, &mut why)? {
        Switch::Open(_) => Ok(withdraw(case, running, cause, why)),
        Switch::Shut(shut) => {
            let deadline = Some(running.deadline).filter(|deadline| case.now < *deadline);
            let revert_at = shut.wait.and_then(|(_, until)| until);
            let look = [deadline, revert_at, shut.closed.look].into_iter().flatten().min();
            Ok(case.stand(look.unwrap_or(case.message.expires_at), shut.closed.told, why))
        }
    }
}

/// Asks `running` back.
pub(super) fn withdraw(
    case: &Case<'_>,
    running: &Attempt,
    cause: WithdrawCause,
    why: Vec<Reason>,
) -> Decision {
    let until = case.now.plus_millis(case.timers.recall_ms.max(1));
    Decision { step: Step::Withdraw { attempt: running.n, cause, until }, reasons: why }
}

/// R10: no answer to a withdrawal in time means that it stays unclear.
pub(super) fn overdue(case: &Case<'_>) -> Option<Decision> {
    let late = |until: Time| case.now >= until;
    let overdue =
        case.open().find(|open| matches!(open.withdrawal, Withdrawal::Asked { until } if late(until)))?;
    Some(Decision {
        step: Step::GiveUpWithdrawal { attempt: overdue.n },
        reasons: vec![Reason::WithdrawalUnclear],
    })
}

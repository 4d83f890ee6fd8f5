//! R10 and R11: an attempt is asked back, the answer comes or does not, and what can't be known is said so.

use super::parts::{attempt_mut, end_open_parts, fold};
use super::{Changes, Effect};
use crate::model::{
    AttemptState, EventKind, Message, Outcome, PartState, Time, Timers, WithdrawCause, Withdrawal,
    WithdrawalAnswer,
};

/// Asks the attempt back. What has not left us is taken back at once and exactly; a device's stream can't take back what
/// was written to it, so its answer is at once that nobody knows; a transport answers by a report.
pub(super) fn ask(
    message: &mut Message,
    n: u16,
    cause: WithdrawCause,
    until: Time,
    now: Time,
    changes: &mut Changes,
) {
    let Some(attempt) = message.attempt(n).filter(|attempt| attempt.is_live()) else { return };
    let (still_here, on_app) =
        (attempt.state == AttemptState::Deferred || attempt.is_unsent(), attempt.is_app());
    message.marks.withdrawn_by_registration |= cause == WithdrawCause::Registration;
    message.due = Some(until);
    changes.tell(message, now, EventKind::AttemptWithdrawing { attempt: n, cause });
    if let Some(attempt) = attempt_mut(message, n) {
        attempt.withdrawal = Withdrawal::Asked { until };
    }
    if still_here {
        answer(message, n, WithdrawalAnswer::Withdrawn, &Timers::default(), now, changes);
    } else if on_app {
        give_up(message, n, now, changes);
    } else {
        changes.effects.push(Effect::Withdraw(n));
    }
}

/// The answer to a withdrawal.
pub(super) fn answer(
    message: &mut Message,
    n: u16,
    answer: WithdrawalAnswer,
    timers: &Timers,
    now: Time,
    changes: &mut Changes,
) {
    let Some(attempt) = attempt_mut(message, n).filter(|attempt| attempt.outcome().is_none()) else { return };
    match answer {
        WithdrawalAnswer::Withdrawn => {
            end_open_parts(attempt, PartState::Ended(Outcome::Withdrawn));
            fold(message, n, timers, now, changes);
        }
        WithdrawalAnswer::AlreadyDelivered => {
            if attempt.withdrawal != Withdrawal::AlreadyDelivered {
                attempt.withdrawal = Withdrawal::AlreadyDelivered;
                let kind = EventKind::AttemptWithdrawalFailed { attempt: n, already_delivered: true };
                changes.tell(message, now, kind);
            }
        }
        WithdrawalAnswer::Refused | WithdrawalAnswer::Unknown => give_up(message, n, now, changes),
    }
}

/// The withdrawal brought no certainty: the attempt stays, and is not asked back again.
pub(super) fn give_up(message: &mut Message, n: u16, now: Time, changes: &mut Changes) {
    let asked = |withdrawal| matches!(withdrawal, Withdrawal::Asked { .. });
    let Some(attempt) = attempt_mut(message, n).filter(|attempt| asked(attempt.withdrawal)) else { return };
    attempt.withdrawal = Withdrawal::Unclear;
    changes.tell(message, now, EventKind::AttemptWithdrawalFailed { attempt: n, already_delivered: false });
}

/// The deadline passed without a report, and the attempt could not be taken back for certain.
pub(super) fn mark_unknown(message: &mut Message, n: u16, now: Time, changes: &mut Changes) {
    let Some(attempt) = attempt_mut(message, n).filter(|attempt| attempt.is_live()) else { return };
    end_open_parts(attempt, PartState::Unknown);
    fold(message, n, &Timers::default(), now, changes);
}

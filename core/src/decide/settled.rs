//! What ends a message whatever else runs: it was delivered, or the person said no (R12).

use super::case::Case;
use super::withdraw::withdraw;
use crate::model::{Attempt, Decision, Outcome, Reason, Status, Step, WithdrawCause, Withdrawal};

/// The step when an attempt's outcome settles the message; nothing when none does.
pub(super) fn decide(case: &Case<'_>) -> Option<Decision> {
    let delivered =
        |attempt: &&Attempt| matches!(attempt.outcome(), Some(Outcome::Delivered | Outcome::Displayed));
    let (status, reason) = if let Some(attempt) = case.message.attempts.iter().find(delivered) {
        (Status::Delivered, Reason::WasDelivered(attempt.service))
    } else if case.message.attempts.iter().any(|attempt| attempt.outcome() == Some(Outcome::Refused)) {
        (Status::Refused, Reason::WasRefused)
    } else {
        return None;
    };
    // R14: the success of one attempt asks the other back, so that the recipient gets one copy if possible.
    let beside = case.open().find(|open| open.is_live() && open.withdrawal == Withdrawal::None);
    if let Some(beside) = beside {
        return Some(withdraw(case, beside, WithdrawCause::Superseded, vec![reason]));
    }
    Some(Decision { step: Step::Finish { status, reason: None }, reasons: vec![reason] })
}

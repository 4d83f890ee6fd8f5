//! The sender wants the message back. Nothing new starts from then on; what runs is asked back (R10), and when
//! that is not certain, its report or the end of the message's life decides.

use super::case::Case;
use super::withdraw::withdraw;
use crate::model::{Decision, Reason, Status, Step, Time, Wait, WaitFor, WithdrawCause, Withdrawal};

/// The step after the sender asked; nothing when they did not.
pub(super) fn decide(case: &Case<'_>) -> Option<Decision> {
    if !case.message.marks.cancel_asked {
        return None;
    }
    let why = vec![Reason::SenderCanceled];
    let running = case.open().find(|open| open.is_live() && open.withdrawal == Withdrawal::None);
    if let Some(running) = running {
        return Some(withdraw(case, running, WithdrawCause::Sender, why));
    }
    if case.open().next().is_none() {
        return Some(Decision {
            step: Step::Finish { status: Status::Canceled, reason: None },
            reasons: why,
        });
    }
    if case.open().any(crate::model::Attempt::is_live) {
        return Some(case.stand(next_answer(case), None, why));
    }
    Some(case.hold(Wait { what: WaitFor::Report, until: None }, None, None, why))
}

fn next_answer(case: &Case<'_>) -> Time {
    let until = |withdrawal| if let Withdrawal::Asked { until } = withdrawal { Some(until) } else { None };
    case.open().filter_map(|open| until(open.withdrawal)).min().unwrap_or(case.message.expires_at)
}

//! R15: the end of a message's life is absolute. Nothing new starts, the running attempt is asked back, and what
//! is heard within 60 s decides.

use super::case::Case;
use super::withdraw::withdraw;
use crate::model::{Decision, Reason, Status, Step, WithdrawCause, Withdrawal};

/// The step at and after `expires_at`; nothing before it.
pub(super) fn decide(case: &Case<'_>) -> Option<Decision> {
    if case.now < case.message.expires_at {
        return None;
    }
    let running = case.open().find(|open| open.is_live() && open.withdrawal == Withdrawal::None);
    if let Some(running) = running {
        return Some(withdraw(case, running, WithdrawCause::Expiry, vec![Reason::LifeEnded]));
    }
    let last_word = case.message.expires_at.plus_millis(case.timers.last_word_ms);
    let status = if case.open().next().is_none() { nothing_open(case) } else { Status::Unknown };
    if status == Status::Unknown && case.now < last_word {
        return Some(case.stand(
            next_answer(case).map_or(last_word, |at| at.min(last_word)),
            None,
            Vec::new(),
        ));
    }
    Some(Decision { step: Step::Finish { status, reason: None }, reasons: vec![Reason::LifeEnded] })
}

fn nothing_open(case: &Case<'_>) -> Status {
    if case.message.marks.cancel_asked { Status::Canceled } else { Status::Expired }
}

fn next_answer(case: &Case<'_>) -> Option<crate::model::Time> {
    let until = |withdrawal| if let Withdrawal::Asked { until } = withdrawal { Some(until) } else { None };
    case.open().filter_map(|open| until(open.withdrawal)).min()
}

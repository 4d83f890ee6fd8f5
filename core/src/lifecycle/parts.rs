//! An attempt is as good as its worst part: a long SMS is delivered when all its segments are, failed when one
//! failed, and unknown when one has no answer and none failed.

use super::{Changes, slot};
use crate::model::{
    Attempt, AttemptState, EventKind, FailureClass, Message, Outcome, PartState, ReportKind, Time, Timers,
    Withdrawal,
};

/// The attempt of that number, to change.
pub(super) fn attempt_mut(message: &mut Message, n: u16) -> Option<&mut Attempt> {
    message.attempts.get_mut(usize::from(n).checked_sub(1)?)
}

/// Where a part stands after a report; nothing when the report does not change it.
pub(super) fn next_state(attempt: &Attempt, part: PartState, report: &ReportKind) -> Option<PartState> {
    let ended = matches!(part, PartState::Ended(_));
    match report {
        ReportKind::HandedOver { .. } => match part {
            PartState::Open | PartState::Unsent => Some(PartState::HandedOver),
            // A late answer. Once an answer had come, this is a doubled one, and the part stays unknown.
            PartState::Unknown => attempt.handed_over_at.is_none().then_some(PartState::HandedOver),
            PartState::HandedOver | PartState::Ended(_) => None,
        },
        ReportKind::Failed(class) => (!ended).then_some(PartState::Ended(failure(*class))),
        ReportKind::NoAnswer => (part == PartState::Open).then_some(PartState::Unknown),
        ReportKind::Unclear => (!ended && part != PartState::Unknown).then_some(PartState::Unknown),
        ReportKind::Delivered => (!delivered(part)).then_some(PartState::Ended(Outcome::Delivered)),
        ReportKind::Displayed => {
            (part != PartState::Ended(Outcome::Displayed)).then_some(PartState::Ended(Outcome::Displayed))
        }
        // A receipt DELETED: taken back if we asked for it, else the peer threw it away.
        ReportKind::Withdrawn if attempt.withdrawal == Withdrawal::None => {
            (!ended).then_some(PartState::Ended(Outcome::PermanentFailure))
        }
        ReportKind::Withdrawn => (!ended).then_some(PartState::Ended(Outcome::Withdrawn)),
        ReportKind::NotSent | ReportKind::Intermediate | ReportKind::Withdrawal(_) => None,
    }
}

/// Brings the attempt's state in line with its parts. An attempt that has ended changes only to delivered: a late
/// success is honoured, nothing else is.
pub(super) fn fold(message: &mut Message, n: u16, timers: &Timers, now: Time, changes: &mut Changes) {
    let Some(attempt) = message.attempt(n) else { return };
    let (before, after) = (attempt.state, worst(attempt));
    if before == after || (attempt.outcome().is_some() && !reached(after)) {
        return;
    }
    let deadline =
        crate::decide::deadline::from_hand_over(message, attempt.kind, attempt.service, timers, now);
    let Some(attempt) = attempt_mut(message, n) else { return };
    attempt.state = after;
    let first_hand_over = after == AttemptState::HandedOver && attempt.handed_over_at.is_none();
    match after {
        AttemptState::HandedOver if first_hand_over => {
            attempt.handed_over_at = Some(now);
            attempt.deadline = deadline;
        }
        AttemptState::Unknown => attempt.unknown_at = Some(now),
        AttemptState::Ended(_) => attempt.ended_at = Some(now),
        AttemptState::Deferred | AttemptState::Started | AttemptState::HandedOver => {}
    }
    tell(message, n, before, after, now, changes);
    if first_hand_over {
        slot::handed_over(message, n, now, changes);
    }
}

/// Ends every part that has no outcome yet.
pub(super) fn end_open_parts(attempt: &mut Attempt, state: PartState) {
    attempt
        .parts
        .iter_mut()
        .filter(|part| !matches!(part.state, PartState::Ended(_)))
        .for_each(|part| part.state = state);
}

fn worst(attempt: &Attempt) -> AttemptState {
    let any = |state: PartState| attempt.parts.iter().any(|part| part.state == state);
    let bad = [
        Outcome::Refused,
        Outcome::PermanentFailure,
        Outcome::TemporaryFailure,
        Outcome::LocalFault,
        Outcome::Withdrawn,
    ];
    if let Some(outcome) = bad.into_iter().find(|outcome| any(PartState::Ended(*outcome))) {
        AttemptState::Ended(outcome)
    } else if any(PartState::Unknown) {
        AttemptState::Unknown
    } else if any(PartState::Open) || any(PartState::Unsent) {
        if attempt.state == AttemptState::Deferred { AttemptState::Deferred } else { AttemptState::Started }
    } else if any(PartState::HandedOver) {
        AttemptState::HandedOver
    } else if any(PartState::Ended(Outcome::Delivered)) {
        AttemptState::Ended(Outcome::Delivered)
    } else {
        AttemptState::Ended(Outcome::Displayed)
    }
}

fn tell(
    message: &mut Message,
    n: u16,
    before: AttemptState,
    after: AttemptState,
    now: Time,
    changes: &mut Changes,
) {
    let Some(attempt) = message.attempt(n) else { return };
    let (service, code, on_app) = (attempt.service, attempt.code, attempt.is_app());
    let was_out = attempt.handed_over_at.is_some();
    let kind = match after {
        AttemptState::Deferred | AttemptState::Started => return,
        AttemptState::HandedOver => EventKind::AttemptHandedOver { attempt: n },
        AttemptState::Unknown => EventKind::AttemptUnknown { attempt: n },
        AttemptState::Ended(outcome) => match outcome {
            // Read after delivered: the message tells it (`message.read`), the attempt has told its part.
            Outcome::Displayed if reached(before) => return,
            Outcome::Delivered | Outcome::Displayed => EventKind::AttemptDelivered { attempt: n, service },
            Outcome::TemporaryFailure => EventKind::AttemptFailed { attempt: n, permanent: false, code },
            Outcome::PermanentFailure => EventKind::AttemptFailed { attempt: n, permanent: true, code },
            Outcome::Refused => EventKind::AttemptRefused { attempt: n },
            Outcome::Withdrawn => EventKind::AttemptWithdrawn { attempt: n },
            Outcome::LocalFault => EventKind::AttemptLocalFault { attempt: n, code },
        },
    };
    changes.tell(message, now, kind);
    let settled = matches!(after, AttemptState::Ended(Outcome::Withdrawn)) || reached(after);
    if on_app && was_out && settled {
        changes.tell_recipient(message, now, EventKind::IncomingSettled { delivered: reached(after) });
    }
}

const fn failure(class: FailureClass) -> Outcome {
    match class {
        FailureClass::Temporary => Outcome::TemporaryFailure,
        FailureClass::Permanent => Outcome::PermanentFailure,
        FailureClass::Refused => Outcome::Refused,
        FailureClass::Local => Outcome::LocalFault,
    }
}

const fn delivered(part: PartState) -> bool {
    matches!(part, PartState::Ended(Outcome::Delivered | Outcome::Displayed))
}

/// It reached a device.
pub(super) const fn reached(state: AttemptState) -> bool {
    matches!(state, AttemptState::Ended(Outcome::Delivered | Outcome::Displayed))
}

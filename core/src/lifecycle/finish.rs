//! The end of a message: a final status, a settled charge slot, and nothing left to do (I9, I12).

use super::parts::reached;
use super::{Changes, slot};
use crate::model::{Attempt, EventKind, FailReason, Message, Outcome, Status, Time};

/// Ends the message.
pub(super) fn finish(
    message: &mut Message,
    status: Status,
    reason: Option<FailReason>,
    now: Time,
    changes: &mut Changes,
) {
    message.status = status;
    message.fail_reason = reason;
    message.wait = None;
    message.due = None;
    message.marks.consented = None;
    match status {
        Status::Delivered | Status::Read => return delivered(message, now, changes),
        _ => slot::undelivered(message, now, changes),
    }
    let kind = match status {
        Status::Refused => EventKind::Refused,
        Status::Failed => EventKind::Failed { reason: reason.unwrap_or(FailReason::Undeliverable) },
        Status::Expired => EventKind::Expired,
        Status::Canceled => EventKind::Canceled,
        _ => EventKind::Unknown,
    };
    changes.tell(message, now, kind);
}

fn delivered(message: &mut Message, now: Time, changes: &mut Changes) {
    let Some(by) = deliverer(message).cloned() else { return };
    slot::delivered(message, by.n, now, changes);
    message.status = Status::Delivered;
    message.delivered_at = by.ended_at.or(Some(now));
    changes.tell(message, now, EventKind::Delivered { service: by.service });
    if by.outcome() == Some(Outcome::Displayed) {
        read(message, now, changes);
    }
}

/// The message was read: the only step between final states.
pub(super) fn read(message: &mut Message, now: Time, changes: &mut Changes) {
    if message.status == Status::Delivered {
        message.status = Status::Read;
        message.displayed_at = Some(now);
        changes.tell(message, now, EventKind::Read);
    }
}

/// Of several that delivered, the holder of the slot: it is the one that is charged.
fn deliverer(message: &Message) -> Option<&Attempt> {
    let holder = message.slot.holder().and_then(|holder| message.attempt(holder));
    let first = message.attempts.iter().find(|attempt| reached(attempt.state));
    holder.filter(|holder| reached(holder.state)).or(first)
}

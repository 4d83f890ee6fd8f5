//! The message rests: parked for a choice, with a running attempt, or held.

use super::{Changes, slot};
use crate::model::{AttemptState, EventKind, Message, Reason, Status, Time, Told, Wait, WaitFor};

/// Parked for the sender's choice (R2): nothing is reserved.
pub(super) fn offer(
    message: &mut Message,
    until: Time,
    reasons: &[Reason],
    now: Time,
    changes: &mut Changes,
) {
    let wait = Wait { what: WaitFor::Consent, until: Some(until) };
    message.marks.price_rose |= reasons.contains(&Reason::PriceRose);
    message.due = Some(until.min(message.expires_at));
    if message.status != Status::Offered || message.wait != Some(wait) {
        message.status = Status::Offered;
        message.wait = Some(wait);
        changes.tell(message, now, EventKind::Offered { until });
    }
}

/// A running attempt stands.
pub(super) fn stand(
    message: &mut Message,
    until: Time,
    told: Option<Told>,
    now: Time,
    changes: &mut Changes,
) {
    message.due = Some(until);
    tell_price(message, told, now, changes);
    slot::release_of_ended(message, now, changes);
    let Some(running) = message.open_attempt().filter(|attempt| attempt.is_live()) else { return };
    message.status = if running.state == AttemptState::Deferred { Status::Waiting } else { Status::Sending };
    message.wait = None;
}

/// No attempt is live: the message waits.
pub(super) fn hold(
    message: &mut Message,
    wait: Wait,
    until: Time,
    told: Option<Told>,
    now: Time,
    changes: &mut Changes,
) {
    message.due = Some(until);
    slot::release_of_ended(message, now, changes);
    if message.status != Status::Waiting || message.wait != Some(wait) {
        message.status = Status::Waiting;
        message.wait = Some(wait);
        changes.tell(message, now, EventKind::Held { what: wait.what, until: wait.until });
    }
    tell_price(message, told, now, changes);
}

/// R6: the sender is told an amount once; again only when it is another one.
fn tell_price(message: &mut Message, told: Option<Told>, now: Time, changes: &mut Changes) {
    if let Some(news) = told.filter(|told| message.marks.told != Some(*told)) {
        message.marks.told = Some(news);
        changes.tell(message, now, EventKind::ConsentNeeded { service: news.service, amount: news.amount });
    }
}

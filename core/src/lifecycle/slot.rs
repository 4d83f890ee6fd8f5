//! R14: the moves of the one charge slot, each with its ledger entry, so that the ledger alone balances.

use super::{Changes, claim};
use crate::charge::{Hold, LedgerEntry, LedgerKind, Slot};
use crate::model::{AttemptState, ChargeOn, EventKind, Message, Outcome, Time};

/// The next attempt takes the slot in the commit that starts it: what the last one held is free, what it was
/// charged is given back, or leaves the slot when the plan keeps it.
pub(super) fn take_over(
    message: &mut Message,
    attempt: u16,
    hold: Option<Hold>,
    now: Time,
    changes: &mut Changes,
) {
    match std::mem::take(&mut message.slot) {
        Slot::Empty => {}
        Slot::Held { attempt, hold } => enter(message, attempt, LedgerKind::Release, hold, now, changes),
        Slot::Charged { attempt, hold } => {
            if keeps(message, attempt) {
                message.kept.push(hold.amount);
                enter(message, attempt, LedgerKind::Keep, hold, now, changes);
            } else {
                refund(message, attempt, hold, now, changes);
            }
        }
    }
    if let Some(hold) = hold.filter(|_| message.originator.payer.is_some()) {
        reserve(message, attempt, hold, now, changes);
    }
}

/// The attempt takes the free slot.
pub(super) fn reserve(message: &mut Message, attempt: u16, hold: Hold, now: Time, changes: &mut Changes) {
    enter(message, attempt, LedgerKind::Reserve, hold.clone(), now, changes);
    message.slot = Slot::Held { attempt, hold };
}

/// What was charged for `attempt` was not collected: the sender does not owe it.
pub(super) fn uncollected(message: &mut Message, attempt: u16, now: Time, changes: &mut Changes) {
    if let Slot::Charged { attempt: holder, hold } = &message.slot
        && *holder == attempt
    {
        let hold = hold.clone();
        message.slot = Slot::Empty;
        refund(message, attempt, hold, now, changes);
        changes.tell(message, now, EventKind::ChargeUncollected { attempt });
    }
}

/// A hand-over charges what is charged on submission. Only the holder of the slot can be charged.
pub(super) fn handed_over(message: &mut Message, attempt: u16, now: Time, changes: &mut Changes) {
    let on_submission = matches!(charge_on(message, attempt), Some(ChargeOn::Submitted { .. }));
    if on_submission {
        charge(message, attempt, now, changes);
    }
}

/// The message was delivered by `attempt`: it is charged if it holds the slot; another's reservation is free.
pub(super) fn delivered(message: &mut Message, attempt: u16, now: Time, changes: &mut Changes) {
    charge(message, attempt, now, changes);
    release(message, now, changes);
}

/// The message ends undelivered: nothing stays reserved (I9), and a charge on submission goes as the plan says.
pub(super) fn undelivered(message: &mut Message, now: Time, changes: &mut Changes) {
    release(message, now, changes);
    let Slot::Charged { attempt, hold } = &message.slot else { return };
    let (attempt, hold) = (*attempt, hold.clone());
    if matches!(charge_on(message, attempt), Some(ChargeOn::Submitted { refund_at_end: true, .. })) {
        message.slot = Slot::Empty;
        refund(message, attempt, hold, now, changes);
    }
}

/// While the message rests, only an attempt that may still deliver holds a reservation.
pub(super) fn release_of_ended(message: &mut Message, now: Time, changes: &mut Changes) {
    let holder = message.slot.holder().and_then(|holder| message.attempt(holder));
    let failed = holder.is_none_or(|holder| match holder.state {
        AttemptState::Ended(Outcome::Delivered | Outcome::Displayed) => false,
        AttemptState::Ended(_) => true,
        AttemptState::Deferred | AttemptState::Started | AttemptState::HandedOver | AttemptState::Unknown => {
            false
        }
    });
    if failed {
        release(message, now, changes);
    }
}

fn charge(message: &mut Message, attempt: u16, now: Time, changes: &mut Changes) {
    let Slot::Held { attempt: holder, hold } = &message.slot else { return };
    if *holder != attempt {
        return;
    }
    let hold = hold.clone();
    message.slot = Slot::Charged { attempt, hold: hold.clone() };
    let amount = hold.amount;
    enter(message, attempt, LedgerKind::Commit, hold, now, changes);
    if message.is_amount_known(attempt, amount) {
        changes.tell(message, now, EventKind::Charged { attempt, amount });
    }
}

fn release(message: &mut Message, now: Time, changes: &mut Changes) {
    if let Slot::Held { attempt, hold } = &message.slot {
        let (attempt, hold) = (*attempt, hold.clone());
        message.slot = Slot::Empty;
        enter(message, attempt, LedgerKind::Release, hold, now, changes);
    }
}

fn refund(message: &mut Message, attempt: u16, hold: Hold, now: Time, changes: &mut Changes) {
    let amount = hold.amount;
    enter(message, attempt, LedgerKind::Refund, hold, now, changes);
    if message.is_amount_known(attempt, amount) {
        changes.tell(message, now, EventKind::Refunded { attempt, amount });
    }
}

fn keeps(message: &Message, attempt: u16) -> bool {
    !matches!(charge_on(message, attempt), Some(ChargeOn::Submitted { kept_if_undelivered: false, .. }))
}

fn charge_on(message: &Message, attempt: u16) -> Option<ChargeOn> {
    message.attempt(attempt).map(|attempt| attempt.charge_on)
}

fn enter(
    message: &mut Message,
    attempt: u16,
    kind: LedgerKind,
    hold: Hold,
    now: Time,
    changes: &mut Changes,
) {
    if let Some(payer) = message.originator.payer.clone() {
        changes.ledger.push(LedgerEntry { message: message.id, attempt, payer, kind, hold, at: now });
    }
    claim::owe(message, attempt, kind, now);
}

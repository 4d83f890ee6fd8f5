//! The invariants that every reachable state must keep, written without looking at how the rules keep them.

use crate::scenario::{FUNDS, LAST_WORD, LIFE, START, Scenario, cents};
use crate::world::State;
use switchback_core::charge::Slot;
use switchback_core::model::{
    Attempt, AttemptKind, ChargeOn, Message, Money, OnUnknown, Service, Start, Status, Time,
};

/// An invariant of DESIGN section 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Claim {
    I3,
    I4,
    I7,
    I9,
    I12,
    I14,
}

/// Invariants that a step broke; a state remembers them, so that the path to it can be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Broken(u8);

impl Claim {
    const fn bit(self) -> u8 {
        match self {
            Self::I3 => 1,
            Self::I4 => 2,
            Self::I7 => 4,
            Self::I9 => 8,
            Self::I12 => 16,
            Self::I14 => 32,
        }
    }
}

impl Broken {
    pub(crate) fn add(&mut self, claim: Claim) {
        self.0 |= claim.bit();
    }

    pub(crate) const fn has(self, claim: Claim) -> bool {
        self.0 & claim.bit() != 0
    }
}

/// I3: until it is final a message knows when it is looked at next: later than now, and no later than its end.
/// So time alone, whatever else happens or does not, brings it to a final status by expiry + 60 s.
pub(crate) fn ends(state: &State) -> bool {
    let end = START.plus_millis(LIFE + LAST_WORD);
    let comes = |due: Time| state.now < due && due <= end;
    state.message.status.is_final() || (state.now < end && state.message.due.is_some_and(comes))
}

/// I7: what the payer was charged is the price of at most one attempt and what the plan keeps, within the limit.
pub(crate) fn charged_once(state: &State, scenario: &Scenario) -> bool {
    let message = &state.message;
    let paid = paid(state);
    let in_slot = if let Slot::Charged { hold, .. } = &message.slot { hold.amount.nanos } else { 0 };
    let kept: i128 = message.kept.iter().map(|kept| kept.nanos).sum();
    let may_keep = matches!(scenario.charge_on, ChargeOn::Submitted { kept_if_undelivered: true, .. });
    let of_one_attempt = match &message.slot {
        Slot::Charged { attempt, hold } => {
            message.attempt(*attempt).and_then(|attempt| attempt.price.as_next()) == Some(hold.amount)
        }
        Slot::Empty | Slot::Held { .. } => true,
    };
    paid.nanos == in_slot + kept
        && of_one_attempt
        && (message.kept.is_empty() || may_keep)
        && within_limit(message, paid)
}

/// Sections 3 and R14: nothing known is paid beyond the limit. With p1 unknown and no consent the limit is 0.
fn within_limit(message: &Message, paid: Money) -> bool {
    paid.nanos <= message.limit().map_or(0, |limit| limit.nanos)
}

/// I9: what is held is held by the slot, and nothing is once the message is final.
pub(crate) fn nothing_orphaned(state: &State) -> bool {
    let held = if let Slot::Held { hold, .. } = &state.message.slot { hold.amount.nanos } else { 0 };
    state.payer.held.nanos == held
        && !(state.message.status.is_final() && matches!(state.message.slot, Slot::Held { .. }))
}

/// What I4 and I14 say of an attempt that has just started; `before` is the message as the decision found it.
pub(crate) fn at_start(before: &Message, start: &Start, state: &mut State) {
    if !may_start_beside(before, start) {
        state.broken.add(Claim::I4);
    }
    if !state.message.attempts.last().is_some_and(|started| affordable(state, started)) {
        state.broken.add(Claim::I14);
    }
}

/// I4: no attempt beside a live one; beside an unknown one only by R11: another copy of an IM, which carries the
/// same id, or one that is flagged, where the class wants it or the sender chose it.
fn may_start_beside(before: &Message, start: &Start) -> bool {
    let open: Vec<&Attempt> = before.attempts.iter().filter(|attempt| attempt.outcome().is_none()).collect();
    if open.iter().any(|attempt| attempt.is_live()) {
        return false;
    }
    let wanted =
        before.policy.on_unknown == OnUnknown::AtLeastOnce || before.marks.consented == Some(start.service);
    if start.service == Service::Im && open.iter().all(|open| open.service == Service::Im) {
        return open.is_empty() || wanted || start.kind == AttemptKind::Repeat;
    }
    open.is_empty() || (wanted && start.may_duplicate)
}

/// I14: with what its commit leaves charged of others, the new attempt's price is within the limit. A price that
/// is not known passes only for the first service, and only where p1 was unknown too.
fn affordable(state: &State, started: &Attempt) -> bool {
    let message = &state.message;
    let Some(price) = started.price.as_next() else {
        let p1_unknown = message.p1.is_some_and(|p1| p1.price.as_first().is_none());
        return message.first == Some(started.service) && p1_unknown;
    };
    // What is handed over by the commit itself may be charged by it too.
    let own = if message.slot.holder() == Some(started.n) { message.slot.charged() } else { None };
    let committed = paid(state).nanos - own.map_or(0, |own| own.nanos);
    let limit = message.limit().map_or(0, |limit| limit.nanos);
    price.is_zero() || started.n == 1 || committed + price.nanos <= limit
}

/// What the payer has been charged and not given back.
fn paid(state: &State) -> Money {
    cents(FUNDS).checked_sub(state.payer.balance).unwrap()
}

/// I12: after the end nothing starts, nothing is charged, and only `delivered` becomes `read`.
pub(crate) fn absorbs(before: &State, after: &State) -> bool {
    if !before.message.status.is_final() {
        return true;
    }
    let (old, new) = (&before.message, &after.message);
    let same_status =
        old.status == new.status || (old.status, new.status) == (Status::Delivered, Status::Read);
    let same_money = before.payer.balance == after.payer.balance && before.payer.held == after.payer.held;
    same_status && same_money && old.attempts.len() == new.attempts.len()
}

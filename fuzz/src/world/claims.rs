//! The invariants of DESIGN section 8 that one message can break, written without looking at how the rules keep them.

use super::World;
use switchback_core::charge::Slot;
use switchback_core::lifecycle::{Changes, Effect};
use switchback_core::model::{Attempt, ChargeOn, Message, Money, OnUnknown, Service, Status, Time};

/// What must be true whenever the message rests. `before` is the message before the input, `heard` with the input
/// taken in and nothing decided.
pub(super) fn after(world: &World, before: &Message, heard: &Message, changes: &Changes) {
    looked_at_again(world);
    charged_once(world);
    nothing_orphaned(world);
    for (n, started) in (before.attempts.len()..).zip(world.started(before)) {
        may_start_beside(&world.message, heard, n, started);
        affordable(world, started);
    }
    for effect in &changes.effects {
        let (Effect::Attempt(n) | Effect::Withdraw(n) | Effect::Order(n)) = effect;
        assert!(
            world.message.attempt(*n).is_some_and(|attempt| !attempt.is_app()),
            "an effect without an attempt"
        );
    }
    // A late answer may bring back to life what was unknown when the next one started; nothing else may be beside it.
    let live = || world.message.attempts.iter().filter(|attempt| attempt.is_live());
    let never_unknown = live().filter(|attempt| attempt.unknown_at.is_none()).count();
    assert!(never_unknown <= 1, "I4: live at once: {:?}", live().collect::<Vec<_>>());
}

/// I3: until it is final a message knows when it is looked at next, no later than its end.
fn looked_at_again(world: &World) {
    let message = &world.message;
    let end: Time = message.expires_at.plus_millis(world.timers.last_word_ms);
    let due = message.due;
    assert!(
        message.status.is_final()
            || due.is_some_and(|due| due > world.now && due <= end.max(world.now.plus_millis(1))),
        "I3: due {due:?} at {:?}, end {end:?}, {:?}",
        world.now,
        message.status
    );
    assert!(!message.status.is_final() || due.is_none());
}

/// I7: what the payer was charged is the price of at most one attempt and what the plan keeps, within the limit.
fn charged_once(world: &World) {
    let message = &world.message;
    let in_slot = message.slot.charged().map_or(0, |charged| charged.nanos);
    let kept: i128 = message.kept.iter().map(|kept| kept.nanos).sum();
    let paid = paid(world);
    assert_eq!(paid, in_slot + kept, "I7: paid, and not by the slot");
    if let Slot::Charged { attempt, hold } = &message.slot {
        let price = message.attempt(*attempt).and_then(|attempt| attempt.price.as_next());
        assert_eq!(price, Some(hold.amount), "I7: charged another amount than the attempt's price");
    }
    let may_keep = |attempt: &Attempt| {
        matches!(attempt.charge_on, ChargeOn::Submitted { kept_if_undelivered: true, .. })
    };
    assert!(
        message.kept.is_empty() || message.attempts.iter().any(may_keep),
        "I7: kept without the plan's word"
    );
    // A later choice may lower the bound; what started under the earlier one is still paid for.
    let limit = world.limit_most;
    assert!(paid <= limit, "I7: paid {paid}, limit {limit}: {message:?}");
}

/// I9: what is held is held by the slot, and nothing is once the message is final.
fn nothing_orphaned(world: &World) {
    let held = if let Slot::Held { hold, .. } = &world.message.slot { hold.amount.nanos } else { 0 };
    assert_eq!(world.payer.held.nanos, held, "I9");
    let final_hold = world.message.status.is_final() && matches!(world.message.slot, Slot::Held { .. });
    assert!(!final_hold, "I9: a final message holds money");
}

/// I4: beside an unknown attempt only by R11: another copy of an IM, or one that is flagged and wanted.
fn may_start_beside(message: &Message, heard: &Message, n: usize, started: &Attempt) {
    let open: Vec<&Attempt> =
        message.attempts[..n].iter().filter(|attempt| attempt.outcome().is_none()).collect();
    assert!(
        !open.iter().any(|attempt| attempt.is_live()),
        "I4: started beside a live attempt: {:?}",
        message.attempts
    );
    // A copy of an IM carries the id of the one before: its device shows the two once, so it adds no duplicate.
    let copy = started.service == Service::Im && open.iter().any(|attempt| attempt.service == Service::Im);
    if open.is_empty() || copy {
        return;
    }
    let wanted =
        message.policy.on_unknown == OnUnknown::AtLeastOnce || heard.marks.consented == Some(started.service);
    assert!(
        wanted && started.may_duplicate,
        "I4: beside an unknown attempt, unflagged or unwanted: {:?} {:?}",
        message.policy.on_unknown,
        message.attempts
    );
}

/// I14: a price that is known is within the limit together with what stays charged of others; one that is not known
/// passes for the first service only, and only where p1 was unknown too.
fn affordable(world: &World, started: &Attempt) {
    let message = &world.message;
    let Some(price) = started.price.as_next() else {
        let p1_unknown = message.p1.is_some_and(|p1| p1.price.as_first().is_none());
        assert!(message.first == Some(started.service) && p1_unknown, "I14: an unknown price passed");
        return;
    };
    let own = if message.slot.holder() == Some(started.n) { message.slot.charged() } else { None };
    let committed = paid(world) - own.map_or(0, |own: Money| own.nanos);
    let limit = message.limit().map_or(0, |limit| limit.nanos);
    assert!(
        price.is_zero() || started.n == 1 || committed + price.nanos <= limit,
        "I14: {started:?} of {message:?}"
    );
}

/// I12: after the end nothing starts, nothing is charged, and only `delivered` becomes `read`.
pub(super) fn absorbed(world: &World, before: &Message, balance: Money, held: Money) {
    if !before.status.is_final() {
        return;
    }
    let now = world.message.status;
    assert!(
        now == before.status || (before.status, now) == (Status::Delivered, Status::Read),
        "I12: {:?} became {now:?}",
        before.status
    );
    assert!(world.payer.balance == balance && world.payer.held == held, "I12: money moved after the end");
    assert_eq!(world.message.attempts.len(), before.attempts.len(), "I12: an attempt after the end");
}

/// What the payer has been charged and not given back, in nano-units.
fn paid(world: &World) -> i128 {
    world.funds.nanos - world.payer.balance.nanos
}

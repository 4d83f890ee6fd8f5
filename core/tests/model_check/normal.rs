//! When two states count as one. Ids, versions, event numbers, and the moments at which things happened are
//! dropped where no rule reads them. What the rules do read of time is how far ahead a moment still is, and
//! which of two came first; so that is what is kept.

use crate::scenario::S;
use crate::world::State;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use switchback_core::charge::Slot;
use switchback_core::model::{
    Attempt, ByService, Marks, Message, Outcome, Presence, Service, Time, Withdrawal,
};
use switchback_core::tariff::Payer;

/// Two states that agree in this lead to the same futures: the checker walks on from only one of them.
pub(crate) fn explored(state: &State, hasher: &mut impl Hasher) {
    view(state, hasher, &|moment: Time| moment.millis_since(state.now));
    (state.left, state.message.attempts.len()).hash(hasher);
}

/// Unique states with all clocks removed: of a moment only whether it has passed is left; and without the
/// world's own counters, which bound the walk and which no rule reads.
pub(crate) struct Counted {
    shards: Vec<Mutex<HashSet<u64>>>,
}

impl Counted {
    pub(crate) fn new() -> Self {
        Self { shards: (0..64).map(|_| Mutex::default()).collect() }
    }

    pub(crate) fn add(&self, state: &State) {
        let mut hasher = DefaultHasher::new();
        view(state, &mut hasher, &|moment: Time| u64::from(moment > state.now));
        let hash = hasher.finish();
        self.shards[usize::try_from(hash % 64).unwrap()].lock().unwrap().insert(hash);
    }

    pub(crate) fn unique(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }
}

/// Everything that a rule reads. All fields are named, so that a new one must be put somewhere.
fn view<H: Hasher>(state: &State, hasher: &mut H, ahead: &impl Fn(Time) -> u64) {
    let State { scenario, message, payer, presence, now: _, exchanged, left: _, broken } = state;
    (scenario, exchanged, broken).hash(hasher);
    let Payer {
        balance,
        held,
        id: _,
        version: _,
        plan: _,
        currency: _,
        credit_limit: _,
        buckets: _,
        barred: _,
        charged_outside: _,
    } = payer;
    (balance.nanos, held.nanos).hash(hasher);
    if message.status.is_final() {
        // The rules rest: of a final message only what a late report meets is left.
        (message.status, message.delivered_late_at.is_some(), message.kept.len()).hash(hasher);
        of_attempts(message, hasher, &|attempt, hasher| (attempt.service, attempt.state).hash(hasher));
        return;
    }
    of_message(message, hasher, ahead);
    match presence {
        Presence::Online { .. } => true.hash(hasher),
        Presence::Offline { since } => {
            (false, ahead(since.plus_millis(message.policy.t_off_ms))).hash(hasher)
        }
        Presence::NotAUser | Presence::Unknown => {}
    }
    // R7, R11.3: whether a registration is news to the attempts that ask.
    let news = |attempt: &Attempt| attempt.registration != presence.registration();
    message.attempts.iter().rfind(|attempt| attempt.service == Service::Im).map(news).hash(hasher);
    message
        .attempts
        .iter()
        .filter(|attempt| attempt.outcome().is_none())
        .for_each(|open| news(open).hash(hasher));
    // Retries wait for the last attempt's end, R8 for that of the last one by the first service.
    let ended = |attempt: &Attempt| attempt.ended_at.or(attempt.unknown_at).unwrap_or(attempt.started_at);
    message.attempts.last().map(|last| ahead(ended(last).plus_millis(40 * S))).hash(hasher);
    let of_first = message.attempts.iter().rfind(|attempt| Some(attempt.service) == message.first);
    of_first.map(|first| ahead(ended(first).plus_millis(10 * S))).hash(hasher);
}

fn of_message<H: Hasher>(message: &Message, hasher: &mut H, ahead: &impl Fn(Time) -> u64) {
    let Message {
        // The same in every state of a scenario.
        id: _,
        originator: _,
        recipient: _,
        recipient_subscriber: _,
        content: _,
        policy: _,
        quoted: _,
        client_ref: _,
        accepted_at: _,
        // No rule reads these.
        version: _,
        next_seq: _,
        fail_reason: _,
        delivered_at: _,
        displayed_at: _,
        delivered_late_at: _,
        choice,
        consent,
        expires_at,
        status,
        p1,
        first,
        second,
        attempts: _,
        slot: _,
        kept,
        marks,
        wait,
        due,
    } = message;
    (choice, consent, status, first, second, kept).hash(hasher);
    p1.map(|p1| p1.price).hash(hasher);
    wait.map(|wait| (wait.what, wait.until.map(ahead))).hash(hasher);
    (due.map(ahead), ahead(*expires_at)).hash(hasher);
    let Marks {
        reverts,
        withdrawn_by_registration,
        resubmitted,
        im_repeated_at,
        retries,
        cancel_asked,
        consented,
        told,
        price_rose,
        // Only whether a record is written again depends on it.
        looked: _,
    } = marks;
    (reverts, withdrawn_by_registration, resubmitted, im_repeated_at.is_some(), retries).hash(hasher);
    (cancel_asked, consented, told, price_rose).hash(hasher);
    of_attempts(message, hasher, &|attempt, hasher| of_attempt(attempt, hasher, ahead));
}

/// The last attempt and those that are open, one by one, and which of them holds the slot. Of older ones that
/// have ended the rules read one thing: which services failed for good.
fn of_attempts<H: Hasher>(message: &Message, hasher: &mut H, one: &impl Fn(&Attempt, &mut H)) {
    let count = message.attempts.len();
    let mut out: ByService<bool> = ByService::default();
    for attempt in &message.attempts {
        if usize::from(attempt.n) == count || attempt.outcome().is_none() {
            one(attempt, hasher);
            (message.slot.holder() == Some(attempt.n)).hash(hasher);
        }
        *out.get_mut(attempt.service) |= attempt.outcome() == Some(Outcome::PermanentFailure);
    }
    out.hash(hasher);
    match &message.slot {
        Slot::Empty => 0_u8.hash(hasher),
        Slot::Held { hold, .. } => (1_u8, hold).hash(hasher),
        Slot::Charged { hold, .. } => (2_u8, hold).hash(hasher),
    }
}

fn of_attempt<H: Hasher>(attempt: &Attempt, hasher: &mut H, ahead: &impl Fn(Time) -> u64) {
    let Attempt {
        n: _,
        charge_on: _,
        started_at: _,
        ended_at: _,
        code: _,
        may_duplicate: _,
        registration: _,
        // Read of the holder of the slot alone, and there it is what is held or was charged.
        price: _,
        service,
        route,
        kind,
        state,
        withdrawal,
        handed_over_at,
        deadline,
        unknown_at,
        parts,
        // Our own ledger charges here.
        claim: _,
    } = attempt;
    (service, state).hash(hasher);
    if attempt.outcome().is_some() {
        // How it came to its end is history.
        return;
    }
    (kind, route.is_some(), handed_over_at.is_some()).hash(hasher);
    parts.iter().for_each(|part| part.state.hash(hasher));
    (ahead(*deadline), unknown_at.map(|at| ahead(at.plus_millis(10 * S)))).hash(hasher);
    match withdrawal {
        Withdrawal::Asked { until } => (1_u8, ahead(*until)).hash(hasher),
        Withdrawal::None => 0_u8.hash(hasher),
        Withdrawal::AlreadyDelivered => 2_u8.hash(hasher),
        Withdrawal::Unclear => 3_u8.hash(hasher),
    }
}

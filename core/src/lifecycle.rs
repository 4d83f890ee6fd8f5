//! The only list of legal transitions of a message.
//!
//! A message changes in two ways: [`absorb`] takes in what happened, [`apply`] carries out what was decided.
//! [`advance`] drives both to rest, and is the only loop there is:
//!
//! ```text
//!   absorb(input)
//!   loop advance(facts)?            Err(needs): gather them, and advance again
//!   commit message, events, ledger and records in one unit; then carry out the effects
//! ```
//! On a conflict at the commit the message is loaded again, facts are gathered afresh, and all of it is repeated.

mod absorb;
mod claim;
mod finish;
mod parts;
mod record;
mod rest;
mod slot;
mod start;
mod withdrawal;

use crate::charge::LedgerEntry;
use crate::decide::decide;
use crate::model::{
    Decision, DecisionRecord, Event, EventKind, Facts, Message, Needs, Notice, Owner, Step, Time, Timers,
};

pub use absorb::absorb;

/// What a transition gives: events to tell, ledger entries to write, records to keep, and what to do outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Events, in order.
    pub events: Vec<Event>,
    /// Ledger entries, in order; the payer applies them in the same commit.
    pub ledger: Vec<LedgerEntry>,
    /// Records of decisions taken.
    pub records: Vec<DecisionRecord>,
    /// What is to be done outside once the commit is durable, in order.
    pub effects: Vec<Effect>,
}

/// What a transport or a charging system is to do after the commit. The app channel needs none: its commit is the act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Make this attempt: its intent is durable.
    Attempt(u16),
    /// Ask this attempt back (R10); the answer comes as a report.
    Withdraw(u16),
    /// Give the charging system the order that this attempt's claim says; the answer comes as an input.
    Order(u16),
}

/// Most steps between two rests. The rules need at most eight; more would be a fault of ours, and then the
/// message rests for a moment rather than the loop for ever.
pub const MAX_STEPS: usize = 16;

/// Decides and applies until the message rests; `changes` collects everything.
///
/// # Errors
/// [`Needs`] when a fact is lacking: gather it and call again with the same message and changes.
pub fn advance(
    message: &mut Message,
    facts: &Facts,
    timers: &Timers,
    now: Time,
    changes: &mut Changes,
) -> Result<(), Needs> {
    for _ in 0..MAX_STEPS {
        let decision = decide(message, facts, timers, now);
        if let Step::Need(needs) = decision.step {
            return Err(needs);
        }
        apply(message, &decision, facts, timers, now, changes);
        if decision.step.is_rest() {
            return Ok(());
        }
    }
    debug_assert!(false, "a message did not come to rest");
    message.due = Some(now.plus_millis(timers.backoff_ms.max(1)));
    Ok(())
}

/// Carries out a decision on the message. `Need` and `Rest` change nothing.
pub fn apply(
    message: &mut Message,
    decision: &Decision,
    facts: &Facts,
    timers: &Timers,
    now: Time,
    changes: &mut Changes,
) {
    if record::is_news(message, decision) {
        changes.records.push(record::of(message, decision, facts, now));
    }
    match &decision.step {
        Step::Need(_) | Step::Rest => {}
        Step::Offer { until } => rest::offer(message, *until, &decision.reasons, now, changes),
        Step::Start(new) => start::start(message, new, timers, now, changes),
        Step::HandOver { attempt, deadline } => start::hand_over(message, *attempt, *deadline, now, changes),
        Step::Withdraw { attempt, cause, until } => {
            withdrawal::ask(message, *attempt, *cause, *until, now, changes);
        }
        Step::MarkUnknown { attempt } => withdrawal::mark_unknown(message, *attempt, now, changes),
        Step::GiveUpWithdrawal { attempt } => withdrawal::give_up(message, *attempt, now, changes),
        Step::Stand { until, told } => rest::stand(message, *until, *told, now, changes),
        Step::Hold { wait, until, told } => rest::hold(message, *wait, *until, *told, now, changes),
        Step::Finish { status, reason } => finish::finish(message, *status, *reason, now, changes),
    }
    if decision.step.is_rest() {
        claim::go_on(message, now, changes);
    }
}

/// Tells the message's owner what its charge brought about.
pub fn notice(message: &mut Message, notice: Notice, now: Time, changes: &mut Changes) {
    changes.tell(message, now, EventKind::Notice(notice));
}

/// The first event of a message, which acceptance tells before anything is decided.
pub fn accepted(message: &mut Message, now: Time, changes: &mut Changes) {
    changes.tell(message, now, EventKind::Accepted);
}

impl Changes {
    /// An event for the message's owner, with the next number.
    fn tell(&mut self, message: &mut Message, at: Time, kind: EventKind) {
        let audience = message.originator.owner.clone();
        self.tell_to(message, audience, at, kind);
    }

    /// An event for the recipient's devices; nothing when the recipient is no subscriber.
    fn tell_recipient(&mut self, message: &mut Message, at: Time, kind: EventKind) {
        if let Some(subscriber) = message.recipient_subscriber.clone() {
            self.tell_to(message, Owner::Subscriber(subscriber), at, kind);
        }
    }

    fn tell_to(&mut self, message: &mut Message, audience: Owner, at: Time, kind: EventKind) {
        self.events.push(Event { message: message.id, seq: message.next_seq, at, audience, kind });
        message.next_seq = message.next_seq.saturating_add(1);
    }
}

//! The one function that chooses the next step of a message: rules R3 to R13 and R15 of the method.
//!
//! It is driven in one way (see [`crate::lifecycle::advance`]): take in what happened, then decide and apply until the
//! message rests. The order of the questions is the precedence of the rules:
//!
//! | question | file |
//! |---|---|
//! | final: rest | here |
//! | delivered, or refused by the person (R12)? | `settled` |
//! | a withdrawal without an answer (R10)? | `withdraw` |
//! | the end of its life (R15)? | `expiry` |
//! | taken back by the sender? | `cancel` |
//! | no attempt yet: which service first (R2, R3)? | `first`, `candidate` |
//! | an attempt is live: does it stand (R4, R7, R10)? | `withdraw` |
//! | its fate is unknown (R11)? | `unknown` |
//! | it ended: which is next (R5 to R9, R13)? | `ended`, `switch`, `gate`, `revert`, `retry`, `closed`, `outage` |

mod cancel;
mod candidate;
mod case;
mod closed;
pub(crate) mod deadline;
mod ended;
mod expiry;
mod first;
mod gate;
mod outage;
mod retry;
mod revert;
mod settled;
mod start;
mod switch;
mod unknown;
mod withdraw;

use crate::model::{AttemptState, Decision, Facts, Message, OnUnknown, Reason, Step, Time, Timers};
use case::{Answer, Case};
use serde::{Deserialize, Serialize};

pub use candidate::{Refusal, admit, check_choice};

/// What was decided, as a stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StepCode {
    /// Parked for the sender's choice.
    Offer,
    /// An attempt starts.
    Start,
    /// A deferred attempt is handed over.
    HandOver,
    /// An attempt is asked back.
    Withdraw,
    /// An attempt is unknown.
    MarkUnknown,
    /// A withdrawal is given up.
    GiveUpWithdrawal,
    /// An attempt stands.
    Stand,
    /// The message waits.
    Hold,
    /// The end.
    Finish,
}

/// Chooses the next step. Pure and total: the same message, facts and time give the same decision.
#[must_use]
pub fn decide(message: &Message, facts: &Facts, timers: &Timers, now: Time) -> Decision {
    let case = Case { message, facts, timers, now };
    let decision = rules(&case);
    let mut decision =
        decision.unwrap_or_else(|needs| Decision { step: Step::Need(needs), reasons: Vec::new() });
    once_each(&mut decision.reasons);
    decision
}

/// Each rule notes what it looked at, and several look at the same thing: it is a reason once, the first time. Who
/// came online is online: that is not said again either.
fn once_each(reasons: &mut Vec<Reason>) {
    let mut seen: Vec<Reason> = Vec::with_capacity(reasons.len());
    reasons.retain(|reason| {
        let said = match reason {
            Reason::RecipientOnline => seen.contains(reason) || seen.contains(&Reason::CameOnline),
            reason => seen.contains(reason),
        };
        seen.push(*reason);
        !said
    });
}

fn rules(case: &Case<'_>) -> Answer {
    if case.message.status.is_final() {
        return Ok(Decision { step: Step::Rest, reasons: Vec::new() });
    }
    let settling = [settled::decide, withdraw::overdue, expiry::decide, cancel::decide];
    if let Some(decision) = settling.into_iter().find_map(|rule| rule(case)) {
        return Ok(decision);
    }
    let Some(last) = case.last_made() else { return first::decide(case) };
    // A late answer may have made an older attempt live again: nothing is started beside it.
    let live = case.message.attempts.iter().rev().find(|attempt| attempt.is_live());
    let open = live.or_else(|| case.message.open_attempt());
    match (open, last.outcome()) {
        (Some(open), _) if open.is_live() => withdraw::decide(case, open),
        (Some(open), None) => unknown::decide(case, open),
        (Some(open), Some(outcome)) => match case.message.policy.on_unknown {
            OnUnknown::AtLeastOnce => ended::decide(case, last, outcome),
            OnUnknown::AtMostOnce => unknown::beside(case, open, last),
        },
        (None, Some(outcome)) => ended::decide(case, last, outcome),
        // An attempt without an outcome is open, so this cannot be; to wait for a report is never wrong.
        (None, None) => {
            debug_assert!(last.state == AttemptState::Unknown, "an open attempt was not found");
            unknown::decide(case, last)
        }
    }
}

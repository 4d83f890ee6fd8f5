//! The result of `decide` and its stored justification (R16).
//!
//! Effects are data: a [`Step`] says what to do, the engine does it. A [`DecisionRecord`] keeps the step with
//! all its inputs, so that sentences, JSON and replays are made from the same bytes and cannot disagree.

use super::{
    AttemptKind, ChargeOn, Funds, Money, PlanVersion, Presence, Price, Reason, RouteId, Service, Status,
    Time, Told, Wait,
};
use crate::charge::{External, Hold};
use crate::decide::StepCode;
use serde::{Deserialize, Serialize};

/// What to do next, and why.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// The one thing to do.
    pub step: Step,
    /// Why, and why not the others: also one for each candidate refused.
    pub reasons: Vec<Reason>,
}

/// One step. `Need` is answered by gathering; all others are applied by [`crate::lifecycle::apply`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// These facts decide, and were not given.
    Need(Needs),
    /// Park the message for the sender's choice until then (R2).
    Offer {
        /// End of the choice.
        until: Time,
    },
    /// Start an attempt.
    Start(Box<Start>),
    /// The recipient is online: hand the deferred attempt over.
    HandOver {
        /// The attempt's number.
        attempt: u16,
        /// Its new deadline, counted from hand-over.
        deadline: Time,
    },
    /// Ask a running attempt back (R10), or take it out of our own queue, which is exact and immediate.
    Withdraw {
        /// The attempt's number.
        attempt: u16,
        /// Why.
        cause: WithdrawCause,
        /// End of the wait for the answer.
        until: Time,
    },
    /// The attempt's outcome can't be known any more without a late report (R11).
    MarkUnknown {
        /// The attempt's number.
        attempt: u16,
    },
    /// The withdrawal brought no answer in time: the attempt stays (R10).
    GiveUpWithdrawal {
        /// The attempt's number.
        attempt: u16,
    },
    /// Nothing to start: an attempt runs or its report is awaited. Look again at `until`.
    Stand {
        /// When to look again.
        until: Time,
        /// The sender is told this price, if it is news (R6).
        told: Option<Told>,
    },
    /// No attempt is live: wait.
    Hold {
        /// For what.
        wait: Wait,
        /// When to look again whatever happens.
        until: Time,
        /// The sender is told this price, if it is news (R6).
        told: Option<Told>,
    },
    /// The end.
    Finish {
        /// The final status.
        status: Status,
        /// Why, when it is `Failed`.
        reason: Option<FailReason>,
    },
    /// The message is final and nothing more is to be done.
    Rest,
}

impl Step {
    /// True when nothing more is to be decided until something happens or the time to look again comes.
    #[must_use]
    pub const fn is_rest(&self) -> bool {
        matches!(
            self,
            Self::Stand { .. } | Self::Hold { .. } | Self::Offer { .. } | Self::Finish { .. } | Self::Rest
        )
    }
}

/// Facts that are needed; each is asked for at most once a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Needs {
    /// The recipient's status.
    pub presence: bool,
    /// Offers of all services.
    pub offers: bool,
}

/// An attempt to start. The engine's unit relies on these preconditions: message version, payer version, and
/// `committed + price <= limit`, checked again in the commit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Start {
    /// Why it is made.
    pub kind: AttemptKind,
    /// The service.
    pub service: Service,
    /// The route.
    pub route: Option<RouteId>,
    /// Wire parts.
    pub parts: u16,
    /// The price it passes the gate with.
    pub price: Price,
    /// When it is charged.
    pub charge_on: ChargeOn,
    /// What is reserved for it.
    pub hold: Option<Hold>,
    /// With whom, when not with our own ledger.
    pub external: Option<External>,
    /// IM to somebody who is not online: into our own queue.
    pub deferred: bool,
    /// Its deadline.
    pub deadline: Time,
    /// R11: a copy may already be on its way.
    pub may_duplicate: bool,
    /// The recipient's registration, if they are online.
    pub registration: Option<Time>,
}

/// Why an attempt is asked back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WithdrawCause {
    /// Its deadline ran out and the next attempt would pass the gate.
    Deadline,
    /// The recipient came online while it was handed over (R7).
    Registration,
    /// The message expires (R15).
    Expiry,
    /// The sender asked (cancel).
    Sender,
    /// Another attempt delivered.
    Superseded,
    /// The sender chose another service (R6).
    Choice,
}

/// What a message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WaitFor {
    /// The recipient's registration.
    Registration,
    /// The recipient to have been offline long enough (R8).
    OfflineThreshold,
    /// A backoff (R9).
    Backoff,
    /// The sender's consent to a dearer service (R6).
    Consent,
    /// A report that may never come (R11).
    Report,
    /// The guard after an outage of our own (R13).
    OurOutage,
}

/// Why a message failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailReason {
    /// The price rose above the quote and no service is within it (R2).
    PriceRose,
    /// Every service that could carry it failed permanently.
    Undeliverable,
    /// Consent to the dearer service did not come in time (R6).
    ConsentNotGiven,
    /// No service can take it.
    NoService,
    /// The charging system turned the payer away (R14).
    NotPayable,
}

/// What one offer said, compact, for the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OfferFacts {
    /// The price.
    pub price: Price,
    /// Units.
    pub units: u64,
    /// Funds.
    pub funds: Funds,
    /// Whether it can carry the content and reach the recipient.
    pub can_deliver: bool,
}

/// A decision with its inputs, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// When it was taken.
    pub at: Time,
    /// What was decided.
    pub step: StepCode,
    /// The attempt it starts or touches, if any.
    pub attempt: Option<u16>,
    /// The service it starts or touches, if any.
    pub service: Option<Service>,
    /// Why the attempt is made, when one starts.
    pub kind: Option<AttemptKind>,
    /// The attempt goes into our own queue.
    pub deferred: bool,
    /// A copy may already be on its way (R11).
    pub may_duplicate: bool,
    /// Why an attempt is asked back, when one is.
    pub cause: Option<WithdrawCause>,
    /// What is waited for, when nothing runs.
    pub wait: Option<WaitFor>,
    /// Until when it waits or stands.
    pub until: Option<Time>,
    /// What the sender is told of a dearer service.
    pub told: Option<Told>,
    /// The final status, when it is the end.
    pub status: Option<Status>,
    /// Why it failed, when it did.
    pub fail: Option<FailReason>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The recipient's status, if it was read.
    pub presence: Option<Presence>,
    /// The offers, if they were read: IM, SMS, MMS.
    pub offers: Option<[OfferFacts; 3]>,
    /// The plan that priced them.
    pub plan: Option<PlanVersion>,
    /// p1 as it stood.
    pub p1: Option<Price>,
    /// Consent as it stood.
    pub consent: Option<Money>,
    /// Charged and not refunded, as it stood before the decision.
    pub committed: Option<Money>,
}

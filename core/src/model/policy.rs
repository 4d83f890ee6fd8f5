//! Message classes, what the sender asked about fallback, and the timers of DESIGN section 3.

use super::ClassName;
use serde::{Deserialize, Serialize};

/// What may be done after an attempt whose outcome is unknown (R11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OnUnknown {
    /// Rather twice than not at all: one more attempt, flagged `may_duplicate`.
    AtLeastOnce,
    /// Rather not at all than twice.
    AtMostOnce,
}

/// What is shed last under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    /// Bulk: shed first.
    Bulk,
    /// Between people.
    Person,
    /// One-time passwords and alerts: shed last.
    Urgent,
}

/// A message class: a configured name for how to treat a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Class {
    /// The name a submission asks for.
    pub name: ClassName,
    /// R11.
    pub on_unknown: OnUnknown,
    /// Who is served first.
    pub priority: Priority,
    /// Deadline of the first attempt in milliseconds; nothing = the service's own deadline.
    pub fallback_after_ms: Option<u64>,
    /// How long the recipient must be offline before a revert to SMS/MMS (R8), in milliseconds; nothing = the timer.
    pub t_off_ms: Option<u64>,
}

impl Class {
    /// The shipped classes: `person`, `otp`, `alert` (at least once) and `bulk` (at most once).
    #[must_use]
    pub fn shipped() -> Vec<Self> {
        let class = |name: &str, on_unknown, priority, fallback_after_ms| Self {
            name: ClassName::new(name),
            on_unknown,
            priority,
            fallback_after_ms,
            t_off_ms: None,
        };
        vec![
            class("person", OnUnknown::AtLeastOnce, Priority::Person, None),
            class("otp", OnUnknown::AtLeastOnce, Priority::Urgent, Some(10_000)),
            class("alert", OnUnknown::AtLeastOnce, Priority::Urgent, Some(60_000)),
            class("bulk", OnUnknown::AtMostOnce, Priority::Bulk, None),
        ]
    }
}

/// Whether the server may change the service by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FallbackRule {
    /// Yes, within the gate.
    #[default]
    Auto,
    /// No fallback, no revert, no R11(2); only the sender's `choose` lifts it (R5).
    Never,
}

/// The policy of one message, resolved at acceptance and then fixed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MessagePolicy {
    /// The class's name, for the trace.
    pub class: ClassName,
    /// R11.
    pub on_unknown: OnUnknown,
    /// Who is served first.
    pub priority: Priority,
    /// R5.
    pub fallback: FallbackRule,
    /// False: the last step of claim 1 is off (`policy.revert = false`, or the sender said so).
    pub revert: bool,
    /// The message's or the class's deadline of the first attempt, in milliseconds.
    pub fallback_after_ms: Option<u64>,
    /// R8's threshold, in milliseconds.
    pub t_off_ms: u64,
}

/// The timers of DESIGN section 3, all in milliseconds, all configuration; hard minimum 100 ms.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Timers {
    /// How long facts may take.
    pub facts_ms: u64,
    /// How long a parked message waits for the sender's choice, and a closed gate for consent (R2, R6).
    pub choice_ms: u64,
    /// How long a quote binds.
    pub quote_ms: u64,
    /// Deadline of an IM attempt from hand-over.
    pub im_deadline_ms: u64,
    /// Deadline of an IM that waits in our own queue for somebody known offline (R4).
    pub im_offline_ms: u64,
    /// How long to wait for a submit_sm_resp (the service's timer; here for the deadline of an attempt).
    pub smpp_response_ms: u64,
    /// R11(1): how long to wait for a late answer when no answer came.
    pub unknown_wait_ms: u64,
    /// The longest SMS validity asked of an SMSC.
    pub sms_validity_ms: u64,
    /// What is added to the validity before an SMS attempt's deadline.
    pub sms_grace_ms: u64,
    /// Deadline of an MMS attempt from hand-over.
    pub mms_deadline_ms: u64,
    /// How long a withdrawal may take.
    pub recall_ms: u64,
    /// R8's threshold by default.
    pub t_off_ms: u64,
    /// R8's least gap after the first attempt's end.
    pub min_gap_ms: u64,
    /// Grace on loss of the last registration.
    pub offline_grace_ms: u64,
    /// Guard after an outage of our own (R13).
    pub outage_guard_ms: u64,
    /// How long a route must be down before that is a temporary failure (R13).
    pub route_down_ms: u64,
    /// How long early receipts are kept.
    pub early_receipts_ms: u64,
    /// How long idempotency keys are kept.
    pub idempotency_ms: u64,
    /// Life of a message by default.
    pub expiry_ms: u64,
    /// The shortest life that a sender may ask for.
    pub expiry_min_ms: u64,
    /// The longest life that a sender may ask for.
    pub expiry_max_ms: u64,
    /// R15: how long after expiry the last word is waited for.
    pub last_word_ms: u64,
    /// R9: first backoff.
    pub backoff_ms: u64,
    /// R9: longest backoff.
    pub backoff_cap_ms: u64,
}

impl Default for Timers {
    fn default() -> Self {
        const S: u64 = 1000;
        Self {
            facts_ms: 2 * S,
            choice_ms: 30 * S,
            quote_ms: 300 * S,
            im_deadline_ms: 300 * S,
            im_offline_ms: 10 * S,
            smpp_response_ms: 10 * S,
            unknown_wait_ms: 60 * S,
            sms_validity_ms: 24 * 3600 * S,
            sms_grace_ms: 600 * S,
            mms_deadline_ms: 24 * 3600 * S,
            recall_ms: 10 * S,
            t_off_ms: 3600 * S,
            min_gap_ms: 60 * S,
            offline_grace_ms: 30 * S,
            outage_guard_ms: 60 * S,
            route_down_ms: 60 * S,
            early_receipts_ms: 72 * 3600 * S,
            idempotency_ms: 24 * 3600 * S,
            expiry_ms: 72 * 3600 * S,
            expiry_min_ms: 60 * S,
            expiry_max_ms: 30 * 24 * 3600 * S,
            last_word_ms: 60 * S,
            backoff_ms: 5 * S,
            backoff_cap_ms: 900 * S,
        }
    }
}

//! The one charge slot of a message (R14), and the ledger entries it writes.
//!
//! A message holds or is charged at most one price at a time. Every change of the slot is a ledger entry,
//! numbered within the message, so that the ledger alone can be replayed and balanced (I7, I8, I9).
#![deny(clippy::arithmetic_side_effects)]

mod audit;
mod claim;

pub use audit::{Audit, AuditFault, FaultKind, OpenHold, Sums, balance};
pub use claim::{Claim, ClaimAnswer, ClaimState, External, IfDown, Unpaid};

use crate::model::{MessageId, Money, PayerId, Time};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// What a reservation takes from a payer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hold {
    /// Money, possibly zero.
    pub amount: Money,
    /// Units taken from allowances.
    pub taken: Vec<Taken>,
}

/// Units taken from one allowance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Taken {
    /// The allowance's id in the plan.
    pub bucket: SmolStr,
    /// How many units.
    pub units: u64,
    /// Start of the period they were taken from (days since the epoch in the plan's calendar, or minutes), so that what is
    /// given back after the period's end does not swell the next one.
    pub period: u32,
}

/// The charge slot of a (message, recipient).
///
/// ```text
///   Empty -> Held(k) -> Charged(k)
///            Held(k) -> Held(k+1)                        one commit
///            Held(k) -> Empty                            released
///            Charged(k) -> (refunded) -> Held(k+1)       one commit, only charge_on = submitted
///            Charged(k) -> (refunded) -> Empty           the end, when the plan refunds
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Slot {
    /// Nothing reserved, nothing charged.
    #[default]
    Empty,
    /// Reserved for attempt `attempt`.
    Held {
        /// The attempt that holds the slot.
        attempt: u16,
        /// What is reserved.
        hold: Hold,
    },
    /// Charged for attempt `attempt`.
    Charged {
        /// The attempt that was charged.
        attempt: u16,
        /// What was charged.
        hold: Hold,
    },
}

impl Slot {
    /// What has been charged through the slot and not refunded.
    #[must_use]
    pub const fn charged(&self) -> Option<Money> {
        if let Self::Charged { hold, .. } = self { Some(hold.amount) } else { None }
    }

    /// The attempt that holds or was charged, if any.
    #[must_use]
    pub const fn holder(&self) -> Option<u16> {
        match self {
            Self::Empty => None,
            Self::Held { attempt, .. } | Self::Charged { attempt, .. } => Some(*attempt),
        }
    }
}

/// One entry of the ledger; append-only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The message.
    pub message: MessageId,
    /// The attempt.
    pub attempt: u16,
    /// The payer.
    pub payer: PayerId,
    /// What was done.
    pub kind: LedgerKind,
    /// What it moved.
    pub hold: Hold,
    /// When.
    pub at: Time,
}

/// What a ledger entry does to the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LedgerKind {
    /// Money and units are held.
    Reserve,
    /// What was held is charged.
    Commit,
    /// What was held is free again.
    Release,
    /// What was charged is given back.
    Refund,
    /// What was charged leaves the slot and stays charged (`kept_if_undelivered`): moves nothing.
    Keep,
}

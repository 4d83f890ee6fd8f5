//! What an attempt asks of a charging system of the operator's, and where that stands (R14).
//!
//! ```text
//!   Due(Reserve) -> Asked -> Held -> Due(Commit)  -> Asked -> Charged -> Due(Refund) -> Asked -> Free
//!                     |       +----> Due(Release) -> Asked -> Free
//!                     +--> Free (turned away)
//! ```
//! `Due` is durable before the order is given, and so is what came of it before anything follows from it.

use super::{Hold, LedgerKind};
use crate::model::{Money, Time};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Who charges by a plan that our own ledger does not charge for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct External {
    /// The charging system's name in the configuration.
    pub system: SmolStr,
    /// What holds while nobody is there.
    pub if_down: IfDown,
}

/// What is done while a charging system cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IfDown {
    /// The service cannot be paid: its gate is closed.
    #[default]
    Deny,
    /// The attempt waits for the charging system.
    Buffer,
    /// It goes out, and nobody is charged.
    Free,
}

/// An attempt's reservation with a charging system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// Whom it is with.
    pub external: External,
    /// What is to be held; once it is, what the charging system said.
    pub hold: Hold,
    /// Where it stands.
    pub state: ClaimState,
    /// Why it was not granted, if it was not.
    pub unpaid: Option<Unpaid>,
    /// The order of which nobody knows whether it was done: a suspect, until another answer clears it.
    pub doubt: Option<LedgerKind>,
    /// What is owed next, once the order under way has its answer.
    pub then: Option<LedgerKind>,
}

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClaimState {
    /// An order is to be given.
    Due {
        /// Which.
        order: LedgerKind,
        /// Not before then.
        at: Time,
        /// How often it was given in vain.
        tries: u8,
    },
    /// It was given, and its answer is awaited.
    Asked {
        /// Which.
        order: LedgerKind,
        /// How often it was given in vain before.
        tries: u8,
    },
    /// The charging system holds it.
    Held,
    /// The charging system charged it.
    Charged,
    /// Nothing is held or charged, and nothing is owed.
    Free,
}

/// What a charging system answered to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimAnswer {
    /// Done.
    Done {
        /// What it costs, if it said so.
        price: Option<Money>,
        /// It is not charged there: nothing is held, and there is nothing to commit.
        is_free: bool,
    },
    /// Not done, for sure.
    Refused(Unpaid),
    /// Nobody knows.
    Unknown {
        /// The charging system does each order once, however often it is given: so it may be given again.
        does_once: bool,
    },
}

/// Why a charging system did not do what was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unpaid {
    /// The payer cannot afford it.
    Funds,
    /// The payer may not use the service.
    Barred,
    /// It does not know the payer.
    UnknownPayer,
    /// It has no price for it.
    NoPrice,
    /// It costs so much, more than it may.
    TooDear(Money),
    /// It granted other than what was asked for.
    WrongGrant,
    /// It holds nothing of that name.
    NotHeld,
    /// Nobody is there: the order did not leave.
    Down,
    /// It did not answer in time: what it may hold is released.
    Unanswered,
    /// It does not do this, or does not understand us.
    Fault,
}

impl Claim {
    /// A claim whose reservation is to be ordered at once.
    #[must_use]
    pub const fn new(external: External, hold: Hold, now: Time) -> Self {
        let state = ClaimState::Due { order: LedgerKind::Reserve, at: now, tries: 0 };
        Self { external, hold, state, unpaid: None, doubt: None, then: None }
    }

    /// True until the reservation is granted, turned away or given up: until then the attempt does not go out.
    #[must_use]
    pub const fn is_awaited(&self) -> bool {
        matches!(
            self.state,
            ClaimState::Due { order: LedgerKind::Reserve, .. }
                | ClaimState::Asked { order: LedgerKind::Reserve, .. }
        )
    }

    /// True while an order is to be given, or its answer is awaited.
    #[must_use]
    pub const fn is_owing(&self) -> bool {
        matches!(self.state, ClaimState::Due { .. } | ClaimState::Asked { .. })
    }

    /// True when it was turned away for a time only: by nobody, and the plan lets the message wait for that.
    #[must_use]
    pub fn may_come(&self) -> bool {
        self.external.if_down != IfDown::Deny
            && matches!(self.unpaid, Some(Unpaid::Down | Unpaid::Unanswered))
    }
}

impl Unpaid {
    /// The stable code used in traces and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Funds => "short_of_funds",
            Self::Barred => "barred",
            Self::UnknownPayer => "unknown_payer",
            Self::NoPrice => "no_price",
            Self::TooDear(_) => "too_dear",
            Self::WrongGrant => "wrong_grant",
            Self::NotHeld => "not_held",
            Self::Down => "down",
            Self::Unanswered => "unanswered",
            Self::Fault => "fault",
        }
    }

    /// For the sender, after "it cannot be paid, since ".
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Funds => "your funds are short",
            Self::Barred => "your operator does not allow it",
            Self::UnknownPayer => "your operator does not know the payer",
            Self::NoPrice => "your operator has no price for it",
            Self::TooDear(_) => "it costs more than you agreed to",
            Self::WrongGrant | Self::NotHeld | Self::Fault => "your operator's charging system is at fault",
            Self::Down => "your operator's charging system cannot be reached",
            Self::Unanswered => "your operator's charging system did not answer in time",
        }
    }
}

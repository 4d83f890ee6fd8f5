//! What a service would cost the payer now, and how sure we are.

use super::{Money, PlanId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A plan as it stood: its id and version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanVersion {
    /// The plan.
    pub id: PlanId,
    /// Its version, as its author numbers it.
    pub version: u32,
}

/// The marginal price of this message for this payer by one service, rounded as charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Price {
    /// Exactly this will be charged.
    Exact(Money),
    /// Expected, as when a volume's overhead is not known to the byte.
    Estimate(Money),
    /// An external list price that ignores allowances: an upper bound, so known as p2 and unknown as p1.
    List(Money),
    /// The plan does not sell this service here.
    NotOffered(NotOffered),
    /// Nobody can say.
    Unknown(UnknownPrice),
}

/// Why a service is not sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NotOffered {
    /// The plan's row says `offered = false`.
    Plan,
    /// A spending cap with `then = "block"` is reached.
    Cap,
    /// The payer is barred.
    Barred,
    /// An allowance with `overage = "block"` is used up.
    Allowance,
}

impl fmt::Display for NotOffered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plan => "the plan does not offer it here",
            Self::Cap => "a spending cap is reached",
            Self::Barred => "the payer is barred",
            Self::Allowance => "the allowance is used up",
        })
    }
}

/// Why a price is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UnknownPrice {
    /// No row of the plan matches; never taken for 0.
    NoRate,
    /// The sender maps to no SIM or payer.
    NoPayer,
    /// The payer's plan is not loaded.
    NoPlan,
    /// The charging system did not answer in time.
    NoAnswer,
    /// The price depends on the recipient's network, and nobody knows it for sure.
    NoNetwork,
    /// The charging system tells no prices.
    NotTold,
}

impl fmt::Display for UnknownPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRate => "no row of the plan matches",
            Self::NoPayer => "nobody is known to pay",
            Self::NoPlan => "the payer's plan is not valid or not set up",
            Self::NoAnswer => "the charging system did not answer in time",
            Self::NoNetwork => "the recipient's network is not known for sure",
            Self::NotTold => "the charging system tells no prices",
        })
    }
}

impl Price {
    /// The amount when it may serve as p1, the price the sender was shown.
    #[must_use]
    pub const fn as_first(self) -> Option<Money> {
        match self {
            Self::Exact(money) | Self::Estimate(money) => Some(money),
            Self::List(_) | Self::NotOffered(_) | Self::Unknown(_) => None,
        }
    }

    /// The amount when it may serve as p2, the price of the next attempt: an upper bound is enough.
    #[must_use]
    pub const fn as_next(self) -> Option<Money> {
        match self {
            Self::Exact(money) | Self::Estimate(money) | Self::List(money) => Some(money),
            Self::NotOffered(_) | Self::Unknown(_) => None,
        }
    }

    /// How sure it is, as the API and the charging records say it.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Exact(_) => "exact",
            Self::Estimate(_) => "estimate",
            Self::List(_) => "list",
            Self::NotOffered(_) => "not_offered",
            Self::Unknown(_) => "unknown",
        }
    }

    /// True unless the plan does not sell the service.
    #[must_use]
    pub const fn is_offered(self) -> bool {
        !matches!(self, Self::NotOffered(_))
    }
}

/// What a unit of a service is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// One SMS segment.
    Segment,
    /// One whole message.
    #[default]
    Message,
    /// One byte of payload and overhead.
    Byte,
    /// 160 bytes of text as UTF-8, or what is left of it at the end: how some business chat is counted.
    Utf8x160,
    /// One nano-unit of money: what a spending cap counts.
    Nano,
    /// All messages to one recipient within 24 hours of the first.
    Conversation,
}

impl Unit {
    /// The lower-case name used in plans and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Message => "message",
            Self::Byte => "byte",
            Self::Utf8x160 => "utf8_160",
            Self::Nano => "nano",
            Self::Conversation => "conversation",
        }
    }
}

/// When a service's price is charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChargeOn {
    /// On delivery: an attempt that does not deliver costs nothing.
    #[default]
    Delivered,
    /// At hand-over; refunded in the commit that starts the next attempt, unless the plan keeps it.
    Submitted {
        /// The plan can't refund: the charge stays in `committed` if a next attempt follows.
        kept_if_undelivered: bool,
        /// A final status other than delivered gives the money back.
        refund_at_end: bool,
    },
}

/// Who debits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Settlement {
    /// Our own ledger.
    #[default]
    Server,
    /// The packet core bills the bytes: priced, shown, compared; never reserved, charged or counted.
    Bearer,
}

//! An operator's own charging system: what our ledger would do, done elsewhere.

use smol_str::SmolStr;
use switchback_core::model::{Address, Currency, MessageId, Money, Origin, Service, Time};

/// A charging system. No call blocks or waits; what comes of an order is told once, on a thread of the
/// implementation's.
///
/// Every order but a quote moves money somewhere else, so its intent is durable before it is given and its outcome is
/// recorded when it is told (R14). The same key names the same reservation for ever, also after a crash: releasing one
/// of before a crash is how an unknown one is cleared, and does no harm where there is none.
pub trait Charging: Send + Sync {
    /// Carries out an order.
    fn order(&self, order: ChargeOrder, told: ChargeTold);

    /// Whether it does an order once, however often it is given. Only then is a commit or a refund that nobody knows
    /// the end of given again; else it stays a suspect.
    fn deduplicates(&self) -> bool {
        false
    }
}

/// Called once with what came of an order.
pub type ChargeTold = Box<dyn FnOnce(ChargeOutcome) + Send>;

/// Names a reservation and everything that follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChargeKey {
    /// The message.
    pub message: MessageId,
    /// The attempt.
    pub attempt: u16,
}

/// What a charging system is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChargeStep {
    /// Say what it would cost; nothing stays held.
    Quote,
    /// Hold it.
    Reserve,
    /// Charge what is held.
    Commit,
    /// Let go of what is held, or may be.
    Release,
    /// Give back what was charged.
    Refund,
}

/// An order to a charging system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeOrder {
    /// What to do.
    pub step: ChargeStep,
    /// To what.
    pub key: ChargeKey,
    /// The payer's SIM.
    pub imsi: Option<SmolStr>,
    /// The payer's number: international, digits only.
    pub number: Option<SmolStr>,
    /// The sender.
    pub from: Address,
    /// The recipient.
    pub to: Address,
    /// Where the sender was: a price may depend on it.
    pub origin: Origin,
    /// The service.
    pub service: Service,
    /// Wire parts, as [`Measure`](crate::Measure) counts them.
    pub parts: u16,
    /// Bytes, likewise.
    pub bytes: u64,
    /// When what is charged happens.
    pub at: Time,
    /// The payer's currency.
    pub currency: Currency,
    /// What it may cost at most: a reservation that turns out dearer is given back. In another currency it is refused, for
    /// nobody can say then that it is within.
    pub at_most: Option<Money>,
}

/// What came of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChargeOutcome {
    /// Done.
    Done(ChargeDone),
    /// Not done, for sure: nothing is held and nothing was charged by it.
    Refused(ChargeRefusal),
    /// Nobody knows. Never taken for a refusal: the audit lists it.
    Unknown,
}

/// What a charging system said with its yes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChargeDone {
    /// What it costs, if it said so.
    pub price: Option<Money>,
    /// The price is from a list and ignores allowances and balance: an upper bound.
    pub is_list: bool,
    /// How long a reservation holds, if it said so.
    pub until: Option<Time>,
    /// It is not charged here, now or later: there is no reservation to commit.
    pub is_free: bool,
    /// Little is left.
    pub low_balance: bool,
}

/// Why a charging system did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChargeRefusal {
    /// The payer can't afford it.
    InsufficientFunds,
    /// The payer may not use the service.
    Barred,
    /// It does not know the payer.
    UnknownPayer,
    /// It has no price for it, or can't say one.
    NoPrice,
    /// It would cost this, more than it may.
    PriceAbove(Money),
    /// It granted other than what was asked for, and was given it back.
    WrongGrant,
    /// The reservation has run out, or never was.
    NotHeld,
    /// It never does this.
    NotSupported,
    /// Nobody is there, or nobody has time.
    Unreachable,
    /// It does not understand us: our configuration or our code is wrong.
    OurFault,
}

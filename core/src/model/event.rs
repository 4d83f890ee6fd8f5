//! What happened to a message, as told to its owner and, of incoming messages, to the recipient.

use super::{
    AttemptKind, FailReason, MessageId, Money, Notice, Owner, PeerCode, Price, RouteId, Service, Time,
    WaitFor, WithdrawCause,
};
use crate::charge::LedgerKind;
use serde::{Deserialize, Serialize};

/// One event. `seq` is gapless within the message; the store adds a cursor across all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Event {
    /// The message.
    pub message: MessageId,
    /// Number within the message, from 1.
    pub seq: u32,
    /// When it happened.
    pub at: Time,
    /// Whose stream it goes to.
    pub audience: Owner,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventKind {
    /// On disk; the sender was told yes.
    Accepted,
    /// Parked for the sender's choice until then.
    Offered {
        /// End of the choice.
        until: Time,
    },
    /// An attempt's intent is durable.
    AttemptStarted {
        /// The attempt.
        attempt: u16,
        /// Its service.
        service: Service,
        /// Its route.
        route: Option<RouteId>,
        /// Why it was made.
        kind: AttemptKind,
        /// Its price.
        price: Price,
        /// A copy may already be on its way.
        may_duplicate: bool,
    },
    /// Held in our own queue until a device comes online.
    AttemptDeferred {
        /// The attempt.
        attempt: u16,
    },
    /// The next hop took it.
    AttemptHandedOver {
        /// The attempt.
        attempt: u16,
    },
    /// It reached a device.
    AttemptDelivered {
        /// The attempt.
        attempt: u16,
        /// Its service.
        service: Service,
    },
    /// It failed.
    AttemptFailed {
        /// The attempt.
        attempt: u16,
        /// For good (this service is out for this message).
        permanent: bool,
        /// The peer's code.
        code: Option<PeerCode>,
    },
    /// The recipient refused it.
    AttemptRefused {
        /// The attempt.
        attempt: u16,
    },
    /// A fault of ours stopped it.
    AttemptLocalFault {
        /// The attempt.
        attempt: u16,
        /// The peer's code.
        code: Option<PeerCode>,
    },
    /// Its outcome is unknown.
    AttemptUnknown {
        /// The attempt.
        attempt: u16,
    },
    /// It was asked back.
    AttemptWithdrawing {
        /// The attempt.
        attempt: u16,
        /// Why.
        cause: WithdrawCause,
    },
    /// It was taken back.
    AttemptWithdrawn {
        /// The attempt.
        attempt: u16,
    },
    /// It could not be taken back, or nobody can tell.
    AttemptWithdrawalFailed {
        /// The attempt.
        attempt: u16,
        /// The peer says it was delivered.
        already_delivered: bool,
    },
    /// The message goes by the second service now.
    Switched {
        /// From.
        from: Service,
        /// To.
        to: Service,
    },
    /// The message goes back to the first service.
    Reverted {
        /// To.
        to: Service,
    },
    /// The message waits.
    Held {
        /// For what.
        what: WaitFor,
        /// Until when, if it is a matter of time.
        until: Option<Time>,
    },
    /// A dearer service is closed: the sender may consent to this amount (R6).
    ConsentNeeded {
        /// The service.
        service: Service,
        /// What the message would have cost in all (see [`super::Told`]); nothing when not known.
        amount: Option<Money>,
    },
    /// The sender chose or consented.
    Chosen {
        /// The service.
        service: Service,
    },
    /// The sender was charged.
    Charged {
        /// For this attempt.
        attempt: u16,
        /// So much.
        amount: Money,
    },
    /// A charge was given back.
    Refunded {
        /// Of this attempt.
        attempt: u16,
        /// So much.
        amount: Money,
    },
    /// Nobody knows what the charging system did of an order for this attempt.
    ChargeInDoubt {
        /// The attempt.
        attempt: u16,
        /// The order.
        order: LedgerKind,
    },
    /// It is known now.
    ChargeCleared {
        /// The attempt.
        attempt: u16,
    },
    /// Delivered: final.
    Delivered {
        /// By this service.
        service: Service,
    },
    /// Read.
    Read,
    /// Refused by the recipient: final.
    Refused,
    /// Failed: final.
    Failed {
        /// Why.
        reason: FailReason,
    },
    /// Expired undelivered: final.
    Expired,
    /// Its fate is unknown: final.
    Unknown,
    /// Taken back by the sender: final.
    Canceled,
    /// A delivery reported after another final status (R15).
    DeliveredLate {
        /// The attempt.
        attempt: u16,
    },
    /// A second delivery of a delivered message (R15).
    Duplicate {
        /// The attempt.
        attempt: u16,
    },
    /// To the recipient: a message for you, by this attempt.
    Incoming {
        /// The attempt.
        attempt: u16,
    },
    /// To the recipient's other devices: one of them has it, or it was taken back.
    IncomingSettled {
        /// True when delivered, false when taken back.
        delivered: bool,
    },
    /// The charge brought the payer's money to a mark that the plan names.
    Notice(Notice),
    /// The charging system refused to charge what was delivered: the sender does not pay.
    ChargeUncollected {
        /// The attempt.
        attempt: u16,
    },
}

impl EventKind {
    /// The dotted name used in the API, for example `message.accepted`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "message.accepted",
            Self::Offered { .. } => "message.offered",
            Self::AttemptStarted { .. } => "attempt.started",
            Self::AttemptDeferred { .. } => "attempt.deferred",
            Self::AttemptHandedOver { .. } => "attempt.handed_over",
            Self::AttemptDelivered { .. } => "attempt.delivered",
            Self::AttemptFailed { .. } => "attempt.failed",
            Self::AttemptRefused { .. } => "attempt.refused",
            Self::AttemptLocalFault { .. } => "attempt.local_fault",
            Self::AttemptUnknown { .. } => "attempt.unknown",
            Self::AttemptWithdrawing { .. } => "attempt.withdrawing",
            Self::AttemptWithdrawn { .. } => "attempt.withdrawn",
            Self::AttemptWithdrawalFailed { .. } => "attempt.withdrawal_failed",
            Self::Switched { .. } => "message.switched",
            Self::Reverted { .. } => "message.reverted",
            Self::Held { .. } => "message.held",
            Self::ConsentNeeded { .. } => "message.consent_needed",
            Self::Chosen { .. } => "message.chosen",
            Self::Charged { .. } => "message.charged",
            Self::Refunded { .. } => "message.refunded",
            Self::ChargeInDoubt { .. } => "attempt.charge_in_doubt",
            Self::ChargeCleared { .. } => "attempt.charge_cleared",
            Self::ChargeUncollected { .. } => "attempt.charge_uncollected",
            Self::Delivered { .. } => "message.delivered",
            Self::Read => "message.read",
            Self::Refused => "message.refused",
            Self::Failed { .. } => "message.failed",
            Self::Expired => "message.expired",
            Self::Unknown => "message.unknown",
            Self::Canceled => "message.canceled",
            Self::DeliveredLate { .. } => "message.delivered_late",
            Self::Duplicate { .. } => "message.duplicate",
            Self::Incoming { .. } => "message.incoming",
            Self::IncomingSettled { .. } => "message.incoming_settled",
            Self::Notice(notice) => notice.name(),
        }
    }
}

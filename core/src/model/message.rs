//! An accepted message: everything the rules read, and nothing that they do not.

use super::{
    AccountId, Address, Attempt, ChargeOn, Choice, ClientRef, ContentSummary, Currency, FailReason,
    MessageId, MessagePolicy, Money, Origin, PayerId, Price, Service, ServiceChoice, SubscriberId, Time,
};
use crate::charge::Slot;
use serde::{Deserialize, Serialize};

/// An accepted message. It is changed only by [`crate::lifecycle`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// The one id.
    pub id: MessageId,
    /// Grows by one with every commit; the store's precondition.
    pub version: u32,
    /// Who sent it.
    pub originator: Originator,
    /// Who shall get it.
    pub recipient: Address,
    /// The recipient, when a subscriber of ours.
    pub recipient_subscriber: Option<SubscriberId>,
    /// What it carries.
    pub content: ContentSummary,
    /// What the sender asked for.
    pub choice: ServiceChoice,
    /// How it is treated.
    pub policy: MessagePolicy,
    /// What the sender agreed to pay beyond p1.
    pub consent: Consent,
    /// The binding quote's amount, when the submission named one.
    pub quoted: Option<Money>,
    /// The sender's own reference.
    pub client_ref: Option<ClientRef>,
    /// When it was accepted.
    pub accepted_at: Time,
    /// When it ends; absolute, never extended (R15).
    pub expires_at: Time,
    /// What the sender is told.
    pub status: Status,
    /// Why it failed, when it did.
    pub fail_reason: Option<FailReason>,
    /// p1: the price of the first service, pinned when that service was chosen.
    pub p1: Option<Pinned>,
    /// The first service, once chosen.
    pub first: Option<Service>,
    /// The second service, fixed at the first fallback (R5).
    pub second: Option<Service>,
    /// Every attempt, in order.
    pub attempts: Vec<Attempt>,
    /// The one charge slot.
    pub slot: Slot,
    /// Charges that the plan keeps although undelivered: part of `committed`, outside the slot.
    pub kept: Vec<Money>,
    /// What may happen only so often.
    pub marks: Marks,
    /// What it waits for when no attempt is live.
    pub wait: Option<Wait>,
    /// When the rules want to look at it again.
    pub due: Option<Time>,
    /// Number of the next event of this message, from 1, gapless.
    pub next_seq: u32,
    /// When it was delivered.
    pub delivered_at: Option<Time>,
    /// When it was read.
    pub displayed_at: Option<Time>,
    /// When a delivery was reported after another final status (R15).
    pub delivered_late_at: Option<Time>,
}

impl Message {
    /// A message that was just accepted: nothing is decided yet. Its recipient is no subscriber, policy chooses its
    /// first service, and nobody agreed to a price, unless these fields are set besides.
    #[must_use]
    pub fn accepted(
        id: MessageId,
        originator: Originator,
        recipient: Address,
        content: ContentSummary,
        policy: MessagePolicy,
        accepted_at: Time,
        expires_at: Time,
    ) -> Self {
        Self {
            id,
            version: 1,
            originator,
            recipient,
            recipient_subscriber: None,
            content,
            choice: ServiceChoice::Auto,
            policy,
            consent: Consent::default(),
            quoted: None,
            client_ref: None,
            accepted_at,
            expires_at,
            status: Status::Accepted,
            fail_reason: None,
            p1: None,
            first: None,
            second: None,
            attempts: Vec::new(),
            slot: Slot::Empty,
            kept: Vec::new(),
            marks: Marks::default(),
            wait: None,
            due: None,
            next_seq: 1,
            delivered_at: None,
            displayed_at: None,
            delivered_late_at: None,
        }
    }
}

/// Who sent a message, from where, and who pays for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Originator {
    /// Whose message it is: who may see, choose and cancel.
    pub owner: Owner,
    /// The address that the recipient sees.
    pub address: Address,
    /// Who is charged; nobody for what comes in from another network.
    pub payer: Option<PayerId>,
    /// Where they were when they sent it, as far as somebody said so whose word counts; else at home.
    pub origin: Origin,
}

/// Whose message it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Owner {
    /// A subscriber's.
    Subscriber(SubscriberId),
    /// A business customer's.
    Account(AccountId),
    /// From another network, through a route of ours.
    Network,
}

impl Owner {
    /// The account, when it is one's.
    #[must_use]
    pub const fn account(&self) -> Option<&AccountId> {
        if let Self::Account(id) = self { Some(id) } else { None }
    }
}

/// What the sender agreed to (DESIGN section 3): consent is the message's own bound, else the standing one; a
/// later `choose` replaces it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Consent {
    /// The message's `max_price`, or the one of the last `choose`.
    pub own: Option<Money>,
    /// The standing `max_price` of the subscriber or account.
    pub standing: Option<Money>,
}

impl Consent {
    /// The consent that counts.
    #[must_use]
    pub const fn amount(self) -> Option<Money> {
        if self.own.is_some() { self.own } else { self.standing }
    }
}

/// A price as it was pinned; `Price` says how sure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pinned {
    /// The price.
    pub price: Price,
    /// When it was pinned.
    pub at: Time,
}

/// What the sender is told. Final: `Delivered`, `Read`, `Refused`, `Failed`, `Expired`, `Unknown`, `Canceled`.
///
/// ```text
///   Accepted -> Sending <-> Waiting -> (final)      Offered -> Sending | (final)
///   Delivered -> Read is the only step between final states.
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// On disk; nothing started yet.
    Accepted,
    /// Parked for the sender's choice.
    Offered,
    /// An attempt is under way.
    Sending,
    /// Held: for the recipient, for a backoff, for consent, or for a report that may never come.
    Waiting,
    /// Delivered.
    Delivered,
    /// Read.
    Read,
    /// The recipient said no.
    Refused,
    /// It could not be delivered.
    Failed,
    /// Its life ended, and it was not delivered.
    Expired,
    /// Its life ended, and nobody can say whether it was delivered.
    Unknown,
    /// The sender took it back.
    Canceled,
}

impl Status {
    /// True when nothing more will be started (I12).
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Accepted | Self::Offered | Self::Sending | Self::Waiting)
    }

    /// The lower-case name used in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Offered => "offered",
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
            Self::Canceled => "canceled",
        }
    }
}

/// What may happen only so often in a message's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Marks {
    /// Reverts made (R9: at most one).
    pub reverts: u8,
    /// A withdrawal was started by a registration (R7: at most one).
    pub withdrawn_by_registration: bool,
    /// SMS/MMS was repeated after an unknown outcome (R11.3: once).
    pub resubmitted: bool,
    /// IM was repeated at once after an unknown outcome (R11.3: once; then at each new registration).
    pub im_repeated_at: Option<Time>,
    /// Consecutive retries made after failures, for the backoff (R9).
    pub retries: u8,
    /// The sender asked for it back.
    pub cancel_asked: bool,
    /// The service that the sender consented to by `choose`, until it has been tried.
    pub consented: Option<Service>,
    /// What the sender was last told of a service whose gate is closed (R6): told once an amount.
    pub told: Option<Told>,
    /// `offered` because the price rose above the quote, not because the sender asked (R2).
    pub price_rose: bool,
    /// Fingerprint of the last look that changed nothing, so that looking again writes no second record (R16).
    /// No rule reads it.
    pub looked: u32,
}

/// What the sender was told of a dearer service: consent to exactly this amount opens its gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Told {
    /// The service.
    pub service: Service,
    /// What the message would have cost in all: its price then, and what is charged already and stays charged
    /// (committed + p2 of section 3). Nothing when the price was not known.
    pub amount: Option<Money>,
}

/// What a message without a live attempt waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Wait {
    /// For what.
    pub what: super::WaitFor,
    /// Until when, if it is a matter of time.
    pub until: Option<Time>,
}

impl Message {
    /// The attempt that is live or unknown, if any (by I4 there is at most one but by R11: then the latest).
    #[must_use]
    pub fn open_attempt(&self) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|attempt| attempt.outcome().is_none())
    }

    /// The attempt of that number.
    #[must_use]
    pub fn attempt(&self, n: u16) -> Option<&Attempt> {
        self.attempts.get(usize::from(n).checked_sub(1)?)
    }

    /// The sender's own bound after a later choice: the bound that comes with it, else the amount that they were
    /// told for that service, else what stood.
    #[must_use]
    pub fn consent_after(&self, choice: Choice) -> Option<Money> {
        let told = self.marks.told.filter(|told| told.service == choice.service).and_then(|told| told.amount);
        choice.max_price.or(told).or(self.consent.own)
    }

    /// The dearer service that the sender was told of and has not consented to.
    #[must_use]
    pub fn consent_needed(&self) -> Option<Told> {
        let agreed = |amount: Money| self.limit().is_some_and(|limit| amount.at_most(limit));
        self.marks.told.filter(|told| !self.status.is_final() && !told.amount.is_some_and(agreed))
    }

    /// False for what a charging system holds or charged that never said a price: nobody here knows how much it is.
    #[must_use]
    pub fn is_amount_known(&self, attempt: u16, amount: Money) -> bool {
        let unknown = self.attempt(attempt).is_some_and(|attempt| matches!(attempt.price, Price::Unknown(_)));
        !(unknown && amount.is_zero())
    }

    /// True when it is final and no charging system is owed an order.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let owing = |attempt: &Attempt| attempt.claim.as_ref().is_some_and(|claim| claim.is_owing());
        self.status.is_final() && !self.attempts.iter().any(owing)
    }

    /// The limit (DESIGN section 3): the greater of p1 and the consent; nothing when both are unknown.
    #[must_use]
    pub fn limit(&self) -> Option<Money> {
        let p1 = self.p1.and_then(|pinned| pinned.price.as_first());
        match (p1, self.consent.amount()) {
            (Some(p1), Some(consent)) if p1.at_most(consent) => Some(consent),
            (None, consent) => consent,
            (p1, _) => p1,
        }
    }

    /// What is charged for this message and stays so if a next attempt starts now: a `submitted` charge that
    /// the plan refunds is given back in the very commit that starts it, and so does not count (DESIGN section 3).
    /// Nothing when a charge is of another currency: then no sum exists, and no gate opens.
    #[must_use]
    pub fn committed(&self, currency: Currency) -> Option<Money> {
        let in_slot = match &self.slot {
            Slot::Charged { attempt, hold } if !self.refunds_when_next_starts(*attempt) => Some(hold.amount),
            _ => None,
        };
        let mut charges = self.kept.iter().copied().chain(in_slot);
        charges.try_fold(Money::zero(currency), Money::checked_add)
    }

    fn refunds_when_next_starts(&self, attempt: u16) -> bool {
        let charge_on = self.attempt(attempt).map(|attempt| attempt.charge_on);
        matches!(charge_on, Some(ChargeOn::Submitted { kept_if_undelivered: false, .. }))
    }

    /// What an attempt by `service` may cost, whoever charges in `currency` for it (I14): what the limit leaves beside the
    /// committed charges, zero when they do not compare. It is in the limit's currency, which may be another: then
    /// nothing that is charged can be within it. `None` when nothing bounds it: the sender took the first service at a
    /// price that nobody knew.
    #[must_use]
    pub fn may_cost(&self, service: Service, currency: Currency) -> Option<Money> {
        let limit = match self.limit() {
            None if self.first == Some(service) => return None,
            limit => limit.unwrap_or_else(|| Money::zero(currency)),
        };
        let left = self.committed(limit.currency).and_then(|committed| limit.checked_sub(committed));
        Some(left.unwrap_or_else(|| Money::zero(limit.currency)))
    }
}

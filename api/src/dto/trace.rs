//! The explanation of a message (R16): decisions with their inputs, reasons and sentences, events, ledger.

use super::event::{CauseWord, EventOut};
use super::money::{MoneyOut, PlanOut, PriceOut, no_price};
use super::presence::RecipientOut;
use super::shown::Shown;
use super::words::{AttemptKindWord, FailWord, ServiceWord, StatusWord, WaitWord};
use serde::Serialize;
use smol_str::SmolStr;
use switchback_core::charge::{LedgerEntry, LedgerKind};
use switchback_core::model::{DecisionRecord, Funds, MessageId, Money, OfferFacts, Reason, Service, Time};
use switchback_ports::Trace;
use utoipa::ToSchema;

/// Everything that was done to a message, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Trace)]
pub(crate) struct TraceOut {
    /// The message.
    #[schema(value_type = String)]
    message: Shown<MessageId>,
    /// Every decision, oldest first.
    decisions: Vec<DecisionOut>,
    /// Every event of the sender's stream (the operator: of all streams), oldest first.
    events: Vec<EventOut>,
    /// Every entry of the ledger, oldest first.
    ledger: Vec<LedgerOut>,
}

/// A decision with its inputs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decision)]
pub(crate) struct DecisionOut {
    /// When it was taken.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Time>,
    /// What was decided: a short stable code such as `start`, `hold`, `finish`.
    decision: &'static str,
    /// The attempt that it starts or touches.
    attempt: Option<u16>,
    /// The service that it starts or touches.
    service: Option<ServiceWord>,
    /// Why the attempt is made, when one starts.
    kind: Option<AttemptKindWord>,
    /// Why an attempt is asked back, when one is.
    cause: Option<CauseWord>,
    /// What is waited for, when nothing runs.
    wait: Option<WaitWord>,
    /// Until when it waits or stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Shown<Time>>,
    /// The final status, when it is the end.
    status: Option<StatusWord>,
    /// Why it failed, when it did.
    reason: Option<FailWord>,
    /// The whole of it in one sentence.
    sentence: String,
    /// Why, and why not the others.
    reasons: Vec<ReasonOut>,
    /// What it was decided on.
    facts: FactsOut,
}

/// A reason; names that do not belong to its code are left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub(crate) struct ReasonOut {
    /// The stable code.
    #[schema(example = "gate_open")]
    code: &'static str,
    /// In words.
    sentence: String,
    /// The service that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<ServiceWord>,
    /// p2: the price of that service.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<MoneyOut>,
    /// What had been charged for the message already.
    #[serde(skip_serializing_if = "Option::is_none")]
    committed: Option<MoneyOut>,
    /// The most that the sender can pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<MoneyOut>,
    /// Since when, or until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Shown<Time>>,
}

/// What a decision was taken on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DecisionFacts)]
pub(crate) struct FactsOut {
    /// The recipient's status, if it was read and may be shown.
    recipient: Option<RecipientOut>,
    /// What each service offered, if it was asked.
    services: Option<Vec<OfferOut>>,
    /// The plan that priced them.
    plan: Option<PlanOut>,
    /// p1 as it stood.
    price: Option<PriceOut>,
    /// The consent as it stood.
    max_price: Option<MoneyOut>,
    /// What had been charged already.
    committed: Option<MoneyOut>,
}

/// What one service offered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Offer)]
pub(crate) struct OfferOut {
    /// The service.
    service: ServiceWord,
    /// Its price; null when there is none.
    price: Option<PriceOut>,
    /// Why there is no price.
    price_reason: Option<&'static str>,
    /// Units.
    units: u64,
    /// Whether the payer could pay it.
    funds: bool,
    /// Whether it could carry the content and reach the recipient.
    can_deliver: bool,
}

/// An entry of the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
pub(crate) struct LedgerOut {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Time>,
    /// The attempt.
    attempt: u16,
    /// The payer.
    payer: String,
    /// What was done.
    kind: LedgerWord,
    /// The amount, a decimal string.
    amount: String,
    /// ISO 4217.
    #[schema(value_type = String)]
    currency: SmolStr,
    /// Units of allowances.
    allowances: Vec<TakenOut>,
}

/// Units of one allowance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllowanceUnits)]
pub(crate) struct TakenOut {
    /// The allowance.
    #[schema(value_type = String)]
    id: SmolStr,
    /// How many.
    units: u64,
}

/// What an entry does.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LedgerKind)]
pub(crate) enum LedgerWord {
    /// Money and units are held.
    Reserve,
    /// What was held is charged.
    Commit,
    /// What was held is free again.
    Release,
    /// What was charged is given back.
    Refund,
    /// What was charged stays charged although undelivered.
    Keep,
}

impl From<LedgerKind> for LedgerWord {
    fn from(kind: LedgerKind) -> Self {
        match kind {
            LedgerKind::Reserve => Self::Reserve,
            LedgerKind::Commit => Self::Commit,
            LedgerKind::Release => Self::Release,
            LedgerKind::Refund => Self::Refund,
            LedgerKind::Keep => Self::Keep,
        }
    }
}

impl TraceOut {
    /// The trace as it stands; what the asker may not see has been taken out of it.
    pub(crate) fn new(id: MessageId, trace: &Trace) -> Self {
        Self {
            message: Shown(id),
            decisions: trace.decisions.iter().map(Into::into).collect(),
            events: trace.events.iter().map(|event| EventOut::new(event, None)).collect(),
            ledger: trace.ledger.iter().map(Into::into).collect(),
        }
    }
}

impl From<&DecisionRecord> for DecisionOut {
    fn from(record: &DecisionRecord) -> Self {
        let offers = record.offers.as_ref();
        Self {
            at: Shown(record.at),
            decision: record.code(),
            attempt: record.attempt,
            service: record.service.map(Into::into),
            kind: record.kind.map(Into::into),
            cause: record.cause.map(Into::into),
            wait: record.wait.map(Into::into),
            until: record.until.map(Shown),
            status: record.status.map(Into::into),
            reason: record.fail.map(Into::into),
            sentence: record.sentence(),
            reasons: record.reasons.iter().map(Into::into).collect(),
            facts: FactsOut {
                recipient: record.presence.map(Into::into),
                services: offers.map(|offers| Service::ALL.into_iter().zip(offers).map(offer_out).collect()),
                plan: record.plan.as_ref().map(Into::into),
                price: record.p1.and_then(PriceOut::of),
                max_price: record.consent.map(Into::into),
                committed: record.committed.map(Into::into),
            },
        }
    }
}

fn offer_out((service, facts): (Service, &OfferFacts)) -> OfferOut {
    OfferOut {
        service: service.into(),
        price: PriceOut::of(facts.price),
        price_reason: no_price(facts.price),
        units: facts.units,
        funds: facts.funds == Funds::Enough,
        can_deliver: facts.can_deliver,
    }
}

impl From<&Reason> for ReasonOut {
    fn from(reason: &Reason) -> Self {
        let plain = Self {
            code: reason.code(),
            sentence: reason.sentence(),
            service: None,
            price: None,
            committed: None,
            limit: None,
            at: None,
        };
        match *reason {
            Reason::GateOpen { service, p2, committed, limit }
            | Reason::PriceHigher { service, p2, committed, limit } => {
                plain.gate(service, p2, committed, limit)
            }
            Reason::AboveMax { service, price, max } => Self {
                service: Some(service.into()),
                price: Some(price.into()),
                limit: Some(max.into()),
                ..plain
            },
            Reason::SenderChose(service)
            | Reason::PolicyChose(service)
            | Reason::PriceUnknown(service)
            | Reason::NotOffered(service)
            | Reason::InsufficientFunds(service)
            | Reason::CannotCarry(service)
            | Reason::NotReachable(service)
            | Reason::FailedForGood(service)
            | Reason::FailedForNow(service)
            | Reason::WasWithdrawn(service)
            | Reason::OutcomeUnknown(service)
            | Reason::StillUnknown(service)
            | Reason::CannotGoNow(service)
            | Reason::WasDelivered(service) => Self { service: Some(service.into()), ..plain },
            Reason::RecipientOffline(at)
            | Reason::OfflineUntil(at)
            | Reason::BackoffUntil(at)
            | Reason::OurOutageUntil(at) => Self { at: Some(Shown(at)), ..plain },
            _ => plain,
        }
    }
}

impl ReasonOut {
    fn gate(self, service: Service, p2: Money, committed: Money, limit: Option<Money>) -> Self {
        Self {
            service: Some(service.into()),
            price: Some(p2.into()),
            committed: Some(committed.into()),
            limit: limit.map(Into::into),
            ..self
        }
    }
}

impl From<&LedgerEntry> for LedgerOut {
    fn from(entry: &LedgerEntry) -> Self {
        let MoneyOut { amount, currency } = entry.hold.amount.into();
        let taken = entry.hold.taken.iter();
        Self {
            at: Shown(entry.at),
            attempt: entry.attempt,
            payer: entry.payer.to_string(),
            kind: entry.kind.into(),
            amount,
            currency,
            allowances: taken
                .map(|taken| TakenOut { id: taken.bucket.clone(), units: taken.units })
                .collect(),
        }
    }
}

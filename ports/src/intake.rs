//! The way in: what services and the API hand to the engine, and what it answers.

use crate::answer::{Answer, Done};
use crate::charging::BalanceLeft;
use crate::directory::{Bearer, Entry, Kind, SipUser};
use crate::page::{
    ConversationLine, ConversationSummary, EventLine, LedgerTotals, MessageFilter, Page, StoreTotals,
};
use crate::store::{DeviceRow, StoreFailure};
use crate::unit::{IdempotencyKey, RefusalRecord};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use switchback_core::charge::LedgerEntry;
use switchback_core::model::{
    Address, ChargeOn, Choice, Content, DecisionRecord, DeviceId, Event, FallbackRule, Message, MessageId,
    Money, Notice, Offer, Origin, Originator, Owner, PayerId, PlanId, PlanVersion, Presence, Price, Report,
    RouteId, Service, ServiceChoice, Settlement, Submission, SubscriberId, Time, Unit,
};
use switchback_core::tariff::{AllowanceLeft, Payer};

/// A list answered later.
type Listed<T> = Answer<Result<T, StoreFailure>>;

/// What the engine offers to services and the API. No call blocks.
pub trait Intake: Send + Sync {
    /// Prices now, binding upwards for a while (R2).
    fn quote(&self, ask: QuoteAsk) -> Answer<Result<Quote, Refusal>>;

    /// Submits. Answered when durable (R1). A quote that is named binds its price.
    fn submit(
        &self,
        submission: Box<Submission>,
        quote: Option<NamedQuote>,
        key: Option<(IdempotencyKey, [u8; 32])>,
    ) -> Answer<Result<Accepted, Refusal>>;

    /// The sender's choice or consent (R2, R6). `None` as owner: the operator.
    fn choose(&self, id: MessageId, who: Option<Owner>, choice: Choice) -> Answer<Result<Message, Refusal>>;

    /// The sender wants it back.
    fn cancel(&self, id: MessageId, who: Option<Owner>) -> Answer<Result<CancelOutcome, Refusal>>;

    /// What a recipient's device says of a message.
    fn receipt(&self, receipt: DeviceReceipt) -> Answer<Result<(), Refusal>>;

    /// What a peer says of an attempt. `done` is called after the commit (I13).
    ///
    /// # Errors
    /// [`Overloaded`]: not taken, `done` was not called; tell the peer to try again.
    fn report(&self, report: Report, done: Done) -> Result<(), Overloaded>;

    /// A message from another network (a mobile-originated SMS): becomes a message to a subscriber of ours.
    ///
    /// # Errors
    /// [`Overloaded`] as above.
    fn arrive(&self, arrival: Arrival, done: Done) -> Result<(), Overloaded>;

    /// A device of a subscriber is reachable now. Answered when durable; gives the incoming messages that are
    /// handed over and not confirmed, oldest first, for the device to be told again.
    fn register(&self, subscriber: SubscriberId, device: DeviceId)
    -> Answer<Result<Vec<EventLine>, Refusal>>;

    /// A device was lost.
    fn deregister(&self, subscriber: SubscriberId, device: DeviceId, why: SmolStr);

    /// Keeps with a device what its service wants to find again after a restart ([`crate::Write::DeviceKept`]);
    /// answered when durable. At most [`crate::KEPT_MAX`] bytes, else refused.
    fn keep(&self, subscriber: SubscriberId, device: DeviceId, kept: Vec<u8>) -> Answer<Result<(), Refusal>>;

    /// All devices that were ever registered, with what is kept of them.
    fn devices(&self) -> Listed<Vec<DeviceRow>>;

    /// How many devices of this subscriber are registered now.
    fn device_count(&self, subscriber: &SubscriberId) -> usize;

    /// The SIP login of that name.
    fn sip_user(&self, user: &str) -> Option<SipUser>;

    /// The subscriber that this address reaches.
    fn subscriber_of(&self, address: &Address) -> Option<SubscriberId>;

    /// The addresses that reach a subscriber; none when there is no such one.
    fn addresses_of(&self, subscriber: &SubscriberId) -> Vec<Address>;

    /// The message that was made under an idempotency key, unless that is forgotten.
    fn message_of(&self, key: IdempotencyKey) -> Listed<Option<MessageId>>;

    /// A route came up or went down.
    fn route_changed(&self, change: RouteChange);

    /// Live events of one audience (`None`: all, for the operator) from now on; the past comes from [`Intake::events`].
    fn subscribe(&self, audience: Option<Owner>) -> Subscription;

    /// Who a token stands for.
    fn bearer(&self, secret: &str) -> Option<Bearer>;

    /// The sender of messages of this bearer: owner, address shown, payer. `from` picks one of its addresses.
    ///
    /// # Errors
    /// [`Refusal`] when the bearer may not send from that address.
    fn originator(&self, bearer: &Bearer, from: Option<&Address>) -> Result<Originator, Refusal>;

    /// A recipient's status as `asker` may see it.
    fn presence(&self, of: &Address, asker: &Bearer) -> Presence;

    /// Adds or replaces an entry of the directory; checked, durable when answered.
    fn put(&self, entry: Entry) -> Answer<Result<(), Refusal>> {
        self.put_all(vec![entry])
    }

    /// The same with several entries: all of them, or none. Files of the tariff are checked as the one set that they
    /// make with those that are there.
    fn put_all(&self, entries: Vec<Entry>) -> Answer<Result<(), Refusal>>;

    /// Makes a payer or changes its plan, credit limit or balance (a top-up is added).
    fn put_payer(&self, payer: PayerId, change: PayerChange) -> Answer<Result<Payer, Refusal>>;

    /// Entries of the directory.
    fn directory(&self, kind: Kind) -> Vec<Entry>;

    /// One entry of the directory, by its key within its kind.
    fn entry(&self, kind: Kind, key: &str) -> Option<Entry>;

    /// A payer.
    fn payer(&self, id: &PayerId) -> Listed<Option<Payer>>;

    /// The state of every route.
    fn routes(&self) -> Vec<RouteChange>;

    /// One message.
    fn message(&self, id: MessageId) -> Listed<Option<Message>>;

    /// Its content.
    fn content(&self, id: MessageId) -> Listed<Option<Content>>;

    /// Its decisions, events and ledger entries: the trace.
    fn trace(&self, id: MessageId) -> Listed<Trace>;

    /// Messages, newest first.
    fn messages(&self, filter: MessageFilter, before: Option<MessageId>, n: usize) -> Listed<Page<Message>>;

    /// Events after a cursor.
    fn events(&self, audience: Option<Owner>, after: u64, n: usize) -> Listed<Page<EventLine>>;

    /// Conversations.
    fn conversations(&self, owner: Owner, n: usize) -> Listed<Page<ConversationSummary>>;

    /// One conversation.
    fn conversation(
        &self,
        owner: Owner,
        with: SmolStr,
        before: Option<MessageId>,
        n: usize,
    ) -> Listed<Page<ConversationLine>>;

    /// The latest refusals.
    fn refusals(&self, n: usize) -> Listed<Vec<RefusalRecord>>;

    /// The ledger's proof, as far as it is: see [`crate::Store::ledger_totals`].
    fn ledger_totals(&self) -> Listed<LedgerTotals>;

    /// Counts.
    fn totals(&self) -> Listed<StoreTotals>;

    /// True while submissions are accepted: recovered, store healthy, not stopping.
    fn ready(&self) -> Result<(), SmolStr>;
}

/// What a payer is made with, or what is changed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerChange {
    /// The plan that prices its messages.
    pub plan: PlanId,
    /// Money paid in.
    pub top_up: Option<Money>,
    /// Which of the plan's balances it goes to; nothing: `main`.
    pub top_up_to: Option<SmolStr>,
    /// How far the balance may go below zero from now on.
    pub credit_limit: Option<Money>,
    /// A cap that the payer agreed to pass in its present period, and by how much.
    pub raise: Option<(SmolStr, Money)>,
}

impl PayerChange {
    /// A payer on that plan, with nothing else changed.
    #[must_use]
    pub const fn to(plan: PlanId) -> Self {
        Self { plan, top_up: None, top_up_to: None, credit_limit: None, raise: None }
    }

    /// The same with money paid in.
    #[must_use]
    pub fn with(self, top_up: Money) -> Self {
        Self { top_up: Some(top_up), ..self }
    }
}

/// The whole story of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Decisions.
    pub decisions: Vec<DecisionRecord>,
    /// Events.
    pub events: Vec<Event>,
    /// Ledger entries.
    pub ledger: Vec<LedgerEntry>,
}

/// What a quote is asked for.
#[derive(Clone, Debug)]
pub struct QuoteAsk {
    /// Who would send.
    pub originator: Originator,
    /// To whom.
    pub recipient: Address,
    /// What.
    pub content: Content,
    /// The service the sender has in mind, if any.
    pub service: ServiceChoice,
    /// Whether the service may be changed.
    pub fallback: FallbackRule,
    /// The sender's bound.
    pub max_price: Option<Money>,
}

/// A quote: status, prices, and what would happen (R2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// `qt_` and a random tail.
    pub id: SmolStr,
    /// Until when it binds upwards.
    pub valid_until: Time,
    /// The plan that prices; nothing when nobody pays, or the payer's plan is not set up.
    pub plan: Option<PlanVersion>,
    /// Where the sender counts as being.
    pub origin: Origin,
    /// The recipient's status, filtered by privacy.
    pub presence: Presence,
    /// One line a service.
    pub lines: Vec<QuoteLine>,
    /// The first service that the policy (or the asked service) would use.
    pub suggested: Option<Service>,
    /// What would follow when that does not deliver.
    pub fallback: Option<QuotedFallback>,
    /// The most that the sender can pay: p1, or the consent if greater.
    pub you_pay_at_most: Option<Money>,
    /// How the money behind it stands, where the plan has that told.
    pub notices: Vec<Notice>,
}

/// One service of a quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuoteLine {
    /// The service.
    pub service: Service,
    /// Whether it is a candidate.
    pub available: bool,
    /// Its price.
    pub price: Price,
    /// Units.
    pub units: u64,
    /// What a unit is.
    pub unit: Unit,
    /// When that is paid; nothing when there is no price.
    pub charge_on: Option<QuotedCharge>,
    /// The allowance it would use.
    pub allowance: Option<AllowanceLeft>,
    /// What the payer has left, as a charging system of the operator's says.
    pub balance: Option<BalanceLeft>,
    /// Why it is no candidate: a stable code.
    pub reason: Option<SmolStr>,
}

/// When the sender pays what was quoted (R14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotedCharge {
    /// On delivery, and else never.
    Delivered,
    /// At hand-over; given back when it is not delivered.
    Submitted,
    /// At hand-over, and kept when it is not delivered.
    KeptIfUndelivered,
    /// To whom bills the data that it takes, not to us: the price is what that will be about.
    Bearer,
}

impl QuotedCharge {
    /// Of an offer of the core.
    #[must_use]
    pub const fn of(offer: &Offer) -> Option<Self> {
        if offer.price.as_next().is_none() {
            return None;
        }
        Some(match (offer.settlement, offer.charge_on) {
            (Settlement::Bearer, _) => Self::Bearer,
            (Settlement::Server, ChargeOn::Delivered) => Self::Delivered,
            (Settlement::Server, ChargeOn::Submitted { refund_at_end: true, .. }) => Self::Submitted,
            (Settlement::Server, ChargeOn::Submitted { refund_at_end: false, .. }) => Self::KeptIfUndelivered,
        })
    }
}

/// What a quote says of the fallback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotedFallback {
    /// To which service.
    pub to: Service,
    /// Whether the server would do it by itself.
    pub automatic: bool,
    /// Why, or why not: a stable code.
    pub why: SmolStr,
    /// What the message would then cost in all, where consent to that would open the way.
    pub consent: Option<Money>,
}

/// A quote that a submission names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedQuote {
    /// Its id.
    pub id: SmolStr,
    /// What is done when the price rose above it: the message is parked and its sender asked, as suits a protocol whose
    /// refusal can carry no new quote; else the submission is refused with one (R2).
    pub parks: bool,
}

/// An accepted submission.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The message as committed, with p1.
    pub message: Message,
    /// True when a key was seen before and nothing new was made.
    pub replayed: bool,
}

/// A refusal: nothing was made, reserved or charged (I21).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// What kind, for the protocol's own words.
    pub kind: RefusalKind,
    /// The stable code, for example `price_above_max`.
    pub code: SmolStr,
    /// What happened, why, and what to do.
    pub detail: String,
    /// A fresh quote, when the price rose.
    pub quote: Option<Box<Quote>>,
}

/// How a refusal is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusalKind {
    /// The request makes no sense (HTTP 400/422).
    Invalid,
    /// The caller may not (403).
    Forbidden,
    /// There is no such thing (404).
    NotFound,
    /// It does not fit the present state (409).
    Conflict,
    /// The caller's money or bound does not allow it (402).
    Payment,
    /// The recipient can't be reached at all (422).
    Unreachable,
    /// Too much at once: try again (503 with Retry-After).
    Overload,
    /// Our own fault: try again (503).
    Unavailable,
}

/// What became of a cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelOutcome {
    /// Taken back for certain.
    Withdrawn,
    /// Too late.
    AlreadyDelivered,
    /// Nobody can tell yet.
    Unknown,
}

/// A receipt of a recipient's device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceReceipt {
    /// The message.
    pub message: MessageId,
    /// Whose device: from the credential.
    pub subscriber: SubscriberId,
    /// Which device.
    pub device: DeviceId,
    /// What it says.
    pub disposition: Disposition,
}

/// What a device says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Disposition {
    /// It has the message.
    Delivered,
    /// The person has read it.
    Displayed,
}

/// A message from another network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The route it came by.
    pub route: RouteId,
    /// From.
    pub from: Address,
    /// To: an address of a subscriber of ours.
    pub to: Address,
    /// What it says.
    pub content: Content,
    /// A name for this arrival that is the same when the peer sends it again, to make one message of it.
    pub once: SmolStr,
}

/// Whether a route is usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteChange {
    /// The route.
    pub route: RouteId,
    /// Its service.
    pub service: Service,
    /// Its state.
    pub state: RouteState,
    /// Since when.
    pub since: Time,
    /// In words, for the operator.
    pub why: SmolStr,
}

/// A route's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteState {
    /// Bound.
    Up,
    /// Not bound.
    Down,
}

/// Not taken: the queue is full, or the server is stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server has too much to do: try again in a moment")]
pub struct Overloaded;

/// Live events. Bounded: a reader that falls behind gets `None` after what it has, and resumes by cursor.
#[derive(Debug)]
pub struct Subscription {
    /// Every event with a cursor greater than this one comes through the subscription.
    pub from_cursor: u64,
    /// The events.
    pub events: tokio::sync::mpsc::Receiver<EventLine>,
}

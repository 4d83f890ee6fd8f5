//! Messages, units and what goes with them, small and different from each other.

use crate::{Expect, Unit, Write};
use smol_str::SmolStr;
use switchback_core::charge::{Hold, LedgerEntry, LedgerKind};
use switchback_core::decide::StepCode;
use switchback_core::model::{
    AccountId, Address, Attempt, AttemptKind, AttemptState, ChargeOn, ClassName, Content, ContentSummary,
    Currency, DecisionRecord, Event, EventKind, FallbackRule, Message, MessageId, MessagePolicy, Money,
    OnUnknown, Origin, Originator, Owner, Part, PartState, PayerId, PeerId, PlanId, PlanVersion, Price,
    Priority, Reason, RouteId, Service, Shard, Status, SubscriberId, Time, Withdrawal,
};
use switchback_core::tariff::Payer;

/// A recipe for things of the trade; also of use to a store's own tests.
#[derive(Clone, Copy, Debug)]
pub struct Sample(
    /// Which one: things of different numbers differ.
    pub u64,
);

/// A moment.
pub(crate) const fn at(ms: u64) -> Time {
    Time::from_millis(1_700_000_000_000 + ms)
}

/// An amount in euro cents.
pub(crate) fn cents(n: i128) -> Money {
    Money::from_nanos(Currency::EUR, n * 10_000_000)
}

impl Sample {
    /// The message's id: numbers are milliseconds.
    #[must_use]
    pub fn id(self) -> MessageId {
        MessageId::new(at(self.0), Shard::of("payer"), u128::from(self.0) * 7919)
    }

    /// The owner: an account.
    #[must_use]
    pub fn owner() -> Owner {
        Owner::Account(AccountId::new("shop"))
    }

    /// A message of version 1, to a number of its own, accepted and waiting for nothing.
    #[must_use]
    pub fn message(self) -> Message {
        let digits = format!("4670{:07}", self.0 % 10_000_000);
        let content = self.content();
        Message {
            first: Some(Service::Sms),
            ..Message::accepted(
                self.id(),
                Originator {
                    owner: Self::owner(),
                    address: Address::Alphanumeric(SmolStr::new("Shop")),
                    payer: Some(PayerId::new("payer")),
                    origin: Origin::HOME,
                },
                Address::E164(SmolStr::new(digits)),
                ContentSummary { kind: content.kind(), bytes: content.bytes(), digest: [7; 32] },
                MessagePolicy {
                    class: ClassName::new("person"),
                    on_unknown: OnUnknown::AtMostOnce,
                    priority: Priority::Person,
                    fallback: FallbackRule::Auto,
                    revert: true,
                    fallback_after_ms: None,
                    t_off_ms: 3_600_000,
                },
                at(self.0),
                at(self.0).plus_millis(259_200_000),
            )
        }
    }

    /// The message with an attempt by SMS whose parts have these ids.
    #[must_use]
    pub fn attempted(self, route: &str, attempts: &[&[&str]]) -> Message {
        let mut message = self.message();
        message.status = Status::Sending;
        message.attempts = (1..).zip(attempts).map(|(n, parts)| attempt(n, self.0, route, parts)).collect();
        message
    }

    /// Its content.
    #[must_use]
    pub fn content(self) -> Content {
        Content::text(format!("text number {} of many, no two the same", self.0))
    }

    /// An event of the message for its owner.
    #[must_use]
    pub fn event(self, seq: u32, kind: EventKind) -> Event {
        Event { message: self.id(), seq, at: at(self.0), audience: Self::owner(), kind }
    }

    /// A decision, told from others by its number.
    #[must_use]
    pub fn decision(self, number: u16) -> DecisionRecord {
        DecisionRecord {
            at: at(self.0),
            step: StepCode::Start,
            attempt: Some(number),
            service: Some(Service::Sms),
            kind: Some(AttemptKind::First),
            deferred: false,
            may_duplicate: false,
            cause: None,
            wait: None,
            until: None,
            told: None,
            status: None,
            fail: None,
            reasons: vec![Reason::PolicyChose(Service::Sms)],
            presence: None,
            offers: None,
            plan: Some(PlanVersion { id: PlanId::new("prepaid"), version: 3 }),
            p1: Some(Price::Exact(cents(3))),
            consent: None,
            committed: None,
        }
    }

    /// An entry of the ledger.
    #[must_use]
    pub fn entry(self, attempt: u16, kind: LedgerKind, amount: i128) -> LedgerEntry {
        let hold = Hold { amount: cents(amount), taken: Vec::new() };
        LedgerEntry { message: self.id(), attempt, payer: PayerId::new("payer"), kind, hold, at: at(self.0) }
    }

    /// A payer of that name and version, with a euro.
    #[must_use]
    pub fn payer(id: &str, version: u64) -> Payer {
        payer(id, version, 100, 0)
    }

    /// The unit that accepts it: message, content, one decision, one event.
    #[must_use]
    pub fn accept(self) -> Unit {
        self.accept_as(self.message())
    }

    /// The unit that accepts this form of it.
    #[must_use]
    pub fn accept_as(self, message: Message) -> Unit {
        let expects = vec![Expect::Message { id: message.id, version: None }];
        let writes = vec![
            Write::Message(Box::new(message)),
            Write::Content(self.id(), Box::new(self.content())),
            Write::Decisions(self.id(), vec![self.decision(1)]),
            Write::Events(vec![self.event(1, EventKind::Accepted)]),
        ];
        unit(expects, writes)
    }

    /// The unit that makes it final, from version 1.
    #[must_use]
    pub fn finish(self, status: Status) -> Unit {
        let mut message = self.message();
        (message.version, message.status) = (2, status);
        message.delivered_at = (status == Status::Delivered).then(|| at(self.0 + 5));
        let expects = vec![Expect::Message { id: message.id, version: Some(1) }];
        let event = self.event(2, EventKind::Delivered { service: Service::Sms });
        unit(expects, vec![Write::Message(Box::new(message)), Write::Events(vec![event])])
    }
}

/// A unit of the one shard that samples live in.
pub(crate) fn unit(expects: Vec<Expect>, writes: Vec<Write>) -> Unit {
    Unit { shard: Shard::of("payer"), epoch: 1, expects, writes }
}

/// A unit without preconditions.
pub(crate) fn writes(writes: Vec<Write>) -> Unit {
    unit(Vec::new(), writes)
}

/// A payer with a balance and reservations, in euro cents.
pub(crate) fn payer(id: &str, version: u64, balance: i128, held: i128) -> Payer {
    Payer {
        id: PayerId::new(id),
        version,
        plan: PlanId::new("prepaid"),
        currency: Currency::EUR,
        balance: cents(balance),
        credit_limit: cents(0),
        held: cents(held),
        buckets: Vec::new(),
        barred: false,
        charged_outside: false,
    }
}

fn attempt(n: u16, ms: u64, route: &str, parts: &[&str]) -> Attempt {
    let part = |id: &&str| Part { peer_id: Some(PeerId::new(*id)), state: PartState::HandedOver };
    Attempt {
        n,
        service: Service::Sms,
        route: Some(RouteId::new(route)),
        kind: AttemptKind::First,
        price: Price::Exact(cents(3)),
        charge_on: ChargeOn::Delivered,
        state: AttemptState::HandedOver,
        withdrawal: Withdrawal::None,
        may_duplicate: false,
        registration: None,
        started_at: at(ms),
        handed_over_at: Some(at(ms + 1)),
        deadline: at(ms + 300_000),
        unknown_at: None,
        ended_at: None,
        parts: parts.iter().map(part).collect(),
        code: None,
        claim: None,
    }
}

/// The message, to a subscriber.
pub(crate) fn to_subscriber(sample: Sample, name: &str) -> Message {
    let mut message = sample.message();
    message.recipient_subscriber = Some(SubscriberId::new(name));
    message
}

//! A small world around one message: a sender's plan, a recipient who comes and goes, a clock, and the commit.
//! It drives the shipped functions as the engine does, and checks the invariants after every commit.

use crate::charging::System;
use crate::invariants;
use std::collections::BTreeSet;
use switchback_core::charge::{Hold, LedgerEntry, LedgerKind};
use switchback_core::decide::{Refusal, admit, decide};
use switchback_core::lifecycle::{self, Changes, Effect};
use switchback_core::model::{
    Address, ByService, ChargeOn, ClassName, ContentKind, ContentSummary, Currency, Event, Facts,
    FallbackRule, Funds, Input, Message, MessageId, MessagePolicy, Money, OnUnknown, Origin, Originator,
    Owner, PayerId, Presence, Price, Priority, Reach, RouteId, Service, ServiceChoice, Settlement, Shard,
    Step, SubscriberId, Time, Timers, Unit, UnknownPrice,
};
use switchback_core::model::{CannotCarry, Offer};

/// When the stories begin: far enough from zero that somebody can have been offline for days.
pub(crate) const START: Time = Time::from_millis(1_800_000_000_000);

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) message: Message,
    pub(crate) timers: Timers,
    pub(crate) now: Time,
    pub(crate) presence: Presence,
    pub(crate) offers: ByService<Offer>,
    pub(crate) guard_until: Option<Time>,
    pub(crate) ledger: Vec<LedgerEntry>,
    pub(crate) changes: Changes,
    /// The highest limit there ever was: a charge within an earlier consent stays within it.
    pub(crate) highest_limit: Option<Money>,
    /// Facts that change between the decision and the commit, once.
    pub(crate) race: Option<Box<ByService<Offer>>>,
    /// The charging system, where offers are charged by one.
    pub(crate) system: System,
}

pub(crate) fn eur(amount: &str) -> Money {
    Money::parse(amount, Currency::EUR).unwrap()
}

pub(crate) fn offer(service: Service, price: Price, route: Option<&str>) -> Offer {
    let amount = price.as_next();
    Offer {
        service,
        cannot_carry: None,
        reach: Reach::Yes,
        route: route.map(RouteId::new),
        units: 1,
        unit: Unit::Message,
        parts: 1,
        price,
        funds: Funds::Enough,
        charge_on: ChargeOn::Delivered,
        settlement: Settlement::Server,
        hold: amount.map(|amount| Hold { amount, taken: Vec::new() }),
        external: None,
    }
}

impl World {
    /// IM and SMS at 0.03, no MMS, recipient offline for a day, shipped timers.
    pub(crate) fn new() -> Self {
        let mut mms = offer(Service::Mms, Price::Unknown(UnknownPrice::NoRate), None);
        mms.cannot_carry = Some(CannotCarry::NoService);
        Self {
            message: message(),
            timers: Timers::default(),
            now: START,
            presence: Presence::Offline { since: Time::from_millis(START.as_millis() - 86_400_000) },
            offers: ByService {
                im: offer(Service::Im, Price::Exact(eur("0.03")), None),
                sms: offer(Service::Sms, Price::Exact(eur("0.03")), Some("smsc")),
                mms,
            },
            guard_until: None,
            ledger: Vec::new(),
            changes: Changes::default(),
            highest_limit: None,
            race: None,
            system: System::default(),
        }
    }

    pub(crate) fn admit(&self) -> Result<(), Refusal> {
        admit(&self.message, &self.offers, self.presence)
    }

    /// Acceptance: admitted, told, decided, committed.
    pub(crate) fn send(&mut self) -> Result<(), Refusal> {
        self.admit()?;
        self.park();
        Ok(())
    }

    /// Acceptance of what can't be refused any more, as over SIP when the price rose.
    pub(crate) fn park(&mut self) {
        let before = self.message.clone();
        self.changes = Changes::default();
        lifecycle::accepted(&mut self.message, self.now, &mut self.changes);
        self.advance();
        self.commit(&before);
    }

    /// Something happened: taken in, decided, committed. A lost race repeats it all on the message as it was.
    pub(crate) fn hear(&mut self, input: &Input) {
        let before = self.message.clone();
        let hear = |world: &mut Self| {
            world.changes = Changes::default();
            lifecycle::absorb(&mut world.message, input, &world.timers, world.now, &mut world.changes);
            world.advance();
        };
        hear(self);
        if let Some(offers) = self.race.take() {
            self.message = before.clone();
            self.offers = *offers;
            hear(self);
        }
        self.commit(&before);
    }

    fn advance(&mut self) {
        // A fact is gathered when it is asked for, and not before: rules that ask for too little fail here.
        let mut facts = Facts { guard_until: self.guard_until, ..Facts::default() };
        for _ in 0..3 {
            let again = self.rehearse(&facts);
            let advanced =
                lifecycle::advance(&mut self.message, &facts, &self.timers, self.now, &mut self.changes);
            assert_eq!(again, self.message, "the same facts gave another message");
            match advanced {
                Ok(()) => return,
                Err(needs) => {
                    assert!(
                        needs.presence && facts.presence.is_none() || needs.offers && facts.offers.is_none()
                    );
                    facts.presence = facts.presence.or_else(|| needs.presence.then_some(self.presence));
                    facts.offers = facts.offers.or_else(|| needs.offers.then(|| self.offers.clone()));
                }
            }
        }
        panic!("facts were asked for again and again");
    }

    /// The same steps one by one on a copy: decisions repeat themselves, and the message rests soon.
    fn rehearse(&self, facts: &Facts) -> Message {
        let (mut message, mut changes) = (self.message.clone(), Changes::default());
        for _ in 0..8 {
            let decision = decide(&message, facts, &self.timers, self.now);
            assert_eq!(decision, decide(&message, facts, &self.timers, self.now));
            let at_rest = decision.step.is_rest() || matches!(decision.step, Step::Need(_));
            lifecycle::apply(&mut message, &decision, facts, &self.timers, self.now, &mut changes);
            for record in &changes.records {
                for sentence in [record.sentence(), record.for_sender().sentence()] {
                    assert!(sentence.ends_with('.') && !sentence.contains('_'), "no sentence: {sentence}");
                    assert_eq!(said_twice(&sentence), None, "{sentence}");
                }
            }
            if at_rest {
                return message;
            }
        }
        panic!("not at rest after 8 steps: {message:?}");
    }

    fn commit(&mut self, before: &Message) {
        self.ledger.extend(self.changes.ledger.iter().cloned());
        for effect in &self.changes.effects {
            if let Effect::Order(n) = effect {
                let asked = self.asked().filter(|(asked, _)| asked == n);
                self.system.orders.push(asked.unwrap());
            }
        }
        let limit = self.message.limit();
        self.highest_limit = match (self.highest_limit, limit) {
            (Some(high), Some(limit)) if high.at_most(limit) => Some(limit),
            (None, limit) => limit,
            (high, _) => high,
        };
        self.message.version += 1;
        invariants::check(self, before);
    }

    /// Time passes; the message is looked at whenever it wants to be. Gives the events of all looks.
    pub(crate) fn pass(&mut self, ms: u64) -> Vec<Event> {
        let end = self.now.plus_millis(ms);
        let mut events = Vec::new();
        for _ in 0..20_000 {
            let Some(due) = self.message.due.filter(|due| *due <= end) else { break };
            self.now = self.now.max(due);
            self.hear(&Input::Poked);
            events.append(&mut self.changes.events);
        }
        self.now = end;
        events
    }

    /// The recipient's device registers, or the last one goes.
    pub(crate) fn set_online(&mut self, online: bool) {
        self.presence = if online {
            Presence::Online { registered_at: self.now }
        } else {
            Presence::Offline { since: self.now }
        };
    }

    /// Charges minus refunds.
    pub(crate) fn charged(&self) -> Money {
        let sum = |kind| -> i128 {
            self.ledger.iter().filter(|entry| entry.kind == kind).map(|entry| entry.hold.amount.nanos).sum()
        };
        Money::from_nanos(Currency::EUR, sum(LedgerKind::Commit) - sum(LedgerKind::Refund))
    }

    /// What is reserved and neither charged nor released.
    pub(crate) fn reserved(&self) -> Money {
        let sum = |kind| -> i128 {
            self.ledger.iter().filter(|entry| entry.kind == kind).map(|entry| entry.hold.amount.nanos).sum()
        };
        let (out, back) = (sum(LedgerKind::Reserve), sum(LedgerKind::Commit) + sum(LedgerKind::Release));
        Money::from_nanos(Currency::EUR, out - back)
    }
}

/// A clause that a sentence says more than once.
fn said_twice(sentence: &str) -> Option<String> {
    let plain = sentence.trim_end_matches('.').to_lowercase().replace(": ", "; ");
    let mut said = BTreeSet::new();
    plain.split("; ").find(|clause| !said.insert(*clause)).map(str::to_owned)
}

fn message() -> Message {
    let timers = Timers::default();
    Message {
        recipient_subscriber: Some(SubscriberId::new("bob")),
        choice: ServiceChoice::Named(Service::Im),
        ..Message::accepted(
            MessageId::new(START, Shard::of("payer_anna"), 7),
            Originator {
                owner: Owner::Subscriber(SubscriberId::new("anna")),
                address: Address::parse("+46701111111").unwrap(),
                payer: Some(PayerId::new("payer_anna")),
                origin: Origin::HOME,
            },
            Address::parse("+46702222222").unwrap(),
            ContentSummary { kind: ContentKind::Text, bytes: 5, digest: [0; 32] },
            MessagePolicy {
                class: ClassName::new("person"),
                on_unknown: OnUnknown::AtLeastOnce,
                priority: Priority::Person,
                fallback: FallbackRule::Auto,
                revert: true,
                fallback_after_ms: None,
                t_off_ms: timers.t_off_ms,
            },
            START,
            START.plus_millis(timers.expiry_ms),
        )
    }
}

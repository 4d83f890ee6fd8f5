//! Messages with a true past: made, priced and decided by the shipped rules, as if the server had carried them.

use crate::cli::Failure;
use sha2::{Digest, Sha256};
use switchback_core::lifecycle::{self, Changes};
use switchback_core::model::{
    AccountId, Address, ByService, CannotCarry, ClassName, Content, ContentSummary, Facts, FallbackRule,
    Input, Message, MessageId, MessagePolicy, Money, Offer, Offers, OnUnknown, Origin, Originator, Owner,
    PayerId, PeerId, Presence, Priority, Reach, ReportKind, RouteId, Service, ServiceChoice, Shard, Status,
    SubscriberId, Time, Timers,
};
use switchback_core::tariff::{Ask, Payer, Plan, Size, price};
use switchback_ports::{Expect, Unit, Write, encode};

/// The plan of a bench: chat is free, an SMS costs more abroad.
pub(super) const PLAN_ID: &str = "bench";
/// Its text.
pub(super) const PLAN: &str = "[plan]\nid = \"bench\"\nversion = 1\ncurrency = \"EUR\"\ncharge_decimals = 4\nrounding = \"up\"\n\
[[destination]]\nid = \"home\"\nprefixes = [\"4670\", \"4673\", \"4676\"]\n\
[[rate]]\nservice = \"im\"\nunit = \"message\"\nprice = \"0\"\n\
[[rate]]\nservice = \"sms\"\ndest = \"home\"\nunit = \"segment\"\nprice = \"0.01\"\n\
[[rate]]\nservice = \"sms\"\nunit = \"segment\"\nprice = \"0.09\"\n";

/// The lease epoch of a store with one owner.
const EPOCH: u64 = 1;

/// The name of a sender's account.
pub(super) fn account(n: usize) -> String {
    format!("bench-{n}")
}

/// The name of a sender's payer.
pub(super) fn payer(n: usize) -> String {
    format!("bench-payer-{n}")
}

/// A sender's number.
pub(super) fn sender_address(n: usize) -> String {
    format!("+4670{n:07}")
}

/// A recipient's number.
pub(super) fn recipient(n: u64) -> String {
    format!("+4673{n:07}")
}

/// A recipient who is a subscriber.
pub(super) fn subscriber(n: u64) -> String {
    format!("bench-sub-{n}")
}

/// A text; no two numbers have the same.
pub(super) fn text(n: u64) -> String {
    format!(
        "Message {n}: meet me at the station at noon, platform {}, and bring the {} papers along please",
        n % 19,
        n % 7919
    )
}

/// Makes messages, and keeps the payers' accounts as the server would.
pub(super) struct Maker {
    plan: Plan,
    payers: Vec<Payer>,
    timers: Timers,
}

/// What a message is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// By SMS, delivered.
    Finished,
    /// By IM to somebody offline, held.
    Waiting,
}

impl Maker {
    /// With so many payers, each with money.
    pub(super) fn new(payers: u32) -> Result<Self, Failure> {
        let plan = Plan::parse(PLAN).map_err(|error| Failure::Failed(error.to_string()))?;
        let money =
            Money::parse("1000000", plan.currency).map_err(|error| Failure::Failed(error.to_string()))?;
        let open = |n: u32| {
            let mut payer = Payer::open(PayerId::new(payer(usize::try_from(n).unwrap_or(0))), &plan);
            payer.credit(money).map(|()| payer).map_err(|error| Failure::Failed(error.to_string()))
        };
        let payers = (0..payers.max(1)).map(open).collect::<Result<_, _>>()?;
        Ok(Self { plan, payers, timers: Timers::default() })
    }

    /// The payers as they are now.
    pub(super) fn payers(&mut self) -> &mut [Payer] {
        &mut self.payers
    }

    /// The n-th message, delivered by SMS a moment after it was accepted.
    pub(super) fn finished(&mut self, n: u64, at: Time, recipients: u64) -> Result<Unit, Failure> {
        let mut message = self.draft(n, at, recipients, Kind::Finished)?;
        let mut changes = Changes::default();
        lifecycle::accepted(&mut message, at, &mut changes);
        self.drive(n, &mut message, &Input::Poked, at, &mut changes)?;
        self.deliver(n, &mut message, at, &mut changes)?;
        message.version = 3;
        self.unit(n, message, changes, true)
    }

    /// The n-th message as it is accepted: its first attempt begins, and its price is reserved.
    pub(super) fn begun(&mut self, n: u64, at: Time, recipients: u64) -> Result<(Unit, Message), Failure> {
        let mut message = self.draft(n, at, recipients, Kind::Finished)?;
        let mut changes = Changes::default();
        lifecycle::accepted(&mut message, at, &mut changes);
        self.drive(n, &mut message, &Input::Poked, at, &mut changes)?;
        message.version = 1;
        let mut unit = self.unit(n, message.clone(), changes, true)?;
        unit.expects.push(Expect::Message { id: message.id, version: None });
        Ok((unit, message))
    }

    /// That message, delivered and charged.
    pub(super) fn ended(&mut self, n: u64, mut message: Message, at: Time) -> Result<Unit, Failure> {
        let mut changes = Changes::default();
        self.deliver(n, &mut message, at, &mut changes)?;
        let before = Expect::Message { id: message.id, version: Some(message.version) };
        message.version += 1;
        let mut unit = self.unit(n, message, changes, false)?;
        unit.expects.push(before);
        Ok(unit)
    }

    /// The SMSC takes the message, and its receipt comes.
    fn deliver(&self, n: u64, message: &mut Message, at: Time, changes: &mut Changes) -> Result<(), Failure> {
        let report = |kind| Input::Report { attempt: 1, part: 0, kind, code: None };
        let peer_id = Some(PeerId::new(format!("f{n:x}")));
        self.drive(n, message, &report(ReportKind::HandedOver { peer_id }), at.plus_millis(2), changes)?;
        self.drive(n, message, &report(ReportKind::Delivered), at.plus_millis(12), changes)?;
        if message.status == Status::Delivered {
            return Ok(());
        }
        Err(Failure::Failed(format!("a message that should be delivered is {}", message.status.as_str())))
    }

    /// The n-th message, held for a subscriber who is offline.
    pub(super) fn waiting(&mut self, n: u64, at: Time, recipients: u64) -> Result<Unit, Failure> {
        let mut message = self.draft(n, at, recipients, Kind::Waiting)?;
        let mut changes = Changes::default();
        lifecycle::accepted(&mut message, at, &mut changes);
        self.drive(n, &mut message, &Input::Poked, at, &mut changes)?;
        if message.status != Status::Waiting || message.due.is_none() {
            return Err(Failure::Failed(format!(
                "a message that should wait is {}",
                message.status.as_str()
            )));
        }
        self.unit(n, message, changes, true)
    }

    fn index(&self, n: u64) -> usize {
        usize::try_from(n).unwrap_or(0) % self.payers.len().max(1)
    }

    fn draft(&self, n: u64, at: Time, recipients: u64, kind: Kind) -> Result<Message, Failure> {
        let sender = self.index(n);
        let payer = PayerId::new(payer(sender));
        let address = |text: &str| Address::parse(text).map_err(|error| Failure::Failed(error.to_string()));
        let to = n % recipients.max(1);
        let content = Content::text(text(n));
        let waits = kind == Kind::Waiting;
        Ok(Message {
            recipient_subscriber: waits.then(|| SubscriberId::new(subscriber(to))),
            choice: if waits { ServiceChoice::Named(Service::Im) } else { ServiceChoice::Auto },
            ..Message::accepted(
                MessageId::new(at, Shard::of(payer.as_str()), u128::from(n) << 38),
                Originator {
                    owner: Owner::Account(AccountId::new(account(sender))),
                    address: address(&sender_address(sender))?,
                    payer: Some(payer),
                    origin: Origin::HOME,
                },
                address(&recipient(to))?,
                ContentSummary {
                    kind: content.kind(),
                    bytes: content.bytes(),
                    digest: Sha256::digest(encode(&content)).into(),
                },
                MessagePolicy {
                    class: ClassName::new("person"),
                    on_unknown: OnUnknown::AtLeastOnce,
                    priority: Priority::Person,
                    fallback: if waits { FallbackRule::Never } else { FallbackRule::Auto },
                    revert: true,
                    fallback_after_ms: None,
                    t_off_ms: self.timers.t_off_ms,
                },
                at,
                at.plus_millis(self.timers.expiry_ms),
            )
        })
    }

    /// Absorbs and decides until the n-th message rests.
    fn drive(
        &self,
        n: u64,
        message: &mut Message,
        input: &Input,
        now: Time,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        lifecycle::absorb(message, input, &self.timers, now, changes);
        let presence = if message.recipient_subscriber.is_some() {
            Presence::Offline { since: message.accepted_at }
        } else {
            Presence::NotAUser
        };
        let mut facts = Facts::default();
        while lifecycle::advance(message, &facts, &self.timers, now, changes).is_err() {
            if facts.offers.is_some() {
                return Err(Failure::Failed("the rules asked twice for the prices".into()));
            }
            facts = Facts {
                presence: Some(presence),
                offers: Some(self.offers(n, message, now)?),
                plan: Some(self.plan.named()),
                guard_until: None,
            };
        }
        Ok(())
    }

    fn offers(&self, n: u64, message: &Message, at: Time) -> Result<Offers, Failure> {
        let payer = self.payers.get(self.index(n));
        let payer = payer.ok_or_else(|| Failure::Failed("a message without a payer".into()))?;
        let subscriber = message.recipient_subscriber.is_some();
        Ok(ByService::from_fn(|service| {
            let (cannot_carry, reach, route) = match service {
                Service::Im if subscriber => (None, Reach::Yes, None),
                Service::Im => (None, Reach::NoAddress, None),
                Service::Sms => (None, Reach::Yes, Some(RouteId::new("smsc-1"))),
                Service::Mms => (Some(CannotCarry::NoService), Reach::NoRoute, None),
            };
            let size = Size { segments: 1, bytes: message.content.bytes };
            let priced = price(&self.plan, payer, &Ask::from_home(service, &message.recipient, size, at));
            Offer {
                route,
                units: priced.units,
                unit: priced.unit,
                price: priced.price,
                funds: priced.funds,
                charge_on: priced.charge_on,
                settlement: priced.settlement,
                hold: priced.hold,
                external: priced.external,
                ..Offer::unavailable(service, cannot_carry, reach)
            }
        }))
    }

    /// Everything that is written of the message, its payer's new balance included, and its content when it is new.
    fn unit(&mut self, n: u64, message: Message, changes: Changes, is_new: bool) -> Result<Unit, Failure> {
        let id = message.id;
        let index = self.index(n);
        let Some(payer) = self.payers.get_mut(index) else { return Err(Failure::Failed("no payer".into())) };
        for entry in &changes.ledger {
            payer.apply(entry).map_err(|error| Failure::Failed(error.to_string()))?;
        }
        let mut writes = vec![Write::Message(Box::new(message))];
        if is_new {
            writes.push(Write::Content(id, Box::new(Content::text(text(n)))));
        }
        writes.extend([Write::Decisions(id, changes.records), Write::Events(changes.events)]);
        if !changes.ledger.is_empty() {
            writes.push(Write::Ledger(changes.ledger));
            writes.push(Write::Payer(Box::new(payer.clone())));
        }
        Ok(Unit { shard: id.shard(), epoch: EPOCH, expects: Vec::new(), writes })
    }
}

//! The promise to the sender, under random plans: whatever becomes of a message, no attempt starts with what is charged
//! already and its price above the limit, no charge is above it, and the ledger is the payer's balance.

use crate::draw::{Draw, Message as Drawn, Model};
use switchback_core::charge::{LedgerKind, Slot, balance};
use switchback_core::decide::admit;
use switchback_core::lifecycle::{self, Changes};
use switchback_core::model::{
    Address, ByService, ChargeOn, ClassName, Consent, ContentKind, ContentSummary, Currency, Facts,
    FailureClass, FallbackRule, Input, Message, MessageId, MessagePolicy, Money, Offer, Offers, OnUnknown,
    Origin, Originator, Owner, PayerId, PeerId, Presence, Priority, Reach, ReportKind, RouteId, Service,
    ServiceChoice, Shard, SubscriberId, Time, Timers,
};
use switchback_core::tariff::{Ask, Payer, Plan, Purse, Size, price};

const START: Time = Time::from_millis(crate::START);
/// Things that happen to one message.
const EVENTS: u64 = 14;

struct World {
    message: Message,
    payer: Payer,
    plan: Plan,
    drawn: Drawn,
    funds: Money,
    now: Time,
    presence: Presence,
    ledger: Vec<switchback_core::charge::LedgerEntry>,
    /// The greatest limit so far, in nano-units: a later consent raises it, nothing lowers what was taken before.
    limit: i128,
}

/// Plays one message by a random plan to its end.
pub(crate) fn keep(seed: u64) {
    let mut draw = Draw::new(seed ^ 0x5eed_0000_0000);
    let model = Model::draw(&mut draw);
    let plan = Plan::parse(&model.text()).unwrap();
    let mut payer = Payer::open(PayerId::new("anna"), &plan);
    let funds = Money::from_nanos(Currency::EUR, i128::from(draw.below(300)) * 1_000_000);
    payer.credit(funds).unwrap();
    let drawn = draw.message(START);
    let first = [ServiceChoice::Auto, ServiceChoice::Named(Service::Im), ServiceChoice::Named(Service::Sms)];
    let choice = first[usize::try_from(draw.below(3)).unwrap()];
    let max_price =
        draw.one_in(3).then(|| Money::from_nanos(Currency::EUR, i128::from(draw.below(90)) * 1_000_000));
    let online = draw.one_in(2);
    let presence =
        if online { Presence::Online { registered_at: START } } else { Presence::Offline { since: START } };
    let message = message(choice, max_price, draw.one_in(2));
    let mut world = World {
        message,
        payer,
        plan,
        drawn,
        funds,
        now: START,
        presence,
        ledger: Vec::new(),
        limit: max_price.map_or(0, |max| max.nanos),
    };
    if admit(&world.message, &world.offers(), world.presence).is_err() {
        return;
    }
    let mut changes = Changes::default();
    lifecycle::accepted(&mut world.message, START, &mut changes);
    world.drive(&Input::Poked, changes, seed);
    for _ in 0..EVENTS {
        let input = world.happens(&mut draw);
        world.drive(&input, Changes::default(), seed);
    }
    for _ in 0..1000 {
        let Some(due) = world.message.due.filter(|_| !world.message.status.is_final()) else { break };
        world.now = due.max(world.now);
        world.drive(&Input::Poked, Changes::default(), seed);
    }
    assert!(world.message.status.is_final(), "seed {seed}: {:?}", world.message.status);
    assert!(balance(&world.ledger).open.is_empty(), "seed {seed}: a reservation outlives its message");
    assert!(world.payer.held.is_zero(), "seed {seed}");
}

impl World {
    fn happens(&mut self, draw: &mut Draw) -> Input {
        let attempts = u16::try_from(self.message.attempts.len()).unwrap();
        let attempt = attempts.saturating_sub(u16::from(draw.one_in(4))).max(1);
        let kind = match draw.below(14) {
            0 | 1 => ReportKind::HandedOver { peer_id: Some(PeerId::new("7f")) },
            2 | 3 => ReportKind::Failed(FailureClass::Temporary),
            4 => ReportKind::Failed(FailureClass::Permanent),
            5 => ReportKind::NoAnswer,
            6 => ReportKind::Delivered,
            7 => ReportKind::Withdrawn,
            8 => {
                self.now = self.now.plus_millis(1);
                self.presence = match self.presence {
                    Presence::Online { .. } => Presence::Offline { since: self.now },
                    _ => Presence::Online { registered_at: self.now },
                };
                return Input::Poked;
            }
            9 | 10 => {
                self.now = self.message.due.map_or(self.now, |due| due.max(self.now));
                return Input::Poked;
            }
            11 => {
                // Somebody else spends: prices and funds change under the message.
                self.spend(draw);
                return Input::Poked;
            }
            _ => {
                self.now = self.now.plus_millis(draw.below(4_000_000));
                return Input::Poked;
            }
        };
        Input::Report { attempt, part: 0, kind, code: None }
    }

    /// Another message of the payer takes money and units.
    fn spend(&mut self, draw: &mut Draw) {
        let other = draw.message(self.now);
        let Some(hold) = price(&self.plan, &self.payer, &other.ask()).hold else { return };
        let id = MessageId::new(START, Shard::of("anna"), 1000 + u128::from(draw.below(1 << 40)));
        for kind in [LedgerKind::Reserve, LedgerKind::Commit] {
            let entry = switchback_core::charge::LedgerEntry {
                message: id,
                attempt: 1,
                payer: self.payer.id.clone(),
                kind,
                hold: hold.clone(),
                at: self.now,
            };
            if self.payer.apply(&entry).is_err() {
                return;
            }
            self.ledger.push(entry);
        }
    }

    fn offers(&self) -> Offers {
        let own = match &self.message.slot {
            Slot::Held { hold, .. } => Some(hold),
            Slot::Charged { attempt, hold } => {
                let charge_on = self.message.attempt(*attempt).map(|attempt| attempt.charge_on);
                matches!(charge_on, Some(ChargeOn::Submitted { kept_if_undelivered: false, .. }))
                    .then_some(hold)
            }
            Slot::Empty => None,
        };
        let purse: Purse<'_> = own.map_or_else(|| Purse::from(&self.payer), |own| self.payer.without(own));
        ByService::from_fn(|service| {
            let segments = if service == Service::Sms { self.drawn.segments } else { 1 };
            let size = Size { segments, bytes: self.drawn.bytes };
            let origin = Origin { visited: None, wifi: self.drawn.wifi };
            let ask = Ask { origin, ..Ask::from_home(service, &self.message.recipient, size, self.now) };
            let priced = price(&self.plan, purse, &ask);
            Offer {
                route: Some(RouteId::new(service.as_str())),
                units: priced.units,
                unit: priced.unit,
                price: priced.price,
                funds: priced.funds,
                charge_on: priced.charge_on,
                settlement: priced.settlement,
                hold: priced.hold,
                ..Offer::unavailable(service, None, Reach::Yes)
            }
        })
    }

    fn drive(&mut self, input: &Input, mut changes: Changes, seed: u64) {
        self.raise_limit();
        lifecycle::absorb(&mut self.message, input, &timers(), self.now, &mut changes);
        self.raise_limit();
        let mut facts = Facts::default();
        for _ in 0..4 {
            let rested = lifecycle::advance(&mut self.message, &facts, &timers(), self.now, &mut changes);
            self.raise_limit();
            self.settle(&mut changes, seed);
            match rested {
                Ok(()) => return,
                Err(needs) => {
                    facts.presence = needs.presence.then_some(self.presence).or(facts.presence);
                    if needs.offers {
                        facts.offers = Some(self.offers());
                    }
                }
            }
        }
        panic!("seed {seed}: facts were asked for again and again");
    }

    fn raise_limit(&mut self) {
        self.limit = self.message.limit().map_or(self.limit, |limit| limit.nanos.max(self.limit));
    }

    /// The payer takes the entries; what is reserved and charged stays within the limit.
    fn settle(&mut self, changes: &mut Changes, seed: u64) {
        for entry in changes.ledger.drain(..) {
            if let Err(error) = self.payer.apply(&entry) {
                panic!("seed {seed}: {error}: {entry:?} does not fit {:?}", self.payer);
            }
            let reserves = entry.kind == LedgerKind::Reserve;
            self.ledger.push(entry.clone());
            let committed = self.charged();
            let next = if reserves { entry.hold.amount.nanos } else { 0 };
            // Nothing is dearer than nothing: a price of 0 always passes.
            assert!(
                next == 0 && reserves || committed + next <= self.limit,
                "seed {seed}: {committed} and {next} are above {}: {:?}",
                self.limit,
                self.message.attempts
            );
        }
        let audit = balance(&self.ledger);
        assert_eq!(audit.faults, vec![], "seed {seed}");
        let charged = audit.payers.get(&self.payer.id).map_or(0, |sums| sums.charged.nanos);
        assert_eq!(
            self.payer.balance.nanos,
            self.funds.nanos - charged,
            "seed {seed}: the ledger does not balance"
        );
        assert!(self.payer.available().nanos >= 0, "seed {seed}");
    }

    /// Charges of the message less refunds.
    fn charged(&self) -> i128 {
        let own = self.ledger.iter().filter(|entry| entry.message == self.message.id);
        own.map(|entry| match entry.kind {
            LedgerKind::Commit => entry.hold.amount.nanos,
            LedgerKind::Refund => -entry.hold.amount.nanos,
            LedgerKind::Reserve | LedgerKind::Release | LedgerKind::Keep => 0,
        })
        .sum()
    }
}

fn timers() -> Timers {
    Timers { t_off_ms: 60_000, min_gap_ms: 10_000, ..Timers::default() }
}

fn message(choice: ServiceChoice, max_price: Option<Money>, at_least_once: bool) -> Message {
    Message {
        recipient_subscriber: Some(SubscriberId::new("bo")),
        choice,
        consent: Consent { own: max_price, standing: None },
        ..Message::accepted(
            MessageId::new(START, Shard::of("anna"), 7),
            Originator {
                owner: Owner::Subscriber(SubscriberId::new("anna")),
                address: Address::parse("+46701234567").unwrap(),
                payer: Some(PayerId::new("anna")),
                origin: Origin::HOME,
            },
            Address::parse("+46707654321").unwrap(),
            ContentSummary { kind: ContentKind::Text, bytes: 40, digest: [0; 32] },
            MessagePolicy {
                class: ClassName::new("person"),
                on_unknown: if at_least_once { OnUnknown::AtLeastOnce } else { OnUnknown::AtMostOnce },
                priority: Priority::Person,
                fallback: FallbackRule::Auto,
                revert: true,
                fallback_after_ms: None,
                t_off_ms: timers().t_off_ms,
            },
            START,
            START.plus_millis(72 * 3_600_000),
        )
    }
}

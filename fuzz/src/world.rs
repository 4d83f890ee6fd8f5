//! One message in a hostile world, as the server would drive it: what happens is read off the input of a fuzzer, what
//! is done about it is decided by the shipped rules alone.

mod claims;
mod setup;

use crate::script::Script;
use setup::{Prices, Setup};
use switchback_core::charge::Slot;
use switchback_core::decide::{admit, check_choice};
use switchback_core::lifecycle::{self, Changes};
use switchback_core::model::{
    Attempt, ByService, CannotCarry, ChargeOn, Choice, Facts, FailureClass, Input, Message, Money, Needs,
    Offer, Offers, PeerId, Presence, Reach, ReportKind, RouteId, Service, Time, Timers, WithdrawalAnswer,
};
use switchback_core::tariff::{Ask, Payer, Plan, Purse, Size, price};

/// Facts are asked for at most twice (the recipient's status and the prices), and once more when they are there.
const ASKED_MAX: usize = 4;

/// The message, its payer, and the world around them.
#[derive(Debug)]
pub struct World {
    message: Message,
    payer: Payer,
    funds: Money,
    /// The greatest limit under which an attempt started, in nano-units: nothing else lets money go.
    limit_most: i128,
    plans: [Plan; 2],
    /// The prices of the plan have changed.
    dearer: bool,
    prices: Prices,
    presence: Presence,
    guard_until: Option<Time>,
    timers: Timers,
    now: Time,
    /// IM goes to app devices by our own stream, else by a SIP route.
    app: bool,
    reach: Reach,
    parts: u16,
}

impl World {
    /// A submission as the input has it; nothing when it is refused at the door.
    #[must_use]
    pub fn accept(script: &mut Script<'_>) -> Option<Self> {
        let Setup { message, payer, plans, prices, presence, timers, app, parts } = setup::read(script)?;
        let now = message.accepted_at;
        let funds = payer.balance;
        let reach = Reach::Yes;
        let mut world = Self {
            message,
            payer,
            funds,
            limit_most: 0,
            plans,
            dearer: false,
            prices,
            presence,
            guard_until: None,
            timers,
            now,
            app,
            reach,
            parts,
        };
        admit(&world.message, &world.offers(), world.presence).ok()?;
        let mut changes = Changes::default();
        lifecycle::accepted(&mut world.message, now, &mut changes);
        world.drive(&Input::Poked, changes);
        Some(world)
    }

    /// Something happens.
    pub fn step(&mut self, script: &mut Script<'_>) {
        let input = match script.octet() % 16 {
            0..=6 => self.report(script),
            7 | 8 => {
                self.flap();
                Input::Poked
            }
            9 => {
                self.now = self.now.plus_millis(u64::from(script.word()));
                Input::Poked
            }
            10 | 11 => {
                self.now = self.message.due.map_or(self.now, |due| due.max(self.now));
                Input::Poked
            }
            12 => {
                self.now = self.now.plus_millis(u64::from(script.octet()) * 100);
                self.guard_until = script.flag().then(|| self.now.plus_millis(self.timers.outage_guard_ms));
                Input::Recovered
            }
            13 => {
                self.dearer = !self.dearer;
                self.reach = script.one_of(&[Reach::Yes, Reach::Yes, Reach::NoRoute, Reach::Down(self.now)]);
                return;
            }
            14 => {
                let max_price = script.flag().then(|| setup::cents(script.octet() % 8));
                let choice = Choice { service: script.one_of(&Service::ALL), max_price };
                if check_choice(&self.message, choice, &self.offers(), self.now).is_err() {
                    return;
                }
                Input::Chosen(choice)
            }
            _ => Input::Cancel,
        };
        self.drive(&input, Changes::default());
    }

    /// Time alone brings every message to its end (I3).
    ///
    /// # Panics
    /// When it does not.
    pub fn wait_for_the_end(&mut self) {
        for _ in 0..10_000 {
            let Some(due) = self.message.due.filter(|_| !self.message.status.is_final()) else { break };
            self.now = due.max(self.now);
            self.drive(&Input::Poked, Changes::default());
        }
        assert!(self.message.status.is_final(), "time alone did not end {:?}", self.message);
    }

    fn flap(&mut self) {
        self.now = self.now.plus_millis(1);
        self.presence = match self.presence {
            Presence::Online { .. } => Presence::Offline { since: self.now },
            Presence::Offline { .. } => Presence::Online { registered_at: self.now },
            other => other,
        };
    }

    /// Anything that can be said of an attempt, in time or not, of a part that is there or not.
    fn report(&self, script: &mut Script<'_>) -> Input {
        use WithdrawalAnswer as Answer;
        let attempts = u16::try_from(self.message.attempts.len()).unwrap_or(u16::MAX);
        // Mostly the latest one; nobody can speak of one that was never made, but a damaged reference may.
        let attempt = attempts.saturating_add(1).saturating_sub(u16::from(script.octet() % 4));
        let part = u16::from(script.octet()) % (self.parts + 1);
        let kind = match script.octet() % 16 {
            0 => ReportKind::HandedOver { peer_id: Some(PeerId::new("7f")) },
            1 => ReportKind::HandedOver { peer_id: None },
            2 => ReportKind::Failed(FailureClass::Temporary),
            3 => ReportKind::Failed(FailureClass::Permanent),
            4 => ReportKind::Failed(FailureClass::Refused),
            5 => ReportKind::Failed(FailureClass::Local),
            6 => ReportKind::NoAnswer,
            7 => ReportKind::NotSent,
            8 => ReportKind::Intermediate,
            9 => ReportKind::Delivered,
            10 => ReportKind::Displayed,
            11 => ReportKind::Withdrawn,
            12 => ReportKind::Unclear,
            13 => ReportKind::Withdrawal(Answer::Withdrawn),
            14 => ReportKind::Withdrawal(script.one_of(&[Answer::Refused, Answer::Unknown])),
            _ => ReportKind::Withdrawal(Answer::AlreadyDelivered),
        };
        Input::Report { attempt, part, kind, code: None }
    }

    /// What the server does with an input: take it in, decide until the message rests, settle with the payer.
    fn drive(&mut self, input: &Input, mut changes: Changes) {
        let before = self.message.clone();
        let (balance, held) = (self.payer.balance, self.payer.held);
        lifecycle::absorb(&mut self.message, input, &self.timers, self.now, &mut changes);
        let heard = self.message.clone();
        let mut facts = Facts { guard_until: self.guard_until, ..Facts::default() };
        let mut rests = false;
        for _ in 0..ASKED_MAX {
            match lifecycle::advance(&mut self.message, &facts, &self.timers, self.now, &mut changes) {
                Ok(()) => {
                    rests = true;
                    break;
                }
                Err(needs) => self.gather(needs, &mut facts, &changes),
            }
        }
        assert!(rests, "a fact was asked for again and again");
        self.settle(&changes);
        if self.message.attempts.len() > before.attempts.len() {
            let limit = self.message.limit().map_or(0, |limit| limit.nanos);
            self.limit_most = self.limit_most.max(limit);
        }
        claims::after(self, &before, &heard, &changes);
        claims::absorbed(self, &before, balance, held);
    }

    fn gather(&self, needs: Needs, facts: &mut Facts, changes: &Changes) {
        assert!(
            !(needs.presence && facts.presence.is_some()) && !(needs.offers && facts.offers.is_some()),
            "a fact was asked for again"
        );
        if needs.presence {
            facts.presence = Some(self.presence);
        }
        if needs.offers {
            // The prices are those after what this very unit has already settled.
            let mut after = self.payer.clone();
            changes.ledger.iter().for_each(|entry| after.apply(entry).expect("the ledger fits the payer"));
            facts.offers = Some(self.offers_for(&after));
        }
    }

    fn settle(&mut self, changes: &Changes) {
        for entry in &changes.ledger {
            if let Err(error) = self.payer.apply(entry) {
                panic!("{error:?}: {entry:?} does not fit the payer");
            }
        }
        let seqs: Vec<u32> = changes.events.iter().map(|event| event.seq).collect();
        assert!(
            seqs.is_sorted() && seqs.windows(2).all(|pair| pair[1] == pair[0] + 1),
            "events with a gap: {seqs:?}"
        );
    }

    fn offers(&self) -> Offers {
        self.offers_for(&self.payer)
    }

    fn offers_for(&self, payer: &Payer) -> Offers {
        let plan = &self.plans[usize::from(self.dearer)];
        let own = match &self.message.slot {
            Slot::Held { hold, .. } => Some(hold),
            Slot::Charged { attempt, hold } => {
                let charge_on = self.message.attempt(*attempt).map(|attempt| attempt.charge_on);
                matches!(charge_on, Some(ChargeOn::Submitted { kept_if_undelivered: false, .. }))
                    .then_some(hold)
            }
            Slot::Empty => None,
        };
        let purse: Purse<'_> = own.map_or_else(|| Purse::from(payer), |own| payer.without(own));
        ByService::from_fn(|service| self.offer(service, plan, purse))
    }

    fn offer(&self, service: Service, plan: &Plan, purse: Purse<'_>) -> Offer {
        if !self.prices.has(service) {
            return Offer::unavailable(service, Some(CannotCarry::NoService), Reach::NoRoute);
        }
        let segments = u64::from(self.parts);
        let size = Size { segments, bytes: 40 };
        let ask = Ask::from_home(service, &self.message.recipient, size, self.now);
        let priced = price(plan, purse, &ask);
        let app = service == Service::Im && self.app;
        Offer {
            service,
            cannot_carry: None,
            reach: if app { Reach::Yes } else { self.reach },
            route: (!app).then(|| RouteId::new(service.as_str())),
            units: priced.units,
            unit: priced.unit,
            parts: if service == Service::Sms { self.parts } else { 1 },
            price: priced.price,
            funds: priced.funds,
            charge_on: priced.charge_on,
            settlement: priced.settlement,
            hold: priced.hold,
            external: priced.external,
        }
    }

    /// Attempts of the message that began after `before`.
    fn started<'a>(&'a self, before: &Message) -> &'a [Attempt] {
        &self.message.attempts[before.attempts.len()..]
    }
}

//! Messages in a small world that is driven byte by byte: real rules, a real store, and everything that a peer may say.

use std::collections::BTreeMap;
use std::sync::Arc;
use switchback_core::charge::Slot;
use switchback_core::lifecycle::{self, Changes};
use switchback_core::model::{
    ByService, ChargeOn, Facts, FailureClass, Input, Message, MessageId, Offer, Offers, PayerId, PeerCode,
    Presence, Reach, ReportKind, RouteId, Service, ServiceChoice, Time, Timers, WithdrawalAnswer,
};
use switchback_core::tariff::{Ask, Payer, Plan, Purse, Size, price};
use switchback_ports::contract::Sample;
use switchback_ports::{Store, Unit, Write};
use switchback_sqlite::{Options, SqliteStore};

/// When SMS is charged, plan by plan.
const CHARGED: [&str; 3] = [
    "charge_on = \"delivered\"",
    "charge_on = \"submitted\"",
    "charge_on = \"submitted\"\nkept_if_undelivered = true",
];

pub(super) struct World {
    pub(super) store: Arc<dyn Store>,
    pub(super) folder: tempfile::TempDir,
    plans: Vec<Plan>,
    payers: Vec<Payer>,
    timers: Timers,
    now: Time,
    online: bool,
    made: Vec<MessageId>,
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(&Options::at(folder.path().join("data"))).unwrap());
        let plans: Vec<Plan> = CHARGED.iter().map(|when| plan(when)).collect();
        let mut payers = Vec::new();
        for (n, plan) in plans.iter().enumerate() {
            let mut payer = Payer::open(PayerId::new(format!("payer{n}")), plan);
            payer.credit(cents(10_000)).unwrap();
            payers.push(payer);
        }
        let opened = payers.iter().map(|payer| Write::Payer(Box::new(payer.clone()))).collect();
        let now = Sample(0).id().made_at();
        let timers = Timers { last_word_ms: 1000, ..Timers::default() };
        let world = Self { store, folder, plans, payers, timers, now, online: true, made: Vec::new() };
        world.commit(opened, Sample(0).id());
        world
    }

    /// One thing happens, as the byte says.
    pub(super) fn step(&mut self, byte: u8, which: u8) {
        self.now = self.now.plus_millis(7);
        match byte % 8 {
            0 | 1 => self.submit(which),
            2 => self.online = !self.online,
            3 => self.drive_one(which, &Input::Cancel),
            4 => self.drive_one(which, &Input::Recovered),
            _ => {
                let input = report(byte / 8, which);
                self.drive_one(which, &input);
            }
        }
    }

    /// Time alone brings every message to its end; and after it peers still talk.
    pub(super) fn end(&mut self) {
        for _ in 0..10_000 {
            let Some(due) = self.store.next_due().unwrap() else { break };
            self.now = self.now.max(due);
            for (_, id) in self.store.due(self.now, 100).unwrap() {
                self.drive(id, &Input::Poked);
            }
        }
        assert_eq!(self.store.totals().unwrap().open, 0, "time alone did not end every message");
        for n in 0..u8::try_from(self.made.len()).unwrap() {
            self.drive_one(
                n,
                &Input::Report { attempt: 1, part: 0, kind: ReportKind::Delivered, code: None },
            );
        }
    }

    fn submit(&mut self, which: u8) {
        let sample = Sample(self.now.millis_since(Sample(0).id().made_at()));
        let mut message = sample.message();
        self.made.push(message.id);
        message.originator.payer = Some(self.payers[usize::from(which) % 3].id.clone());
        message.first = None;
        message.choice = match which % 4 {
            0 => ServiceChoice::Named(Service::Sms),
            1 => ServiceChoice::Named(Service::Im),
            _ => ServiceChoice::Auto,
        };
        message.policy.on_unknown = if which.is_multiple_of(5) {
            switchback_core::model::OnUnknown::AtLeastOnce
        } else {
            switchback_core::model::OnUnknown::AtMostOnce
        };
        message.consent.own = which.is_multiple_of(2).then(|| cents(20));
        message.version = 0;
        let mut changes = Changes::default();
        lifecycle::accepted(&mut message, self.now, &mut changes);
        let content = Write::Content(message.id, Box::new(sample.content()));
        self.settle(message, &Input::Poked, changes, vec![content]);
    }

    fn drive_one(&mut self, which: u8, input: &Input) {
        if let Some(id) = self.made.get(usize::from(which) % self.made.len().max(1)) {
            self.drive(*id, input);
        }
    }

    fn drive(&mut self, id: MessageId, input: &Input) {
        let message = self.store.message(id).unwrap().unwrap();
        self.settle(message, input, Changes::default(), Vec::new());
    }

    /// What the engine does with an input, without what it guards against.
    fn settle(&mut self, mut message: Message, input: &Input, mut changes: Changes, more: Vec<Write>) {
        lifecycle::absorb(&mut message, input, &self.timers, self.now, &mut changes);
        let mut facts = Facts::default();
        while lifecycle::advance(&mut message, &facts, &self.timers, self.now, &mut changes).is_err() {
            facts.presence = Some(if self.online {
                Presence::Online { registered_at: Time::from_millis(0) }
            } else {
                Presence::Offline { since: self.now }
            });
            let mut payer = self.payer_of(&message).clone();
            changes.ledger.iter().for_each(|entry| payer.apply(entry).unwrap());
            facts.offers = Some(self.offers(&message, &payer));
            facts.plan = self.plans.iter().find(|plan| plan.id == payer.plan).map(Plan::named);
        }
        message.version += 1;
        let id = message.id;
        let mut writes = more;
        if !changes.ledger.is_empty() {
            let owner = message.originator.payer.clone().unwrap();
            let payer = self.payers.iter_mut().find(|payer| payer.id == owner).unwrap();
            changes.ledger.iter().for_each(|entry| payer.apply(entry).unwrap());
            writes.push(Write::Payer(Box::new(payer.clone())));
        }
        writes.extend([
            Write::Message(Box::new(message)),
            Write::Decisions(id, changes.records),
            Write::Events(changes.events),
            Write::Ledger(changes.ledger),
        ]);
        self.commit(writes, id);
    }

    fn commit(&self, writes: Vec<Write>, id: MessageId) {
        let unit = Unit { shard: id.shard(), epoch: 1, expects: Vec::new(), writes };
        self.store.commit(vec![unit]).unwrap().pop().unwrap().unwrap();
    }

    fn payer_of(&self, message: &Message) -> &Payer {
        self.payers.iter().find(|payer| Some(&payer.id) == message.originator.payer.as_ref()).unwrap()
    }

    fn offers(&self, message: &Message, payer: &Payer) -> Offers {
        let plan = self.plans.iter().find(|plan| plan.id == payer.plan).unwrap();
        let own = match &message.slot {
            Slot::Held { hold, .. } => Some(hold),
            Slot::Charged { attempt, hold } => {
                let charge_on = message.attempt(*attempt).map(|attempt| attempt.charge_on);
                matches!(charge_on, Some(ChargeOn::Submitted { kept_if_undelivered: false, .. }))
                    .then_some(hold)
            }
            Slot::Empty => None,
        };
        let purse: Purse<'_> = own.map_or_else(|| Purse::from(payer), |own| payer.without(own));
        ByService::from_fn(|service| {
            let size = Size { segments: 1, bytes: 40 };
            let ask = Ask::from_home(service, &message.recipient, size, self.now);
            let priced = price(plan, purse, &ask);
            Offer {
                reach: if service == Service::Mms { Reach::NoRoute } else { Reach::Yes },
                route: Some(RouteId::new(service.as_str())),
                units: priced.units,
                unit: priced.unit,
                price: priced.price,
                funds: priced.funds,
                charge_on: priced.charge_on,
                settlement: priced.settlement,
                hold: priced.hold,
                external: priced.external,
                ..Offer::unavailable(service, None, Reach::Yes)
            }
        })
    }

    /// What the payers have paid, by their balances.
    pub(super) fn paid(&self) -> i128 {
        self.payers.iter().map(|payer| cents(10_000).nanos - payer.balance.nanos).sum()
    }

    /// How many messages were accepted.
    pub(super) fn made(&self) -> usize {
        self.made.len()
    }
}

fn plan(when: &str) -> Plan {
    let n: BTreeMap<&str, usize> = CHARGED.into_iter().zip(0..).collect();
    let text = format!(
        "[plan]\nid = \"plan{}\"\nversion = 3\ncurrency = \"EUR\"\n\
         [[rate]]\nservice = \"im\"\nprice = \"0.0024\"\n\
         [[rate]]\nservice = \"sms\"\nunit = \"segment\"\nprice = \"0.09\"\n{when}\n\
         [[allowance]]\nid = \"few\"\nservices = [\"sms\"]\nunit = \"segment\"\namount = 1\nper = \"month\"\n",
        n[when]
    );
    Plan::parse(&text).unwrap()
}

fn cents(n: i128) -> switchback_core::model::Money {
    switchback_core::model::Money::from_nanos(switchback_core::model::Currency::EUR, n * 10_000_000)
}

fn report(what: u8, which: u8) -> Input {
    let kind = match what % 16 {
        0..=2 => ReportKind::HandedOver { peer_id: None },
        3..=6 => ReportKind::Delivered,
        7 | 8 => ReportKind::Failed(FailureClass::Temporary),
        9 | 10 => ReportKind::Failed(FailureClass::Permanent),
        11 => ReportKind::Failed(FailureClass::Refused),
        12 => ReportKind::NoAnswer,
        13 => ReportKind::Displayed,
        14 => ReportKind::Withdrawal(WithdrawalAnswer::Withdrawn),
        _ => ReportKind::Withdrawal(WithdrawalAnswer::AlreadyDelivered),
    };
    let attempt = 1 + u16::from(which / 64);
    Input::Report { attempt, part: 0, kind, code: Some(PeerCode::SmppReceipt(u32::from(what))) }
}

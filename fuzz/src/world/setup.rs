//! The world at the start: prices, plan, class, timers and what the sender asked, as the input has them.

use crate::script::Script;
use switchback_core::model::{
    Address, ClassName, Consent, ContentKind, ContentSummary, Currency, FallbackRule, Message, MessageId,
    MessagePolicy, Money, OnUnknown, Origin, Originator, Owner, PayerId, Presence, Priority, Service,
    ServiceChoice, Shard, SubscriberId, Time, Timers,
};
use switchback_core::tariff::{Payer, Plan};

const S: u64 = 1000;
const START: Time = Time::from_millis(1_000_000 * S);

/// Everything that is fixed for one run.
pub(super) struct Setup {
    pub(super) message: Message,
    pub(super) payer: Payer,
    pub(super) plans: [Plan; 2],
    pub(super) prices: Prices,
    pub(super) presence: Presence,
    pub(super) timers: Timers,
    pub(super) app: bool,
    pub(super) parts: u16,
}

/// What each service costs, in cents and in the order of [`Service::ALL`]: 4 is a service that is not there, 5 one
/// without a price.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prices([u8; 3]);

impl Prices {
    /// Whether the service is there at all.
    pub(super) fn has(self, service: Service) -> bool {
        Service::ALL.iter().zip(self.0).any(|(known, price)| *known == service && price != 4)
    }
}

pub(super) fn cents(cents: u8) -> Money {
    Money::from_nanos(Currency::EUR, i128::from(cents) * 10_000_000)
}

pub(super) fn read(script: &mut Script<'_>) -> Option<Setup> {
    let prices = Prices([script.octet() % 6, script.octet() % 6, script.octet() % 6]);
    let charge_on = script.octet();
    let plans = [plan(prices.0, charge_on, 0)?, plan(prices.0, charge_on, script.octet() % 4)?];
    let mut payer = Payer::open(PayerId::new("anna"), &plans[0]);
    payer.credit(cents(script.octet() % 32)).ok()?;
    let presence = script.one_of(&[
        Presence::Online { registered_at: Time::from_millis(0) },
        Presence::Offline { since: START },
        Presence::Offline { since: Time::from_millis(0) },
        Presence::NotAUser,
        Presence::Unknown,
    ]);
    let timers = timers(script);
    let (app, parts) = (script.flag(), 1 + u16::from(script.octet() % 3));
    Some(Setup { message: message(script, &timers), payer, plans, prices, presence, timers, app, parts })
}

fn plan(prices: [u8; 3], charge_on: u8, dearer: u8) -> Option<Plan> {
    let mut text = "[plan]\nid = \"fuzz\"\nversion = 1\ncurrency = \"EUR\"\n".to_owned();
    for (n, (service, price)) in (0_u32..).zip(Service::ALL.iter().zip(prices)) {
        if price > 3 {
            continue;
        }
        let unit = if *service == Service::Sms { "unit = \"segment\"\n" } else { "" };
        let when = match charge_on >> (2 * n) & 3 {
            0 | 1 => "charge_on = \"delivered\"",
            2 => "charge_on = \"submitted\"",
            _ => "charge_on = \"submitted\"\nkept_if_undelivered = true",
        };
        let price = if *service == Service::Im { price } else { price + dearer };
        text.push_str(&format!("[[rate]]\nservice = \"{service}\"\n{unit}price = \"0.0{price}\"\n{when}\n"));
    }
    if charge_on & 0x40 != 0 {
        text.push_str("[[allowance]]\nid = \"few\"\nservices = [\"sms\"]\nunit = \"segment\"\namount = 3\nper = \"month\"\n");
    }
    Plan::parse(&text).ok()
}

fn timers(script: &mut Script<'_>) -> Timers {
    let mut some = || u64::from(script.octet()) * S / 2 + 100;
    Timers {
        choice_ms: some(),
        im_deadline_ms: some(),
        im_offline_ms: some(),
        unknown_wait_ms: some(),
        sms_validity_ms: some(),
        sms_grace_ms: some(),
        recall_ms: some(),
        t_off_ms: some(),
        min_gap_ms: some(),
        last_word_ms: 10 * S,
        backoff_ms: some(),
        backoff_cap_ms: 40 * S,
        ..Timers::default()
    }
}

fn message(script: &mut Script<'_>, timers: &Timers) -> Message {
    let on_unknown = script.one_of(&[OnUnknown::AtLeastOnce, OnUnknown::AtMostOnce]);
    let choice = script.one_of(&[
        ServiceChoice::Auto,
        ServiceChoice::Ask,
        ServiceChoice::Named(Service::Im),
        ServiceChoice::Named(Service::Sms),
        ServiceChoice::Named(Service::Mms),
    ]);
    let mut bound = || script.flag().then(|| cents(script.octet() % 8));
    let consent = Consent { own: bound(), standing: bound() };
    let quoted = bound();
    let policy = MessagePolicy {
        class: ClassName::new("fuzz"),
        on_unknown,
        priority: Priority::Person,
        fallback: script.one_of(&[
            FallbackRule::Auto,
            FallbackRule::Auto,
            FallbackRule::Auto,
            FallbackRule::Never,
        ]),
        revert: !script.flag(),
        fallback_after_ms: script.flag().then(|| u64::from(script.octet()) * S + 1),
        t_off_ms: timers.t_off_ms,
    };
    let life = u64::from(script.word()) * 10 + 1;
    Message {
        recipient_subscriber: script.flag().then(|| SubscriberId::new("bo")),
        choice,
        consent,
        quoted,
        ..Message::accepted(
            MessageId::new(START, Shard::of("anna"), 1),
            Originator {
                owner: Owner::Subscriber(SubscriberId::new("anna")),
                address: Address::E164("46701234567".into()),
                payer: Some(PayerId::new("anna")),
                origin: Origin::HOME,
            },
            Address::E164("46707654321".into()),
            ContentSummary { kind: ContentKind::Text, bytes: 40, digest: [0; 32] },
            policy,
            START,
            START.plus_millis(life),
        )
    }
}

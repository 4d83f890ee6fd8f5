//! What is fixed for one walk through the model: the prices, the first service, the class, and what the plan
//! charges when. Every combination is a starting point.

use crate::world::Left;
use switchback_core::model::{
    Address, ChargeOn, ClassName, ContentKind, ContentSummary, Currency, FallbackRule, Message, MessageId,
    MessagePolicy, Money, OnUnknown, Origin, Originator, Owner, PayerId, Presence, Priority, Service,
    ServiceChoice, Shard, SubscriberId, Time, Timers,
};
use switchback_core::tariff::{Payer, Plan};

/// One second.
pub(crate) const S: u64 = 1000;

/// When the message is accepted.
pub(crate) const START: Time = Time::from_millis(1_000_000 * S);

/// How long it lives: long enough for a fallback, a revert and retries.
pub(crate) const LIFE: u64 = 100 * S;

/// How long after its life the last word may come (R15).
pub(crate) const LAST_WORD: u64 = 10 * S;

/// What the payer has at the start, in cents: three, so that two charges that are kept leave it short.
pub(crate) const FUNDS: u8 = 3;

/// A price in cents; nothing where the plan has no row for the service.
pub(crate) type Cents = Option<u8>;

/// One starting point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scenario {
    pub(crate) id: MessageId,
    pub(crate) first: Service,
    /// The price of the first service and of the other one.
    pub(crate) prices: [Cents; 2],
    pub(crate) on_unknown: OnUnknown,
    pub(crate) charge_on: ChargeOn,
    pub(crate) online: bool,
    /// IM goes to app devices by our own stream, else by a SIP route.
    pub(crate) app: bool,
    /// What else the world may do, and after how many attempts the walk ends.
    pub(crate) left: Left,
    pub(crate) attempts_max: usize,
    /// The plan, and the same with the two prices exchanged.
    pub(crate) plans: [Plan; 2],
}

/// Short timers, all multiples of ten seconds, so that few different waits are left to tell states apart by.
pub(crate) fn timers() -> Timers {
    Timers {
        choice_ms: 10 * S,
        im_deadline_ms: 30 * S,
        im_offline_ms: 10 * S,
        unknown_wait_ms: 10 * S,
        sms_validity_ms: 30 * S,
        sms_grace_ms: 10 * S,
        recall_ms: 10 * S,
        t_off_ms: 20 * S,
        min_gap_ms: 10 * S,
        last_word_ms: LAST_WORD,
        backoff_ms: 10 * S,
        backoff_cap_ms: 40 * S,
        ..Timers::default()
    }
}

/// An id for which the jitter of the first pause is nothing (R9), so that it is whole too.
fn id() -> MessageId {
    let id = |low| MessageId::new(START, Shard::of("anna"), low);
    let jitter = |low| {
        let bytes = id(low).to_bytes().into_iter().chain([0]);
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash >> 32) % 41
    };
    id((0..1000).find(|low| jitter(*low) == 20).unwrap())
}

/// The service that is not the first.
pub(crate) const fn other(first: Service) -> Service {
    if matches!(first, Service::Im) { Service::Sms } else { Service::Im }
}

pub(crate) fn cents(cents: u8) -> Money {
    Money::from_nanos(Currency::EUR, i128::from(cents) * 10_000_000)
}

/// All starting points, or without `full` a few of the broad ones. Broad: every price, class and time of charging, for a first attempt and a second. Deep: fewer of
/// them, but on to the revert and what follows it. Restless: prices that change and a sender who chooses or cancels.
pub(crate) fn all(full: bool) -> Vec<Scenario> {
    const ALL: [Cents; 4] = [Some(0), Some(1), Some(2), None];
    let submitted =
        |kept_if_undelivered, refund_at_end| ChargeOn::Submitted { kept_if_undelivered, refund_at_end };
    let charges =
        [ChargeOn::Delivered, submitted(false, true), submitted(false, false), submitted(true, false)];
    let quiet = Left { flaps: 1, wishes: 0, exchanges: 0, late: 1 };
    let (choosing, changing) = (Left { wishes: 1, ..quiet }, Left { exchanges: 1, ..quiet });
    let id = id();
    let mut scenarios = Vec::new();
    for nth in 0..512_usize {
        let digit = |place: usize, base: usize| nth / place % base;
        let prices = [ALL[digit(1, 4)], ALL[digit(4, 4)]];
        let first = [Service::Im, Service::Sms][digit(16, 2)];
        let on_unknown = [OnUnknown::AtLeastOnce, OnUnknown::AtMostOnce][digit(32, 2)];
        let (charge_on, online) = (charges[digit(64, 4)], digit(256, 2) == 0);
        // Each kind of IM goes with every other value somewhere, not with all of them at once.
        let app = (digit(1, 4) + digit(32, 2) + digit(64, 4)) % 2 == 0;
        let (left, attempts_max) = match nth {
            _ if !full && nth % 101 != 3 => continue,
            _ if full && nth % 3 == 1 => continue,
            _ if full && nth % 97 == 7 => (quiet, 4),
            _ if full && nth % 151 == 11 => (choosing, 2),
            _ if full && nth % 151 == 61 => (changing, 3),
            _ => (quiet, 2),
        };
        let plans = [plan(first, prices, charge_on), plan(first, [prices[1], prices[0]], charge_on)];
        scenarios.push(Scenario {
            id,
            first,
            prices,
            on_unknown,
            charge_on,
            online,
            app,
            left,
            attempts_max,
            plans,
        });
    }
    scenarios
}

fn plan(first: Service, [p1, p2]: [Cents; 2], charge_on: ChargeOn) -> Plan {
    let mut text = "[plan]\nid = \"model\"\nversion = 1\ncurrency = \"EUR\"\n".to_owned();
    let when = match charge_on {
        ChargeOn::Delivered => "charge_on = \"delivered\"\n".to_owned(),
        ChargeOn::Submitted { kept_if_undelivered, refund_at_end } => format!(
            "charge_on = \"submitted\"\nkept_if_undelivered = {kept_if_undelivered}\nrefund_at_end = {refund_at_end}\n"
        ),
    };
    for (service, price) in [(first, p1), (other(first), p2)] {
        if let Some(price) = price {
            text.push_str(&format!("[[rate]]\nservice = \"{service}\"\nprice = \"0.0{price}\"\n{when}"));
        }
    }
    // A plan needs a row; nothing in the model goes by MMS.
    text.push_str("[[rate]]\nservice = \"mms\"\nprice = \"1\"\n");
    Plan::parse(&text).unwrap()
}

impl Scenario {
    pub(crate) fn payer(&self) -> Payer {
        let mut payer = Payer::open(PayerId::new("anna"), &self.plans[0]);
        payer.credit(cents(FUNDS)).unwrap();
        payer
    }

    pub(crate) const fn presence(&self) -> Presence {
        if self.online {
            Presence::Online { registered_at: Time::from_millis(0) }
        } else {
            Presence::Offline { since: START }
        }
    }

    pub(crate) fn message(&self) -> Message {
        let class = match self.on_unknown {
            OnUnknown::AtLeastOnce => "person",
            OnUnknown::AtMostOnce => "bulk",
        };
        Message {
            recipient_subscriber: Some(SubscriberId::new("bo")),
            choice: ServiceChoice::Named(self.first),
            ..Message::accepted(
                self.id,
                Originator {
                    owner: Owner::Subscriber(SubscriberId::new("anna")),
                    address: Address::parse("+46701234567").unwrap(),
                    payer: Some(PayerId::new("anna")),
                    origin: Origin::HOME,
                },
                Address::parse("+46707654321").unwrap(),
                ContentSummary { kind: ContentKind::Text, bytes: 40, digest: [0; 32] },
                MessagePolicy {
                    class: ClassName::new(class),
                    on_unknown: self.on_unknown,
                    priority: Priority::Person,
                    fallback: FallbackRule::Auto,
                    revert: true,
                    fallback_after_ms: None,
                    t_off_ms: timers().t_off_ms,
                },
                START,
                START.plus_millis(LIFE),
            )
        }
    }
}

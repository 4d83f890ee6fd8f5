//! Four plans as price lists print them, and what messages cost by them, cell by cell: prices, what of them may follow
//! what, and the small facts that turn the comparison round.
#![expect(clippy::unwrap_used, reason = "what a test builds is known to be sound; a panic is its failure")]

use Service::{Im, Mms, Sms};
use std::collections::BTreeMap;
use switchback_core::model::{
    Address, Funds, Money, NotOffered, Origin, PayerId, PlanId, Price, Service, Time, UnknownPrice,
};
use switchback_core::tariff::{Ask, Payer, Plan, Priced, Size, Tariffs, price};

const FILES: [(&str, &str); 9] = [
    ("networks.csv", include_str!("vectors/networks.csv")),
    ("prefixes.csv", include_str!("vectors/prefixes.csv")),
    ("ported.csv", include_str!("vectors/ported.csv")),
    ("zones.toml", include_str!("vectors/zones.toml")),
    ("cpaas-us.csv", include_str!("vectors/cpaas-us.csv")),
    ("prepaid", include_str!("vectors/prepaid.toml")),
    ("bundle", include_str!("vectors/bundle.toml")),
    ("dataonly", include_str!("vectors/dataonly.toml")),
    ("cpaas", include_str!("vectors/cpaas.toml")),
];

/// 2026-11-23T05:40:28Z, a Monday; its month began on day 20758 and it is day 20780.
const NOW: Time = Time::from_millis(1_795_412_428_000);
const MONTH: u32 = 20_758;
const TODAY: u32 = 20_780;

const ON_NET: &str = "+491631234567";
const OFF_NET: &str = "+491701234567";
const US: &str = "+12025550123";

/// A text of 40 characters; one of 200 Chinese characters, with references of 8 and of 16 bits; a photo of 300 KiB.
const T: Message = Message { segments: 1, bytes: 40, file: false };
const C: Message = Message { segments: 3, bytes: 600, file: false };
const C16: Message = Message { segments: 4, bytes: 600, file: false };
const P: Message = Message { segments: 1, bytes: 300 * 1024, file: true };

const GIB: u64 = 1 << 30;

#[derive(Clone, Copy)]
struct Message {
    segments: u64,
    bytes: u64,
    file: bool,
}

/// A payer with plenty of money, somewhere.
struct Scene {
    plan: Plan,
    payer: Payer,
    origin: Origin,
}

fn files_with(change: impl Fn(&str, &str) -> Option<String>) -> Tariffs {
    let files: Vec<(&str, String)> = FILES
        .iter()
        .map(|(name, text)| (*name, change(name, text).unwrap_or_else(|| (*text).to_owned())))
        .collect();
    let files: BTreeMap<&str, &str> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Tariffs::parse(&files).unwrap_or_else(|error| panic!("{error}"))
}

fn scene(plan: &str) -> Scene {
    scene_of(&files_with(|_, _| None), plan)
}

fn scene_of(tariffs: &Tariffs, plan: &str) -> Scene {
    let plan = Plan::clone(tariffs.plan(&PlanId::new(plan), NOW).unwrap());
    let mut payer = Payer::open(PayerId::new("anna"), &plan);
    payer.balance = Money::parse("1000", plan.currency).unwrap();
    Scene { plan, payer, origin: Origin::HOME }
}

impl Scene {
    fn from(mut self, origin: &str) -> Self {
        self.origin = Origin::parse(origin).unwrap();
        self
    }

    fn used(mut self, bucket: &str, used: u64) -> Self {
        let period = if ["roam-day", "data-day"].contains(&bucket) { TODAY } else { MONTH };
        let bucket = self.payer.buckets.iter_mut().find(|known| known.id == bucket).unwrap();
        (bucket.period, bucket.used) = (period, used);
        self
    }

    fn balance(mut self, balance: &str) -> Self {
        self.payer.balance = Money::parse(balance, self.plan.currency).unwrap();
        self.payer.credit_limit = Money::zero(self.plan.currency);
        self
    }

    fn ask(&self, service: Service, to: &str, message: Message) -> Priced {
        let recipient = Address::parse(to).unwrap();
        let size = Size { segments: if service == Sms { message.segments } else { 1 }, bytes: message.bytes };
        let ask = Ask {
            service,
            recipient: &recipient,
            size,
            file: message.file,
            origin: self.origin,
            account: None,
            route: None,
            at: NOW,
        };
        price(&self.plan, &self.payer, &ask)
    }

    fn costs(&self, service: Service, to: &str, message: Message) -> String {
        match self.ask(service, to, message).price {
            Price::Exact(money) | Price::Estimate(money) => money.amount(),
            other => format!("{other:?}"),
        }
    }

    /// Whether a fallback is allowed by price: first to second, and second to first.
    fn may(&self, first: Service, second: Service, to: &str, message: Message) -> (bool, bool) {
        let (first, second) = (self.ask(first, to, message), self.ask(second, to, message));
        (allowed(&first, &second), allowed(&second, &first))
    }
}

/// The rule on prices as charged: the next is known, affordable, and at most the first.
fn allowed(first: &Priced, next: &Priced) -> bool {
    let (p1, p2) = (first.price.as_first(), next.price.as_next());
    let cheap = p2.is_some_and(|p2| p2.is_zero() || p1.is_some_and(|p1| p2.at_most(p1)));
    cheap && next.funds == Funds::Enough && first.price.is_offered()
}

#[test]
fn prepaid_per_message() {
    for origin in ["home", "20801"] {
        let here = scene("prepaid").from(origin);
        assert_eq!(here.costs(Im, ON_NET, T), "0.0024");
        assert_eq!(here.costs(Sms, ON_NET, T), "0.03");
        assert_eq!(here.costs(Im, ON_NET, C), "0.0024");
        assert_eq!((here.costs(Sms, ON_NET, C), here.costs(Sms, OFF_NET, C)), ("0.09".into(), "0.33".into()));
        assert_eq!(
            (here.costs(Sms, ON_NET, C16), here.costs(Sms, OFF_NET, C16)),
            ("0.12".into(), "0.44".into())
        );
        assert_eq!((here.costs(Im, ON_NET, P), here.costs(Mms, ON_NET, P)), ("0.0727".into(), "0.39".into()));
        for (second, message) in [(Sms, T), (Sms, C), (Mms, P)] {
            assert_eq!(here.may(Im, second, ON_NET, message), (false, true));
        }
    }
    let away = scene("prepaid").from("52001");
    assert_eq!((away.costs(Im, ON_NET, T), away.costs(Sms, ON_NET, T)), ("0.0489".into(), "0.19".into()));
    assert_eq!((away.costs(Im, ON_NET, C), away.costs(Sms, OFF_NET, C)), ("0.0489".into(), "0.57".into()));
    assert_eq!((away.costs(Im, ON_NET, P), away.costs(Mms, ON_NET, P)), ("0.3418".into(), "0.59".into()));
    assert_eq!((away.may(Im, Sms, ON_NET, C), away.may(Im, Mms, ON_NET, P)), ((false, true), (false, true)));
    for origin in ["wifi", "wifi@52001"] {
        let wifi = scene("prepaid").from(origin);
        for (second, message) in [(Sms, T), (Sms, C), (Mms, P)] {
            assert_eq!(wifi.costs(Im, ON_NET, message), "0.00");
            assert_eq!(wifi.may(Im, second, ON_NET, message), (false, true));
        }
        let expected = if origin == "wifi" { "0.03" } else { "0.19" };
        assert_eq!(wifi.costs(Sms, ON_NET, T), expected);
    }
    let poor = scene("prepaid").balance("0.10");
    let (im, sms) = (poor.ask(Im, OFF_NET, C), poor.ask(Sms, OFF_NET, C));
    assert_eq!((im.funds, sms.funds), (Funds::Enough, Funds::Short));
    assert_eq!(sms.price.as_first().unwrap().amount(), "0.33", "all or nothing, never one of three segments");
    assert_eq!(poor.may(Im, Sms, OFF_NET, C), (false, true));
}

#[test]
fn postpaid_bundle() {
    let full = scene("bundle");
    for message in [T, C] {
        assert_eq!(
            (full.costs(Im, OFF_NET, message), full.costs(Sms, OFF_NET, message)),
            ("0.00".into(), "0.00".into())
        );
        assert_eq!(full.may(Im, Sms, OFF_NET, message), (true, true), "a tie");
    }
    assert_eq!(full.ask(Sms, OFF_NET, C).allowance.unwrap().left_after, 97);
    assert_eq!((full.costs(Im, OFF_NET, P), full.costs(Mms, OFF_NET, P)), ("0.00".into(), "0.50".into()));
    assert_eq!(full.may(Im, Mms, OFF_NET, P), (false, true));
    let two_left = scene("bundle").used("sms100", 98);
    assert_eq!(
        (two_left.costs(Im, OFF_NET, C), two_left.costs(Sms, OFF_NET, C)),
        ("0.00".into(), "0.15".into())
    );
    assert_eq!(two_left.may(Im, Sms, OFF_NET, C), (false, true));
    let whole = files_with(|name, text| {
        (name == "bundle").then(|| text.replace("split = \"segments\"", "split = \"whole\""))
    });
    assert_eq!(scene_of(&whole, "bundle").used("sms100", 98).costs(Sms, OFF_NET, C), "0.45");
    let empty = scene("bundle").used("sms100", 100).used("data1g", GIB);
    assert_eq!((empty.costs(Im, OFF_NET, T), empty.costs(Sms, OFF_NET, T)), ("0.01".into(), "0.15".into()));
    assert_eq!(empty.may(Im, Sms, OFF_NET, T), (false, true));
    assert_eq!((empty.costs(Im, OFF_NET, P), empty.costs(Mms, OFF_NET, P)), ("0.03".into(), "0.50".into()));
    let some = scene("bundle").used("data1g", GIB - 200 * 1024);
    assert_eq!(some.costs(Im, OFF_NET, P), "0.01");
    assert_eq!(some.may(Im, Mms, OFF_NET, P), (false, true));
}

#[test]
fn a_day_pass_abroad() {
    let first = scene("bundle").from("52001");
    assert_eq!((first.costs(Im, OFF_NET, T), first.costs(Sms, OFF_NET, T)), ("6.00".into(), "6.00".into()));
    assert_eq!(first.may(Im, Sms, OFF_NET, T), (true, true), "a tie");
    assert_eq!(first.ask(Sms, OFF_NET, T).pass.as_deref(), Some("roam-day"));
    let wifi = scene("bundle").from("wifi@52001");
    assert_eq!((wifi.costs(Im, OFF_NET, T), wifi.costs(Sms, OFF_NET, T)), ("0.00".into(), "6.00".into()));
    assert_eq!(wifi.may(Im, Sms, OFF_NET, T), (false, true));
    let second = scene("bundle").from("52001").used("roam-day", 1);
    assert_eq!((second.costs(Im, OFF_NET, T), second.costs(Sms, OFF_NET, T)), ("0.00".into(), "0.00".into()));
    assert_eq!(second.may(Im, Sms, OFF_NET, T), (true, true), "a tie");
    assert_eq!(second.ask(Sms, OFF_NET, T).pass, None);
}

#[test]
fn roaming_steps() {
    let zone3 = scene("bundle").from("63601");
    assert_eq!((zone3.costs(Im, OFF_NET, T), zone3.costs(Im, OFF_NET, C)), ("0.59".into(), "0.59".into()));
    assert_eq!((zone3.costs(Sms, OFF_NET, T), zone3.costs(Sms, OFF_NET, C)), ("0.50".into(), "1.50".into()));
    assert_eq!(zone3.may(Im, Sms, OFF_NET, T), (true, false));
    assert_eq!(zone3.may(Im, Sms, OFF_NET, C), (false, true));
    assert_eq!((zone3.costs(Im, OFF_NET, P), zone3.costs(Mms, OFF_NET, P)), ("2.35".into(), "0.50".into()));
    assert_eq!(zone3.may(Im, Mms, OFF_NET, P), (true, false));
}

#[test]
fn data_only() {
    let home = scene("dataonly");
    for (message, sms) in [(T, "0.09"), (C, "0.27")] {
        assert_eq!(
            (home.costs(Im, ON_NET, message), home.costs(Sms, ON_NET, message)),
            ("0.00".into(), sms.into())
        );
        assert_eq!(home.may(Im, Sms, ON_NET, message), (false, true));
    }
    assert_eq!(
        (home.costs(Im, ON_NET, P), home.costs(Mms, ON_NET, P)),
        ("0.00".into(), "NotOffered(Plan)".into())
    );
    assert_eq!(home.may(Im, Mms, ON_NET, P), (false, false));
    let used_up = scene("dataonly").used("data5g", 5 * GIB);
    let photo = used_up.ask(Im, ON_NET, P);
    assert_eq!((photo.price, photo.degraded), (Price::Exact(Money::zero(used_up.plan.currency)), true));
    assert_eq!((used_up.costs(Im, ON_NET, T), used_up.costs(Sms, ON_NET, T)), ("0.00".into(), "0.09".into()));
    let away = scene("dataonly").from("52001");
    assert_eq!(
        (away.costs(Im, ON_NET, T), away.costs(Sms, ON_NET, T)),
        ("NotOffered(Plan)".into(), "0.35".into())
    );
    assert_eq!(away.may(Im, Sms, ON_NET, T), (false, false), "no price to compare with");
    let poor = scene("dataonly").balance("0.05");
    assert_eq!((poor.costs(Im, ON_NET, T), poor.ask(Sms, ON_NET, T).funds), ("0.00".into(), Funds::Short));
    assert_eq!(poor.may(Im, Sms, ON_NET, T), (false, true));
}

#[test]
fn business_account() {
    let account = scene("cpaas");
    assert_eq!((account.costs(Im, US, T), account.costs(Sms, US, T)), ("0.0118".into(), "0.0118".into()));
    assert_eq!(account.may(Im, Sms, US, T), (true, true), "a tie");
    assert_eq!((account.costs(Im, US, C), account.costs(Sms, US, C)), ("0.0472".into(), "0.0354".into()));
    assert_eq!(account.may(Im, Sms, US, C), (true, false));
    assert_eq!((account.costs(Im, US, P), account.costs(Mms, US, P)), ("0.028".into(), "0.0295".into()));
    assert_eq!(account.may(Im, Mms, US, P), (false, true));
    for (message, im, sms) in [(T, "0.052", "0.075"), (C, "0.071", "0.225")] {
        assert_eq!(
            (account.costs(Im, OFF_NET, message), account.costs(Sms, OFF_NET, message)),
            (im.into(), sms.into())
        );
        assert_eq!(account.may(Im, Sms, OFF_NET, message), (false, true));
    }
    assert_eq!(
        (account.costs(Im, OFF_NET, P), account.costs(Mms, OFF_NET, P)),
        ("0.071".into(), "NotOffered(Plan)".into())
    );
    assert_eq!(account.may(Im, Mms, OFF_NET, P), (false, false));
    let edge = scene("cpaas").used("us-sms", 149_999);
    assert_eq!(edge.costs(Sms, US, C), "0.035", "one segment before the edge, two after");
    let poor = scene("cpaas").balance("0.03");
    assert_eq!((poor.ask(Im, US, C).funds, poor.ask(Sms, US, C).funds), (Funds::Short, Funds::Short));
    for origin in ["52001", "wifi@63601", "20801"] {
        assert_eq!(
            scene("cpaas").from(origin).costs(Sms, US, C),
            "0.0354",
            "the sender's place makes no difference"
        );
    }
}

mod small_facts_that_turn_the_comparison_round {
    use super::*;

    #[test]
    fn wifi_makes_chat_free_and_a_fallback_forbidden() {
        assert_eq!(scene("prepaid").from("wifi").may(Im, Sms, ON_NET, T), (false, true));
        // On mobile data abroad the pass costs the same by either.
        assert_eq!(scene("bundle").from("52001").may(Im, Sms, ON_NET, T), (true, true));
        assert_eq!(scene("bundle").from("wifi@52001").may(Im, Sms, ON_NET, T), (false, true));
    }

    #[test]
    fn the_step_of_roaming_data_makes_chat_dearer_than_a_text() {
        assert_eq!(scene("bundle").from("63601").may(Im, Sms, OFF_NET, T), (true, false));
    }

    #[test]
    fn the_width_of_a_reference_makes_another_segment() {
        let home = scene("prepaid");
        assert_eq!(
            (home.costs(Sms, OFF_NET, C), home.costs(Sms, OFF_NET, C16)),
            ("0.33".into(), "0.44".into())
        );
        // Consent to what three segments cost is not consent to four.
        let (three, four) = (home.ask(Sms, OFF_NET, C), home.ask(Sms, OFF_NET, C16));
        assert!(!allowed(&three, &four));
    }

    #[test]
    fn chat_by_bytes_has_more_units_than_sms_by_characters() {
        let account = scene("cpaas");
        assert_eq!((account.ask(Im, US, C).units, account.ask(Sms, US, C).units), (4, 3));
        assert_eq!(account.may(Im, Sms, US, C), (true, false));
    }

    #[test]
    fn one_text_begins_a_day_pass() {
        let first = scene("bundle").from("52001").ask(Sms, OFF_NET, T);
        assert_eq!(first.price.as_first().unwrap().amount(), "6.00");
    }

    #[test]
    fn the_last_two_of_a_bundle_are_not_enough_for_three_segments() {
        assert_eq!(scene("bundle").may(Im, Sms, OFF_NET, C), (true, true));
        assert_eq!(scene("bundle").used("sms100", 98).may(Im, Sms, OFF_NET, C), (false, true));
        assert_eq!(scene("bundle").used("sms100", 97).may(Im, Sms, OFF_NET, C), (true, true));
    }
}

#[test]
fn a_daily_cap_stops_the_charge_and_not_the_message() {
    let near = scene("bundle").used("data1g", GIB).used("data-day", 990_000_000);
    assert_eq!(near.costs(Im, OFF_NET, P), "0.01");
    assert_eq!(
        scene("bundle").used("data1g", GIB).used("data-day", 1_000_000_000).costs(Im, OFF_NET, P),
        "0.00"
    );
    let blocks = files_with(|name, text| {
        (name == "bundle").then(|| text.replace("then = \"free\"", "then = \"block\""))
    });
    let blocked = scene_of(&blocks, "bundle").used("data1g", GIB).used("data-day", 990_000_000);
    assert_eq!(blocked.ask(Im, OFF_NET, P).price, Price::NotOffered(NotOffered::Cap));
    assert_eq!(blocked.costs(Im, OFF_NET, T), "0.01", "what still fits is sold");
}

#[test]
fn a_number_that_moved_has_the_price_of_its_new_network() {
    let home = scene("prepaid");
    assert_eq!(home.costs(Sms, "+491701111111", T), "0.03");
    assert_eq!(home.costs(Sms, "+491631111111", T), "0.11");
    assert_eq!(home.costs(Sms, "+33612345678", T), "Unknown(NoRate)", "no row is never a price of nothing");
}

#[test]
fn where_numbers_are_portable_a_prefix_proves_no_network() {
    let british = |unknown: &str| {
        let rows = format!("country = \"GB\"\nonnet = [\"own-gb\"]\nunknown_network = \"{unknown}\"\n");
        let tariffs = files_with(|name, text| {
            let head = text.replace("country = \"DE\"\nonnet = [\"onnet-de\"]\n", &rows);
            (name == "prepaid").then_some(head)
        });
        scene_of(&tariffs, "prepaid").costs(Sms, "+447911123456", T)
    };
    assert_eq!(british("offnet"), "0.11");
    assert_eq!(british("worst"), "0.11");
    assert_eq!(
        british("unknown"),
        format!("{:?}", Price::Unknown(UnknownPrice::NoNetwork)).replace("Price::", "")
    );
}

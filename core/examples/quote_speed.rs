//! How fast three services are priced with a million SIMs, 60 000 prefixes and a list of 100 000 prices, how long that
//! tariff takes to load, and what a SIM takes of memory.
//!
//! `cargo run --release -p switchback-core --example quote_speed [SIMS]`
#![expect(clippy::expect_used, reason = "a measurement that cannot be made has nothing to say")]

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;
use switchback_core::model::{Address, Money, Origin, PayerId, PlanId, Service, Time};
use switchback_core::tariff::{Occasion, Payer, Size, Tariffs};

const PREFIXES: u32 = 60_000;
const ROWS: u32 = 100_000;
const QUOTES: usize = 1_000_000;
const NOW: Time = Time::from_millis(1_795_412_428_000);

const PLAN: &str = r#"
[plan]
id = "retail"
version = 1
currency = "EUR"
tz = "Europe/Berlin"
country = "DE"
onnet = ["own"]

[[band]]
id = "night"
from = "22:00"
to = "06:00"

[[rate]]
service = "im"
origin = "wifi"
price = "0"

[[rate]]
service = "im"
unit = "byte"
price = "0.24"
price_per = 1048576
step = 10240
im_overhead_bytes = 1200

[[rate]]
service = "sms"
dest = "onnet"
price = "0.03"

[[rate]]
service = "sms"
dest = "onnet"
band = "night"
price = "0.02"

[[rate]]
service = "sms"
price = "0.11"

[[rate]]
service = "mms"
price = "0.39"

[[allowance]]
id = "sms100"
services = ["sms"]
amount = 100
per = "month"

[[allowance]]
id = "data1g"
services = ["im"]
origin = ["home"]
unit = "byte"
amount = 1073741824
per = "month"

[[pass]]
id = "roam-day"
trigger_origin = ["roam:*"]
fee = "6.00"
per = "day"
grants = ["sms100", "data1g"]

[[cap]]
id = "month50"
amount = "50.00"
per = "month"
then = "block"
"#;

fn main() {
    let sims: u64 = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let mut out = std::io::stdout().lock();
    let mut say = |line: String| writeln!(out, "{line}").expect("standard output is open");
    let (prefixes, list) = tables();
    let mut wholesale =
        String::from("[plan]\nid = \"wholesale\"\nversion = 1\ncurrency = \"EUR\"\nrates = \"list.csv\"\n");
    wholesale.push_str("[[rate]]\nservice = \"sms\"\nprice = \"0.2\"\n");
    let networks = "id,name,mccmnc,country,group\nown,Own,26201,DE,\nother,Other,26202,DE,\n";
    let files = BTreeMap::from([
        ("networks.csv", networks),
        ("prefixes.csv", prefixes.as_str()),
        ("list.csv", list.as_str()),
        ("retail", PLAN),
        ("wholesale", wholesale.as_str()),
    ]);
    // Before the large tables, whose freed memory would hide what the SIMs take.
    let small = BTreeMap::from([("networks.csv", networks), ("retail", PLAN)]);
    let small = Tariffs::parse(&small).expect("the plan is sound");
    let before = resident();
    let plan = small.plan(&PlanId::new("retail"), NOW).expect("the plan is there");
    let payers: HashMap<u64, Box<Payer>> = (0..sims).map(|sim| (sim, Box::new(payer(sim, plan)))).collect();
    let each = resident().saturating_sub(before).checked_div(sims).unwrap_or(0);
    say(format!("{sims} SIMs of 4 buckets: {each} bytes each, with their place in the map"));
    let started = Instant::now();
    let tariffs = Tariffs::parse(&files).expect("the tariff is sound");
    say(format!("load of {PREFIXES} prefixes and {ROWS} prices: {:.2?}", started.elapsed()));
    for name in ["retail", "wholesale"] {
        let plan = tariffs.plan(&PlanId::new(name), NOW).expect("the plan is there");
        let one = payer(7, plan);
        let mut times: Vec<u64> = Vec::with_capacity(QUOTES);
        let recipients: Vec<Address> = (0..4096_u32).map(|n| number(n.wrapping_mul(7919))).collect();
        let mut at = 1_u64;
        let whole = Instant::now();
        for recipient in recipients.iter().cycle().take(QUOTES) {
            at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let sim = (at >> 20).checked_rem(sims).unwrap_or(0);
            let started = Instant::now();
            let payer =
                if name == "retail" { &**payers.get(&sim).expect("every SIM is there") } else { &one };
            let occasion = Occasion::of(plan, recipient, Origin::HOME, NOW);
            for service in Service::ALL {
                black_box(occasion.price(payer, service, Size { segments: 1, bytes: 40 }, false, None));
            }
            times.push(u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        let mean = whole.elapsed() / u32::try_from(QUOTES).unwrap_or(1);
        times.sort_unstable();
        let at = |percent: usize| times.get(QUOTES * percent / 100).copied().unwrap_or(0);
        say(format!(
            "three services by {name}: mean {mean:?}, p50 {} ns, p99 {} ns (two looks at the clock in each)",
            at(50),
            at(99)
        ));
    }
}

fn payer(sim: u64, plan: &switchback_core::tariff::Plan) -> Payer {
    let mut payer = Payer::open(PayerId::new(format!("26201{sim:010}")), plan);
    payer.credit(Money::parse("10", plan.currency).expect("an amount")).expect("the currency is the plan's");
    payer
}

/// A number that begins with one of the prefixes.
fn number(n: u32) -> Address {
    let prefix = n.checked_rem(PREFIXES).unwrap_or(0);
    Address::parse(&format!("+49{:05}{:04}", prefix.saturating_add(10_000), n & 0xfff)).expect("a number")
}

/// Prefixes, and a price list by longer prefixes.
fn tables() -> (String, String) {
    let mut prefixes = String::from("prefix,country,kind,network\n");
    for n in 0..PREFIXES {
        let network = if n & 1 == 0 { "own" } else { "other" };
        writeln!(prefixes, "49{:05},DE,mobile,{network}", n.saturating_add(10_000)).expect("a text grows");
    }
    let mut list = String::from("service,prefix,price,currency\n");
    for n in 0..ROWS {
        writeln!(
            list,
            "sms,49{:06},0.0{:03},EUR",
            n.saturating_add(100_000),
            n.checked_rem(1000).unwrap_or(0)
        )
        .expect("a text grows");
    }
    (prefixes, list)
}

/// Bytes of memory that the process has.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or(0).saturating_mul(1024)
}

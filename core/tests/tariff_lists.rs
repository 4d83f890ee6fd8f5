//! Price lists as three public interfaces give them, small samples of each: what they say is what a text costs.
#![expect(clippy::unwrap_used, reason = "what a test builds is known to be sound; a panic is its failure")]

use std::collections::BTreeMap;
use switchback_core::model::{Address, PayerId, PlanId, Service, Time};
use switchback_core::tariff::{Ask, Payer, Size, Tariffs, price};

const TWILIO: &str = include_str!("vectors/twilio.json");
const VONAGE: &str = include_str!("vectors/vonage.json");
const CARRIERX: &str = include_str!("vectors/carrierx.json");

const NETWORKS: &str = "id,mccmnc,country\natt,310410,US\nverizon,311480,US\njersey,23450,GB\no2,23410,GB\n";
const PREFIXES: &str = "prefix,country,network\n1201,US,att\n1202,US,verizon\n1203,US,\n447797,GB,jersey\n447890,GB,o2\n447700,GB,\n";
const PLAN: &str =
    "[plan]\nid = \"p\"\nversion = 1\ncurrency = \"USD\"\ncharge_decimals = 6\nrates = \"list.json\"\n";

fn load(list: &str) -> Result<Tariffs, Vec<String>> {
    let files = BTreeMap::from([
        ("networks.csv", NETWORKS),
        ("prefixes.csv", PREFIXES),
        ("list.json", list),
        ("plan", PLAN),
    ]);
    Tariffs::parse(&files).map_err(|error| error.to_string().lines().map(str::to_owned).collect())
}

/// What a text of two segments costs to each of those numbers; nothing where the list has no price.
fn prices<const N: usize>(list: &str, numbers: [&str; N]) -> [Option<String>; N] {
    let tariffs = load(list).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let at = Time::parse("2026-11-23").unwrap();
    let plan = tariffs.plan(&PlanId::new("p"), at).unwrap();
    let payer = Payer::open(PayerId::new("shop"), plan);
    numbers.map(|number| {
        let recipient = Address::parse(number).unwrap();
        let ask = Ask::from_home(Service::Sms, &recipient, Size { segments: 2, bytes: 200 }, at);
        price(plan, &payer, &ask).price.as_next().map(|money| money.amount())
    })
}

fn are<const N: usize>(amounts: [&str; N]) -> [Option<String>; N] {
    amounts.map(|amount| (!amount.is_empty()).then(|| amount.to_owned()))
}

const ATT: &str = "+12015550123";
const VERIZON: &str = "+12025550123";
const OTHER_US: &str = "+12035550123";
const JERSEY: &str = "+447797123456";
const O2: &str = "+447890123456";
const OTHER_GB: &str = "+447700123456";

#[test]
fn twilios_prices_are_by_network() {
    assert_eq!(prices(TWILIO, [ATT, VERIZON, OTHER_US]), are(["0.0158", "0.0162", ""]));
}

#[test]
fn vonages_prices_are_by_network_with_one_for_all_others_of_a_country() {
    let expected = are(["0.0666", "0.0628", "0.08", "0.0144", "0.0138", "0.0138"]);
    assert_eq!(prices(VONAGE, [JERSEY, O2, OTHER_GB, ATT, VERIZON, OTHER_US]), expected);
}

#[test]
fn carrierxs_prices_are_a_line_a_network() {
    assert_eq!(prices(CARRIERX, [ATT, O2, OTHER_GB]), are(["0.0142", "0.0684", ""]));
}

#[test]
fn a_fault_names_the_line_of_the_list() {
    let told = |list: &str| load(list).unwrap_err();
    assert_eq!(
        told(&TWILIO.replace("\"480\"", "\"999\"")),
        ["list.json:17: there is no network `311999`: add it to networks.csv"]
    );
    assert_eq!(
        told(&TWILIO.replacen("\"current_price\": \"0.0079\"", "\"current_price\": \"0.0080\"", 1)),
        ["list.json:8: the prices differ by the type of the number that sends: keep that of your numbers"]
    );
    assert_eq!(
        told(&TWILIO.replace("\"USD\"", "\"eur\"")),
        [
            "list.json:8: the price is in EUR, the plan in USD: convert it",
            "list.json:17: the price is in EUR, the plan in USD: convert it"
        ]
    );
    assert_eq!(
        told(&VONAGE.replace("23450", "23410")),
        [
            "list.json:8: this rate and the one on line 7 both price sms to `net:o2`: drop one or change its `dest`"
        ]
    );
    // A number in JSON is a float to most programs that write it: a price is a decimal, so it stands in quotes.
    let bare = told(&CARRIERX.replace("\"0.0342\"", "0.0342"));
    assert!(bare[0].starts_with("list.json:3: no price list: invalid type: floating point"), "{bare:?}");
    assert_eq!(told("{}"), ["list.json:1: the list has no price in the JSON of Twilio, Vonage or CarrierX"]);
    assert!(told("[{\n]")[0].starts_with("list.json:2: no price list: "));
    assert_eq!(told(&CARRIERX.replace("0.0071", "-1")).len(), 1);
}

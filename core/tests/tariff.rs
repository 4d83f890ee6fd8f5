//! Prices as printed in price lists: worked examples of four plans, and what a plan's author is told.
#![expect(clippy::unwrap_used, reason = "what a test builds is known to be sound; a panic is its failure")]

use switchback_core::charge::Hold;
use switchback_core::model::{
    Address, ChargeOn, Currency, Funds, Money, NotOffered, PayerId, Price, Service, Settlement, Time,
    UnknownPrice,
};
use switchback_core::tariff::{Ask, Payer, Plan, Priced, Size, price};

const ON_NET: &str = "+46701234567";
const OFF_NET: &str = "+46731234567";

/// A text of 40 characters, one of 200 Chinese characters (with 8- and 16-bit references), a photo of 300 KiB
/// with what HTTP adds to it beyond a message's overhead.
const TEXT: Size = Size { segments: 1, bytes: 40 };
const CHINESE: Size = Size { segments: 3, bytes: 600 };
const CHINESE_16: Size = Size { segments: 4, bytes: 600 };
const PHOTO: Size = Size { segments: 1, bytes: 300 * 1024 + 2048 - 1200 };

const HEAD: &str =
    "[plan]\nid = \"p\"\nversion = 7\ncurrency = \"EUR\"\ncharge_decimals = 4\nrounding = \"up\"\n";

fn plan(rows: &str) -> Plan {
    Plan::parse(&format!("{HEAD}{rows}")).unwrap_or_else(|error| panic!("{error}"))
}

fn prepaid() -> Plan {
    plan(
        r#"
        [[destination]]
        id = "onnet"
        prefixes = ["4670"]
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
        price = "0.11"
        [[rate]]
        service = "mms"
        price = "0.39"
        "#,
    )
}

fn abroad() -> Plan {
    plan(
        r#"
        [[rate]]
        service = "im"
        unit = "byte"
        price = "1.00"
        price_per = 1048576
        step = 51200
        im_overhead_bytes = 1200
        [[rate]]
        service = "sms"
        price = "0.19"
        [[rate]]
        service = "mms"
        price = "0.59"
        "#,
    )
}

/// Postpaid with bundles: 100 SMS and 1 GiB a month.
fn bundle(split: &str) -> Plan {
    let text = format!(
        r#"
        [plan]
        id = "bundle"
        version = 1
        currency = "GBP"
        charge_decimals = 2
        rounding = "up"
        [[rate]]
        service = "im"
        unit = "byte"
        price = "0.10"
        price_per = 1048576
        step = 1024
        im_overhead_bytes = 1200
        [[rate]]
        service = "sms"
        price = "0.15"
        [[rate]]
        service = "mms"
        price = "0.50"
        [[allowance]]
        id = "sms100"
        services = ["sms"]
        unit = "segment"
        amount = 100
        per = "month"
        split = "{split}"
        [[allowance]]
        id = "data1g"
        services = ["im"]
        unit = "byte"
        amount = 1073741824
        per = "month"
        "#
    );
    Plan::parse(&text).unwrap()
}

fn rich(plan: &Plan) -> Payer {
    let mut payer = Payer::open(PayerId::new("anna"), plan);
    payer.credit(Money::parse("100", plan.currency).unwrap()).unwrap();
    payer
}

/// 2026-11-23T05:40:28Z.
const NOW: Time = Time::from_millis(1_795_412_428_000);
const MONTH: u32 = 20_758;

fn ask(plan: &Plan, payer: &Payer, service: Service, to: &str, size: Size) -> Priced {
    let recipient = Address::parse(to).unwrap();
    price(plan, payer, &Ask::from_home(service, &recipient, size, NOW))
}

fn costs(plan: &Plan, payer: &Payer, service: Service, to: &str, size: Size) -> String {
    match ask(plan, payer, service, to, size).price {
        Price::Exact(money) | Price::Estimate(money) => money.amount(),
        other => format!("{other:?}"),
    }
}

/// A bundle payer of whose bucket `used` units are gone this month.
fn with_used(plan: &Plan, bucket: &str, used: u64) -> Payer {
    let mut payer = rich(plan);
    let bucket = payer.buckets.iter_mut().find(|b| b.id == bucket).unwrap();
    (bucket.period, bucket.used) = (MONTH, used);
    payer
}

#[test]
fn prepaid_per_message() {
    use Service::{Im, Mms, Sms};
    let (plan, away) = (prepaid(), abroad());
    let payer = rich(&plan);
    for (service, to, size, expected) in [
        (Im, ON_NET, TEXT, "0.0024"),
        (Im, ON_NET, CHINESE, "0.0024"),
        (Im, ON_NET, PHOTO, "0.0727"),
        (Sms, ON_NET, TEXT, "0.03"),
        (Sms, ON_NET, CHINESE, "0.09"),
        (Sms, ON_NET, CHINESE_16, "0.12"),
        (Sms, OFF_NET, CHINESE, "0.33"),
        (Sms, OFF_NET, CHINESE_16, "0.44"),
        (Mms, OFF_NET, PHOTO, "0.39"),
    ] {
        assert_eq!(costs(&plan, &payer, service, to, size), expected, "{service} to {to}");
    }
    for (service, size, expected) in [
        (Im, TEXT, "0.0489"),
        (Im, CHINESE, "0.0489"),
        (Im, PHOTO, "0.3418"),
        (Sms, TEXT, "0.19"),
        (Sms, CHINESE, "0.57"),
        (Mms, PHOTO, "0.59"),
    ] {
        assert_eq!(costs(&away, &payer, service, OFF_NET, size), expected, "{service} abroad");
    }
}

#[test]
fn funds_are_all_or_nothing() {
    let plan = prepaid();
    let mut payer = Payer::open(PayerId::new("anna"), &plan);
    payer.credit(Money::parse("0.10", Currency::EUR).unwrap()).unwrap();
    let sms = ask(&plan, &payer, Service::Sms, OFF_NET, CHINESE);
    assert_eq!(
        (sms.price, sms.funds),
        (Price::Exact(Money::parse("0.33", Currency::EUR).unwrap()), Funds::Short)
    );
    assert_eq!(ask(&plan, &payer, Service::Im, OFF_NET, CHINESE).funds, Funds::Enough);
    payer.credit_limit = Money::parse("0.23", Currency::EUR).unwrap();
    assert_eq!(ask(&plan, &payer, Service::Sms, OFF_NET, CHINESE).funds, Funds::Enough);
}

#[test]
fn own_reservation_counts_as_free() {
    let plan = bundle("whole");
    let own = ask(&plan, &rich(&plan), Service::Sms, ON_NET, CHINESE).hold.unwrap();
    let mut payer = with_used(&plan, "sms100", 97);
    payer.buckets.iter_mut().find(|bucket| bucket.id == "sms100").unwrap().held = 3;
    assert_eq!(costs(&plan, &payer, Service::Sms, ON_NET, CHINESE), "0.45");
    let recipient = Address::parse(ON_NET).unwrap();
    let question = Ask::from_home(Service::Sms, &recipient, CHINESE, NOW);
    let again = price(&plan, payer.without(&own), &question);
    assert_eq!((again.hold, again.funds), (Some(own), Funds::Enough));

    let plan = prepaid();
    let mut payer = Payer::open(PayerId::new("anna"), &plan);
    let held = Money::parse("0.11", Currency::EUR).unwrap();
    payer.credit(held).unwrap();
    payer.held = held;
    let question = Ask::from_home(Service::Sms, &recipient, TEXT, NOW);
    assert_eq!(price(&plan, &payer, &question).funds, Funds::Short);
    assert_eq!(
        price(&plan, payer.without(&Hold { amount: held, taken: vec![] }), &question).funds,
        Funds::Enough
    );
}

#[test]
fn postpaid_bundle() {
    use Service::{Im, Mms, Sms};
    let plan = bundle("segments");
    let full = rich(&plan);
    let sms = ask(&plan, &full, Sms, ON_NET, CHINESE);
    assert_eq!(costs(&plan, &full, Im, ON_NET, TEXT), "0.00");
    assert_eq!(sms.price, Price::Exact(Money::zero(plan.currency)));
    assert_eq!(sms.allowance.map(|left| (left.id.to_string(), left.left_after)), Some(("sms100".into(), 97)));
    let taken = &sms.hold.unwrap().taken[0];
    assert_eq!((taken.bucket.as_str(), taken.units, taken.period), ("sms100", 3, MONTH));
    assert_eq!(costs(&plan, &full, Mms, ON_NET, PHOTO), "0.50");
    // The last two of the bundle and a message of three segments.
    assert_eq!(costs(&plan, &with_used(&plan, "sms100", 98), Sms, ON_NET, CHINESE), "0.15");
    let whole = bundle("whole");
    assert_eq!(costs(&whole, &with_used(&whole, "sms100", 98), Sms, ON_NET, CHINESE), "0.45");
    // Bundles empty; 200 KiB of data left.
    let gib = 1_073_741_824;
    assert_eq!(costs(&plan, &with_used(&plan, "data1g", gib), Im, ON_NET, TEXT), "0.01");
    assert_eq!(costs(&plan, &with_used(&plan, "data1g", gib), Im, ON_NET, PHOTO), "0.03");
    assert_eq!(costs(&plan, &with_used(&plan, "data1g", gib - 200 * 1024), Im, ON_NET, PHOTO), "0.01");
    assert_eq!(costs(&plan, &with_used(&plan, "sms100", 100), Sms, ON_NET, TEXT), "0.15");
}

#[test]
fn roaming_steps_make_chat_dearer_than_a_text() {
    use Service::{Im, Sms};
    let plan = Plan::parse(
        r#"
        plan = { id = "zone3", version = 1, currency = "GBP", charge_decimals = 2, rounding = "up" }
        [[rate]]
        service = "im"
        unit = "byte"
        price = "6.00"
        price_per = 1048576
        step = 102400
        im_overhead_bytes = 1200
        [[rate]]
        service = "sms"
        price = "0.50"
        "#,
    )
    .unwrap();
    let payer = rich(&plan);
    assert_eq!(costs(&plan, &payer, Im, ON_NET, TEXT), "0.59");
    assert_eq!(costs(&plan, &payer, Im, ON_NET, PHOTO), "2.35");
    assert_eq!(costs(&plan, &payer, Sms, ON_NET, TEXT), "0.50");
    assert_eq!(costs(&plan, &payer, Sms, ON_NET, CHINESE), "1.50");
}

#[test]
fn data_only_plan_does_not_offer_pictures() {
    let plan = plan(
        r#"
        [[rate]]
        service = "im"
        price = "0"
        settlement = "bearer"
        [[rate]]
        service = "sms"
        price = "0.09"
        [[rate]]
        service = "mms"
        offered = false
        "#,
    );
    let payer = rich(&plan);
    assert_eq!(costs(&plan, &payer, Service::Sms, ON_NET, CHINESE), "0.27");
    let mms = ask(&plan, &payer, Service::Mms, ON_NET, PHOTO);
    assert_eq!((mms.price, mms.hold), (Price::NotOffered(NotOffered::Plan), None));
    let im = ask(&plan, &payer, Service::Im, ON_NET, TEXT);
    assert_eq!((im.price, im.settlement), (Price::Exact(Money::zero(Currency::EUR)), Settlement::Bearer));
    assert_eq!(im.hold, None, "what the bearer settles is never reserved");
}

#[test]
fn business_rates_in_dollars() {
    let plan = Plan::parse(
        r#"
        [plan]
        id = "cpaas"
        version = 3
        currency = "USD"
        [[destination]]
        id = "us"
        prefixes = ["1"]
        [[destination]]
        id = "de"
        prefixes = ["49"]
        [[rate]]
        service = "sms"
        dest = "us"
        price = "0.0118"
        charge_on = "submitted"
        kept_if_undelivered = true
        [[rate]]
        service = "sms"
        dest = "de"
        price = "0.0750"
        [[rate]]
        service = "mms"
        dest = "us"
        price = "0.0295"
        "#,
    )
    .unwrap();
    let payer = rich(&plan);
    let us = ask(&plan, &payer, Service::Sms, "+12025550123", CHINESE);
    assert_eq!(us.price.as_first().unwrap().to_string(), "0.0354 USD");
    assert_eq!(us.charge_on, ChargeOn::Submitted { kept_if_undelivered: true, refund_at_end: false });
    assert_eq!(costs(&plan, &payer, Service::Sms, "+491701234567", CHINESE), "0.225");
    assert_eq!(costs(&plan, &payer, Service::Mms, "+12025550123", PHOTO), "0.0295");
    // No row is not a price of nothing.
    let nowhere = ask(&plan, &payer, Service::Sms, "+4670123456789", TEXT);
    assert_eq!((nowhere.price, nowhere.hold), (Price::Unknown(UnknownPrice::NoRate), None));
    assert_eq!(
        ask(&plan, &payer, Service::Mms, "+491701234567", TEXT).price,
        Price::Unknown(UnknownPrice::NoRate)
    );
}

#[test]
fn pictures_by_size() {
    let plan = plan(
        r#"
        [[rate]]
        service = "mms"
        tiers = [{ upto = 102400, price = "0.19" }, { upto = 307200, price = "0.39" }]
        "#,
    );
    let payer = rich(&plan);
    let mms = |bytes| costs(&plan, &payer, Service::Mms, ON_NET, Size { segments: 1, bytes });
    assert_eq!(
        (mms(1), mms(102_400), mms(102_401), mms(307_200)),
        ("0.19".into(), "0.19".into(), "0.39".into(), "0.39".into())
    );
    assert_eq!(mms(307_201), "Unknown(NoRate)", "larger than any tier");
}

#[test]
fn set_up_fees_and_bounds() {
    let plan = plan(
        r#"
        [[rate]]
        service = "sms"
        price = "0.02"
        step = 2
        setup = "0.01"
        min = "0.05"
        max = "0.08"
        "#,
    );
    let payer = rich(&plan);
    let sms = |segments| costs(&plan, &payer, Service::Sms, ON_NET, Size { segments, bytes: 1 });
    assert_eq!([sms(1), sms(3), sms(5), sms(6), sms(9)], ["0.05", "0.05", "0.07", "0.07", "0.08"]);
}

#[test]
fn rounds_once_the_way_the_plan_says() {
    for (rounding, three, five) in [
        ("up", "0.01", "0.02"),
        ("half-up", "0.01", "0.02"),
        ("half-even", "0.00", "0.02"),
        ("down", "0.00", "0.01"),
    ] {
        let text = format!(
            "[plan]\nid = \"r\"\nversion = 1\ncurrency = \"EUR\"\ncharge_decimals = 2\nrounding = \"{rounding}\"\n\
             [[rate]]\nservice = \"sms\"\nprice = \"0.005\"\n"
        );
        let plan = Plan::parse(&text).unwrap();
        let payer = rich(&plan);
        let sms = |segments| costs(&plan, &payer, Service::Sms, ON_NET, Size { segments, bytes: 1 });
        assert_eq!((sms(1).as_str(), sms(3).as_str()), (three, five), "{rounding}");
    }
}

#[test]
fn the_longest_prefix_and_the_exact_short_code_win() {
    let plan = plan(
        r#"
        [[destination]]
        id = "country"
        prefixes = ["46"]
        [[destination]]
        id = "friend"
        prefixes = ["46701234567"]
        [[destination]]
        id = "vote"
        short_codes = ["72404"]
        [[rate]]
        service = "sms"
        dest = "country"
        price = "0.10"
        [[rate]]
        service = "sms"
        dest = "friend"
        price = "0.01"
        [[rate]]
        service = "sms"
        dest = "vote"
        price = "2"
        [[rate]]
        service = "sms"
        dest = "any"
        price = "0.30"
        "#,
    );
    let payer = rich(&plan);
    let sms = |to| costs(&plan, &payer, Service::Sms, to, TEXT);
    assert_eq!(
        [
            sms(ON_NET),
            sms(OFF_NET),
            sms("72404"),
            sms("724045"),
            sms("+12025550123"),
            sms("sip:bo@example.org")
        ],
        ["0.01", "0.10", "2.00", "0.30", "0.30", "0.30"]
    );
}

#[test]
fn a_barred_payer_and_a_foreign_plan_get_no_price() {
    let plan = prepaid();
    let mut payer = rich(&plan);
    assert_eq!(
        ask(&bundle("whole"), &payer, Service::Sms, ON_NET, TEXT).price,
        Price::Unknown(UnknownPrice::NoPlan)
    );
    payer.barred = true;
    assert_eq!(ask(&plan, &payer, Service::Sms, ON_NET, TEXT).price, Price::NotOffered(NotOffered::Barred));
}

#[test]
fn three_services_are_priced_in_microseconds() {
    // The goal is 2 us in release; here only that nothing grows with the size of the plan.
    let prefixes: Vec<String> = (0..60_000).map(|n| format!("\"{}\"", 4_600_000 + n)).collect();
    let plan = plan(&format!(
        "[[destination]]\nid = \"many\"\nprefixes = [{}]\n[[rate]]\nservice = \"sms\"\ndest = \"many\"\nprice = \"0.03\"\n",
        prefixes.join(",")
    ));
    let payer = rich(&plan);
    let recipient = Address::parse("+4601234567").unwrap();
    let started = std::time::Instant::now();
    let rounds = 20_000_u32;
    for _ in 0..rounds {
        for service in Service::ALL {
            std::hint::black_box(price(&plan, &payer, &Ask::from_home(service, &recipient, TEXT, NOW)));
        }
    }
    let each = started.elapsed() / rounds;
    println!("three services: {each:?}");
    assert!(each.as_micros() < 200, "{each:?}");
}

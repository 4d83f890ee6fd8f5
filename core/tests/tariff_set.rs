//! A tariff as a set of files: versions, tables, and what their authors are told.
#![expect(clippy::unwrap_used, reason = "what a test builds is known to be sound; a panic is its failure")]

use std::collections::BTreeMap;
use switchback_core::charge::{LedgerEntry, LedgerKind};
use switchback_core::model::{Address, MessageId, Origin, PayerId, PlanId, Price, Service, Shard, Time};
use switchback_core::tariff::{Ask, LedgerError, Payer, Plan, Priced, Size, Tariffs, explain, price};

fn parse(files: &[(&str, &str)]) -> Result<Tariffs, Vec<String>> {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    let told = |error: switchback_core::tariff::TariffError| {
        error.faults.iter().map(|fault| format!("{}:{}: {}", fault.file, fault.line, fault.message)).collect()
    };
    Tariffs::parse(&files).map_err(told)
}

fn head(rest: &str) -> String {
    format!("[plan]\nid = \"p\"\ncurrency = \"EUR\"\n{rest}\n[[rate]]\nservice = \"sms\"\nprice = \"0.03\"\n")
}

fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn ask(plan: &Plan, payer: &Payer, segments: u64, at: &str) -> Priced {
    let recipient = Address::parse("+46701234567").unwrap();
    price(plan, payer, &Ask::from_home(Service::Sms, &recipient, Size { segments, bytes: 1 }, time(at)))
}

fn amount(priced: &Priced) -> String {
    priced.price.as_next().map_or_else(|| format!("{:?}", priced.price), |money| money.amount())
}

#[test]
fn the_version_that_began_last_is_valid() {
    let (old, new) =
        (head("version = 1"), head("version = 2\nvalid_from = 2026-12-01\ntz = \"Europe/Berlin\""));
    let tariffs = parse(&[("p", &old), ("p@2", &new)]).unwrap();
    let id = PlanId::new("p");
    let version = |at: &str| tariffs.plan(&id, time(at)).map(|plan| plan.version);
    assert_eq!(version("2026-11-30T22:59:59Z"), Some(1));
    assert_eq!(version("2026-11-30T23:00:00Z"), Some(2), "midnight in Berlin");
    let first = tariffs.plan(&id, time("2026-11-30")).unwrap();
    assert_eq!(first.steady_until(time("2026-11-30")), Some(time("2026-11-30T23:00:00Z")));
    let ended = head("version = 1\nvalid_to = 2026-12-01");
    let tariffs = parse(&[("p", &ended)]).unwrap();
    assert!(tariffs.plan(&id, time("2026-12-01")).is_none());
    let payer = Payer::open(PayerId::new("anna"), tariffs.plan(&id, time("2026-11-01")).unwrap());
    let late = ask(tariffs.plan(&id, time("2026-11-01")).unwrap(), &payer, 1, "2026-12-02");
    assert!(matches!(late.price, Price::Unknown(_)), "what is valid no longer prices nothing");
}

#[test]
fn versions_must_be_told_apart() {
    let one = head("version = 1");
    assert_eq!(
        parse(&[("a", &one), ("b", &one)]).unwrap_err(),
        [
            "b:1: the plan `p` of a begins at the same time: give one another `valid_from`",
            "b:1: the plan `p` of a has the same version 1: count it up",
        ]
    );
}

#[test]
fn a_new_price_is_announced_by_a_row_with_its_date() {
    let sms = |rest: &str| format!("[[rate]]\nservice = \"sms\"\n{rest}\n");
    let plan = Plan::parse(&format!(
        "{}{}{}",
        head("version = 1\ntz = \"Europe/Berlin\""),
        sms("valid_from = 2026-12-24\nvalid_to = \"2026-12-27\"\nprice = \"0.01\""),
        sms("valid_from = 2026-12-01\nprice = \"0.05\""),
    ))
    .unwrap();
    let payer = Payer::open(PayerId::new("anna"), &plan);
    for (at, price, until) in [
        ("2026-11-30T22:59:59Z", "0.03", Some("2026-11-30T23:00:00Z")),
        ("2026-11-30T23:00:00Z", "0.05", Some("2026-12-23T23:00:00Z")),
        ("2026-12-24", "0.01", Some("2026-12-26T23:00:00Z")),
        ("2026-12-27", "0.05", None),
    ] {
        assert_eq!(amount(&ask(&plan, &payer, 1, at)), price, "{at}");
        assert_eq!(plan.steady_until(time(at)), until.map(time), "no quote outlives its price: {at}");
    }
    let recipient = Address::parse("+46701234567").unwrap();
    let size = Size { segments: 1, bytes: 1 };
    let ask = Ask::from_home(Service::Sms, &recipient, size, time("2026-12-05"));
    let steps = explain(&plan, &payer, &ask).steps;
    for told in [
        "the row on line 9 is not in force: valid from 2026-12-23T23:00:00.000Z until 2026-12-26T23:00:00.000Z",
        "the row on line 14: sms to any from any, valid from 2026-11-30T23:00:00.000Z",
    ] {
        assert!(steps.iter().any(|step| step == told), "{told}\n{steps:#?}");
    }
}

#[test]
fn what_a_row_is_for_goes_before_how_new_it_is() {
    let band = "[[band]]\nid = \"night\"\nfrom = \"22:00\"\nto = \"06:00\"\n[[band]]\nid = \"late\"\nfrom = \"23:00\"\nto = \"24:00\"\n";
    let sms = |rest: &str, price: &str| format!("[[rate]]\nservice = \"sms\"\n{rest}\nprice = \"{price}\"\n");
    let plan = Plan::parse(&format!(
        "{}{band}{}{}{}{}",
        head("version = 1"),
        sms("band = \"night\"", "0.02"),
        sms("band = \"late\"\nvalid_from = 2026-12-01", "0.01"),
        sms("valid_from = 2026-12-01", "0.05"),
        sms("origin = \"home\"\nvalid_to = 2026-12-10", "0.04"),
    ))
    .unwrap();
    let payer = Payer::open(PayerId::new("anna"), &plan);
    for (at, price) in [
        ("2026-11-20T23:30:00Z", "0.04"),
        ("2026-12-20T12:00:00Z", "0.05"),
        ("2026-12-20T22:30:00Z", "0.02"),
        ("2026-12-20T23:30:00Z", "0.01"),
    ] {
        assert_eq!(amount(&ask(&plan, &payer, 1, at)), price, "{at}");
    }
}

#[test]
fn a_price_list_says_from_when_its_prices_are() {
    let plan = head("version = 1\nrates = \"list.csv\"");
    let list = |rows: &str| format!("service,prefix,price,from\n{rows}");
    let load = |rows: &str| parse(&[("list.csv", &list(rows)), ("p", &plan)]);
    let tariffs = load("sms,4670,0.04,\nsms,4670,0.06,2026-12-01\n").unwrap();
    let plan = tariffs.plan(&PlanId::new("p"), time("2026-11-01")).unwrap();
    let payer = Payer::open(PayerId::new("anna"), plan);
    assert_eq!(amount(&ask(plan, &payer, 1, "2026-11-30T23:59:59Z")), "0.04");
    assert_eq!(amount(&ask(plan, &payer, 1, "2026-12-01")), "0.06");
    assert_eq!(
        load("sms,4670,0.04,2026-12-01\nsms,4670,0.06,\"2026-12-01\"\nsms,4670,0.06,soon\n").unwrap_err(),
        [
            "list.csv:3: this rate and the one on line 2 both price sms to `prefix:4670` valid from 2026-12-01T00:00:00.000Z: drop one or change its `dest`",
            "list.csv:4: `from` must be a date or a time with its offset, like 2026-11-01T00:00:00+01:00",
        ]
    );
}

#[test]
fn tables_say_what_is_wrong_with_them() {
    let plan = head("version = 1\ncountry = \"DE\"\nonnet = [\"own\"]\nrates = \"list.csv\"");
    let told = parse(&[
        ("networks.csv", "id,mccmnc,country,group\nown,26201,DE,\nown,26202,de,\nx,26201,,\n"),
        ("prefixes.csv", "prefix,country,kind,network,zone\n49170,DE,mobil,own,\n49170,DE,mobile,nobody,moon\n"),
        ("ported.csv", "number,network,until\n+49170,own,\n491701234567,own,soon\n"),
        ("zones.toml", "[[zone]]\nid = \"eu\"\ncountries = [\"FR\", \"FRA\"]\n[[roaming]]\nid = \"w\"\nmcc = [\"20\"]\n"),
        ("list.csv", "service,country,mccmnc,price,currency\nsms,DE,,0.04,EUR\nsms,DE,,0.05,USD\nsms,,26299,0.05,EUR\n"),
        ("p", &plan),
    ])
    .unwrap_err();
    for expected in [
        "networks.csv:3: `de` must be a country of two capital letters, like \"DE\"",
        "networks.csv:3: the network `own` stands twice: keep one line",
        "networks.csv:4: 26201 is the code of another network already: keep one",
        "prefixes.csv:2: `kind` is one of mobile, fixed, premium, shortcode, m2m, satellite, tollfree, not `mobil`; did you mean `mobile`?",
        "prefixes.csv:3: there is no network `nobody`: add it to networks.csv",
        "prefixes.csv:3: there is no zone `moon`: add a [[zone]] with that id to zones.toml",
        "ported.csv:2: `+49170` must be a whole international number, without +",
        "ported.csv:3: `until` must be a date or a time, like 2026-12-01T00:00:00Z",
        "zones.toml:3: `FRA` must be a country of two capital letters, like \"DE\"",
        "zones.toml:6: `20` must be a country code of three digits, like \"208\"",
        "list.csv:3: the price is in USD, the plan in EUR: convert it",
        "list.csv:3: this rate and the one on line 2 both price sms to `country:DE`: drop one or change its `dest`",
        "list.csv:4: there is no network `26299`: add it to networks.csv",
    ] {
        assert!(told.iter().any(|fault| fault == expected), "{expected}\n{told:#?}");
    }
}

#[test]
fn contradictions_in_a_plan_name_both_lines() {
    let with = |rows: &str| parse(&[("p", &format!("{}{rows}", head("version = 1")))]).unwrap_err();
    let band = "[[band]]\nid = \"night\"\nfrom = \"22:00\"\nto = \"06:00\"\n[[band]]\nid = \"late\"\nfrom = \"23:00\"\nto = \"24:00\"\n";
    let rate = |band: &str| format!("[[rate]]\nservice = \"sms\"\nband = \"{band}\"\nprice = \"0.02\"\n");
    assert_eq!(
        with(&format!("{band}{}{}", rate("night"), rate("late"))),
        [
            "p:20: this rate and the one on line 16 both price sms to `any` at the same hours: drop one or change its `dest`"
        ]
    );
    let twins = "[[pass]]\nid = \"x\"\nfee = \"1\"\nper = \"day\"\ngrants = [\"y\"]\n[[cap]]\nid = \"x\"\namount = \"1.00001\"\nper = \"day\"\nthen = \"free\"\n";
    assert_eq!(
        with(twins),
        [
            "p:12: there is no allowance `y`: add an [[allowance]] with that id",
            "p:13: the cap `x` stands on line 8 too: give it its own id",
            "p:13: the cap `x` has more decimals than a charge: round it to them",
        ]
    );
    assert_eq!(
        with("[[rate]]\nservice = \"sms\"\ndest = \"onnet\"\nprice = \"1\"\n"),
        [
            "p:10: `onnet` needs `onnet` in [plan], the networks that count as own, or a [[destination]] of that id"
        ]
    );
    assert_eq!(
        with(
            "[[example]]\nservice = \"sms\"\nto = \"+46701234567\"\nprice = \"0.03\"\nused = { sms100 = 1 }\n"
        ),
        ["p:12: the plan has no allowance, pass, cap, volume or conversation `sms100`"]
    );
}

#[test]
fn nights_and_holidays_have_prices_of_their_own() {
    let plan = head("version = 1\ntz = \"Europe/Berlin\"\nholidays = [2026-12-25]")
        + "[[band]]\nid = \"work\"\nweekdays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]\nfrom = \"08:00\"\nto = \"18:00\"\n\
           [[rate]]\nservice = \"sms\"\nband = \"work\"\nprice = \"0.09\"\n";
    let plan = Plan::parse(&plan).unwrap();
    let payer = Payer::open(PayerId::new("anna"), &plan);
    let sms = |at: &str| amount(&ask(&plan, &payer, 1, at));
    assert_eq!(sms("2026-12-24T07:00:00Z"), "0.09", "eight in Berlin, a Thursday");
    assert_eq!(sms("2026-12-24T06:59:00Z"), "0.03");
    assert_eq!(sms("2026-12-24T17:00:00Z"), "0.03", "the end is exclusive");
    assert_eq!(sms("2026-12-25T07:00:00Z"), "0.03", "a Friday, but a holiday");
    assert_eq!(sms("2026-12-26T07:00:00Z"), "0.03", "a Saturday");
    assert_eq!(sms("2026-07-24T06:00:00Z"), "0.09", "summer time");
    assert_eq!(plan.steady_until(time("2026-12-24T06:00:00Z")), Some(time("2026-12-24T07:00:00Z")));
}

const ROLLING: &str = "[plan]\nid = \"p\"\nversion = 1\ncurrency = \"EUR\"\n[[rate]]\nservice = \"sms\"\nprice = \"0.10\"\n\
     [[allowance]]\nid = \"a\"\nservices = [\"sms\"]\namount = 10\nper = \"month\"\nreset_day = 15\nrollover = 6\n";

#[test]
fn unused_units_roll_over_once() {
    let plan = Plan::parse(ROLLING).unwrap();
    let mut payer = Payer::open(PayerId::new("anna"), &plan);
    let take = |payer: &mut Payer, segments: u64, at: &str| {
        let priced = ask(&plan, payer, segments, at);
        for kind in [LedgerKind::Reserve, LedgerKind::Commit] {
            let message = MessageId::new(time(at), Shard::of("anna"), u128::from(segments));
            let hold = priced.hold.clone().unwrap();
            payer
                .apply(&LedgerEntry {
                    message,
                    attempt: 1,
                    payer: payer.id.clone(),
                    kind,
                    hold,
                    at: time(at),
                })
                .unwrap();
        }
        amount(&priced)
    };
    payer.adopt(&plan, time("2026-11-20")).unwrap();
    assert_eq!(take(&mut payer, 7, "2026-11-20"), "0.00");
    assert!(!payer.is_behind(&plan, time("2026-12-14")) && payer.is_behind(&plan, time("2026-12-15")));
    payer.adopt(&plan, time("2026-12-16")).unwrap();
    // Three were left over: thirteen are there.
    assert_eq!(amount(&ask(&plan, &payer, 14, "2026-12-16")), "0.10");
    let quote = ask(&plan, &payer, 4, "2026-12-16");
    let taken: Vec<(String, u64)> = quote
        .hold
        .iter()
        .flat_map(|hold| &hold.taken)
        .map(|taken| (taken.bucket.to_string(), taken.units))
        .collect();
    assert_eq!(taken, [("a+".to_owned(), 3), ("a".to_owned(), 1)], "what was carried over goes first");
    assert_eq!(take(&mut payer, 4, "2026-12-16"), "0.00");
    // Nine are left, six roll over; a month later, of a full ten, again six: nothing rolls over twice.
    payer.adopt(&plan, time("2027-01-15")).unwrap();
    assert_eq!(amount(&ask(&plan, &payer, 17, "2027-01-15")), "0.10");
    payer.adopt(&plan, time("2027-03-15")).unwrap();
    assert_eq!(amount(&ask(&plan, &payer, 16, "2027-03-15")), "0.00");
    assert_eq!(amount(&ask(&plan, &payer, 17, "2027-03-15")), "0.10");
    // A reservation of carried units outlives their period as nothing: a stale one is refused.
    let stale = ask(&plan, &payer, 2, "2027-03-15").hold.unwrap();
    payer.adopt(&plan, time("2027-04-15")).unwrap();
    let entry = LedgerEntry {
        message: MessageId::new(time("2027-04-15"), Shard::of("anna"), 9),
        attempt: 1,
        payer: payer.id.clone(),
        kind: LedgerKind::Reserve,
        hold: stale,
        at: time("2027-04-15"),
    };
    assert_eq!(payer.apply(&entry), Err(LedgerError::PeriodEnded));
}

#[test]
fn chat_of_a_bearer_is_an_estimate_and_never_said_to_be_exact() {
    let plan = Plan::parse(
        "[plan]\nid = \"p\"\nversion = 1\ncurrency = \"EUR\"\n[[rate]]\nservice = \"im\"\nunit = \"byte\"\nprice = \"0.24\"\n\
         price_per = 1048576\nstep = 10240\nim_overhead_bytes = 1200\nscope = \"session\"\nsettlement = \"bearer\"\n",
    )
    .unwrap();
    let payer = Payer::open(PayerId::new("anna"), &plan);
    let recipient = Address::parse("+46701234567").unwrap();
    let question = Ask {
        origin: Origin::parse("26201").unwrap(),
        ..Ask::from_home(Service::Im, &recipient, Size { segments: 1, bytes: 40 }, time("2026-11-23"))
    };
    let told = explain(&plan, &payer, &question);
    // 1240 bytes of a megabyte, not a whole step: the bearer rounds sessions.
    assert!(matches!(told.priced.price, Price::Estimate(money) if money.amount() == "0.0003"));
    assert_eq!(told.priced.hold, None);
    assert_eq!(
        told.steps.last().map(String::as_str),
        Some("an estimate: the bearer counts bytes of its own")
    );
}

#[test]
fn the_level_of_a_volume_is_that_of_each_unit_or_of_the_whole_message() {
    for (mode, before, price) in [
        ("graduated", 0, "0.30"),
        ("graduated", 3, "0.20"),
        ("graduated", 6, "0.15"),
        ("all", 0, "0.30"),
        ("all", 1, "0.30"),
        ("all", 2, "0.15"),
        ("all", 6, "0.15"),
    ] {
        let plan = Plan::parse(&format!(
            "[plan]\nid = \"p\"\nversion = 1\ncurrency = \"EUR\"\n[[rate]]\nservice = \"sms\"\nid = \"us\"\nprice = \"0.10\"\n\
             volume = [{{ from = 4, price = \"0.05\" }}]\nvolume_mode = \"{mode}\"\n[[example]]\nservice = \"sms\"\n\
             to = \"+46701234567\"\nsegments = 3\nused = {{ us = {before} }}\nprice = \"{price}\"\n"
        ))
        .unwrap();
        let example = &plan.examples()[0];
        let done = example.run(&plan, Size { segments: 3, bytes: 1 });
        assert_eq!(done.map_err(|failed| failed.what), Ok(()), "{mode} after {before}");
    }
}

//! From the text of a plan to a [`Plan`], or to everything that is wrong with it.

use super::check;
use super::plan::{Allowance, Per, Plan, PlanError, Rate, Rounding, Split, Tariff, Tier, UNITS_MAX};
use super::prefixes::{Added, Prefixes};
use crate::model::{ByService, ChargeOn, Currency, PlanId, Service, Settlement, Unit};
use crate::rows::{Faults, Row, nearest};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

const TOP: [&str; 4] = ["plan", "destination", "rate", "allowance"];
const PLAN: [&str; 5] = ["id", "version", "currency", "charge_decimals", "rounding"];
const DESTINATION: [&str; 3] = ["id", "prefixes", "short_codes"];
const RATE: [&str; 16] = [
    "service",
    "dest",
    "unit",
    "step",
    "price",
    "price_per",
    "setup",
    "min",
    "max",
    "tiers",
    "im_overhead_bytes",
    "settlement",
    "charge_on",
    "kept_if_undelivered",
    "refund_at_end",
    "offered",
];
const ALLOWANCE: [&str; 8] = ["id", "services", "dest", "unit", "amount", "per", "split", "priority"];
const SERVICES: [&str; 3] = ["im", "sms", "mms"];
const UNITS: [&str; 3] = ["segment", "message", "byte"];

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// [`PlanError`] with every fault and its line: what is no TOML, unknown or missing keys, values out of
    /// bounds, rows that contradict each other, and rows that match the same message.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let mut faults = Faults::new(text);
        let plan = read(text, &mut faults);
        let Some(plan) = plan.filter(|_| faults.list.is_empty()) else {
            faults.list.sort_by_key(|fault| fault.line);
            return Err(PlanError { faults: faults.list });
        };
        Ok(plan)
    }
}

fn read(text: &str, faults: &mut Faults) -> Option<Plan> {
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let line = error.span().map_or(1, |span| faults.line_of(&span));
        faults.add(line, format!("not TOML: {}", error.message()));
    }
    if !errors.is_empty() {
        return None;
    }
    let top = Row { name: "the file", line: 1, table: root.get_ref() };
    top.only(&TOP, faults);
    let mut plan = header(top, faults)?;
    for row in top.sections("destination", "[[destination]]", faults) {
        destination(row, &mut plan, faults);
    }
    let rates = top.sections("rate", "[[rate]]", faults);
    if rates.is_empty() {
        faults
            .add(1, "a plan without a [[rate]] prices nothing: add one for each service it sells".to_owned());
    }
    for row in rates {
        if let Some((service, rate)) = rate(row, &plan, faults) {
            plan.rates.get_mut(service).push(rate);
        }
    }
    for row in top.sections("allowance", "[[allowance]]", faults) {
        let allowance = allowance(row, &plan, faults);
        plan.allowances.extend(allowance);
    }
    for service in Service::ALL {
        plan.rates.get_mut(service).sort_by_key(|rate| (rate.dest, rate.line));
    }
    plan.allowances.sort_by(|a, b| (a.priority, &a.id, a.line).cmp(&(b.priority, &b.id, b.line)));
    check::rates(&plan, faults);
    check::allowances(&plan, faults);
    Some(plan)
}

fn header(top: Row<'_, '_>, faults: &mut Faults) -> Option<Plan> {
    let Some((DeValue::Table(table), line)) = top.value("plan", faults) else {
        faults.add(1, "a plan starts with a table [plan] that holds id, version and currency".to_owned());
        return None;
    };
    let row = Row { name: "[plan]", line, table };
    row.only(&PLAN, faults);
    for (key, example) in [("id", "\"prepaid\""), ("version", "1"), ("currency", "\"EUR\"")] {
        row.require(key, example, faults);
    }
    let rounding = |word: &str| match word {
        "up" => Some(Rounding::Up),
        "half-up" => Some(Rounding::HalfUp),
        "half-even" => Some(Rounding::HalfEven),
        "down" => Some(Rounding::Down),
        _ => None,
    };
    let version = row.whole("version", 1..1 << 32, faults);
    let currency = row.text("currency", faults).map(Currency::parse);
    if currency == Some(None) {
        let line = row.line_of("currency", faults);
        faults.add(line, "`currency` must be three capital letters of ISO 4217, like \"EUR\"".to_owned());
    }
    // What is missing or wrong has been said; the rest of the file is still read, to say all at once.
    Some(Plan {
        id: PlanId::new(row.name("id", faults).unwrap_or("?")),
        version: version.and_then(|version| u32::try_from(version).ok()).unwrap_or(1),
        currency: currency.flatten().unwrap_or(Currency::EUR),
        charge_decimals: row
            .whole("charge_decimals", 0..10, faults)
            .and_then(|n| u8::try_from(n).ok())
            .unwrap_or(4),
        rounding: row
            .word("rounding", &["up", "half-up", "half-even", "down"], rounding, faults)
            .unwrap_or(Rounding::Up),
        classes: Vec::new(),
        prefixes: Prefixes::default(),
        short_codes: BTreeMap::new(),
        rates: ByService::default(),
        allowances: Vec::new(),
    })
}

fn destination(row: Row<'_, '_>, plan: &mut Plan, faults: &mut Faults) {
    row.only(&DESTINATION, faults);
    row.require("id", "\"onnet\"", faults);
    let Some(id) = row.name("id", faults) else { return };
    let line = row.line_of("id", faults);
    if id == "any" {
        faults.add(line, "`any` means every destination already: give this one another id".to_owned());
        return;
    }
    if plan.classes.iter().any(|class| class == id) {
        faults.add(line, format!("the destination `{id}` stands twice: put its prefixes into one table"));
        return;
    }
    let (prefixes, codes) = (row.texts("prefixes", faults), row.texts("short_codes", faults));
    if row.table.get("prefixes").is_none() && row.table.get("short_codes").is_none() {
        faults.add(
            row.line,
            format!("the destination `{id}` matches nothing: add `prefixes` or `short_codes`"),
        );
    }
    let Ok(class) = u16::try_from(plan.classes.len()) else {
        faults.add(row.line, "a plan has at most 65536 destinations".to_owned());
        return;
    };
    plan.classes.push(SmolStr::new(id));
    for (prefix, line) in prefixes {
        match plan.prefixes.add(prefix, class) {
            Added::Yes => {}
            Added::Taken(other) => {
                let other = plan.classes.get(usize::from(other)).map_or("?", SmolStr::as_str);
                faults.add(
                    line,
                    format!("the prefix `{prefix}` is in `{other}` already: a number has one class"),
                );
            }
            Added::NotDigits => {
                faults.add(
                    line,
                    format!("`{prefix}` must be 1 to 15 digits of an international number, without +"),
                );
            }
        }
    }
    for (code, line) in codes {
        if !(3..=6).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            faults.add(line, format!("the short code `{code}` must be 3 to 6 digits"));
        } else if plan.short_codes.insert(SmolStr::new(code), class).is_some() {
            faults.add(line, format!("the short code `{code}` stands twice: it has one class"));
        }
    }
}

fn rate(row: Row<'_, '_>, plan: &Plan, faults: &mut Faults) -> Option<(Service, Rate)> {
    row.only(&RATE, faults);
    row.require("service", "\"sms\"", faults);
    let service = row.word("service", &SERVICES, Service::parse, faults)?;
    let dest = match row.text("dest", faults) {
        None | Some("any") => None,
        Some(id) => Some(class(id, row.line_of("dest", faults), plan, faults)?),
    };
    let usual = if service == Service::Sms { Unit::Segment } else { Unit::Message };
    let unit = row.word("unit", &UNITS, unit, faults).unwrap_or(usual);
    let offered = row.flag("offered", faults).unwrap_or(true);
    let settlement = |word: &str| match word {
        "server" => Some(Settlement::Server),
        "bearer" => Some(Settlement::Bearer),
        _ => None,
    };
    let rate = Rate {
        dest,
        unit,
        tariff: tariff(row, offered, faults),
        setup: row.amount("setup", faults).unwrap_or(0),
        min: row.amount("min", faults).unwrap_or(0),
        max: row.amount("max", faults),
        overhead: row.whole("im_overhead_bytes", 0..1 << 32, faults).unwrap_or(0),
        settlement: row
            .word("settlement", &["server", "bearer"], settlement, faults)
            .unwrap_or(Settlement::Server),
        charge_on: charge_on(row, faults),
        offered,
        line: row.line,
    };
    check::rate(row, service, &rate, faults);
    Some((service, rate))
}

fn tariff(row: Row<'_, '_>, offered: bool, faults: &mut Faults) -> Tariff {
    let Some((tiers, line)) = row.value("tiers", faults) else {
        if offered {
            row.require("price", "\"0.03\"", faults);
        }
        let step = row.whole("step", 1..UNITS_MAX, faults).unwrap_or(1);
        let per = row.whole("price_per", 1..UNITS_MAX, faults).unwrap_or(step);
        return Tariff::Steps { step, price: row.amount("price", faults).unwrap_or(0), per };
    };
    for key in ["price", "step", "price_per"] {
        if row.table.get(key).is_some() {
            let line = row.line_of(key, faults);
            faults.add(
                line,
                format!("`{key}` contradicts `tiers`, which price the message whole: drop one of them"),
            );
        }
    }
    let mut list: Vec<Tier> = Vec::new();
    for item in tiers.as_array().into_iter().flat_map(|array| array.iter()) {
        let line = faults.line_of(&item.span());
        let DeValue::Table(table) = item.get_ref() else { continue };
        let tier = Row { name: "a tier", line, table };
        tier.only(&["upto", "price"], faults);
        tier.require("upto", "102400", faults);
        tier.require("price", "\"0.19\"", faults);
        let (upto, price) = (tier.whole("upto", 1..UNITS_MAX, faults), tier.amount("price", faults));
        let (Some(upto), Some(price)) = (upto, price) else { continue };
        if list.last().is_some_and(|last| last.upto >= upto) {
            faults.add(line, "`tiers` must rise by `upto`: put the smaller size first".to_owned());
        }
        list.push(Tier { upto, price });
    }
    if list.is_empty() {
        faults.add(
            line,
            "`tiers` must hold at least one tier like { upto = 102400, price = \"0.19\" }".to_owned(),
        );
    }
    Tariff::Tiers(list)
}

fn charge_on(row: Row<'_, '_>, faults: &mut Faults) -> ChargeOn {
    let word = |word: &str| ["delivered", "submitted"].contains(&word).then(|| word == "submitted");
    let submitted = row.word("charge_on", &["delivered", "submitted"], word, faults).unwrap_or(false);
    let kept = row.flag("kept_if_undelivered", faults);
    let refund = row.flag("refund_at_end", faults);
    if !submitted {
        for key in ["kept_if_undelivered", "refund_at_end"] {
            if row.table.get(key).is_some() {
                let line = row.line_of(key, faults);
                faults.add(
                    line,
                    format!("`{key}` needs `charge_on = \"submitted\"`: nothing else is charged undelivered"),
                );
            }
        }
        return ChargeOn::Delivered;
    }
    let kept_if_undelivered = kept.unwrap_or(false);
    if kept_if_undelivered && refund == Some(true) {
        let line = row.line_of("refund_at_end", faults);
        faults.add(
            line,
            "a charge that is kept can't be refunded at the end: drop one of the two keys".to_owned(),
        );
    }
    ChargeOn::Submitted { kept_if_undelivered, refund_at_end: refund.unwrap_or(!kept_if_undelivered) }
}

fn allowance(row: Row<'_, '_>, plan: &Plan, faults: &mut Faults) -> Option<Allowance> {
    row.only(&ALLOWANCE, faults);
    for (key, example) in
        [("id", "\"sms100\""), ("services", "[\"sms\"]"), ("amount", "100"), ("per", "\"month\"")]
    {
        row.require(key, example, faults);
    }
    let mut services = Vec::new();
    for (name, line) in row.texts("services", faults) {
        match Service::parse(name) {
            Some(service) => services.push(service),
            None => faults.add(line, format!("`services` holds {}, not `{name}`", SERVICES.join(", "))),
        }
    }
    let dests = match row.texts("dest", faults).as_slice() {
        [] | [("any", _)] => None,
        some => Some(some.iter().filter_map(|(id, line)| class(id, *line, plan, faults)).collect()),
    };
    let usual = if services.contains(&Service::Sms) { Unit::Segment } else { Unit::Message };
    let per = |word: &str| match word {
        "day" => Some(Per::Day),
        "month" => Some(Per::Month),
        "once" => Some(Per::Once),
        _ => None,
    };
    let split = |word: &str| match word {
        "segments" => Some(Split::Segments),
        "whole" => Some(Split::Whole),
        _ => None,
    };
    Some(Allowance {
        id: SmolStr::new(row.name("id", faults)?),
        services,
        dests,
        unit: row.word("unit", &UNITS, unit, faults).unwrap_or(usual),
        amount: row.whole("amount", 0..UNITS_MAX, faults)?,
        per: row.word("per", &["day", "month", "once"], per, faults)?,
        split: row.word("split", &["segments", "whole"], split, faults).unwrap_or(Split::Segments),
        priority: row
            .whole("priority", 0..1 << 32, faults)
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(100),
        line: row.line,
    })
}

fn unit(word: &str) -> Option<Unit> {
    [Unit::Segment, Unit::Message, Unit::Byte].into_iter().find(|unit| unit.as_str() == word)
}

/// The number of a destination class that must exist.
fn class(id: &str, line: usize, plan: &Plan, faults: &mut Faults) -> Option<u16> {
    let place = plan.classes.iter().position(|class| class == id);
    if place.is_none() {
        let known: Vec<&str> = plan.classes.iter().map(SmolStr::as_str).chain(["any"]).collect();
        let hint = nearest(id, &known).map_or_else(
            || "add a [[destination]] with that id, or write \"any\"".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        faults.add(line, format!("there is no destination `{id}`: {hint}"));
    }
    u16::try_from(place?).ok()
}

//! From the text of a plan and the tables it names to a [`Plan`], or to everything that is wrong with them.

mod bands;
mod buckets;
mod rate;
mod words;

use super::check;
use super::csv;
use super::example;
use super::json_list;
use super::numbers::Numbers;
use super::numbers_read::{country, rows};
use super::plan::{Plan, PlanError, Rounding, Sold, SoldRates, UnknownNetwork, Volume};
use super::prefixes::{Added, Prefixes};
use super::rates::{ALWAYS, Tariff};
use super::tariffs::JSON;
use super::zone::Zone;
use crate::charge::{External, IfDown};
use crate::model::{Currency, PlanId, Time, Unit};
use crate::rows::{Faults, Row};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

const TOP: [&str; 9] =
    ["plan", "balance", "band", "destination", "rate", "allowance", "pass", "cap", "example"];
const PLAN: [&str; 15] = [
    "id",
    "version",
    "currency",
    "charge_decimals",
    "rounding",
    "valid_from",
    "valid_to",
    "tz",
    "holidays",
    "country",
    "onnet",
    "unknown_network",
    "rates",
    "charging",
    "on_ocs_down",
];
const DESTINATION: [&str; 3] = ["id", "prefixes", "short_codes"];

/// The texts of a plan, with the faults of each.
pub(super) struct Texts<'t> {
    /// Its own file.
    pub(super) own: Faults,
    /// The table of prices that it names, once it is read.
    pub(super) bulk: Option<(&'t str, Faults)>,
}

impl Plan {
    /// Reads a plan that needs no tables.
    ///
    /// # Errors
    /// [`PlanError`] with every fault and its line: what is no TOML, unknown or missing keys, values out of
    /// bounds, rows that contradict each other, and rows that match the same message.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let (plan, texts) = read(text, &Arc::new(Numbers::default()), |_| None);
        let mut faults = texts.own.list;
        let Some(plan) = plan.filter(|_| faults.is_empty()) else {
            faults.sort_by_key(|fault| fault.line);
            return Err(PlanError { faults });
        };
        Ok(plan)
    }
}

/// Reads a plan; `table` gives the text of a table that it names.
pub(super) fn read<'t>(
    text: &str,
    numbers: &Arc<Numbers>,
    table: impl Fn(&str) -> Option<(&'t str, &'t str)>,
) -> (Option<Plan>, Texts<'t>) {
    let mut texts = Texts { own: Faults::new(text), bulk: None };
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let line = error.span().map_or(1, |span| texts.own.line_of(&span));
        texts.own.add(line, format!("not TOML: {}", error.message()));
    }
    if !errors.is_empty() {
        return (None, texts);
    }
    let top = Row { name: "the file", line: 1, table: root.get_ref() };
    let plan = read_tables(top, numbers, table, &mut texts);
    (plan, texts)
}

fn read_tables<'t>(
    top: Row<'_, '_>,
    numbers: &Arc<Numbers>,
    table: impl Fn(&str) -> Option<(&'t str, &'t str)>,
    texts: &mut Texts<'t>,
) -> Option<Plan> {
    top.only(&TOP, &mut texts.own);
    let mut plan = header(top, numbers, &mut texts.own)?;
    let faults = &mut texts.own;
    for row in top.sections("band", "[[band]]", faults) {
        bands::band(row, &mut plan, faults);
    }
    for row in top.sections("destination", "[[destination]]", faults) {
        destination(row, &mut plan, faults);
    }
    let rates = top.sections("rate", "[[rate]]", faults);
    let bulk = rates_file(top, table, faults);
    if rates.is_empty() && bulk.is_none() {
        faults
            .add(1, "a plan without a [[rate]] prices nothing: add one for each service it sells".to_owned());
    }
    for row in rates {
        if let Some((sold, rate)) = rate::rate(row, None, &mut plan, faults) {
            plan.rates.get_mut(sold).push(rate);
        }
    }
    if let Some((name, text)) = bulk {
        texts.bulk = Some((name, bulk_rates(name, text, &mut plan)));
    }
    for sold in Sold::ALL {
        plan.rates.get_mut(sold).sort();
    }
    plan.dates = dates(&plan.rates);
    counters(&mut plan, &mut texts.own);
    let faults = &mut texts.own;
    for row in top.sections("allowance", "[[allowance]]", faults) {
        let allowance = buckets::allowance(row, &mut plan, faults);
        plan.allowances.extend(allowance);
    }
    plan.allowances.sort_by(|a, b| (a.priority, &a.id, a.line).cmp(&(b.priority, &b.id, b.line)));
    for row in top.sections("pass", "[[pass]]", faults) {
        let pass = buckets::pass(row, &mut plan, faults);
        plan.passes.extend(pass);
    }
    for row in top.sections("cap", "[[cap]]", faults) {
        let cap = buckets::cap(row, &mut plan, faults);
        plan.caps.extend(cap);
    }
    for row in top.sections("example", "[[example]]", faults) {
        let example = example::read(row, &plan, faults);
        plan.examples.extend(example);
    }
    check::rates(&plan, texts);
    check::buckets(&plan, &mut texts.own);
    Some(plan)
}

/// When rows come into force and go out of it, ascending.
fn dates(rates: &SoldRates) -> Vec<Time> {
    let rows = Sold::ALL.into_iter().flat_map(|sold| rates.get(sold).rows());
    let dates = rows.flat_map(|row| [row.valid.start, row.valid.end]);
    let dates = dates.filter(|date| ![ALWAYS.start, ALWAYS.end].contains(date));
    dates.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The counters of prices by volume and of conversations; rows of one id share one.
fn counters(plan: &mut Plan, faults: &mut Faults) {
    let rates = Sold::ALL.into_iter().flat_map(|sold| plan.rates.get(sold).rows());
    for rate in rates {
        let Some(id) = rate.counter() else { continue };
        let (unit, per) = match rate.tariff {
            Tariff::Volume { per, .. } => (rate.unit, Some(per)),
            Tariff::Steps { .. } | Tariff::Tiers(_) => (Unit::Conversation, None),
        };
        let volume = plan.volumes.iter().find(|volume| volume.id == *id);
        let known = volume.map(|volume| (volume.unit, Some(volume.per)));
        let known = known.or_else(|| plan.conversations.contains(id).then_some((Unit::Conversation, None)));
        match (known, per) {
            (Some(known), _) if known == (unit, per) => {}
            (Some((known, _)), _) if known != unit => {
                let known = known.as_str();
                let fault = format!("the counter `{id}` counts {known}s elsewhere: make both the same");
                faults.add(rate.line, fault);
            }
            (Some(_), _) => {
                let fault =
                    format!("the counter `{id}` has another `volume_per` elsewhere: make both the same");
                faults.add(rate.line, fault);
            }
            (None, Some(per)) => plan.volumes.push(Volume { id: id.clone(), unit, per }),
            (None, None) => plan.conversations.push(id.clone()),
        }
    }
}

/// The table of prices that the plan names.
fn rates_file<'t>(
    top: Row<'_, '_>,
    table: impl Fn(&str) -> Option<(&'t str, &'t str)>,
    faults: &mut Faults,
) -> Option<(&'t str, &'t str)> {
    let row = top.section("plan", "[plan]", faults)?;
    let name = row.text("rates", faults)?;
    let found = table(name);
    if found.is_none() {
        let line = row.line_of("rates", faults);
        faults.add(line, format!("there is no table `{name}` beside the plan: load it with the plan"));
    }
    found
}

fn bulk_rates(name: &str, text: &str, plan: &mut Plan) -> Faults {
    let mut faults = Faults::new(text);
    let file = SmolStr::new(name);
    let toml = if name.ends_with(JSON) {
        json_list::as_toml(text, &mut faults)
    } else {
        csv::as_toml(text, &rate::COLUMNS, &mut faults)
    };
    rows(&toml, &mut faults, |row, faults| {
        if let Some((sold, rate)) = rate::rate(row, Some(&file), plan, faults) {
            plan.rates.get_mut(sold).push(rate);
        }
    });
    faults
}

fn header(top: Row<'_, '_>, numbers: &Arc<Numbers>, faults: &mut Faults) -> Option<Plan> {
    let Some((DeValue::Table(table), line)) = top.value("plan", faults) else {
        faults.add(1, "a plan starts with a table [plan] that holds id, version and currency".to_owned());
        return None;
    };
    let row = Row { name: "[plan]", line, table };
    row.only(&PLAN, faults);
    for (key, example) in [("id", "\"prepaid\""), ("version", "1"), ("currency", "\"EUR\"")] {
        row.require(key, example, faults);
    }
    let version = row.whole("version", 1..1 << 32, faults);
    let currency = row.text("currency", faults).map(Currency::parse);
    if currency == Some(None) {
        let line = row.line_of("currency", faults);
        faults.add(line, "`currency` must be three capital letters of ISO 4217, like \"EUR\"".to_owned());
    }
    let zone = zone(row, faults);
    let country =
        row.text("country", faults).and_then(|text| country(text, row.line_of("country", faults), faults));
    let balance = top.section("balance", "[balance]", faults);
    if let Some(balance) = balance {
        balance.only(&["credit_limit", "low", "order"], faults);
    }
    let (valid_from, valid_to) =
        (words::time(row, "valid_from", &zone, faults), words::time(row, "valid_to", &zone, faults));
    if valid_from.zip(valid_to).is_some_and(|(from, to)| to <= from) {
        faults.add(row.line_of("valid_to", faults), "`valid_to` is not after `valid_from`".to_owned());
    }
    let external = external(row, faults);
    let low = balance.and_then(|balance| low(balance, external.is_some(), faults));
    // What is missing or wrong has been said; the rest of the file is still read, to say all at once.
    Some(Plan {
        id: PlanId::new(row.name("id", faults).unwrap_or("?")),
        version: version.and_then(|version| u32::try_from(version).ok()).unwrap_or(1),
        currency: currency.flatten().unwrap_or(Currency::EUR),
        charge_decimals: row
            .whole("charge_decimals", 0..10, faults)
            .and_then(|n| u8::try_from(n).ok())
            .unwrap_or(4),
        rounding: rounding(row, faults),
        external,
        valid_from,
        valid_to,
        credit_limit: balance.and_then(|row| row.amount("credit_limit", faults)).unwrap_or(0),
        low,
        balances: balance.map_or_else(Vec::new, |row| buckets::balances(row, faults)),
        zone,
        numbers: Arc::clone(numbers),
        classes: Vec::new(),
        prefixes: Prefixes::default(),
        short_codes: BTreeMap::new(),
        country,
        onnet: onnet(row, numbers, faults),
        unknown_network: unknown_network(row, faults),
        bands: Vec::new(),
        holidays: bands::holidays(row, faults),
        rates: SoldRates::default(),
        dates: Vec::new(),
        allowances: Vec::new(),
        passes: Vec::new(),
        caps: Vec::new(),
        volumes: Vec::new(),
        conversations: Vec::new(),
        examples: Vec::new(),
    })
}

/// Who charges.
fn external(row: Row<'_, '_>, faults: &mut Faults) -> Option<External> {
    let pick = |word: &str| match word {
        "deny" => Some(IfDown::Deny),
        "buffer" => Some(IfDown::Buffer),
        "free" => Some(IfDown::Free),
        _ => None,
    };
    let if_down = row.word("on_ocs_down", &["deny", "buffer", "free"], pick, faults);
    let system = row.name("charging", faults).filter(|name| *name != "embedded");
    if system.is_none() && if_down.is_some() {
        let line = row.line_of("on_ocs_down", faults);
        faults
            .add(line, "`on_ocs_down` belongs to a plan whose `charging` names a charging system".to_owned());
    }
    Some(External { system: SmolStr::new(system?), if_down: if_down.unwrap_or_default() })
}

/// What a payer is told of once less can be spent.
fn low(balance: Row<'_, '_>, is_external: bool, faults: &mut Faults) -> Option<i128> {
    let low = balance.amount("low", faults)?;
    if is_external {
        let line = balance.line_of("low", faults);
        let fault = "the charging system that the plan names knows what is left: drop `low`";
        faults.add(line, fault.to_owned());
    }
    Some(low)
}

fn rounding(row: Row<'_, '_>, faults: &mut Faults) -> Rounding {
    let pick = |word: &str| match word {
        "up" => Some(Rounding::Up),
        "half-up" => Some(Rounding::HalfUp),
        "half-even" => Some(Rounding::HalfEven),
        "down" => Some(Rounding::Down),
        _ => None,
    };
    row.word("rounding", &["up", "half-up", "half-even", "down"], pick, faults).unwrap_or(Rounding::Up)
}

fn unknown_network(row: Row<'_, '_>, faults: &mut Faults) -> UnknownNetwork {
    let pick = |word: &str| match word {
        "offnet" => Some(UnknownNetwork::Offnet),
        "worst" => Some(UnknownNetwork::Worst),
        "unknown" => Some(UnknownNetwork::Unknown),
        _ => None,
    };
    let words = ["offnet", "worst", "unknown"];
    row.word("unknown_network", &words, pick, faults).unwrap_or(UnknownNetwork::Offnet)
}

fn zone(row: Row<'_, '_>, faults: &mut Faults) -> Zone {
    let Some(name) = row.text("tz", faults) else { return Zone::default() };
    Zone::named(name).unwrap_or_else(|| {
        let line = row.line_of("tz", faults);
        faults.add(
            line,
            format!("there is no time zone `{name}`: write one of the IANA database, like \"Europe/Berlin\""),
        );
        Zone::default()
    })
}

fn onnet(row: Row<'_, '_>, numbers: &Numbers, faults: &mut Faults) -> Vec<bool> {
    let named = row.texts("onnet", faults);
    if named.is_empty() {
        return Vec::new();
    }
    let mut onnet = vec![false; numbers.networks.len()];
    for (name, line) in named {
        let mut any = false;
        for (network, own) in numbers.networks.iter().zip(onnet.iter_mut()) {
            let is_named = network.id == name || network.group == name;
            any |= is_named;
            *own |= is_named;
        }
        if !any {
            faults.add(line, format!("there is no network or group `{name}`: add it to networks.csv"));
        }
    }
    onnet
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
    if id.contains(':') || id == "national" || (["onnet", "offnet"].contains(&id) && !plan.onnet.is_empty()) {
        faults
            .add(line, format!("`{id}` is a destination by the tables of numbers: give this one another id"));
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
    let Ok(class) = u32::try_from(plan.classes.len()) else { return };
    plan.classes.push(SmolStr::new(id));
    for (prefix, line) in prefixes {
        match plan.prefixes.add(prefix, class) {
            Added::Yes => {}
            Added::Taken(other) => {
                let other = usize::try_from(other).ok().and_then(|other| plan.classes.get(other));
                let other = other.map_or("?", SmolStr::as_str);
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

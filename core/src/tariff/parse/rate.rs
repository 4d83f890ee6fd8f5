//! One row of prices, from a plan's own file or from a table of them.

use super::buckets::bucket_id;
use super::words::{self, SERVICES};
use crate::model::{ChargeOn, Currency, Settlement, Time, Unit};
use crate::rows::{Faults, Row};
use crate::tariff::calendar::Per;
use crate::tariff::check;
use crate::tariff::plan::{Plan, Sold, UNITS_MAX};
use crate::tariff::rates::{ALWAYS, Dest, From, Level, Rate, Tariff, Tier};
use crate::tariff::zone::Zone;
use smol_str::{SmolStr, format_smolstr};
use std::ops::Range;
use toml::de::DeValue;

const RATE: [&str; 26] = [
    "id",
    "service",
    "dest",
    "origin",
    "band",
    "valid_from",
    "valid_to",
    "unit",
    "step",
    "price",
    "price_per",
    "setup",
    "min",
    "max",
    "tiers",
    "volume",
    "volume_per",
    "volume_mode",
    "reset_day",
    "im_overhead_bytes",
    "scope",
    "settlement",
    "charge_on",
    "kept_if_undelivered",
    "refund_at_end",
    "offered",
];

/// The columns of a table of prices: those of a [[rate]] that are single values, and other ways to say where to.
pub(super) const COLUMNS: [&str; 28] = [
    "id",
    "service",
    "dest",
    "country",
    "mccmnc",
    "mcc",
    "mnc",
    "network",
    "prefix",
    "origin",
    "band",
    "from",
    "valid_from",
    "valid_to",
    "unit",
    "step",
    "price",
    "price_per",
    "currency",
    "setup",
    "min",
    "max",
    "im_overhead_bytes",
    "settlement",
    "charge_on",
    "kept_if_undelivered",
    "refund_at_end",
    "offered",
];

/// Reads a row; `file` names the table that it stands in, when that is not the plan's own file.
pub(super) fn rate(
    row: Row<'_, '_>,
    file: Option<&SmolStr>,
    plan: &mut Plan,
    faults: &mut Faults,
) -> Option<(Sold, Rate)> {
    if file.is_none() {
        row.only(&RATE, faults);
    }
    row.require("service", "\"sms\"", faults);
    let sold = row.word("service", &SERVICES, Sold::parse, faults)?;
    let dest = if file.is_some() { listed_dest(row, plan, faults) } else { own_dest(row, plan, faults) }?;
    let origin = match row.text("origin", faults) {
        None => From::Any,
        Some(text) => words::origin(text, row.line_of("origin", faults), plan, faults)?,
    };
    let usual = if sold == Sold::Sms { Unit::Segment } else { Unit::Message };
    let unit = words::unit(row, usual, faults);
    if unit == Unit::Conversation {
        row.require("id", "\"chat\"", faults);
    }
    let offered = row.flag("offered", faults).unwrap_or(true);
    let by_session = |word: &str| ["message", "session"].contains(&word).then(|| word == "session");
    let rate = Rate {
        id: bucket_id(row, faults),
        dest,
        origin,
        band: band(row, plan, faults)?,
        valid: valid(row, &plan.zone, faults),
        unit,
        tariff: tariff(row, offered, faults),
        setup: row.amount("setup", faults).unwrap_or(0),
        min: row.amount("min", faults).unwrap_or(0),
        max: row.amount("max", faults),
        overhead: row.whole("im_overhead_bytes", 0..1 << 32, faults).unwrap_or(0),
        by_session: row.word("scope", &["message", "session"], by_session, faults).unwrap_or(false),
        settlement: settlement(row, plan, faults),
        charge_on: charge_on(row, faults),
        offered,
        file: file.cloned(),
        line: row.line,
    };
    check::rate(row, sold, &rate, faults);
    Some((sold, rate))
}

fn own_dest(row: Row<'_, '_>, plan: &mut Plan, faults: &mut Faults) -> Option<Dest> {
    match row.text("dest", faults) {
        None => Some(Dest::Any),
        Some(text) => words::dest(text, row.line_of("dest", faults), plan, faults),
    }
}

/// Where to, as price lists say it: the most exact of what the row has.
fn listed_dest(row: Row<'_, '_>, plan: &mut Plan, faults: &mut Faults) -> Option<Dest> {
    if let Some(text) = row.text("currency", faults)
        && Currency::parse(text) != Some(plan.currency)
    {
        faults.add(row.line, format!("the price is in {text}, the plan in {}: convert it", plan.currency));
    }
    let text = |key: &str, faults: &mut Faults| row.text(key, faults);
    let name = if let Some(digits) = text("prefix", faults) {
        format_smolstr!("prefix:{digits}")
    } else if let Some(id) = text("network", faults).or_else(|| row.text("mccmnc", faults)) {
        format_smolstr!("net:{id}")
    } else if let (Some(mcc), Some(mnc)) = (text("mcc", faults), text("mnc", faults)) {
        format_smolstr!("net:{mcc}{mnc}")
    } else if let Some(code) = text("country", faults) {
        format_smolstr!("country:{code}")
    } else {
        SmolStr::new(text("dest", faults).unwrap_or("any"))
    };
    words::dest(&name, row.line, plan, faults)
}

/// The band that the row names: nothing when there is no such band.
fn band(row: Row<'_, '_>, plan: &Plan, faults: &mut Faults) -> Option<Option<u16>> {
    let Some(id) = row.text("band", faults).filter(|id| *id != "any") else { return Some(None) };
    let place = plan.bands.iter().position(|band| band.id == id).and_then(|place| u16::try_from(place).ok());
    if place.is_none() {
        let line = row.line_of("band", faults);
        faults.add(line, format!("there is no band `{id}`: add a [[band]] with that id, or write \"any\""));
    }
    place.map(Some)
}

/// When the row is in force; price lists call its first day `from`.
fn valid(row: Row<'_, '_>, zone: &Zone, faults: &mut Faults) -> Range<Time> {
    let listed = row.table.get("from").is_some();
    if listed && row.table.get("valid_from").is_some() {
        faults.add(row.line, "`from` and `valid_from` say the same: drop one".to_owned());
    }
    let first = if listed { "from" } else { "valid_from" };
    let (from, to) = (words::time(row, first, zone, faults), words::time(row, "valid_to", zone, faults));
    if from.zip(to).is_some_and(|(from, to)| to <= from) {
        faults.add(row.line_of("valid_to", faults), format!("`valid_to` is not after `{first}`"));
    }
    from.unwrap_or(ALWAYS.start)..to.unwrap_or(ALWAYS.end)
}

fn tariff(row: Row<'_, '_>, offered: bool, faults: &mut Faults) -> Tariff {
    if row.table.get("tiers").is_some() {
        return Tariff::Tiers(tiers(row, faults));
    }
    if offered {
        row.require("price", "\"0.03\"", faults);
    }
    let price = row.amount("price", faults).unwrap_or(0);
    if row.table.get("volume").is_some() {
        return volume(row, price, faults);
    }
    if row.table.get("volume_mode").is_some() {
        let line = row.line_of("volume_mode", faults);
        faults.add(line, "`volume_mode` belongs to a price by `volume`: add one or drop it".to_owned());
    }
    let step = row.whole("step", 1..UNITS_MAX, faults).unwrap_or(1);
    let per = row.whole("price_per", 1..UNITS_MAX, faults).unwrap_or(step);
    Tariff::Steps { step, price, per }
}

fn tiers(row: Row<'_, '_>, faults: &mut Faults) -> Vec<Tier> {
    for key in ["price", "step", "price_per", "volume"] {
        if row.table.get(key).is_some() {
            let line = row.line_of(key, faults);
            faults.add(
                line,
                format!("`{key}` contradicts `tiers`, which price the message whole: drop one of them"),
            );
        }
    }
    let mut list: Vec<Tier> = Vec::new();
    levels(row, "tiers", "upto", faults, |upto, price, line, faults| {
        if list.last().is_some_and(|last| last.upto >= upto) {
            faults.add(line, "`tiers` must rise by `upto`: put the smaller size first".to_owned());
        }
        list.push(Tier { upto, price });
    });
    if list.is_empty() {
        let line = row.line_of("tiers", faults);
        faults.add(
            line,
            "`tiers` must hold at least one tier like { upto = 102400, price = \"0.19\" }".to_owned(),
        );
    }
    list
}

fn volume(row: Row<'_, '_>, price: i128, faults: &mut Faults) -> Tariff {
    row.require("id", "\"us\"", faults);
    for key in ["step", "price_per"] {
        if row.table.get(key).is_some() {
            let line = row.line_of(key, faults);
            faults.add(
                line,
                format!("`{key}` contradicts `volume`, which prices unit by unit: drop one of them"),
            );
        }
    }
    let mut list = vec![Level { from: 0, price }];
    levels(row, "volume", "from", faults, |from, price, line, faults| {
        if list.last().is_some_and(|last| last.from >= from) {
            faults.add(line, "`volume` must rise by `from`: put the smaller number first".to_owned());
        }
        list.push(Level { from, price });
    });
    let per = words::per(row, "volume_per", faults);
    Tariff::Volume { levels: list, per: per.unwrap_or(Per::Month(1)), whole: mode(row, faults) }
}

/// True where all units of a message are at the level of its last one.
fn mode(row: Row<'_, '_>, faults: &mut Faults) -> bool {
    let whole = |word: &str| ["graduated", "all"].contains(&word).then(|| word == "all");
    row.word("volume_mode", &["graduated", "all"], whole, faults).unwrap_or(false)
}

/// Goes over an array of tables that hold a number under `bound` and a price.
fn levels(
    row: Row<'_, '_>,
    key: &str,
    bound: &str,
    faults: &mut Faults,
    mut each: impl FnMut(u64, i128, usize, &mut Faults),
) {
    let Some((array, _)) = row.value(key, faults) else { return };
    for item in array.as_array().into_iter().flat_map(|array| array.iter()) {
        let line = faults.line_of(&item.span());
        let DeValue::Table(table) = item.get_ref() else { continue };
        let name = if key == "tiers" { "a tier" } else { "a level" };
        let level = Row { name, line, table };
        level.only(&[bound, "price"], faults);
        level.require(bound, "102400", faults);
        level.require("price", "\"0.19\"", faults);
        let (number, price) = (level.whole(bound, 1..UNITS_MAX, faults), level.amount("price", faults));
        if let (Some(number), Some(price)) = (number, price) {
            each(number, price, line, faults);
        }
    }
}

/// Who debits: the bearer, or whom the plan names in `charging`; a row may say so again.
fn settlement(row: Row<'_, '_>, plan: &Plan, faults: &mut Faults) -> Settlement {
    let known = |word: &str| ["server", "bearer", "external"].into_iter().find(|known| *known == word);
    let told = row.word("settlement", &["server", "bearer", "external"], known, faults);
    let contradiction = match (told, &plan.external) {
        (Some("external"), None) => {
            Some("`external` needs a charging system: name it by `charging` in [plan]")
        }
        (Some("server"), Some(_)) => {
            Some("the plan's charging system charges it: write `external`, or nothing")
        }
        _ => None,
    };
    if let Some(contradiction) = contradiction {
        let line = row.line_of("settlement", faults);
        faults.add(line, contradiction.to_owned());
    }
    if told == Some("bearer") { Settlement::Bearer } else { Settlement::Server }
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

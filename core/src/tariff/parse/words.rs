//! How a plan names destinations, origins, units and periods.

use crate::model::{Plmn, Time, Unit};
use crate::rows::{Faults, Row, nearest};
use crate::tariff::calendar::{Per, moment};
use crate::tariff::numbers::KINDS;
use crate::tariff::numbers_read::country;
use crate::tariff::plan::{Plan, Scope, Sold};
use crate::tariff::prefixes::Added;
use crate::tariff::rates::{Dest, From};
use crate::tariff::zone::Zone;
use smol_str::{SmolStr, format_smolstr};
use toml::de::DeValue;

pub(super) const SERVICES: [&str; 4] = ["im", "im_file", "sms", "mms"];

/// The units that a message is counted in.
pub(super) const UNITS: [Unit; 5] =
    [Unit::Segment, Unit::Message, Unit::Byte, Unit::Utf8x160, Unit::Conversation];

/// A unit by its name.
pub(super) fn unit(row: Row<'_, '_>, usual: Unit, faults: &mut Faults) -> Unit {
    let pick = |word: &str| UNITS.into_iter().find(|unit| unit.as_str() == word);
    row.word("unit", &UNITS.map(Unit::as_str), pick, faults).unwrap_or(usual)
}

/// `per` under that key, with `reset_day`; nothing when it is missing or wrong.
pub(super) fn per(row: Row<'_, '_>, key: &str, faults: &mut Faults) -> Option<Per> {
    let reset_day = row.whole("reset_day", 1..29, faults).and_then(|day| u8::try_from(day).ok());
    let pick = |word: &str| match word {
        "hour" => Some(Per::Hour),
        "day" => Some(Per::Day),
        "week" => Some(Per::Week),
        "month" => Some(Per::Month(reset_day.unwrap_or(1))),
        "once" => Some(Per::Once),
        _ => None,
    };
    let per = row.word(key, &["hour", "day", "week", "month", "once"], pick, faults)?;
    if reset_day.is_some() && !matches!(per, Per::Month(_)) {
        let line = row.line_of("reset_day", faults);
        faults.add(line, format!("`reset_day` is a day of the month: write `{key} = \"month\"` or drop it"));
    }
    Some(per)
}

/// A destination.
pub(super) fn dest(text: &str, line: usize, plan: &mut Plan, faults: &mut Faults) -> Option<Dest> {
    if text == "any" {
        return Some(Dest::Any);
    }
    let name = text.strip_prefix("special:").unwrap_or(text);
    // No class has a colon in its id: a price list of prefixes is not searched through for each of its rows.
    let class = (!name.contains(':')).then(|| plan.classes.iter().position(|class| class == name)).flatten();
    if let Some(class) = class {
        return u32::try_from(class).ok().map(Dest::Class);
    }
    match text.split_once(':') {
        Some(("intl", zone)) => plan.numbers.zone_of(zone, line, faults).map(Dest::Zone),
        Some(("country", code)) => country(code, line, faults).map(Dest::Country),
        Some(("net", id)) => network(id, line, plan, faults),
        Some(("special", kind)) => {
            let place =
                KINDS.iter().position(|known| *known == kind).and_then(|place| u8::try_from(place).ok());
            if place.is_none() {
                faults.add(
                    line,
                    format!("`special:` is a [[destination]] or one of {}, not `{kind}`", KINDS.join(", ")),
                );
            }
            place.map(Dest::Special)
        }
        Some(("prefix", digits)) => prefix(digits, line, plan, faults),
        _ => by_word(text, line, plan, faults),
    }
}

fn by_word(text: &str, line: usize, plan: &Plan, faults: &mut Faults) -> Option<Dest> {
    let own = (!plan.onnet.is_empty(), plan.country.is_some());
    match (text, own) {
        ("onnet", (true, _)) => return Some(Dest::Onnet),
        ("offnet", (true, _)) => return Some(Dest::Offnet),
        ("national", (_, true)) => return Some(Dest::National),
        ("onnet" | "offnet", _) => {
            faults.add(line, format!("`{text}` needs `onnet` in [plan], the networks that count as own, or a [[destination]] of that id"));
            return None;
        }
        ("national", _) => {
            faults.add(line, "`national` needs `country` in [plan], like `country = \"DE\"`".to_owned());
            return None;
        }
        _ => {}
    }
    let mut known: Vec<&str> = plan.classes.iter().map(SmolStr::as_str).chain(["any"]).collect();
    if own.0 {
        known.extend(["onnet", "offnet"]);
    }
    if own.1 {
        known.push("national");
    }
    let hint = nearest(text, &known).map_or_else(
        || "add a [[destination]] with that id, or write \"any\"".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    faults.add(line, format!("there is no destination `{text}`: {hint}"));
    None
}

fn network(id: &str, line: usize, plan: &Plan, faults: &mut Faults) -> Option<Dest> {
    let by_code = || Plmn::parse(id).and_then(|plmn| plan.numbers.plmns.get(&plmn));
    let network = plan.numbers.network_ids.get(id).or_else(by_code).copied();
    if network.is_none() {
        faults.add(line, format!("there is no network `{id}`: add it to networks.csv"));
    }
    network.map(Dest::Network)
}

/// A prefix that is a class by itself, as price lists have them.
fn prefix(digits: &str, line: usize, plan: &mut Plan, faults: &mut Faults) -> Option<Dest> {
    let class = u32::try_from(plan.classes.len()).ok()?;
    match plan.prefixes.add(digits, class) {
        Added::Yes => {
            plan.classes.push(format_smolstr!("prefix:{digits}"));
            Some(Dest::Class(class))
        }
        // Named before: by another row of prices, or by a [[destination]].
        Added::Taken(class) => Some(Dest::Class(class)),
        Added::NotDigits => {
            faults.add(
                line,
                format!("`{digits}` must be 1 to 15 digits of an international number, without +"),
            );
            None
        }
    }
}

/// An origin.
pub(super) fn origin(text: &str, line: usize, plan: &Plan, faults: &mut Faults) -> Option<From> {
    match (text, text.strip_prefix("roam:")) {
        ("any", _) => Some(From::Any),
        ("home", _) => Some(From::Home),
        ("wifi", _) => Some(From::Wifi),
        (_, Some("*")) => Some(From::Roaming),
        (_, Some(zone)) => plan.numbers.roaming_of(zone, line, faults).map(From::Zone),
        _ => {
            faults.add(line, format!("`origin` is any, home, wifi, roam:* or roam:ZONE, not `{text}`"));
            None
        }
    }
}

/// A time, as TOML or as a text.
pub(super) fn time(row: Row<'_, '_>, key: &str, zone: &Zone, faults: &mut Faults) -> Option<Time> {
    let (value, line) = row.value(key, faults)?;
    let text = match value {
        DeValue::Datetime(datetime) => datetime.to_string(),
        other => other.as_str().unwrap_or("").to_owned(),
    };
    let read = moment(&text, zone);
    if read.is_none() {
        faults.add(
            line,
            format!("`{key}` must be a date or a time with its offset, like 2026-11-01T00:00:00+01:00"),
        );
    }
    read
}

/// Which messages a table is for; `origin` is the key that says from where.
pub(super) fn scope(
    row: Row<'_, '_>,
    origin_key: &str,
    usual: &[Sold],
    plan: &mut Plan,
    faults: &mut Faults,
) -> Scope {
    let mut services = Vec::new();
    for (name, line) in row.texts("services", faults) {
        match Sold::parse(name) {
            Some(sold) => services.push(sold),
            None => faults.add(line, format!("`services` holds {}, not `{name}`", SERVICES.join(", "))),
        }
    }
    if row.table.get("services").is_none() {
        services = usual.to_vec();
    }
    let dests = match row.texts("dest", faults).as_slice() {
        [] | [("any", _)] => None,
        some => Some(some.iter().filter_map(|(id, line)| dest(id, *line, plan, faults)).collect()),
    };
    let origins = match row.texts(origin_key, faults).as_slice() {
        [] | [("any", _)] => None,
        some => Some(some.iter().filter_map(|(id, line)| origin(id, *line, plan, faults)).collect()),
    };
    Scope { services, dests, origins }
}

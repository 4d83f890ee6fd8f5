//! Hours and days that have prices of their own.

use crate::rows::{Faults, Row};
use crate::tariff::calendar::{date, minute_of_day};
use crate::tariff::plan::{Band, Plan};
use smol_str::SmolStr;
use toml::de::DeValue;

const BAND: [&str; 5] = ["id", "weekdays", "holidays", "from", "to"];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The dates in `holidays` of the plan, ascending.
pub(super) fn holidays(row: Row<'_, '_>, faults: &mut Faults) -> Vec<u32> {
    let mut days = Vec::new();
    let Some((value, line)) = row.value("holidays", faults) else { return days };
    for item in value.as_array().into_iter().flat_map(|array| array.iter()) {
        let line = faults.line_of(&item.span());
        let text = match item.get_ref() {
            DeValue::Datetime(datetime) => datetime.to_string(),
            other => other.as_str().unwrap_or("").to_owned(),
        };
        match date(&text) {
            Some(day) => days.push(day),
            None => faults.add(line, format!("`{text}` must be a date, like 2026-12-25")),
        }
    }
    if value.as_array().is_none() {
        faults.add(line, "`holidays` must be a list of dates, like [2026-12-25]".to_owned());
    }
    days.sort_unstable();
    days.dedup();
    days
}

pub(super) fn band(row: Row<'_, '_>, plan: &mut Plan, faults: &mut Faults) {
    row.only(&BAND, faults);
    row.require("id", "\"night\"", faults);
    let Some(id) = row.name("id", faults) else { return };
    if id == "any" || plan.bands.iter().any(|band| band.id == id) {
        faults.add(row.line, format!("the band `{id}` is there already: give this one another id"));
        return;
    }
    let mut days = 0_u8;
    for (word, line) in row.texts("weekdays", faults) {
        match WEEKDAYS.iter().zip(0_u32..).find(|(day, _)| **day == word) {
            Some((_, bit)) => days |= 1_u8.checked_shl(bit).unwrap_or(0),
            None => faults.add(line, format!("`weekdays` holds {}, not `{word}`", WEEKDAYS.join(", "))),
        }
    }
    let every_day = row.table.get("weekdays").is_none();
    let holidays = row.flag("holidays", faults).unwrap_or(every_day);
    if every_day {
        days = 0x7f;
    }
    days |= u8::from(holidays) << 7;
    let mut minute = |key: &str, usual: u16| match row.text(key, faults).map(minute_of_day) {
        None => usual,
        Some(Some(minute)) => minute,
        Some(None) => {
            let line = row.line_of(key, faults);
            faults.add(line, format!("`{key}` must be a time of day, like `{key} = \"22:00\"`"));
            usual
        }
    };
    let (from, to) = (minute("from", 0), minute("to", 1440));
    if from == to {
        faults.add(row.line, format!("the band `{id}` is empty: its `from` is its `to`"));
    }
    plan.bands.push(Band { id: SmolStr::new(id), days, from, to, line: row.line });
}

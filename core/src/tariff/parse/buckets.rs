//! What a payer has counters for: allowances, passes and caps.

use super::words;
use crate::model::Unit;
use crate::rows::{AMOUNT_MAX, Faults, Row};
use crate::tariff::each::{Each, MARK};
use crate::tariff::notices::TOLD;
use crate::tariff::plan::{
    Allowance, Balance, Cap, MAIN_BALANCE, Overage, Pass, Plan, Sold, Split, Then, UNITS_MAX,
};
use smol_str::{SmolStr, format_smolstr};
use toml::Spanned;
use toml::de::DeValue;

const ALLOWANCE: [&str; 14] = [
    "id",
    "services",
    "dest",
    "origin",
    "unit",
    "amount",
    "per",
    "reset_day",
    "rollover",
    "split",
    "weights",
    "overage",
    "only_by_pass",
    "priority",
];
const PASS: [&str; 8] = ["id", "services", "dest", "trigger_origin", "fee", "per", "reset_day", "grants"];
const CAP: [&str; 11] =
    ["id", "of", "services", "dest", "origin", "amount", "per", "reset_day", "then", "override", "notify"];

/// What is added to an allowance's id for the bucket of its units that were carried over.
const CARRIED: char = '+';

pub(super) fn allowance(row: Row<'_, '_>, plan: &mut Plan, faults: &mut Faults) -> Option<Allowance> {
    row.only(&ALLOWANCE, faults);
    for (key, example) in
        [("id", "\"sms100\""), ("services", "[\"sms\"]"), ("amount", "100"), ("per", "\"month\"")]
    {
        row.require(key, example, faults);
    }
    let scope = words::scope(row, "origin", &[], plan, faults);
    let usual = if scope.services.contains(&Sold::Sms) { Unit::Segment } else { Unit::Message };
    let split = |word: &str| match word {
        "segments" => Some(Split::Segments),
        "whole" => Some(Split::Whole),
        _ => None,
    };
    let overage = |word: &str| match word {
        "charge" => Some(Overage::Charge),
        "block" => Some(Overage::Block),
        "throttle" => Some(Overage::Throttle),
        _ => None,
    };
    let per = words::per(row, "per", faults);
    let rollover = row.whole("rollover", 0..UNITS_MAX, faults).unwrap_or(0);
    if rollover > 0 && per == Some(crate::tariff::calendar::Per::Once) {
        let line = row.line_of("rollover", faults);
        faults.add(line, "nothing rolls over from what is given once: drop `rollover`".to_owned());
    }
    let id = bucket_id(row, faults)?;
    Some(Allowance {
        carried: (rollover > 0).then(|| format_smolstr!("{id}{CARRIED}")),
        id,
        scope,
        unit: words::unit(row, usual, faults),
        amount: row.whole("amount", 0..UNITS_MAX, faults)?,
        per: per?,
        rollover,
        split: row.word("split", &["segments", "whole"], split, faults).unwrap_or(Split::Segments),
        weights: weights(row, faults),
        overage: row
            .word("overage", &["charge", "block", "throttle"], overage, faults)
            .unwrap_or(Overage::Charge),
        only_by_pass: row.flag("only_by_pass", faults).unwrap_or(false),
        priority: row
            .whole("priority", 0..1 << 32, faults)
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(100),
        line: row.line,
    })
}

fn weights(row: Row<'_, '_>, faults: &mut Faults) -> Vec<(Sold, u64)> {
    let Some((value, line)) = row.value("weights", faults) else { return Vec::new() };
    let DeValue::Table(table) = value else {
        faults.add(line, "`weights` is a table, like `weights = { mms = 4 }`".to_owned());
        return Vec::new();
    };
    let inner = Row { name: "`weights`", line, table };
    inner.only(&words::SERVICES, faults);
    let weight = |sold: Sold| Some((sold, inner.whole(sold.as_str(), 1..1 << 32, faults)?));
    Sold::ALL.into_iter().filter_map(weight).collect()
}

pub(super) fn pass(row: Row<'_, '_>, plan: &mut Plan, faults: &mut Faults) -> Option<Pass> {
    row.only(&PASS, faults);
    for (key, example) in
        [("id", "\"roam-day\""), ("fee", "\"6.00\""), ("per", "\"day\""), ("grants", "[\"sms100\"]")]
    {
        row.require(key, example, faults);
    }
    let trigger = words::scope(row, "trigger_origin", &[Sold::Im, Sold::Sms, Sold::Mms], plan, faults);
    let mut grants = Vec::new();
    for (id, line) in row.texts("grants", faults) {
        match plan.allowances.iter().position(|allowance| allowance.id == id) {
            Some(place) => grants.push(place),
            None => {
                faults.add(line, format!("there is no allowance `{id}`: add an [[allowance]] with that id"))
            }
        }
    }
    let (fee, per) = (row.amount("fee", faults), words::per(row, "per", faults));
    Some(Pass { id: bucket_id(row, faults)?, trigger, fee: fee?, per: per?, grants, line: row.line })
}

pub(super) fn cap(row: Row<'_, '_>, plan: &mut Plan, faults: &mut Faults) -> Option<Cap> {
    row.only(&CAP, faults);
    for (key, example) in
        [("id", "\"roam50\""), ("amount", "\"50.00\""), ("per", "\"month\""), ("then", "\"block\"")]
    {
        row.require(key, example, faults);
    }
    let scope = words::scope(row, "origin", &[Sold::Im, Sold::Sms, Sold::Mms], plan, faults);
    let then = |word: &str| match word {
        "free" => Some(Then::Free),
        "block" => Some(Then::Block),
        _ => None,
    };
    let each = |word: &str| match word {
        "payer" => Some(Each::Payer),
        "account" => Some(Each::Account),
        "route" => Some(Each::Route),
        _ => None,
    };
    let each = row.word("of", &["payer", "account", "route"], each, faults).unwrap_or(Each::Payer);
    let id = bucket_id(row, faults)?;
    let amount = row.amount("amount", faults).filter(|amount| *amount <= AMOUNT_MAX);
    let (per, then) = (words::per(row, "per", faults), row.word("then", &["free", "block"], then, faults));
    let raised = row.flag("override", faults).unwrap_or(false).then(|| format_smolstr!("{id}{CARRIED}"));
    if raised.is_some() && (each != Each::Payer || then == Some(Then::Free)) {
        let line = row.line_of("override", faults);
        let fault = "`override` belongs to a cap of the payer with `then = \"block\"`: drop it";
        faults.add(line, fault.to_owned());
    }
    let notify = notify(row, faults);
    Some(Cap {
        told: (!notify.is_empty()).then(|| format_smolstr!("{id}{TOLD}")),
        notify,
        id,
        each,
        scope,
        amount: u64::try_from(amount?).ok()?,
        per: per?,
        then: then?,
        raised,
        line: row.line,
    })
}

/// Shares of a cap that somebody is told of.
fn notify(row: Row<'_, '_>, faults: &mut Faults) -> Vec<u8> {
    let Some((value, line)) = row.value("notify", faults) else { return Vec::new() };
    let percent = |item: &Spanned<DeValue<'_>>| {
        let number = item.get_ref().as_integer()?;
        u8::from_str_radix(number.as_str(), number.radix()).ok().filter(|percent| (1..=100).contains(percent))
    };
    let list: Option<Vec<u8>> = value.as_array().and_then(|array| array.iter().map(percent).collect());
    let sound = list.filter(|list| !list.is_empty() && list.is_sorted_by(|a, b| a < b));
    if sound.is_none() {
        faults.add(line, "`notify` is a rising list of percents from 1 to 100, like [80, 100]".to_owned());
    }
    sound.unwrap_or_default()
}

/// The order in which balances are spent.
pub(super) fn balances(row: Row<'_, '_>, faults: &mut Faults) -> Vec<Balance> {
    let mut order: Vec<Balance> = Vec::new();
    for (id, line) in row.texts("order", faults) {
        let sound = (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic());
        if !sound || id.contains([CARRIED, MARK, TOLD]) {
            let told = format!(
                "a balance has a name of 1 to 64 characters without spaces, {CARRIED}, {MARK} and {TOLD}"
            );
            faults.add(line, told);
        } else if order.iter().any(|other| other.id == id) {
            faults.add(line, format!("the balance `{id}` stands twice in `order`: drop one"));
        } else {
            order.push(Balance { id: SmolStr::new(id), line });
        }
    }
    if !order.is_empty() && !order.iter().any(Balance::is_main) {
        let line = row.line_of("order", faults);
        faults.add(line, format!("`order` must name `{MAIN_BALANCE}`, the balance of what is in no other"));
    }
    order
}

/// An id that no other bucket can be mistaken for.
pub(super) fn bucket_id(row: Row<'_, '_>, faults: &mut Faults) -> Option<SmolStr> {
    let id = row.name("id", faults)?;
    let fault = if id.ends_with(CARRIED) {
        Some(format!("the id `{id}` ends in {CARRIED}, which marks what was carried over: drop it"))
    } else if id.ends_with(TOLD) {
        Some(format!("the id `{id}` ends in {TOLD}, which marks what was told: drop it"))
    } else if id.contains(MARK) {
        Some(format!("the id `{id}` holds {MARK}, which marks whose a counter is: drop it"))
    } else {
        None
    };
    if let Some(fault) = fault {
        let line = row.line_of("id", faults);
        faults.add(line, fault);
    }
    Some(SmolStr::new(id))
}

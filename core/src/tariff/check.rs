//! What no single value of a plan shows: rows that contradict themselves or each other.

use super::amount::quantum;
use super::parse::Texts;
use super::plan::{Allowance, Plan, Sold};
use super::rates::{ALWAYS, Dest, From, Rate, Tariff};
use crate::model::{Settlement, Unit};
use crate::rows::{Faults, Row};
use smol_str::SmolStr;

/// Faults a row of prices that contradicts itself.
pub(super) fn rate(row: Row<'_, '_>, sold: Sold, rate: &Rate, faults: &mut Faults) {
    let service = sold.as_str();
    if rate.max.is_some_and(|max| max < rate.min) {
        faults.add(row.line_of("max", faults), "`max` is below `min`: exchange them".to_owned());
    }
    let mut fault = |key: &str, message: String| {
        let line = row.line_of(key, faults);
        faults.add(line, message);
    };
    if rate.unit == Unit::Segment && sold != Sold::Sms {
        fault("unit", format!("only sms has segments: price {service} by message or byte"));
    }
    if rate.unit == Unit::Utf8x160 && sold != Sold::Im {
        fault("unit", format!("only im is counted by 160 bytes of text: price {service} by message"));
    }
    if matches!(rate.tariff, Tariff::Tiers(_)) && rate.unit != Unit::Message {
        fault("unit", "`tiers` price a whole message: write `unit = \"message\"`".to_owned());
    }
    let is_im = matches!(sold, Sold::Im | Sold::ImFile);
    for (key, what) in [("im_overhead_bytes", "`im_overhead_bytes`"), ("scope", "`scope`")] {
        if row.table.get(key).is_some() && !(is_im && rate.unit == Unit::Byte) {
            fault(key, format!("{what} belongs to a rate of service im with `unit = \"byte\"`"));
        }
    }
    if rate.settlement == Settlement::Bearer && row.table.get("charge_on").is_some() {
        fault("charge_on", "what the bearer settles is never charged here: drop `charge_on`".to_owned());
    }
    if rate.settlement == Settlement::Bearer && !is_im {
        fault(
            "settlement",
            format!("only im is settled by the bearer; {service} needs `settlement = \"server\"`"),
        );
    }
    if rate.by_session && rate.settlement == Settlement::Server {
        fault("scope", "only a bearer rounds whole sessions: write `settlement = \"bearer\"`".to_owned());
    }
    let by_volume = matches!(rate.tariff, Tariff::Volume { .. });
    if rate.settlement == Settlement::Bearer && by_volume {
        fault("volume", "what the bearer settles is not counted here: drop `volume`".to_owned());
    }
    if rate.unit == Unit::Conversation && by_volume {
        fault("volume", "conversations are not priced by volume: drop `volume`".to_owned());
    }
    if rate.unit == Unit::Conversation && rate.settlement == Settlement::Bearer {
        fault("unit", "what the bearer settles is not counted here: price it by message".to_owned());
    }
}

/// Faults rows that match the same messages.
pub(super) fn rates(plan: &Plan, texts: &mut Texts<'_>) {
    for sold in Sold::ALL {
        let place = |rate: &Rate| (rate.dest, rate.origin, rate.valid.start);
        // Rows to one destination from one origin and date stand together, those of one band next to each other.
        for group in plan.rates.get(sold).rows().chunk_by(|a, b| place(a) == place(b)) {
            let mut seen: Vec<&Rate> = Vec::new();
            for row in group {
                match seen.iter().find(|other| same_hours(plan, other, row)) {
                    Some(first) => ambiguous(plan, sold, first, row, texts),
                    None => seen.push(row),
                }
            }
        }
    }
}

/// True when there is an hour that both rows are for, and neither is more exact.
fn same_hours(plan: &Plan, first: &Rate, second: &Rate) -> bool {
    let band = |rate: &Rate| rate.band.and_then(|band| plan.bands.get(usize::from(band)));
    match (band(first), band(second)) {
        (None, None) => true,
        (Some(a), Some(b)) => a.meets(b),
        _ => false,
    }
}

fn ambiguous(plan: &Plan, sold: Sold, first: &Rate, second: &Rate, texts: &mut Texts<'_>) {
    let (first, second) = match (&first.file, &second.file) {
        (Some(_), None) => (second, first),
        (a, b) if a == b && first.line > second.line => (second, first),
        _ => (first, second),
    };
    let mut place = plan.place_of(first);
    if first.file.is_none() && second.file.is_some() {
        place.push_str(" of the plan");
    }
    if second.file == first.file {
        place = format!("line {}", first.line);
    }
    let mut what = format!("{} to `{}`", sold.as_str(), second.dest.name(plan));
    if second.origin != From::Any {
        what.push_str(&format!(" from `{}`", second.origin.name(plan)));
    }
    if second.band.is_some() {
        what.push_str(" at the same hours");
    }
    if second.valid.start != ALWAYS.start {
        what.push_str(&format!(" valid from {}", second.valid.start));
    }
    let message =
        format!("this rate and the one on {place} both price {what}: drop one or change its `dest`");
    let faults = match (&second.file, &mut texts.bulk) {
        (Some(_), Some((_, faults))) => faults,
        _ => &mut texts.own,
    };
    faults.add(second.line, message);
}

/// Faults allowances, passes and caps of one name, and those that count what no row does.
pub(super) fn buckets(plan: &Plan, faults: &mut Faults) {
    twins(plan, faults);
    if plan.external.is_some() {
        let allowances = plan.allowances.iter().map(|allowance| (allowance.line, "allowances"));
        let passes = plan.passes.iter().map(|pass| (pass.line, "passes"));
        let caps = plan.caps.iter().map(|cap| (cap.line, "caps"));
        let balances = plan.named_balances().map(|balance| (balance.line, "balances"));
        for (line, what) in balances.chain(allowances).chain(passes).chain(caps) {
            let kept = format!("the charging system that the plan names keeps its own {what}: drop this one");
            faults.add(line, kept);
        }
    }
    for allowance in &plan.allowances {
        let services = &allowance.scope.services;
        // An allowance of chat covers files by chat, also where they have rows of their own.
        let files = services.contains(&Sold::Im) && !services.contains(&Sold::ImFile);
        let files = (files && !plan.rates.im_file.rows().is_empty()).then_some(Sold::ImFile);
        for sold in services.iter().copied().chain(files) {
            covered(plan, allowance, sold, faults);
        }
    }
    for cap in &plan.caps {
        let whole =
            quantum(plan.charge_decimals).and_then(|quantum| i128::from(cap.amount).checked_rem(quantum));
        if whole != Some(0) {
            let message = format!("the cap `{}` has more decimals than a charge: round it to them", cap.id);
            faults.add(cap.line, message);
        }
    }
}

/// Every bucket of a payer has a name of its own.
fn twins(plan: &Plan, faults: &mut Faults) {
    let allowances = plan.allowances.iter().map(|allowance| ("allowance", &allowance.id, allowance.line));
    let passes = plan.passes.iter().map(|pass| ("pass", &pass.id, pass.line));
    let caps = plan.caps.iter().map(|cap| ("cap", &cap.id, cap.line));
    let balances = plan.named_balances().map(|balance| ("balance", &balance.id, balance.line));
    let mut all: Vec<(&str, &SmolStr, usize)> =
        balances.chain(allowances).chain(passes).chain(caps).collect();
    all.sort_by_key(|(_, _, line)| *line);
    for (place, (what, id, line)) in all.iter().enumerate() {
        if let Some((_, _, first)) = all.iter().take(place).find(|(_, other, _)| other == id) {
            faults.add(*line, format!("the {what} `{id}` stands on line {first} too: give it its own id"));
        }
    }
    for sold in Sold::ALL {
        for rate in plan.rates.get(sold).rows() {
            let Some(id) = rate.counter() else { continue };
            if let Some((what, _, first)) = all.iter().find(|(_, other, _)| *other == id) {
                let message = format!(
                    "the counter `{id}` has the name of the {what} on line {first}: give it its own id"
                );
                faults.add(rate.line, message);
            }
        }
    }
}

/// The rows that price what an allowance covers of a service.
fn priced<'p>(plan: &'p Plan, allowance: &'p Allowance, sold: Sold) -> Vec<&'p Rate> {
    let scope = &allowance.scope;
    let meets = |rate: &&Rate| match (&scope.origins, rate.origin) {
        (None, _) | (_, From::Any) => true,
        (Some(origins), origin) => {
            origins.contains(&origin) || (matches!(origin, From::Zone(_)) && origins.contains(&From::Roaming))
        }
    };
    let rates = plan.rates.get(sold);
    let rows: Vec<&Rate> = match &scope.dests {
        None => rates.rows().iter().filter(meets).collect(),
        Some(dests) => {
            let exact = dests.iter().flat_map(|dest| rates.to(*dest)).filter(meets).collect::<Vec<_>>();
            if exact.is_empty() { rates.to(Dest::Any).iter().filter(meets).collect() } else { exact }
        }
    };
    if rows.is_empty() && sold == Sold::ImFile { priced(plan, allowance, Sold::Im) } else { rows }
}

fn covered(plan: &Plan, allowance: &Allowance, sold: Sold, faults: &mut Faults) {
    let rates = priced(plan, allowance, sold);
    let (id, service) = (&allowance.id, sold.as_str());
    if rates.is_empty() {
        let message = format!("the allowance `{id}` covers {service}, but no [[rate]] sells it there");
        faults.add(allowance.line, format!("{message}: add the rate or drop the service"));
    }
    let weighted = allowance.scope.services.len() > 1 && allowance.weights.iter().any(|(of, _)| *of == sold);
    let other_unit = |rate: &&&Rate| rate.offered && rate.unit != allowance.unit && !weighted;
    if let Some(rate) = rates.iter().find(other_unit) {
        let message = format!(
            "the allowance `{id}` counts {}s, but the rate on {} counts {}s: make both the same",
            allowance.unit.as_str(),
            plan.place_of(rate),
            rate.unit.as_str()
        );
        faults.add(allowance.line, message);
    }
    let bearer = |rate: &&&Rate| rate.offered && rate.settlement == Settlement::Bearer;
    if let Some(rate) = rates.iter().find(bearer) {
        let message = format!(
            "the allowance `{id}` covers the rate on {}, whose units the bearer counts: drop the allowance, \
             or write `settlement = \"server\"`",
            plan.place_of(rate)
        );
        faults.add(allowance.line, message);
    }
}

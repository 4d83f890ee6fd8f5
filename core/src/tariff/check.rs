//! What no single value of a plan shows: rows that contradict themselves or each other.

use super::plan::{Allowance, Plan, Rate, Tariff};
use crate::model::{Service, Settlement, Unit};
use crate::rows::{Faults, Row};

/// Faults a row of prices that contradicts itself.
pub(super) fn rate(row: Row<'_, '_>, service: Service, rate: &Rate, faults: &mut Faults) {
    if rate.max.is_some_and(|max| max < rate.min) {
        faults.add(row.line_of("max", faults), "`max` is below `min`: exchange them".to_owned());
    }
    if rate.unit == Unit::Segment && service != Service::Sms {
        let line = row.line_of("unit", faults);
        faults.add(line, format!("only sms has segments: price {service} by message or byte"));
    }
    if matches!(rate.tariff, Tariff::Tiers(_)) && rate.unit != Unit::Message {
        let line = row.line_of("unit", faults);
        faults.add(line, "`tiers` price a whole message: write `unit = \"message\"`".to_owned());
    }
    if row.table.get("im_overhead_bytes").is_some() && (service, rate.unit) != (Service::Im, Unit::Byte) {
        let line = row.line_of("im_overhead_bytes", faults);
        faults.add(
            line,
            "`im_overhead_bytes` belongs to a rate of service im with `unit = \"byte\"`".to_owned(),
        );
    }
    if rate.settlement == Settlement::Bearer && row.table.get("charge_on").is_some() {
        let line = row.line_of("charge_on", faults);
        faults.add(line, "what the bearer settles is never charged here: drop `charge_on`".to_owned());
    }
    if rate.settlement == Settlement::Bearer && service != Service::Im {
        let line = row.line_of("settlement", faults);
        faults.add(
            line,
            format!("only im is settled by the bearer; {service} needs `settlement = \"server\"`"),
        );
    }
}

/// Faults rows that match the same messages; rows are sorted by destination.
pub(super) fn rates(plan: &Plan, faults: &mut Faults) {
    for service in Service::ALL {
        for pair in plan.rates.get(service).windows(2) {
            let [first, second] = pair else { continue };
            if first.dest == second.dest {
                let dest = first.dest.and_then(|class| plan.classes.get(usize::from(class)));
                let dest = dest.map_or("any", |id| id.as_str());
                let message = format!(
                    "this rate and the one on line {} both price {service} to `{dest}`: drop one or change its `dest`",
                    first.line
                );
                faults.add(second.line, message);
            }
        }
    }
}

/// Faults allowances of one name, and those whose units the rates do not count; allowances are sorted.
pub(super) fn allowances(plan: &Plan, faults: &mut Faults) {
    for (i, allowance) in plan.allowances.iter().enumerate() {
        let twin = plan.allowances.iter().take(i).find(|other| other.id == allowance.id);
        if let Some(twin) = twin {
            let (first, second) = (twin.line.min(allowance.line), twin.line.max(allowance.line));
            faults.add(
                second,
                format!("the allowance `{}` stands on line {first} too: give it its own id", allowance.id),
            );
        }
        for service in &allowance.services {
            covered(plan, allowance, *service, faults);
        }
    }
}

fn covered(plan: &Plan, allowance: &Allowance, service: Service, faults: &mut Faults) {
    let rates: Vec<&Rate> = match &allowance.dests {
        None => plan.rates.get(service).iter().collect(),
        Some(dests) => dests.iter().filter_map(|class| plan.rate(service, Some(*class))).collect(),
    };
    if rates.is_empty() {
        let message =
            format!("the allowance `{}` covers {service}, but no [[rate]] sells it there", allowance.id);
        faults.add(allowance.line, format!("{message}: add the rate or drop the service"));
    }
    if let Some(rate) = rates.iter().find(|rate| rate.offered && rate.unit != allowance.unit) {
        let message = format!(
            "the allowance `{}` counts {}s, but the rate on line {} counts {}s: make both the same",
            allowance.id,
            allowance.unit.as_str(),
            rate.line,
            rate.unit.as_str()
        );
        faults.add(allowance.line, message);
    }
    if let Some(rate) = rates.iter().find(|rate| rate.offered && rate.settlement == Settlement::Bearer) {
        let message = format!(
            "the allowance `{}` covers the rate on line {}, whose units the bearer counts: drop the allowance, \
             or write `settlement = \"server\"`",
            allowance.id, rate.line
        );
        faults.add(allowance.line, message);
    }
}

//! From units to an amount: an exact fraction, rounded once.

use super::explain::Told;
use super::plan::{Plan, Rounding, UNITS_MAX};
use super::rates::{Level, Rate, Tariff};

/// The charge for `units` that no allowance covers and for the `fee` of a pass, in nano-units at the plan's decimals;
/// nothing when the message is larger than any tier or than [`UNITS_MAX`]. `counted` units came before in the period.
pub(super) fn charge(
    plan: &Plan,
    rate: &Rate,
    units: u64,
    bytes: u64,
    counted: u64,
    fee: i128,
    tell: &mut impl FnMut(Told<'_>),
) -> Option<i128> {
    if units > UNITS_MAX {
        return None;
    }
    // An exact fraction `total / per`, so that there is one rounding and no other.
    let (total, per) = if units == 0 { (0, 1) } else { body(rate, units, bytes, counted)? };
    let total = total.checked_add(fee.checked_mul(per)?)?;
    let amount = round(total, per, plan.charge_decimals, plan.rounding)?;
    tell(Told::Body { rate, units, total, per, fee, amount });
    Some(amount)
}

/// What the units cost by that row: set-up, steps, least and most.
fn body(rate: &Rate, units: u64, bytes: u64, counted: u64) -> Option<(i128, i128)> {
    let (body, per) = match &rate.tariff {
        Tariff::Steps { step, price, per } => {
            let step = if rate.by_session { 1 } else { *step };
            let counted = i128::from(units.div_ceil(step)).checked_mul(i128::from(step))?;
            (counted.checked_mul(*price)?, i128::from(*per))
        }
        Tariff::Tiers(tiers) => (tiers.iter().find(|tier| bytes <= tier.upto)?.price, 1),
        Tariff::Volume { levels, whole: false, .. } => (by_level(levels, units, counted)?, 1),
        Tariff::Volume { levels, whole: true, .. } => {
            let last = counted.checked_add(units)?.checked_sub(1)?;
            let level = levels.iter().rev().find(|level| level.from <= last)?;
            (i128::from(units).checked_mul(level.price)?, 1)
        }
    };
    let total = rate.setup.checked_mul(per)?.checked_add(body)?.max(rate.min.checked_mul(per)?);
    let total = rate.max.map_or(Some(total), |max| Some(total.min(max.checked_mul(per)?)))?;
    Some((total, per))
}

/// Units from `counted` on, each at the price of its level.
fn by_level(levels: &[Level], units: u64, counted: u64) -> Option<i128> {
    let (mut at, end, mut sum) = (counted, counted.checked_add(units)?, 0_i128);
    for (n, level) in levels.iter().enumerate() {
        let until = levels.get(n.checked_add(1)?).map_or(u64::MAX, |next| next.from).min(end);
        if at < until {
            let here = i128::from(until.checked_sub(at)?);
            sum = sum.checked_add(here.checked_mul(level.price)?)?;
            at = until;
        }
    }
    Some(sum)
}

/// `total / per` nano-units as a whole number of the smallest amount that has `decimals` decimals.
fn round(total: i128, per: i128, decimals: u8, rounding: Rounding) -> Option<i128> {
    let quantum = quantum(decimals)?;
    let size = per.checked_mul(quantum)?;
    let whole = total.checked_div(size)?;
    let rest = total.checked_sub(whole.checked_mul(size)?)?;
    let half = rest.cmp(&size.checked_sub(rest)?);
    let up = match rounding {
        Rounding::Up => rest > 0,
        Rounding::HalfUp => half.is_ge(),
        Rounding::HalfEven => half.is_gt() || half.is_eq() && whole.checked_rem(2)? != 0,
        Rounding::Down => false,
    };
    whole.checked_add(i128::from(up))?.checked_mul(quantum)
}

/// The smallest amount that has that many decimals, in nano-units.
pub(super) fn quantum(decimals: u8) -> Option<i128> {
    const QUANTA: [i128; 10] =
        [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];
    QUANTA.get(usize::from(decimals)).copied()
}

//! The marginal price: what the payer's charges would grow by, were this message sent by this service now.

use super::calendar::period;
use super::payer::Purse;
use super::plan::{Plan, Rate, Rounding, Split, Tariff, UNITS_MAX};
use crate::charge::{Hold, Taken};
use crate::model::{
    Address, ChargeOn, Funds, Money, NotOffered, Price, Service, Settlement, Time, Unit, UnknownPrice,
};
use smol_str::SmolStr;

/// What is to be priced.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The service.
    pub service: Service,
    /// Who shall get it.
    pub recipient: &'a Address,
    /// How big it is on the route it would take, as the service that will encode it measured.
    pub size: Size,
    /// When.
    pub at: Time,
}

/// How big a message is; the plan chooses what of it counts. A message is always one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// SMS segments; 1 for the other services.
    pub segments: u64,
    /// Bytes of payload, without the plan's overhead.
    pub bytes: u64,
}

/// A price with all that a reservation and a quote need of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// The price.
    pub price: Price,
    /// Whether the payer can pay it.
    pub funds: Funds,
    /// What a reservation would take; nothing when nothing is reserved (bearer, not offered, unknown).
    pub hold: Option<Hold>,
    /// When it is charged.
    pub charge_on: ChargeOn,
    /// Who debits.
    pub settlement: Settlement,
    /// What a unit is.
    pub unit: Unit,
    /// How many units the message has, overhead included.
    pub units: u64,
    /// The first allowance that it uses.
    pub allowance: Option<AllowanceLeft>,
    /// The plan's version.
    pub tariff_version: u32,
}

/// What an allowance has left once the message is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowanceLeft {
    /// The allowance's id in the plan.
    pub id: SmolStr,
    /// Units left.
    pub left_after: u64,
    /// What it counts.
    pub unit: Unit,
}

/// What this message would cost this payer now. Charging what this quotes is to reserve [`Priced::hold`].
///
/// The amount is `charge(payer + message) - charge(payer)`: as allowances are the only state that a charge
/// depends on, that is the charge for the units that no allowance covers, rounded once.
#[must_use]
pub fn price<'a>(plan: &Plan, payer: impl Into<Purse<'a>>, ask: &Ask<'_>) -> Priced {
    let purse = payer.into();
    let class = plan.class_of(ask.recipient);
    let mut priced = Priced {
        price: Price::Unknown(UnknownPrice::NoRate),
        funds: Funds::Enough,
        hold: None,
        charge_on: ChargeOn::Delivered,
        settlement: Settlement::Server,
        unit: Unit::Message,
        units: 1,
        allowance: None,
        tariff_version: plan.version,
    };
    if purse.payer.plan != plan.id || purse.payer.currency != plan.currency {
        priced.price = Price::Unknown(UnknownPrice::NoPlan);
        return priced;
    }
    if purse.payer.barred {
        priced.price = Price::NotOffered(NotOffered::Barred);
        return priced;
    }
    let Some(rate) = plan.rate(ask.service, class) else { return priced };
    let units = match rate.unit {
        Unit::Segment => ask.size.segments,
        Unit::Message => 1,
        Unit::Byte => ask.size.bytes.saturating_add(rate.overhead),
    };
    (priced.charge_on, priced.settlement, priced.unit, priced.units) =
        (rate.charge_on, rate.settlement, rate.unit, units);
    if !rate.offered {
        priced.price = Price::NotOffered(NotOffered::Plan);
        return priced;
    }
    let (taken, covered) = cover(plan, purse, ask, class, units, &mut priced.allowance);
    let Some(amount) = charge(plan, rate, units.saturating_sub(covered), ask.size.bytes) else {
        return priced;
    };
    let money = Money::from_nanos(plan.currency, amount);
    if rate.settlement == Settlement::Bearer {
        // The packet core counts its own overhead, so bytes are a guess; a price a message is not.
        priced.price = if rate.unit == Unit::Byte { Price::Estimate(money) } else { Price::Exact(money) };
        return priced;
    }
    priced.price = Price::Exact(money);
    priced.funds = if purse.can_pay(amount) { Funds::Enough } else { Funds::Short };
    priced.hold = Some(Hold { amount: money, taken });
    priced
}

/// Takes units from the allowances that cover the message, in their order; gives what was taken and the sum.
fn cover(
    plan: &Plan,
    purse: Purse<'_>,
    ask: &Ask<'_>,
    class: Option<u16>,
    units: u64,
    first: &mut Option<AllowanceLeft>,
) -> (Vec<Taken>, u64) {
    let (mut taken, mut covered) = (Vec::new(), 0_u64);
    for allowance in &plan.allowances {
        let open = units.saturating_sub(covered);
        if open == 0 || !allowance.covers(ask.service, class) {
            continue;
        }
        let start = period(allowance.per, ask.at);
        let left = purse.left(&allowance.id, start).unwrap_or(0);
        let take = left.min(open);
        if take == 0 || (allowance.split == Split::Whole && take < open) {
            continue;
        }
        taken.push(Taken { bucket: allowance.id.clone(), units: take, period: start });
        covered = covered.saturating_add(take);
        let left_after = left.saturating_sub(take);
        first.get_or_insert_with(|| AllowanceLeft {
            id: allowance.id.clone(),
            left_after,
            unit: allowance.unit,
        });
    }
    (taken, covered)
}

/// The charge for `units` that no allowance covers, in nano-units at the plan's decimals; nothing when the
/// message is larger than any tier or than [`UNITS_MAX`].
fn charge(plan: &Plan, rate: &Rate, units: u64, bytes: u64) -> Option<i128> {
    if units > UNITS_MAX {
        return None;
    }
    if units == 0 {
        return Some(0);
    }
    // An exact fraction `total / per`, so that there is one rounding and no other.
    let (body, per) = match &rate.tariff {
        Tariff::Steps { step, price, per } => {
            let counted = i128::from(units.div_ceil(*step)).checked_mul(i128::from(*step))?;
            (counted.checked_mul(*price)?, i128::from(*per))
        }
        Tariff::Tiers(tiers) => (tiers.iter().find(|tier| bytes <= tier.upto)?.price, 1),
    };
    let total = rate.setup.checked_mul(per)?.checked_add(body)?.max(rate.min.checked_mul(per)?);
    let total = rate.max.map_or(Some(total), |max| Some(total.min(max.checked_mul(per)?)))?;
    round(total, per, plan.charge_decimals, plan.rounding)
}

/// `total / per` nano-units as a whole number of the smallest amount that has `decimals` decimals.
fn round(total: i128, per: i128, decimals: u8, rounding: Rounding) -> Option<i128> {
    let quantum = 10_i128.checked_pow(u32::from(9_u8.checked_sub(decimals)?))?;
    let size = per.checked_mul(quantum)?;
    let (whole, rest) = (total.checked_div(size)?, total.checked_rem(size)?);
    let half = rest.checked_mul(2)?.cmp(&size);
    let up = match rounding {
        Rounding::Up => rest > 0,
        Rounding::HalfUp => half.is_ge(),
        Rounding::HalfEven => half.is_gt() || half.is_eq() && whole.checked_rem(2)? != 0,
        Rounding::Down => false,
    };
    whole.checked_add(i128::from(up))?.checked_mul(quantum)
}

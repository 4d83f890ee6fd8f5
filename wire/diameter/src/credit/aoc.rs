//! Advice of charge (TS 32.299 7.2.8-7.2.11, from memory): the price as an answer to a reservation.

use super::money::{Decimal, need_decimal};
use crate::avp::{AvpWriter, Avps, Group};
use crate::dictionary as avp;
use crate::fault::Fault;

/// AoC-Information.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AocInformation {
    /// Accumulated-Cost of AoC-Cost-Information: what the session costs so far, this request included.
    pub accumulated: Option<Decimal>,
    /// Its Currency-Code, ISO 4217 numeric.
    pub currency: Option<u32>,
    /// Its Incremental-Costs: what this request adds.
    pub incremental: Vec<Decimal>,
    /// The Current-Tariff of Tariff-Information.
    pub tariff: Option<CurrentTariff>,
}

impl<'a> Group<'a> for AocInformation {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        let cost = avps.get(avp::AOC_COST_INFORMATION)?.unwrap_or_default();
        let tariff = avps.get(avp::TARIFF_INFORMATION)?.unwrap_or_default();
        Ok(Self {
            accumulated: cost.group(avp::ACCUMULATED_COST)?,
            currency: cost.get(avp::CURRENCY_CODE)?,
            incremental: cost.groups(avp::INCREMENTAL_COST)?,
            tariff: tariff.group(avp::CURRENT_TARIFF)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        if self.accumulated.is_some() || self.currency.is_some() || !self.incremental.is_empty() {
            to.group(avp::AOC_COST_INFORMATION, |inside| {
                inside.groups(avp::ACCUMULATED_COST, &self.accumulated);
                inside.groups(avp::INCREMENTAL_COST, &self.incremental);
                inside.maybe(avp::CURRENCY_CODE, self.currency);
            });
        }
        if self.tariff.is_some() {
            to.group(avp::TARIFF_INFORMATION, |inside| inside.groups(avp::CURRENT_TARIFF, &self.tariff));
        }
    }
}

/// Current-Tariff.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CurrentTariff {
    /// Currency-Code, ISO 4217 numeric.
    pub currency: Option<u32>,
    /// Every Unit-Cost is multiplied by it.
    pub scale: Option<Decimal>,
    /// What is counted, and at which cost.
    pub rates: Vec<RateElement>,
}

impl<'a> Group<'a> for CurrentTariff {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self {
            currency: avps.get(avp::CURRENCY_CODE)?,
            scale: avps.group(avp::SCALE_FACTOR)?,
            rates: avps.groups(avp::RATE_ELEMENT)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.maybe(avp::CURRENCY_CODE, self.currency);
        to.groups(avp::SCALE_FACTOR, &self.scale);
        to.groups(avp::RATE_ELEMENT, &self.rates);
    }
}

/// Rate-Element: so much for each started Unit-Value of units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateElement {
    /// CC-Unit-Type: 0 time, 1 money, 2 total octets, 3 input, 4 output, 5 service-specific.
    pub unit_type: i32,
    /// Unit-Value; one unit when it is absent.
    pub per: Option<Decimal>,
    /// Unit-Cost.
    pub cost: Decimal,
}

impl<'a> Group<'a> for RateElement {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self {
            unit_type: avps.need(avp::CC_UNIT_TYPE)?,
            per: avps.group(avp::UNIT_VALUE)?,
            cost: need_decimal(avps, avp::UNIT_COST)?,
        })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.put(avp::CC_UNIT_TYPE, self.unit_type);
        to.groups(avp::UNIT_VALUE, &self.per);
        to.groups(avp::UNIT_COST, [&self.cost]);
    }
}

const SERVICE_SPECIFIC: i32 = 5;
const TOTAL_OCTETS: i32 = 2;

impl CurrentTariff {
    /// What so many units cost, in billionths. `None` when there is a rate for anything else, or a number does not
    /// fit: half a price is none.
    #[must_use]
    pub fn nanos_for(&self, specific: Option<u64>, octets: Option<u64>) -> Option<i128> {
        const NANO: i128 = 1_000_000_000;
        if self.rates.is_empty() {
            return None;
        }
        let scale = self.scale.map_or(Some(NANO), Decimal::nanos)?;
        let mut sum = 0_i128;
        for rate in &self.rates {
            let units = match rate.unit_type {
                SERVICE_SPECIFIC => specific?,
                TOTAL_OCTETS => octets?,
                _ => return None,
            };
            let step = rate.per.map_or(Some(NANO), Decimal::nanos).filter(|step| *step > 0)?;
            let wanted = i128::from(units).checked_mul(NANO)?;
            let steps = wanted.checked_add(step.checked_sub(1)?)?.checked_div(step)?;
            let cost = rate.cost.nanos()?.checked_mul(steps)?.checked_mul(scale)?;
            // An amount finer than a billionth is rounded up: a price is an upper bound.
            sum = sum.checked_add(cost.checked_add(NANO - 1)?.div_euclid(NANO))?;
        }
        Some(sum)
    }
}

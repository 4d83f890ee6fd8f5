//! Amounts of money (RFC 8506 8.7-8.12): digits, a power of ten and a numeric currency. No float comes near them.

use crate::avp::{AvpWriter, Avps, Definition, Group, Grouped};
use crate::dictionary as avp;
use crate::fault::Fault;

/// `digits` times ten to the power of `exponent` (Unit-Value, and the AVPs built like it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// Value-Digits.
    pub digits: i64,
    /// Exponent.
    pub exponent: i32,
}

impl Decimal {
    /// A number of billionths, with no more digits than it needs.
    #[must_use]
    pub fn from_nanos(nanos: i128) -> Option<Self> {
        let (mut digits, mut exponent) = (nanos, -9);
        while digits != 0 && digits % 10 == 0 && exponent < 0 {
            digits /= 10;
            exponent += 1;
        }
        if digits == 0 {
            exponent = 0;
        }
        Some(Self { digits: i64::try_from(digits).ok()?, exponent })
    }

    /// The number in billionths; `None` when it is finer than that, or larger than an `i128`.
    #[must_use]
    pub fn nanos(self) -> Option<i128> {
        let digits = i128::from(self.digits);
        if digits == 0 {
            return Some(0);
        }
        let power = self.exponent.checked_add(9)?;
        let ten = 10_i128.checked_pow(power.unsigned_abs())?;
        if power >= 0 { digits.checked_mul(ten) } else { (digits % ten == 0).then_some(digits / ten) }
    }
}

impl<'a> Group<'a> for Decimal {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        let exponent = avps.get(avp::EXPONENT)?.unwrap_or_default();
        Ok(Self { digits: avps.need(avp::VALUE_DIGITS)?, exponent })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.put(avp::VALUE_DIGITS, self.digits);
        to.put(avp::EXPONENT, self.exponent);
    }
}

/// An amount (CC-Money, Remaining-Balance).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// How much.
    pub value: Decimal,
    /// ISO 4217 numeric; none: the one that both sides know.
    pub currency: Option<u32>,
}

pub(crate) fn need_decimal(avps: Avps<'_>, definition: Definition<Grouped>) -> Result<Decimal, Fault> {
    Decimal::read(avps.need(definition)?)
}

impl<'a> Group<'a> for Money {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self { value: need_decimal(avps, avp::UNIT_VALUE)?, currency: avps.get(avp::CURRENCY_CODE)? })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        to.groups(avp::UNIT_VALUE, [&self.value]);
        to.maybe(avp::CURRENCY_CODE, self.currency);
    }
}

/// Cost-Information: what a service costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CostInformation<'a> {
    /// How much, in which currency.
    pub cost: Money,
    /// Per what, for a human reader; the whole of what was asked for when it is absent.
    pub per: Option<&'a str>,
}

impl<'a> Group<'a> for CostInformation<'a> {
    fn read(avps: Avps<'a>) -> Result<Self, Fault> {
        Ok(Self { cost: Money::read(avps)?, per: avps.get(avp::COST_UNIT)? })
    }

    fn write(&self, to: &mut AvpWriter<'_>) {
        self.cost.write(to);
        to.maybe(avp::COST_UNIT, self.per);
    }
}

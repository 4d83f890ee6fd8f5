//! Money and prices as JSON: decimal strings, never numbers.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use switchback_core::model::{Currency, Money, NotOffered, PlanVersion, Price, UnknownPrice};
use utoipa::ToSchema;

/// An amount of money, as given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MoneyIn)]
pub(crate) struct MoneyIn {
    /// A decimal number as a string, at most nine decimals.
    #[schema(value_type = String, example = "0.09")]
    amount: SmolStr,
    /// ISO 4217.
    #[schema(value_type = String, example = "EUR")]
    currency: SmolStr,
}

/// An amount of money.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Money)]
pub(crate) struct MoneyOut {
    /// A decimal number as a string, at least two decimals; never a float.
    #[schema(example = "0.03")]
    pub(crate) amount: String,
    /// ISO 4217.
    #[schema(value_type = String, example = "EUR")]
    pub(crate) currency: SmolStr,
}

/// A price and how sure it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Price)]
pub(crate) struct PriceOut {
    /// A decimal number as a string; never a float.
    #[schema(example = "0.03")]
    amount: String,
    /// ISO 4217.
    #[schema(value_type = String, example = "EUR")]
    currency: SmolStr,
    /// How sure it is.
    kind: PriceKind,
}

/// How sure a price is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PriceKind {
    /// Exactly this will be charged.
    Exact,
    /// Expected, to the byte or so.
    Estimate,
    /// A list price that ignores allowances: an upper bound.
    List,
}

/// A plan as it stood when it priced.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanVersion)]
pub(crate) struct PlanOut {
    /// The plan's id.
    #[schema(value_type = String)]
    id: SmolStr,
    /// Its version, as its author numbers it.
    version: u32,
}

impl From<&PlanVersion> for PlanOut {
    fn from(plan: &PlanVersion) -> Self {
        Self { id: SmolStr::new(plan.id.as_str()), version: plan.version }
    }
}

impl MoneyIn {
    /// The amount, or what is wrong with it.
    pub(crate) fn read(&self) -> Result<Money, String> {
        let currency = Currency::parse(&self.currency)
            .ok_or_else(|| "currency is three upper-case letters (ISO 4217), for example EUR".to_owned())?;
        Money::parse(&self.amount, currency).map_err(|error| error.to_string())
    }
}

impl From<Money> for MoneyOut {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: SmolStr::new(money.currency.as_str()) }
    }
}

impl PriceOut {
    /// The price, or nothing when there is none.
    pub(crate) fn of(price: Price) -> Option<Self> {
        let (money, kind) = match price {
            Price::Exact(money) => (money, PriceKind::Exact),
            Price::Estimate(money) => (money, PriceKind::Estimate),
            Price::List(money) => (money, PriceKind::List),
            Price::NotOffered(_) | Price::Unknown(_) => return None,
        };
        let MoneyOut { amount, currency } = money.into();
        Some(Self { amount, currency, kind })
    }
}

/// Why there is no price, as a stable code.
pub(crate) const fn no_price(price: Price) -> Option<&'static str> {
    Some(match price {
        Price::Exact(_) | Price::Estimate(_) | Price::List(_) => return None,
        Price::NotOffered(NotOffered::Plan) => "not_offered",
        Price::NotOffered(NotOffered::Cap) => "cap_reached",
        Price::NotOffered(NotOffered::Barred) => "barred",
        Price::NotOffered(NotOffered::Allowance) => "allowance_used_up",
        Price::Unknown(UnknownPrice::NoRate) => "no_rate",
        Price::Unknown(UnknownPrice::NoPayer) => "no_payer",
        Price::Unknown(UnknownPrice::NoPlan) => "no_plan",
        Price::Unknown(UnknownPrice::NoAnswer) => "no_answer",
        Price::Unknown(UnknownPrice::NoNetwork) => "no_network",
        Price::Unknown(UnknownPrice::NotTold) => "not_told",
    })
}

#[cfg(test)]
mod tests {
    use super::{MoneyIn, PriceOut, no_price};
    use switchback_core::model::{Currency, Money, Price, UnknownPrice};

    #[test]
    fn money_is_a_string_both_ways() {
        let given: MoneyIn = serde_json::from_str(r#"{"amount": "0.0024", "currency": "EUR"}"#).unwrap();
        let money = given.read().unwrap();
        assert_eq!(money, Money::from_nanos(Currency::EUR, 2_400_000));
        let shown = serde_json::to_string(&PriceOut::of(Price::Exact(money))).unwrap();
        assert_eq!(shown, r#"{"amount":"0.0024","currency":"EUR","kind":"exact"}"#);
        assert!(serde_json::from_str::<MoneyIn>(r#"{"amount": 0.0024, "currency": "EUR"}"#).is_err());
    }

    #[test]
    fn no_price_is_null_with_a_reason_and_never_zero() {
        let unknown = Price::Unknown(UnknownPrice::NoRate);
        assert_eq!(serde_json::to_string(&PriceOut::of(unknown)).unwrap(), "null");
        assert_eq!(no_price(unknown), Some("no_rate"));
    }
}

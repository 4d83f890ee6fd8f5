//! Money is an integer: nano-units of a currency. No float comes near a price.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 alphabetic code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Euro, the currency of the examples.
    pub const EUR: Self = Self(*b"EUR");

    /// Three upper-case ASCII letters, or nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let code: [u8; 3] = text.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_uppercase).then_some(Self(code))
    }

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes were checked to be ASCII when the value was made.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount: integer nano-units (1e-9) of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The currency; amounts of different currencies never compare or add.
    pub currency: Currency,
    /// Nano-units; negative only in balances and ledger sums.
    pub nanos: i128,
}

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number with at most nine decimals and eighteen digits before the point.
    #[error("not a decimal amount with at most 9 decimals")]
    NotDecimal,
    /// Below zero where a price stands.
    #[error("an amount below zero")]
    Negative,
}

const NANOS_PER_UNIT: i128 = 1_000_000_000;

impl Money {
    /// No money at all.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { currency, nanos: 0 }
    }

    /// `nanos` nano-units of `currency`.
    #[must_use]
    pub const fn from_nanos(currency: Currency, nanos: i128) -> Self {
        Self { currency, nanos }
    }

    /// Parses a non-negative decimal such as `0.09`; at most nine decimals.
    ///
    /// # Errors
    /// [`MoneyError`] when the text is anything else.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        if amount.starts_with('-') {
            return Err(MoneyError::Negative);
        }
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() > 18 || fraction.len() > 9 {
            return Err(MoneyError::NotDecimal);
        }
        let units: i128 = whole.parse().map_err(|_| MoneyError::NotDecimal)?;
        let nanos: i128 = format!("{fraction:0<9}").parse().map_err(|_| MoneyError::NotDecimal)?;
        Ok(Self { currency, nanos: units * NANOS_PER_UNIT + nanos })
    }

    /// The sum, or nothing when the currencies differ or the sum does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency).then_some(())?;
        Some(Self { currency: self.currency, nanos: self.nanos.checked_add(other.nanos)? })
    }

    /// The difference, or nothing when the currencies differ or it does not fit.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self { currency: other.currency, nanos: other.nanos.checked_neg()? })
    }

    /// True when this amount is at most `other`; different currencies never pass.
    #[must_use]
    pub fn at_most(self, other: Self) -> bool {
        self.currency == other.currency && self.nanos <= other.nanos
    }

    /// True for an amount of nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// The decimal text without the currency: as many decimals as needed, at least two.
    #[must_use]
    pub fn amount(self) -> String {
        let (sign, nanos) = (if self.nanos < 0 { "-" } else { "" }, self.nanos.unsigned_abs());
        let (whole, fraction) =
            (nanos / NANOS_PER_UNIT.unsigned_abs(), nanos % NANOS_PER_UNIT.unsigned_abs());
        let fraction = format!("{fraction:09}");
        let kept = fraction.trim_end_matches('0').len().max(2);
        format!("{sign}{whole}.{}", fraction.get(..kept).unwrap_or(&fraction))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::{Currency, Money, MoneyError};
    use proptest::prelude::*;

    #[test]
    fn reads_and_prints_decimals() {
        for (text, nanos, printed) in [
            ("0", 0, "0.00"),
            ("0.09", 90_000_000, "0.09"),
            ("12.5", 12_500_000_000, "12.50"),
            ("0.0024", 2_400_000, "0.0024"),
        ] {
            let money = Money::parse(text, Currency::EUR).unwrap();
            assert_eq!((money.nanos, money.amount().as_str()), (nanos, printed));
        }
        assert_eq!(Money::parse("-1", Currency::EUR), Err(MoneyError::Negative));
        for bad in ["", ".", "1.", ".5", "1e3", "0.0000000001", "1 ", "１"] {
            assert_eq!(Money::parse(bad, Currency::EUR), Err(MoneyError::NotDecimal), "{bad}");
        }
    }

    #[test]
    fn currencies_do_not_mix() {
        let (eur, usd) = (Money::zero(Currency::EUR), Money::zero(Currency::parse("USD").unwrap()));
        assert!(!eur.at_most(usd));
        assert_eq!(eur.checked_add(usd), None);
    }

    proptest! {
        #[test]
        fn printing_then_reading_is_identity(nanos in 0i128..1_000_000_000_000_000_000) {
            let money = Money::from_nanos(Currency::EUR, nanos);
            prop_assert_eq!(Money::parse(&money.amount(), Currency::EUR), Ok(money));
        }
    }
}

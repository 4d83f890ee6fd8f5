//! Sums of money, exact: amounts are decimal text, sums are integers of 1e-9.

use super::witness::Money;
use std::collections::BTreeMap;

/// Sums by currency.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sums(BTreeMap<String, i128>);

impl Sums {
    /// Adds an amount; false when it is no decimal number.
    pub(super) fn add(&mut self, money: &Money) -> bool {
        let Some(nanos) = nanos(&money.amount) else { return false };
        if nanos != 0 {
            *self.0.entry(money.currency.clone()).or_default() += nanos;
        }
        true
    }
}

/// `0.03` is 30 000 000.
pub(super) fn nanos(amount: &str) -> Option<i128> {
    let (sign, digits) = amount.strip_prefix('-').map_or((1, amount), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = !whole.is_empty() && whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit());
    if !is_number || part.len() > 9 {
        return None;
    }
    let part: i128 = format!("{part:0<9}").parse().ok()?;
    let whole: i128 = whole.parse().ok()?;
    Some(sign * (whole.checked_mul(1_000_000_000)? + part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        assert_eq!(nanos("0.03"), Some(30_000_000));
        assert_eq!(nanos("12"), Some(12_000_000_000));
        assert_eq!(nanos("-0.000000001"), Some(-1));
        for bad in ["", ".", "1e3", "1.0000000001", "+1", "1.-2"] {
            assert_eq!(nanos(bad), None, "{bad}");
        }
    }
}

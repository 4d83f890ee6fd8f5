//! Amounts as JSON writes numbers, read from their digits. CGRateS counts in floats, so what should be 0.3 may come as
//! 0.30000000000000004: an amount is rounded to the nearest billionth.

/// Digits beyond this are no amount of money.
const DIGITS_MAX: usize = 40;
/// Whole units have at most so many digits.
const WHOLE_MAX: i32 = 18;

/// Billionths; `None` for what is below zero, too large, or no number.
pub(crate) fn nanos(text: &str) -> Option<i128> {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || all.len() > DIGITS_MAX || !all.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let significant = all.trim_start_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    // Where the point stands in the significant digits, and where it stands when they count billionths.
    let leading = i32::try_from(all.len() - significant.len()).ok()?;
    let point = i32::try_from(whole.len()).ok()?.checked_sub(leading)?.checked_add(exponent)?;
    if point > WHOLE_MAX {
        return None;
    }
    let Ok(kept) = usize::try_from(point.checked_add(9)?) else { return Some(0) };
    let cut = kept.min(significant.len());
    let (head, rest) = significant.split_at(cut);
    let head: i128 = if head.is_empty() { 0 } else { head.parse().ok()? };
    let zeros = u32::try_from(kept - cut).ok()?;
    let rounded_up = i128::from(rest.bytes().next().is_some_and(|next| next >= b'5'));
    head.checked_mul(10_i128.checked_pow(zeros)?)?.checked_add(rounded_up)
}

#[cfg(test)]
mod tests {
    use super::nanos;

    #[test]
    fn amounts_are_read_as_they_are_meant() {
        for (text, amount) in [
            ("2.4", Some(2_400_000_000)),
            ("0", Some(0)),
            ("0.0", Some(0)),
            ("0.30000000000000004", Some(300_000_000)),
            ("0.29999999999999999", Some(300_000_000)),
            ("1e-07", Some(100)),
            ("1.5e-9", Some(2)),
            ("4e-10", Some(0)),
            ("5e-10", Some(1)),
            ("1e-300", Some(0)),
            ("12e2", Some(1_200_000_000_000)),
            ("1.5e+02", Some(150_000_000_000)),
            ("999999999999999999", Some(999_999_999_999_999_999_000_000_000)),
            ("1e18", None),
            ("1e2147483647", None),
            ("1e99999999999", None),
            ("-1", None),
            ("\"2.4\"", None),
            ("null", None),
            ("", None),
            (".", None),
            ("0.3e", None),
        ] {
            assert_eq!(nanos(text), amount, "{text}");
        }
    }
}

//! Time as SMPP writes it (3.4 7.1.1): sixteen characters, relative or absolute with a quarter-hour offset.

use std::time::Duration;

/// A `validity_period`, `schedule_delivery_time` or `final_date`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmppTime {
    /// From now on (by the clock of the SMSC).
    Relative(Duration),
    /// A moment, in seconds since 1970-01-01T00:00:00Z.
    Absolute(i64),
}

/// Longest relative time written: the largest that needs no month, whose length nobody agrees on.
pub const RELATIVE_MAX: Duration = Duration::from_secs(31 * DAY_S - 1);

const DAY_S: u64 = 86_400;

/// A relative time as `YYMMDDhhmmss000R`, without its NUL.
///
/// Rounded up to whole seconds, at least one second (zero would be no validity period), at most [`RELATIVE_MAX`].
#[must_use]
pub fn relative_time(period: Duration) -> [u8; 16] {
    let rounded = period.as_secs().saturating_add(u64::from(period.subsec_nanos() > 0));
    let seconds = rounded.clamp(1, RELATIVE_MAX.as_secs());
    let mut text = *b"000000000000000R";
    let fields = [seconds / DAY_S, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60];
    let (pairs, _) = text.as_chunks_mut::<2>();
    for (pair, value) in pairs.iter_mut().skip(2).zip(fields) {
        *pair = two_digits(value);
    }
    text
}

fn two_digits(value: u64) -> [u8; 2] {
    let digit = |n: u64| u8::try_from(n % 10).map_or(b'0', |n| b'0'.saturating_add(n));
    [digit(value / 10), digit(value)]
}

impl SmppTime {
    /// Reads either form. `None` for anything else, an empty string included; it answers `ESME_RINVEXPIRY` or
    /// `ESME_RINVSCHED`. In a relative time a year counts 365 days and a month 30.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text: &[u8; 16] = text.try_into().ok()?;
        let (digits, sign) = text.split_at_checked(15)?;
        let (date, quarters) = digits.split_at_checked(13)?;
        let (date, _tenths) = date.split_at_checked(12)?;
        let [years, months, days, hours, minutes, seconds] = pairs(date)?;
        let [quarters] = pairs(quarters)?;
        let offset_s = match sign {
            b"R" => {
                let days = years.checked_mul(365)?.checked_add(months.checked_mul(30)?)?.checked_add(days)?;
                let seconds = days * 86_400 + hours * 3_600 + minutes * 60 + seconds;
                return u64::try_from(seconds).ok().map(|s| Self::Relative(Duration::from_secs(s)));
            }
            b"+" if quarters <= 48 => quarters * 900,
            b"-" if quarters <= 48 => -quarters * 900,
            _ => return None,
        };
        let local = unix_seconds(2000 + years, months, days, hours, minutes, seconds)?;
        Some(Self::Absolute(local - offset_s))
    }
}

/// `N` numbers of two decimal digits each; `None` when the length differs or another octet stands there.
pub(crate) fn pairs<const N: usize>(text: &[u8]) -> Option<[i64; N]> {
    let (chunks, rest) = text.as_chunks::<2>();
    if chunks.len() != N || !rest.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut numbers = [0; N];
    for (number, [tens, ones]) in numbers.iter_mut().zip(chunks) {
        *number = i64::from(tens.wrapping_sub(b'0')) * 10 + i64::from(ones.wrapping_sub(b'0'));
    }
    Some(numbers)
}

/// Seconds since 1970 of a date of the Gregorian calendar; `None` when a field is out of its range.
pub(crate) fn unix_seconds(
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    let in_range = (1..=days_in_month).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second)
        && (1970..=9999).contains(&year);
    if !in_range {
        return None;
    }
    // Days from civil: the year begins in March, so that the leap day is its last.
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = shifted_year * 365 + shifted_year / 4 - shifted_year / 100 + shifted_year / 400 + day_of_year
        - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_periods_as_the_standard_writes_them() {
        let text = |seconds| String::from_utf8(relative_time(Duration::from_secs(seconds)).to_vec()).unwrap();
        assert_eq!(text(86_400), "000001000000000R");
        assert_eq!(text(86_400 + 2 * 3600 + 3 * 60 + 4), "000001020304000R");
        assert_eq!(text(0), "000000000001000R");
        assert_eq!(text(u64::MAX), "000030235959000R");
        assert_eq!(relative_time(Duration::from_millis(1_001)), *b"000000000002000R");
    }

    #[test]
    fn what_is_written_reads_back() {
        for seconds in [1, 59, 60, 3_599, 86_399, 86_400, 1_234_567, RELATIVE_MAX.as_secs()] {
            let period = Duration::from_secs(seconds);
            assert_eq!(SmppTime::parse(&relative_time(period)), Some(SmppTime::Relative(period)));
        }
    }

    #[test]
    fn absolute_moments_carry_their_offset() {
        // 2026-11-23 12:00:00, two quarters of an hour east of Greenwich.
        assert_eq!(SmppTime::parse(b"261123120000002+"), Some(SmppTime::Absolute(1_795_433_400)));
        assert_eq!(SmppTime::parse(b"261123120000002-"), Some(SmppTime::Absolute(1_795_437_000)));
        assert_eq!(SmppTime::parse(b"240229000000000+"), Some(SmppTime::Absolute(1_709_164_800)));
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            &b""[..],
            b"260230120000000+",
            b"261123240000000+",
            b"26112312000000+",
            b"26112312000000xR",
            b"261123120000049+",
        ] {
            assert_eq!(SmppTime::parse(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }
}

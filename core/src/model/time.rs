//! Time as the core sees it: a number handed in by the shell, so that every decision can be replayed.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A moment: milliseconds since 1970-01-01T00:00:00Z. The shell guarantees that it never goes backwards
/// within one store, whatever the wall clock does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(u64);

impl Time {
    /// The moment `ms` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This moment plus `ms` milliseconds, saturating at the end of time.
    #[must_use]
    pub const fn plus_millis(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; 0 when `earlier` is later.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC with milliseconds, for example `2026-11-23T05:40:28.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, ms) = (self.0 / 86_400_000, self.0 % 86_400_000);
        let (year, month, day) = civil_from_days(days);
        let (h, m, s, milli) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
        if year > 9999 {
            return write!(f, "{year}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{milli:03}Z");
        }
        // Put together first and written at once: times stand many times in every answer.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for (place, value) in [
            (0..4, year),
            (5..7, month),
            (8..10, day),
            (11..13, h),
            (14..16, m),
            (17..19, s),
            (20..23, milli),
        ] {
            let digits = text.get_mut(place).unwrap_or_default();
            digits.iter_mut().rev().fold(value, |left, digit| {
                *digit = b'0' + u8::try_from(left % 10).unwrap_or(0);
                left / 10
            });
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// Days since the epoch to (year, month, day) in the proleptic Gregorian calendar (Hinnant's algorithm).
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    (yoe + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn prints_rfc3339() {
        assert_eq!(Time::from_millis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Time::from_millis(951_782_400_000).to_string(), "2000-02-29T00:00:00.000Z");
        assert_eq!(Time::from_millis(1_795_412_428_007).to_string(), "2026-11-23T05:40:28.007Z");
    }
}

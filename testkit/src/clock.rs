//! The wall clock as journals and receipts write it. All journals of one run share it, so their lines compare.

use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since 1970.
#[must_use]
pub fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// `YYMMDDhhmm` in UTC, as delivery receipts carry it (SMPP 3.4 appendix B).
#[must_use]
pub fn receipt_date(unix_us: u64) -> String {
    let seconds = unix_us / 1_000_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{:02}{month:02}{day:02}{:02}{:02}", year % 100, rest / 3_600, rest / 60 % 60)
}

/// `2026-11-23T09:30:00.000Z`, as CPIM envelopes carry it (RFC 3339).
#[must_use]
pub fn date_time(unix_us: u64) -> String {
    let (seconds, millis) = (unix_us / 1_000_000, unix_us / 1_000 % 1_000);
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Year, month and day of a day since 1970, in the Gregorian calendar.
const fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_envelopes() {
        assert_eq!(date_time(1_795_433_400_123_456), "2026-11-23T11:30:00.123Z");
        assert_eq!(date_time(0), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn dates_of_receipts() {
        assert_eq!(receipt_date(1_795_433_400_000_000), "2611231130");
        assert_eq!(receipt_date(1_709_164_800_000_000), "2402290000");
        assert_eq!(receipt_date(0), "7001010000");
    }
}

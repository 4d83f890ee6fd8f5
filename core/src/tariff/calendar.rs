//! When an allowance's period starts: days and months of the UTC calendar.

use super::plan::Per;
use crate::model::Time;

const MILLIS_A_DAY: u64 = 86_400_000;

/// The start of the period that `at` lies in, in days since 1970-01-01; 0 for an allowance given once.
pub(super) fn period(per: Per, at: Time) -> u32 {
    let days = u32::try_from(at.as_millis() / MILLIS_A_DAY).unwrap_or(u32::MAX);
    match per {
        Per::Once => 0,
        Per::Day => days,
        Per::Month => days.saturating_sub(day_of_month(days).saturating_sub(1)),
    }
}

/// The day of the month, from 1, in the proleptic Gregorian calendar (Hinnant's algorithm).
#[expect(
    clippy::arithmetic_side_effects,
    reason = "of any u32 of days no step leaves u64 or goes below zero"
)]
fn day_of_month(days: u32) -> u32 {
    let z = u64::from(days) + 719_468;
    let day_of_era = z % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    u32::try_from(day_of_year - (153 * month + 2) / 5 + 1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::{MILLIS_A_DAY, Per, day_of_month, period};
    use crate::model::Time;

    #[test]
    fn the_day_of_the_month_is_the_one_that_times_print() {
        for days in (0..200_000).step_by(7) {
            let printed = Time::from_millis(u64::from(days) * MILLIS_A_DAY).to_string();
            assert_eq!(printed.get(8..10).unwrap(), format!("{:02}", day_of_month(days)), "{printed}");
        }
    }

    #[test]
    fn a_month_starts_on_its_first_day() {
        // 2028-02-29T23:59:59.999Z and the millisecond after it.
        let leap = Time::from_millis(1_835_481_599_999);
        assert_eq!(leap.to_string(), "2028-02-29T23:59:59.999Z");
        let start = period(Per::Month, leap);
        assert_eq!(period(Per::Month, leap.plus_millis(1)), start + 29);
        assert_eq!(period(Per::Day, leap), start + 28);
        assert_eq!(period(Per::Once, leap), 0);
    }
}

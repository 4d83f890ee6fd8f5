//! Dates, and when the period of an allowance, pass or cap begins and ends: days, weeks and months of a plan's clock.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "of any day of a u32 and any year of four digits no step leaves an i64"
)]

use super::zone::{Local, Zone};
use crate::model::Time;

pub(super) const SECONDS_A_DAY: i64 = 86_400;

/// How long a bucket lasts before it is new again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Per {
    Hour,
    Day,
    /// From Monday.
    Week,
    /// From this day of the month, 1 to 28.
    Month(u8),
    /// Never new again.
    Once,
}

impl Per {
    /// The beginning of the period that a moment lies in: days since 1970-01-01, for an hour minutes (of which there
    /// are more than days in any year of four digits); 0 for one that never ends.
    pub(super) fn start(self, now: Local) -> u32 {
        let day = now.day;
        match self {
            Self::Once => 0,
            Self::Hour => now.minutes().saturating_sub(u32::from(now.minute % 60)),
            Self::Day => day,
            // Day 4 was a Monday.
            Self::Week => day.saturating_sub(day.wrapping_add(3) % 7),
            Self::Month(first) => {
                let (first, (year, month, of_month)) = (u32::from(first), civil(i64::from(day)));
                let back = if of_month >= first { 0 } else { days_in_month_before(year, month) };
                day.saturating_add(first).saturating_sub(of_month).saturating_sub(back)
            }
        }
    }

    /// True when a period that began there is one of these; 0 is of all.
    pub(super) const fn counts(self, start: u32) -> bool {
        match self {
            _ if start == 0 => true,
            Self::Once => false,
            Self::Hour => is_minute(start),
            Self::Day | Self::Week | Self::Month(_) => !is_minute(start),
        }
    }

    /// When the next period begins; nothing for one that never ends.
    pub(super) fn end(self, now: Local) -> Option<Local> {
        let start = self.start(now);
        let day = match self {
            Self::Once => return None,
            Self::Hour => return Local::of_minutes(start.checked_add(60)?),
            Self::Day => start.checked_add(1)?,
            Self::Week => start.checked_add(7)?,
            // No month is longer, and no two are shorter together.
            Self::Month(_) => self.start(Local::midnight(start.checked_add(31)?)),
        };
        Some(Local::midnight(day))
    }

    /// The beginning of the period before the one that begins at `start`.
    pub(super) fn previous(self, start: u32) -> u32 {
        match self {
            Self::Hour => start.saturating_sub(60),
            Self::Day | Self::Week | Self::Month(_) | Self::Once => {
                self.start(Local::midnight(start.saturating_sub(1)))
            }
        }
    }
}

/// True for the beginning of a period that is in minutes. No day before the year 10000 is as many, and no minute since
/// 1978 as few.
pub(super) const fn is_minute(start: u32) -> bool {
    start > 4_000_000
}

const fn days_in_month_before(year: i64, month: u32) -> u32 {
    match month {
        3 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        3 => 28,
        5 | 7 | 10 | 12 => 30,
        _ => 31,
    }
}

fn whole(days: i64) -> u32 {
    u32::try_from(days.max(0)).unwrap_or(u32::MAX)
}

/// Days since 1970-01-01 to (year, month, day) in the proleptic Gregorian calendar (Hinnant's algorithm).
pub(super) fn civil(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let small = |number: i64| u32::try_from(number).unwrap_or(1);
    (yoe + era * 400 + i64::from(month <= 2), small(month), small(day))
}

/// (year, month, day) to days since 1970-01-01.
pub(super) fn days_of(year: i64, month: u32, day: u32) -> i64 {
    let (month, day) = (i64::from(month), i64::from(day));
    let y = if month <= 2 { year - 1 } else { year };
    let (era, yoe) = (y.div_euclid(400), y.rem_euclid(400));
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// The day of a date such as `2026-11-01`, from 1970 to 9999.
pub(super) fn date(text: &str) -> Option<u32> {
    let mut numbers = text.splitn(3, '-').zip([4, 2, 2]).map(|(digits, width)| {
        let sound = digits.len() == width && digits.bytes().all(|byte| byte.is_ascii_digit());
        sound.then(|| digits.parse::<u32>().ok()).flatten()
    });
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let days = days_of(i64::from(year), month, day);
    // A date that is none, such as the 31st of June, comes back as another.
    (year >= 1970 && civil(days) == (i64::from(year), month, day)).then(|| whole(days))
}

/// The moment of an RFC 3339 time such as `2026-11-01T00:00:00+01:00`, or of midnight of a date by that clock.
pub(super) fn moment(text: &str, zone: &Zone) -> Option<Time> {
    let (day, rest) = text.split_at_checked(10)?;
    let day = date(day)?;
    if rest.is_empty() {
        return Some(zone.moment(Local { day, minute: 0 }));
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, offset) = match rest.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, 0),
        None => {
            let (clock, offset) = rest.split_at_checked(rest.len().checked_sub(6)?)?;
            let sign = if offset.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = offset.strip_prefix(['+', '-'])?.split_once(':')?;
            (clock, sign * (two(hours, 24)? * 3600 + two(minutes, 60)? * 60))
        }
    };
    let (clock, _) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.split(':');
    let (hour, minute, second) = (
        two(parts.next()?, 24)?,
        two(parts.next()?, 60)?,
        parts.next().map_or(Some(0), |text| two(text, 60))?,
    );
    let seconds = i64::from(day) * SECONDS_A_DAY + hour * 3600 + minute * 60 + second - offset;
    parts
        .next()
        .is_none()
        .then(|| u64::try_from(seconds).ok().map(|s| Time::from_millis(s.saturating_mul(1000))))?
}

impl Time {
    /// Reads a time of RFC 3339, such as `2026-11-01T00:00:00+01:00`, or a date: its midnight in UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        moment(text, &Zone::default())
    }
}

/// A number of two digits below `bound`.
fn two(text: &str, bound: i64) -> Option<i64> {
    let number = text.parse::<u8>().ok().filter(|_| text.len() == 2 && !text.starts_with('+'))?;
    Some(i64::from(number)).filter(|number| *number < bound)
}

/// Minutes since midnight of `22:00`; `24:00` is the end of the day.
pub(super) fn minute_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let minute = two(hours, 25)? * 60 + two(minutes, 60)?;
    u16::try_from(minute).ok().filter(|minute| *minute <= 1440)
}

#[cfg(test)]
mod tests {
    use super::{Per, civil, date, days_of, moment};
    use crate::model::Time;
    use crate::tariff::zone::{Local, Zone};

    #[test]
    fn dates_are_those_that_times_print() {
        for day in (0..200_000_u32).step_by(7) {
            let printed = Time::from_millis(u64::from(day) * 86_400_000).to_string();
            assert_eq!(date(&printed[..10]), Some(day), "{printed}");
            let (year, month, of_month) = civil(i64::from(day));
            assert_eq!(days_of(year, month, of_month), i64::from(day));
        }
        for bad in ["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "1969-12-31", "2026-11-1x", ""] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }

    #[test]
    fn periods_begin_where_the_last_one_ended() {
        for per in [Per::Hour, Per::Day, Per::Week, Per::Month(1), Per::Month(15), Per::Month(28)] {
            for minute in (19_000 * 1440..21_000 * 1440).step_by(997) {
                let now = Local::of_minutes(minute).unwrap();
                let (start, end) = (per.start(now), per.end(now).unwrap());
                let begin = if per == Per::Hour { start } else { start * 1440 };
                assert!(begin <= minute && minute < end.minutes(), "{per:?} {minute} {start} {end:?}");
                assert_eq!(per.previous(per.start(end)), start, "{per:?} {minute}");
            }
        }
        let leap = Local::midnight(date("2028-02-29").unwrap());
        assert_eq!(Per::Month(1).start(leap), leap.day - 28);
        assert_eq!(Per::Month(1).end(leap), Some(Local::midnight(leap.day + 1)));
        // 2026-11-23 is a Monday.
        let monday = date("2026-11-23").unwrap();
        assert_eq!(Per::Week.start(Local::midnight(monday)), monday);
        assert_eq!(Per::Week.start(Local::midnight(monday - 1)), monday - 7);
        assert_eq!((Per::Once.start(leap), Per::Once.end(leap)), (0, None));
    }

    #[test]
    fn times_are_read_with_their_offset() {
        let utc = Zone::default();
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let shown = |text| moment(text, &utc).map(|at| at.to_string());
        assert_eq!(shown("2026-11-01T00:00:00+01:00").as_deref(), Some("2026-10-31T23:00:00.000Z"));
        assert_eq!(shown("2026-11-01T00:00:00.5Z").as_deref(), Some("2026-11-01T00:00:00.000Z"));
        assert_eq!(moment("2026-11-01", &berlin), moment("2026-11-01T00:00:00+01:00", &utc));
        assert_eq!(moment("2026-07-01", &berlin), moment("2026-07-01T00:00:00+02:00", &utc));
        for bad in
            ["2026-11-01T", "2026-11-01T25:00:00Z", "2026-11-01T00:00:00", "2026-11-01T00:00:00+1:00", "é"]
        {
            assert_eq!(moment(bad, &utc), None, "{bad}");
        }
    }
}

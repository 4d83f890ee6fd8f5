//! Date (RFC 3261 20.17): the one form of RFC 1123, in GMT.

use core::fmt;

use crate::header::Value;
use crate::octets::decimal;

/// A moment, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Seconds since 1970 began, UTC, leap seconds not counted. Up to the end of the year 9999.
    pub unix_seconds: u64,
}

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SECONDS_OF_DAY: u64 = 86_400;

impl Value<'_> for Date {
    /// `Sat, 13 Nov 2010 23:29:00 GMT`. The day of the week must be one, not the right one.
    fn read(value: &[u8]) -> Option<Self> {
        let mut words = value.split(|octet| *octet == b' ').filter(|word| !word.is_empty());
        let weekday = words.next()?.strip_suffix(b",")?;
        DAYS.iter().find(|day| weekday.eq_ignore_ascii_case(day.as_bytes()))?;
        let day = number(words.next()?, 2)?;
        let month = words.next()?;
        let month = MONTHS.iter().position(|name| month.eq_ignore_ascii_case(name.as_bytes()))?;
        let year = number(words.next()?, 4)?;
        let mut clock = words.next()?.split(|octet| *octet == b':');
        let mut part =
            |below: u64| clock.next().and_then(|part| number(part, 2)).filter(|part| *part < below);
        // A leap second is the one after it.
        let (hour, minute, second) = (part(24)?, part(60)?, part(61)?);
        let ended = clock.next().is_none() && words.next()? == b"GMT" && words.next().is_none();
        let month = u64::try_from(month).ok()?;
        if !ended || year < 1970 || !(1..=days_of(year, month)).contains(&day) {
            return None;
        }
        let days = days_before_year(year) + days_before_month(year, month) + day - 1;
        let clock = hour * 3600 + minute * 60 + second;
        Some(Self { unix_seconds: days * SECONDS_OF_DAY + clock })
    }
}

/// As it is written in the header.
impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |names: &[&'static str], at: u64| {
            usize::try_from(at).ok().and_then(|at| names.get(at).copied()).unwrap_or_default()
        };
        let (mut days, clock) = (self.unix_seconds / SECONDS_OF_DAY, self.unix_seconds % SECONDS_OF_DAY);
        let weekday = name(&DAYS, days % 7);
        // Never too late, at most a year too early.
        let mut year = 1970 + days / 366;
        while year < 10_000 && days_before_year(year + 1) <= days {
            year += 1;
        }
        days -= days_before_year(year);
        let mut month = 0;
        while month < 11 && days_before_month(year, month + 1) <= days {
            month += 1;
        }
        let day = days - days_before_month(year, month) + 1;
        let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
        let month = name(&MONTHS, month);
        write!(out, "{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }
}

fn number(digits: &[u8], length: usize) -> Option<u64> {
    if digits.len() == length { decimal(digits) } else { None }
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days of a month, which counts from 0.
const fn days_of(year: u64, month: u64) -> u64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// Days from the beginning of 1970 to that of `year`, which is 1970 or later.
const fn days_before_year(year: u64) -> u64 {
    (year - 1970) * 365 + leaps_before(year) - leaps_before(1970)
}

/// Leap years from the year 1 on.
const fn leaps_before(year: u64) -> u64 {
    let years = year - 1;
    years / 4 - years / 100 + years / 400
}

fn days_before_month(year: u64, month: u64) -> u64 {
    (0..month).map(|month| days_of(year, month)).sum()
}

//! Reading a moment as RFC 3339 writes it. By hand and strict: the one form that clients are told of is the one form
//! that is taken, so that no two servers disagree on when a message ends.

use switchback_core::model::Time;

/// Why a text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a time is written 2026-11-23T05:40:28Z or 2026-11-23T06:40:28.5+01:00 (RFC 3339), from 1970 to 9999"
)]
pub(crate) struct TimeError;

/// Reads a moment; fractions of a second beyond milliseconds are cut off. A leap second (`:60`) is refused, because
/// no clock here can stand on one.
pub(crate) fn parse(text: &str) -> Result<Time, TimeError> {
    read(text).ok_or(TimeError)
}

fn read(text: &str) -> Option<Time> {
    // All positions below are bytes; anything but ASCII fits no form.
    let text = text.is_ascii().then_some(text)?;
    let (head, tail) = text.split_at_checked(19)?;
    for (place, mark) in [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')] {
        head.get(place..place + 1)?.starts_with(mark).then_some(())?;
    }
    let part = |range: std::ops::Range<usize>| number(head.get(range)?);
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let (hour, minute, second) = (part(11..13)?, part(14..16)?, part(17..19)?);
    let fits = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    fits.then_some(())?;
    let (millis, zone) = fraction(tail)?;
    let local =
        i64::try_from(days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
            .ok()?;
    let utc = local.checked_sub(offset_seconds(zone)?)?;
    Some(Time::from_millis(u64::try_from(utc).ok()? * 1000 + millis))
}

/// Digits only; `parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    text.parse().ok()
}

/// `.123Z` -> (123, `Z`); `Z` -> (0, `Z`).
fn fraction(tail: &str) -> Option<(u64, &str)> {
    let Some(rest) = tail.strip_prefix('.') else { return Some((0, tail)) };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (kept, zone) = rest.split_at_checked(digits)?;
    (1..=9).contains(&digits).then_some(())?;
    let millis = kept.get(..3.min(digits))?;
    Some((format!("{millis:0<3}").parse().ok()?, zone))
}

/// `Z` or `+hh:mm` in seconds east of UTC.
fn offset_seconds(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('+') { 1 } else { -1 };
    let rest = zone.strip_prefix(['+', '-'])?;
    let (hours, minutes) = rest.split_once(':')?;
    (hours.len() == 2 && minutes.len() == 2).then_some(())?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(())?;
    Some(sign * i64::try_from(hours * 3600 + minutes * 60).ok()?)
}

const fn days_in(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar (Hinnant's algorithm), from 1970 on.
const fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, yoe) = (year / 400, year % 400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let doy = (153 * shifted + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

#[cfg(test)]
mod tests {
    use super::{TimeError, parse};
    use proptest::prelude::*;
    use switchback_core::model::Time;

    #[test]
    fn reads_zones_and_fractions() {
        let same = parse("2026-11-23T05:40:28.007Z");
        assert_eq!(same, Ok(Time::from_millis(1_795_412_428_007)));
        assert_eq!(parse("2026-11-23T06:40:28.0079+01:00"), same);
        assert_eq!(parse("2026-11-23T00:10:28.007-05:30"), same);
        assert_eq!(parse("1970-01-01T00:00:00Z"), Ok(Time::from_millis(0)));
        assert_eq!(parse("2000-02-29T00:00:00Z"), Ok(Time::from_millis(951_782_400_000)));
    }

    #[test]
    fn refuses_every_other_form() {
        for bad in [
            "",
            "2026-11-23",
            "2026-11-23 05:40:28Z",
            "2026-11-23t05:40:28Z",
            "2026-11-23T05:40:28z",
            "2026-11-23T05:40:28",
            "2026-11-23T05:40Z",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T05:40:60Z",
            "2026-11-23T05:40:28.Z",
            "2026-11-23T05:40:28.1234567890Z",
            "2026-11-23T05:40:28+0100",
            "2026-11-23T05:40:28+1:00",
            "2026-11-23T05:40:28ZZ",
            "+026-11-23T05:40:28Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:30:00+01:00",
            "２026-11-23T05:40:28Z",
        ] {
            assert_eq!(parse(bad), Err(TimeError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reading_what_we_print_is_identity(ms in 0u64..253_402_300_800_000) {
            let time = Time::from_millis(ms);
            prop_assert_eq!(parse(&time.to_string()), Ok(time));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            // Whatever is read prints again: nothing but real moments comes out.
            if let Ok(time) = parse(&text) {
                prop_assert_eq!(parse(&time.to_string()), Ok(time));
            }
        }
    }
}

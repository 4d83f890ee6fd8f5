//! Moments as clients write them: a moment that is read lies within the years told, and its zone is honoured.
#![no_main]

#[path = "../../api/src/rfc3339.rs"]
mod rfc3339;

use libfuzzer_sys::fuzz_target;

/// The last millisecond of the year 9999, and a day for its zone.
const LAST: u64 = 253_402_300_799_999 + 86_400_000;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(time) = rfc3339::parse(text) else { return };
    assert!(time.as_millis() <= LAST && text.is_ascii() && (20..=35).contains(&text.len()), "{text:?}");
    if let Some(local) = text.strip_suffix('Z') {
        let same = rfc3339::parse(&format!("{local}+00:00"));
        assert_eq!(same.map(|same| same.as_millis()).ok(), Some(time.as_millis()));
        if let Ok(east) = rfc3339::parse(&format!("{local}+01:30")) {
            assert_eq!(time.as_millis() - east.as_millis(), 90 * 60_000);
        }
    }
});

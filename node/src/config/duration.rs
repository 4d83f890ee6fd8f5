//! Durations as people write them: a whole number and its unit.

/// Milliseconds of `250ms`, `30s`, `10m`, `72h` or `3d`; nothing when the text is no such duration.
pub(super) fn parse_ms(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim_start() {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// The shortest text that [`parse_ms`] reads back.
pub(super) fn print_ms(ms: u64) -> String {
    for (unit, factor) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)] {
        if ms > 0 && ms.is_multiple_of(factor) {
            return format!("{}{unit}", ms / factor);
        }
    }
    format!("{ms}ms")
}

#[cfg(test)]
mod tests {
    use super::{parse_ms, print_ms};

    #[test]
    fn reads_what_it_prints() {
        for (text, ms) in
            [("250ms", 250), ("30s", 30_000), ("72h", 259_200_000), ("3d", 259_200_000), ("10m", 600_000)]
        {
            assert_eq!(parse_ms(text), Some(ms));
            assert_eq!(parse_ms(&print_ms(ms)), Some(ms));
        }
        for bad in ["", "30", "s", "-1s", "1.5s", "1 week", "99999999999999999999s"] {
            assert_eq!(parse_ms(bad), None, "{bad}");
        }
    }
}

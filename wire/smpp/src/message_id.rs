//! Forms of a `message_id`: SMSCs answer a submission with one spelling of a number and report with another.
//!
//! The raw string is the id; the other forms are only for looking up. Numbers are converted at their full length,
//! so two long ids never fall together. Case, leading zeros and `0x` are not the matter of this: who looks up has to
//! bear with them in the id that was answered, too.

/// Longest id, in characters, whose number is converted; longer ones have their raw form only, so that a hostile id
/// can't buy time.
const CONVERT_MAX: usize = 128;

/// What the id of a receipt may have been in the answer, each way of reading in its own place: the same; the decimal
/// of it read as hexadecimal; the hexadecimal, in lower case, of it read as decimal. A way that the id can't be read
/// is left out, and so are those after it.
///
/// A match counts only when exactly one known id has it: `10` is also ten read as hexadecimal.
#[must_use]
pub fn id_candidates(raw: &str) -> Vec<String> {
    let mut candidates = vec![raw.to_owned()];
    let lower = raw.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_ascii_lowercase();
    let (digits, says_hex) = match lower.strip_prefix("0x") {
        Some(rest) if is_hex(rest) => (rest, true),
        _ => (lower.as_str(), false),
    };
    if digits.len() <= CONVERT_MAX && is_hex(digits) {
        candidates.push(convert(digits, 16, 10));
        if !says_hex && digits.bytes().all(|b| b.is_ascii_digit()) {
            candidates.push(convert(digits, 10, 16));
        }
    }
    candidates
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Writes the number that `digits` are in one base in another.
fn convert(digits: &str, from: u32, to: u32) -> String {
    if let Ok(number) = u64::from_str_radix(digits, from) {
        return if to == 16 { format!("{number:x}") } else { number.to_string() };
    }
    if let Ok(number) = u128::from_str_radix(digits, from) {
        return if to == 16 { format!("{number:x}") } else { number.to_string() };
    }
    // Wider than 128 bits: schoolbook, the number as digits of the new base, the lowest first.
    let mut number: Vec<u32> = Vec::with_capacity(digits.len().saturating_mul(2));
    for digit in digits.chars().filter_map(|c| c.to_digit(from)) {
        let mut carry = digit;
        for place in &mut number {
            let sum = *place * from + carry;
            *place = sum % to;
            carry = sum / to;
        }
        while carry > 0 {
            number.push(carry % to);
            carry /= to;
        }
    }
    number.iter().rev().filter_map(|digit| char::from_digit(*digit, to)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_reading_has_its_place() {
        assert_eq!(id_candidates("12"), ["12", "18", "c"]);
        assert_eq!(id_candidates("0000012"), ["0000012", "18", "c"]);
        assert_eq!(id_candidates("00AB"), ["00AB", "171"]);
        assert_eq!(id_candidates("0x1F"), ["0x1F", "31"]);
        assert_eq!(id_candidates("msg-7/x"), ["msg-7/x"]);
        assert_eq!(id_candidates("7"), ["7", "7", "7"]);
        assert_eq!(id_candidates("000"), ["000", "0", "0"]);
        assert_eq!(id_candidates(""), [""]);
    }

    #[test]
    fn ids_wider_than_64_and_128_bits_keep_every_digit() {
        // 2^64 and its neighbour: a saturating conversion makes them one.
        assert_eq!(id_candidates("18446744073709551616").last().unwrap(), "10000000000000000");
        assert_eq!(id_candidates("18446744073709551617").last().unwrap(), "10000000000000001");
        // 2^130.
        assert_eq!(
            id_candidates("1361129467683753853853498429727072845824").last().unwrap(),
            "400000000000000000000000000000000"
        );
        assert_eq!(
            convert("400000000000000000000000000000000", 16, 10),
            "1361129467683753853853498429727072845824"
        );
        assert_eq!(convert(&format!("{}1", "0".repeat(60)), 16, 10), "1");
    }

    #[test]
    fn a_very_long_id_is_kept_and_not_computed_with() {
        let long = "9".repeat(60_000);
        assert_eq!(id_candidates(&long), [long]);
    }
}

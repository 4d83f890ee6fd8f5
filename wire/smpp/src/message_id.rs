//! Forms of a `message_id`: SMSCs answer a submission with one spelling of a number and report with another.
//!
//! The raw string is the id; the other forms are only for looking up. Numbers are converted at their full length,
//! so two long ids never fall together.

/// Longest id, in characters, whose number is converted; longer ones have their raw and folded forms only, so that
/// a hostile id can't buy time.
const CONVERT_MAX: usize = 128;

/// How a candidate was made from the id as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdForm {
    /// As received.
    Raw,
    /// White space, leading zeros and `0x` taken off, letters in lower case.
    Folded,
    /// The id read as hexadecimal, written in decimal.
    DecimalOfHex,
    /// The id read as decimal, written in lower-case hexadecimal.
    HexOfDecimal,
}

/// One spelling of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdCandidate {
    /// How it was made: what a route can learn about its SMSC.
    pub form: IdForm,
    /// The spelling.
    pub value: String,
}

/// All spellings of `raw` that are worth looking up, the raw one first, each value once; at most four.
///
/// A match counts only when exactly one known id has it: `10` is also ten read as hexadecimal.
#[must_use]
pub fn id_candidates(raw: &str) -> Vec<IdCandidate> {
    let mut candidates = Vec::with_capacity(4);
    add(&mut candidates, IdForm::Raw, raw.to_owned());
    let lower = raw.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_ascii_lowercase();
    let (digits, says_hex) = match lower.strip_prefix("0x") {
        Some(rest) if is_hex(rest) => (rest, true),
        _ => (lower.as_str(), false),
    };
    let trimmed = match digits.trim_start_matches('0') {
        "" if !digits.is_empty() => "0",
        trimmed => trimmed,
    };
    add(&mut candidates, IdForm::Folded, trimmed.to_owned());
    if trimmed.len() <= CONVERT_MAX && is_hex(trimmed) {
        add(&mut candidates, IdForm::DecimalOfHex, convert(trimmed, 16, 10));
        if !says_hex && trimmed.bytes().all(|b| b.is_ascii_digit()) {
            add(&mut candidates, IdForm::HexOfDecimal, convert(trimmed, 10, 16));
        }
    }
    candidates
}

fn add(candidates: &mut Vec<IdCandidate>, form: IdForm, value: String) {
    if candidates.iter().all(|known| known.value != value) {
        candidates.push(IdCandidate { form, value });
    }
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

    fn values(raw: &str) -> Vec<String> {
        id_candidates(raw).into_iter().map(|candidate| candidate.value).collect()
    }

    #[test]
    fn the_raw_id_is_always_first_and_no_value_comes_twice() {
        assert_eq!(values("12"), ["12", "18", "c"]);
        assert_eq!(values("0000012"), ["0000012", "12", "18", "c"]);
        assert_eq!(values("00AB"), ["00AB", "ab", "171"]);
        assert_eq!(values("0x1F"), ["0x1F", "1f", "31"]);
        assert_eq!(values("msg-7/x"), ["msg-7/x"]);
        assert_eq!(values("7"), ["7"]);
        assert_eq!(values("000"), ["000", "0"]);
        assert_eq!(values(""), [""]);
    }

    #[test]
    fn ids_wider_than_64_and_128_bits_keep_every_digit() {
        // 2^64 and its neighbour: a saturating conversion makes them one.
        assert_eq!(values("18446744073709551616").last().unwrap(), "10000000000000000");
        assert_eq!(values("18446744073709551617").last().unwrap(), "10000000000000001");
        // 2^130.
        assert_eq!(
            values("1361129467683753853853498429727072845824").last().unwrap(),
            "400000000000000000000000000000000"
        );
        assert_eq!(
            convert("400000000000000000000000000000000", 16, 10),
            "1361129467683753853853498429727072845824"
        );
    }

    #[test]
    fn a_very_long_id_is_kept_and_not_computed_with() {
        let long = "9".repeat(60_000);
        assert_eq!(values(&long), [long]);
    }
}

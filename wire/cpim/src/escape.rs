//! The backslash of RFC 3862 2.3: how a header says what a line can't hold.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

/// Undoes the escapes. A backslash before anything that is no escape stands for itself, since people type paths.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut units = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let decoded = if c == '\\' { escape(&mut chars) } else { None };
        match decoded {
            Some(Decoded::Unit(unit)) => units.push(unit),
            Some(Decoded::Char(c)) => {
                flush(&mut units, &mut plain);
                plain.push(c);
            }
            None => {
                flush(&mut units, &mut plain);
                plain.push(c);
            }
        }
    }
    flush(&mut units, &mut plain);
    Cow::Owned(plain)
}

enum Decoded {
    Char(char),
    /// One `\u`: a character of the first plane, or half of another.
    Unit(u16),
}

fn escape(chars: &mut Peekable<Chars<'_>>) -> Option<Decoded> {
    let plain = match chars.peek()? {
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'r' => '\r',
        quoted @ ('"' | '\'' | '\\') => *quoted,
        'u' => {
            let digits: String = chars.clone().skip(1).take(4).collect();
            let hex = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let unit = u16::from_str_radix(&digits, 16).ok().filter(|_| hex)?;
            for _ in 0..5 {
                chars.next();
            }
            return Some(Decoded::Unit(unit));
        }
        _ => return None,
    };
    chars.next();
    Some(Decoded::Char(plain))
}

/// Halves of a character meet here; one that is alone becomes U+FFFD.
fn flush(units: &mut Vec<u16>, plain: &mut String) {
    let halves = char::decode_utf16(units.drain(..));
    plain.extend(halves.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

/// Whether a text has such a character. Nearly every text is ASCII, where an octet is one.
pub(crate) fn has(text: &str, such: impl Fn(char) -> bool) -> bool {
    if text.is_ascii() { text.bytes().any(|octet| such(char::from(octet))) } else { text.contains(such) }
}

/// Writes text so that it fits into a line. Inside quotation marks those are escaped too; without them a space at
/// either end, which would be taken for the space round a value.
pub(crate) fn push_escaped(text: &str, quoted: bool, out: &mut String) {
    for (at, c) in text.char_indices() {
        match c {
            ' ' if !quoted && (at == 0 || at + 1 == text.len()) => out.push_str("\\u0020"),
            '\\' => out.push_str("\\\\"),
            '"' if quoted => out.push_str("\\\""),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            // Controls are all of the first plane, so four digits hold them.
            control if control.is_control() => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            plain => out.push(plain),
        }
    }
}

/// The end of a quoted string: the text inside and what follows the closing mark. `text` starts after the opening one.
pub(crate) fn quoted(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_the_standard() {
        let table = [
            (r"plain", "plain"),
            (r"a\tb\nc\rd\be", "a\tb\nc\rd\u{8}e"),
            (r#"\"\'\\"#, r#""'\"#),
            (r"\u00e9t\u00E9", "été"),
            (r"\ud83d\ude00!", "😀!"),
            (r"\ud83d!", "\u{fffd}!"),
            (r"\u12", r"\u12"),
            (r"\u+123", r"\u+123"),
            (r"C:\dir", r"C:\dir"),
            (r"end\", r"end\"),
        ];
        for (written, meant) in table {
            assert_eq!(unescaped(written), meant, "{written}");
        }
    }

    #[test]
    fn a_quoted_string_ends_at_its_own_mark() {
        assert_eq!(quoted(r#"a\"b" <c>"#), Some((r#"a\"b"#, " <c>")));
        assert_eq!(quoted(r"open\"), None);
    }
}

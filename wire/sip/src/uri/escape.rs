//! `%HH` (RFC 3261 19.1.2): resolved and compared.

use std::borrow::Cow;

/// With every `%HH` replaced by its octet. A `%` without two digits stays.
#[must_use]
pub fn unescape(octets: &[u8]) -> Cow<'_, [u8]> {
    if !octets.contains(&b'%') {
        return Cow::Borrowed(octets);
    }
    Cow::Owned(letters(octets).map(|letter| letter.octet).collect())
}

/// Whether two parts of a URI are the same: an escape equals its octet, but not for reserved ones (19.1.4).
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one == other || letters(one).eq(letters(other))
}

/// As [`same`], without case.
pub(crate) fn same_but_case(one: &[u8], other: &[u8]) -> bool {
    one.eq_ignore_ascii_case(other)
        || letters(one).map(Letter::lowercase).eq(letters(other).map(Letter::lowercase))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Letter {
    octet: u8,
    /// An escape that does not mean the same as the bare octet.
    reserved: bool,
}

impl Letter {
    const fn lowercase(self) -> Self {
        Self { octet: self.octet.to_ascii_lowercase(), reserved: self.reserved }
    }
}

fn letters(mut rest: &[u8]) -> impl Iterator<Item = Letter> {
    core::iter::from_fn(move || {
        let (first, after) = rest.split_first()?;
        if *first == b'%'
            && let [high, low, after @ ..] = after
            && let Some(octet) = hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low)
        {
            rest = after;
            return Some(Letter { octet, reserved: is_reserved(octet) });
        }
        rest = after;
        Some(Letter { octet: *first, reserved: false })
    })
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// `reserved` of RFC 3261 25.1.
const fn is_reserved(octet: u8) -> bool {
    matches!(octet, b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',')
}

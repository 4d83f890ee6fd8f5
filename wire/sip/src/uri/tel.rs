//! `tel:` (RFC 3966).

use crate::octets::Scan;
use crate::uri::params::UriParams;

/// A telephone number. `==` is the comparison of RFC 3966 4: visual separators, case and the order of parameters do
/// not count.
#[derive(Debug, Clone, Copy)]
pub struct TelUri<'a> {
    /// As it is written, separators included: `+49-30-1234`, or a local number.
    pub number: &'a [u8],
    /// Parameters; a local number has `phone-context`.
    pub params: UriParams<'a>,
}

impl<'a> TelUri<'a> {
    /// Reads what follows the scheme.
    pub(crate) fn read(rest: &'a [u8]) -> Option<Self> {
        let mut scan = Scan::new(rest);
        let number = scan.until(|octet| octet == b';');
        let params = UriParams::read(&mut scan).filter(|_| scan.is_empty())?;
        let digits = number.strip_prefix(b"+").unwrap_or(number);
        let global = digits.len() < number.len();
        let well = digits.iter().all(|octet| {
            is_separator(*octet)
                || octet.is_ascii_digit()
                || !global && (octet.is_ascii_hexdigit() || matches!(octet, b'*' | b'#'))
        });
        (well && digits.iter().any(|octet| !is_separator(*octet))).then_some(Self { number, params })
    }

    /// Whether it is a global number: `+` and digits (E.164).
    #[must_use]
    pub const fn is_global(&self) -> bool {
        matches!(self.number, [b'+', ..])
    }

    /// The number without its visual separators.
    pub fn digits(&self) -> impl Iterator<Item = u8> + use<'a> {
        self.number.iter().copied().filter(|octet| !is_separator(*octet))
    }
}

impl PartialEq for TelUri<'_> {
    fn eq(&self, other: &Self) -> bool {
        let digits = |uri: &Self| uri.digits().map(|digit| digit.to_ascii_lowercase()).collect::<Vec<_>>();
        self.params.iter().count() == other.params.iter().count()
            && digits(self) == digits(other)
            && self.params.iter().all(|(name, value)| {
                let theirs = other.params.find(name);
                match (value, theirs) {
                    (Some(value), Some(Some(theirs))) => same_value(value, theirs),
                    (None, Some(None)) => true,
                    _ => false,
                }
            })
    }
}

impl Eq for TelUri<'_> {}

/// A value of digits is compared without its separators, as `phone-context=+1-2` is a number.
fn same_value(one: &[u8], other: &[u8]) -> bool {
    let number = |value: &[u8]| {
        value
            .starts_with(b"+")
            .then(|| value.iter().copied().filter(|octet| !is_separator(*octet)).collect::<Vec<_>>())
    };
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.eq_ignore_ascii_case(other),
    }
}

const fn is_separator(octet: u8) -> bool {
    matches!(octet, b'-' | b'.' | b'(' | b')')
}

//! Addresses: type of number, numbering plan and digits (SMPP 3.4 5.2.5 to 5.2.9).

use std::borrow::Cow;
use std::fmt;

/// An address as it stands on the wire, borrowed. `Debug` shows no more than the last two digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Address<'a> {
    /// Type of number: 0 unknown, 1 international, 2 national, 3 network specific, 5 alphanumeric, 6 abbreviated.
    pub ton: u8,
    /// Numbering plan: 0 unknown, 1 E.164.
    pub npi: u8,
    /// The digits or letters, without the terminating NUL.
    pub digits: &'a [u8],
}

impl<'a> Address<'a> {
    /// E.164: TON 1, NPI 1. A leading `+` is not sent.
    #[must_use]
    pub fn international(number: &'a str) -> Self {
        Self { ton: 1, npi: 1, digits: number.strip_prefix('+').unwrap_or(number).as_bytes() }
    }

    /// A name as sender: TON 5, NPI 0. Networks carry at most 11 characters of it.
    #[must_use]
    pub const fn alphanumeric(name: &'a str) -> Self {
        Self { ton: 5, npi: 0, digits: name.as_bytes() }
    }

    /// A short code: TON 3, NPI 0.
    #[must_use]
    pub const fn short_code(digits: &'a str) -> Self {
        Self { ton: 3, npi: 0, digits: digits.as_bytes() }
    }

    /// The digits as text; octets that are not UTF-8 are shown as U+FFFD.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.digits)
    }
}

impl fmt::Debug for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, last) = self.digits.split_at_checked(self.digits.len().saturating_sub(2)).unwrap_or_default();
        write!(f, "{}/{}/{}…{}", self.ton, self.npi, self.digits.len(), String::from_utf8_lossy(last))
    }
}

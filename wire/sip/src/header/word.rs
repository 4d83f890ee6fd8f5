//! Headers that are one opaque word (RFC 3261 20.8): Call-ID, an element of In-Reply-To, Conversation-ID,
//! Contribution-ID and InReplyTo-Contribution-ID (OMA CPM Conversation Functions, appendix C), an element of
//! P-Asserted-Service and P-Preferred-Service (RFC 6050).

use crate::header::Value;

/// A word that is compared letter by letter and never understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Word<'a>(
    /// As it is written.
    pub &'a [u8],
);

impl<'a> Value<'a> for Word<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        // The standard has a shorter list of octets; peers write base64 and worse, and nothing depends on it.
        let well = !value.is_empty() && value.iter().all(|octet| octet.is_ascii_graphic() || *octet >= 0x80);
        well.then_some(Self(value))
    }
}

//! Call-ID (RFC 3261 20.8), and every other header that is one opaque word: Conversation-ID, Contribution-ID,
//! InReplyTo-Contribution-ID (OMA CPM Conversation Functions, appendix C), one element of In-Reply-To.

use crate::header::Value;

/// A word that is compared letter by letter and never understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallId<'a>(
    /// As it is written.
    pub &'a [u8],
);

impl<'a> Value<'a> for CallId<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        // The standard has a shorter list of octets; peers write base64 and worse, and nothing depends on it.
        let well = !value.is_empty() && value.iter().all(|octet| octet.is_ascii_graphic() || *octet >= 0x80);
        well.then_some(Self(value))
    }
}

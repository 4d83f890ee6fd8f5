//! What a sender wants to hear about a message.

/// The values of `imdn.Disposition-Notification` (RFC 5438 6.2, with OMA's `interworking`), as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Wants(u8);

impl Wants {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// That it was delivered.
    pub const POSITIVE_DELIVERY: Self = Self(1);
    /// That it could not be delivered.
    pub const NEGATIVE_DELIVERY: Self = Self(2);
    /// That somebody on the way did something with it.
    pub const PROCESSING: Self = Self(4);
    /// That it was shown to the recipient.
    pub const DISPLAY: Self = Self(8);
    /// That it left as another service (OMA CPM).
    pub const INTERWORKING: Self = Self(16);

    const WORDS: [(Self, &'static str); 5] = [
        (Self::POSITIVE_DELIVERY, "positive-delivery"),
        (Self::NEGATIVE_DELIVERY, "negative-delivery"),
        (Self::PROCESSING, "processing"),
        (Self::DISPLAY, "display"),
        (Self::INTERWORKING, "interworking"),
    ];

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is wanted.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is wanted.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Reads the list. Unknown words, and parameters, ask for nothing.
    pub(crate) fn parse(value: &str) -> Self {
        value.split(',').fold(Self::NONE, |wants, item| {
            let word = item.split(';').next().unwrap_or_default().trim();
            let known = Self::WORDS.iter().find(|(_, known)| known.eq_ignore_ascii_case(word));
            known.map_or(wants, |(want, _)| wants.and(*want))
        })
    }

    pub(crate) fn write(self, out: &mut String) {
        let mut separator = "";
        for (_, word) in Self::WORDS.iter().filter(|(want, _)| self.has(*want)) {
            out.extend([separator, word]);
            separator = ", ";
        }
    }
}

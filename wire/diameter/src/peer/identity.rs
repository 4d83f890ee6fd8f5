//! Who we are to our peers, and the numbers that name our requests.

/// Who we say we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Origin-Host: a name that no other node has.
    pub host: String,
    /// Origin-Realm.
    pub realm: String,
    /// Product-Name.
    pub product: String,
    /// Origin-State-Id: grows with each start that lost the sessions; `None` when they are kept, as derived session
    /// ids are.
    pub origin_state: Option<u32>,
}

/// End-to-end identifiers: unique for four minutes even over a restart (RFC 6733 3).
#[derive(Debug, Clone)]
pub struct EndToEnd(u32);

impl EndToEnd {
    /// Begins with the low 12 bits of the time (in seconds since any epoch) and 20 random bits, as the RFC says.
    #[must_use]
    pub fn seeded(seconds: u64, random: u32) -> Self {
        let high = u32::try_from(seconds & 0xFFF).unwrap_or_default();
        Self(high << 20 | random & 0x000F_FFFF)
    }

    /// Another one.
    pub const fn another(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(1);
        self.0
    }
}

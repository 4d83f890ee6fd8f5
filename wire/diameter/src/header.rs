//! What stands before every message (RFC 6733 3).

/// Octets of a header.
pub const HEADER_LEN: usize = 20;

/// Application of the messages between neighbours (RFC 6733 2.4).
pub const APPLICATION_BASE: u32 = 0;

/// Application of credit control (RFC 8506 1.3).
pub const APPLICATION_CREDIT_CONTROL: u32 = 4;

/// The enterprise number under which 3GPP defines its AVPs.
pub const VENDOR_3GPP: u32 = 10_415;

/// A command code: 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Command(pub u32);

impl Command {
    /// CER and CEA.
    pub const CAPABILITIES_EXCHANGE: Self = Self(257);
    /// RAR and RAA.
    pub const RE_AUTH: Self = Self(258);
    /// CCR and CCA.
    pub const CREDIT_CONTROL: Self = Self(272);
    /// ASR and ASA.
    pub const ABORT_SESSION: Self = Self(274);
    /// DWR and DWA.
    pub const DEVICE_WATCHDOG: Self = Self(280);
    /// DPR and DPA.
    pub const DISCONNECT_PEER: Self = Self(282);
}

/// The command flags. Reserved bits are not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// An answer that may be relayed.
    pub const PROXIABLE: Self = Self(0x40);
    /// A request; answers have it clear.
    pub const REQUEST: Self = Self(0x80);
    /// An answer that is a protocol error.
    pub const ERROR: Self = Self(0x20);
    /// A request that may have been sent before.
    pub const RETRANSMITTED: Self = Self(0x10);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The header without version and length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Request or answer, and how.
    pub flags: Flags,
    /// Which command.
    pub command: Command,
    /// Which application.
    pub application: u32,
    /// Matches an answer to its request on this connection.
    pub hop_by_hop: u32,
    /// With the Origin-Host it names the request for ever, also when it is sent again.
    pub end_to_end: u32,
}

impl Header {
    /// The header of the answer to this request; `flags` adds [`Flags::ERROR`].
    #[must_use]
    pub const fn answer(self, flags: Flags) -> Self {
        let kept = self.flags.0 & Flags::PROXIABLE.0;
        Self { flags: Flags(kept | flags.0), ..self }
    }

    /// Whether it is a request.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        self.flags.has(Flags::REQUEST)
    }

    pub(crate) fn read(octets: &[u8; HEADER_LEN]) -> Self {
        let (words, _) = octets.as_chunks::<4>();
        let mut words = words.iter().map(|word| u32::from_be_bytes(*word)).skip(1);
        let mut word = || words.next().unwrap_or_default();
        let command = word();
        let [flags, ..] = command.to_be_bytes();
        Self {
            flags: Flags(flags),
            command: Command(command & 0x00FF_FFFF),
            application: word(),
            hop_by_hop: word(),
            end_to_end: word(),
        }
    }

    /// Appends the header of a message of `length` octets, its own included.
    pub(crate) fn write(&self, length: u32, out: &mut Vec<u8>) {
        let command = u32::from_be_bytes([self.flags.0, 0, 0, 0]) | self.command.0 & 0x00FF_FFFF;
        for word in [VERSION | length, command, self.application, self.hop_by_hop, self.end_to_end] {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }
}

/// Version 1 in the first octet.
pub(crate) const VERSION: u32 = 0x0100_0000;

//! Names that must be new: branches, tags, Call-IDs, message ids. Unlike dice they are never repeated, also not by the
//! next process: the server remembers them.

use crate::chance::Dice;
use crate::clock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of names of one handset.
#[derive(Debug)]
pub(super) struct Ids(Dice);

impl Ids {
    /// Another one than any before, here and in other processes.
    pub(super) fn new() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let nth = MADE.fetch_add(1, Ordering::Relaxed);
        let process = u64::from(std::process::id()) << 32;
        let mut dice = Dice::seeded(clock::now_us() ^ process ^ nth.rotate_left(52));
        Self(Dice::seeded(dice.roll() ^ nth))
    }

    /// Eight octets.
    pub(super) const fn octets(&mut self) -> [u8; 8] {
        self.0.roll().to_be_bytes()
    }

    /// Sixteen hexadecimal digits.
    pub(super) fn word(&mut self) -> String {
        format!("{:016x}", self.0.roll())
    }

    /// A UUID (RFC 9562, version 4).
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.0.roll(), self.0.roll());
        let high = (high & !0xF000) | 0x4000;
        let low = (low & !(0b11 << 62)) | (0b10 << 62);
        let first = high >> 32;
        format!(
            "{first:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            (high >> 16) & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_new_and_uuids_are_some() {
        let (mut one, mut other) = (Ids::new(), Ids::new());
        assert_ne!(one.word(), other.word());
        let uuid = one.uuid();
        let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
        assert!(uuid[14..].starts_with('4') && "89ab".contains(&uuid[19..20]), "{uuid}");
    }
}

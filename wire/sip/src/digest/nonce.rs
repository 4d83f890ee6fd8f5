//! Nonces that prove themselves: when they were made, a mark of what they were given to, and a seal over both.

use core::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::digest::algorithm::{hex, unhex};

/// Octets of the seal: half a SHA-256, which nobody guesses within a nonce's life.
const SEAL: usize = 16;

/// Makes nonces and knows its own again.
#[derive(Clone)]
pub(super) struct Mint {
    keyed: Hmac<Sha256>,
}

/// What is inside a nonce: milliseconds of the caller's clock, then a mark. Ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Nonce {
    made_ms: u64,
    mark: [u8; 8],
}

impl Nonce {
    /// What a nonce says, and the seal that would prove it.
    fn read(text: &[u8]) -> Option<(Self, [u8; SEAL])> {
        let octets = unhex::<{ 16 + SEAL }>(text)?;
        let (made, rest) = octets.split_first_chunk::<8>()?;
        let (mark, seal) = rest.split_first_chunk::<8>()?;
        Some((Self { made_ms: u64::from_be_bytes(*made), mark: *mark }, *seal.first_chunk()?))
    }

    /// What a nonce says that it was marked with, not proven.
    pub(super) fn mark_in(text: &[u8]) -> Option<[u8; 8]> {
        Self::read(text).map(|(nonce, _)| nonce.mark)
    }

    /// When it was made.
    pub(super) const fn made(&self) -> Duration {
        Duration::from_millis(self.made_ms)
    }
}

impl Mint {
    pub(super) fn new(key: &[u8; 64]) -> Self {
        Self { keyed: Hmac::new(&(*key).into()) }
    }

    /// The text of a new nonce. Two challenges of one moment differ by `mark`, or their counts would collide.
    pub(super) fn make(&self, now: Duration, mark: [u8; 8]) -> String {
        let made_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let nonce = Nonce { made_ms, mark };
        let mut octets = nonce.octets().to_vec();
        octets.extend(self.seal(nonce));
        hex(&octets)
    }

    /// What is inside a nonce of ours; `None` for anybody else's.
    pub(super) fn open(&self, text: &[u8]) -> Option<Nonce> {
        let (nonce, seal) = Nonce::read(text)?;
        bool::from(self.seal(nonce).ct_eq(&seal)).then_some(nonce)
    }

    /// A secret that only this key can make: stands in for the one of a user that nobody knows.
    pub(super) fn secret_of(&self, name: &[u8]) -> [u8; 32] {
        self.keyed.clone().chain_update(b"nobody:").chain_update(name).finalize().into_bytes().into()
    }

    fn seal(&self, nonce: Nonce) -> [u8; SEAL] {
        let whole: [u8; 32] = self.keyed.clone().chain_update(nonce.octets()).finalize().into_bytes().into();
        let (seal, _) = whole.split_first_chunk::<SEAL>().map_or((&[0; SEAL], &[][..]), |cut| cut);
        *seal
    }
}

impl Nonce {
    fn octets(self) -> [u8; 16] {
        let mut octets = [0; 16];
        let halves = self.made_ms.to_be_bytes().into_iter().chain(self.mark);
        octets.iter_mut().zip(halves).for_each(|(octet, value)| *octet = value);
        octets
    }
}

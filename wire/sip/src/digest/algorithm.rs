//! The hash functions, and the secret that is kept in place of a password.

use core::fmt;

use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

use crate::header::AuthParams;

/// A hash function with its registered name (RFC 7616 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `SHA-256`.
    Sha256,
    /// `SHA-512-256`: SHA-512/256, not SHA-512 cut short.
    Sha512_256,
    /// `MD5`, and what no name means. Broken; only for peers that have nothing else.
    Md5,
}

impl Algorithm {
    /// All of them, in the order in which we like them.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha512_256, Self::Md5];

    /// Reads a name, whatever its case.
    #[must_use]
    pub fn read(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| name.eq_ignore_ascii_case(algorithm.name().as_bytes()))
    }

    /// The one that a challenge or credentials name; MD5 when they name none (RFC 7616 3.3). `None`: unknown here, or
    /// named twice.
    pub(super) fn named_in(params: &AuthParams<'_>) -> Option<Self> {
        let mut names = params.iter().filter(|param| param.name.eq_ignore_ascii_case(b"algorithm"));
        match (names.next(), names.next()) {
            (None, _) => Some(Self::Md5),
            (Some(name), None) => Self::read(&name.text()),
            (Some(_), Some(_)) => None,
        }
    }

    /// As it is registered.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha512_256 => "SHA-512-256",
            Self::Md5 => "MD5",
        }
    }

    /// Hexadecimal digits of a hash.
    pub(super) const fn digits(self) -> usize {
        match self {
            Self::Sha256 | Self::Sha512_256 => 64,
            Self::Md5 => 32,
        }
    }
}

/// What a server keeps of a password: the hash of user, realm and password, for one algorithm. As good as the password
/// for this realm, so it is kept like one.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1 {
    algorithm: Algorithm,
    hex: String,
}

impl Ha1 {
    /// Makes it from a password (RFC 7616 3.4.2).
    #[must_use]
    pub fn of(algorithm: Algorithm, user: &[u8], realm: &[u8], password: &[u8]) -> Self {
        Self { algorithm, hex: hash(algorithm, &[user, realm, password]) }
    }

    /// Takes one that was kept as [`as_hex`](Self::as_hex) or made elsewhere. `None`: not the digits of this
    /// algorithm.
    #[must_use]
    pub fn from_hex(algorithm: Algorithm, hex: &str) -> Option<Self> {
        let well = hex.len() == algorithm.digits() && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        well.then(|| Self { algorithm, hex: hex.to_ascii_lowercase() })
    }

    /// For what it was made.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Lower-case hexadecimal digits, to be kept.
    #[must_use]
    pub fn as_hex(&self) -> &str {
        &self.hex
    }
}

/// Secrets are not for logs.
impl fmt::Debug for Ha1 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Ha1").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// The hash of the parts with colons between them, in lower-case hexadecimal.
pub(super) fn hash(algorithm: Algorithm, parts: &[&[u8]]) -> String {
    match algorithm {
        Algorithm::Sha256 => hex_of::<Sha256>(parts),
        Algorithm::Sha512_256 => hex_of::<Sha512_256>(parts),
        Algorithm::Md5 => hex_of::<Md5>(parts),
    }
}

fn hex_of<D: Digest>(parts: &[&[u8]]) -> String {
    let mut hasher = D::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hasher.update(b":");
        }
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

/// Lower-case hexadecimal.
pub(super) fn hex(octets: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).collect()
}

/// Hexadecimal of either case back to its octets; `None` when it is not `N` of them.
pub(super) fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|nibble| u8::try_from(nibble).ok());
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    if pairs.len() != N {
        return None;
    }
    let mut octets = [0; N];
    for (octet, [high, low]) in octets.iter_mut().zip(pairs) {
        *octet = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(octets)
}

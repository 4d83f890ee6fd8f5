//! The name of a text in every journal: its SHA-256. Peers never learn the server's ids for certain, but they see texts.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// SHA-256 of a text in UTF-8, as 64 hexadecimal digits.
#[must_use]
pub fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut hex = String::with_capacity(64);
    for byte in digest {
        // Writing to a string never fails.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_hash_is_the_one_that_everybody_computes() {
        assert_eq!(super::hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}

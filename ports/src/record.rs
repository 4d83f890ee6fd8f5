//! The stored form of nouns: one version byte, then postcard.
//!
//! The version is raised when the shape of a stored noun changes; an older version is then decoded by a kept
//! copy of the older shape. Golden bytes in the tests hold the shape still.

use serde::{Serialize, de::DeserializeOwned};

/// The version of the stored form that is written now.
const VERSION: u8 = 1;

/// A stored record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorruptRecord {
    /// Written by a newer program.
    #[error("a record of version {0} was written by a newer Switchback: run that one")]
    Newer(u8),
    /// The bytes make no sense.
    #[error("a stored record cannot be read: {0}")]
    Damaged(String),
}

/// Encodes a noun for a store.
#[must_use]
pub fn encode<T: Serialize>(noun: &T) -> Vec<u8> {
    let start = Vec::with_capacity(256);
    let mut bytes = start;
    bytes.push(VERSION);
    // Our nouns contain nothing that postcard refuses (no maps without length, no untagged enums), and a Vec
    // never runs full; an empty body decodes as `Damaged`, so even the impossible case is loud.
    postcard::to_extend(noun, bytes).unwrap_or_else(|_| vec![VERSION])
}

/// Decodes a stored noun.
///
/// # Errors
/// [`CorruptRecord`] when the bytes were written by a newer version or are damaged.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CorruptRecord> {
    match bytes.split_first() {
        Some((&VERSION, body)) => {
            postcard::from_bytes(body).map_err(|e| CorruptRecord::Damaged(e.to_string()))
        }
        Some((&newer, _)) if newer > VERSION => Err(CorruptRecord::Newer(newer)),
        _ => Err(CorruptRecord::Damaged("no version".into())),
    }
}

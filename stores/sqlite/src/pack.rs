//! Many records in one row: a sealed index, and the records that it names, back to back, each with a seal of its own.
//! A row of a whole commit is so written and read in one go, and a damaged one is found out record by record.
//!
//! ```text
//! length of the index, 4 bytes little-endian | index, sealed: (entry, length of its record) ... | record | record ...
//! ```

use crate::error::Fault;
use crate::record::{seal, unseal};
use serde::{Serialize, de::DeserializeOwned};

/// A row in the making.
#[derive(Debug)]
pub(crate) struct Pack<T> {
    index: Vec<(T, u32)>,
    records: Vec<u8>,
}

impl<T> Default for Pack<T> {
    fn default() -> Self {
        Self { index: Vec::new(), records: Vec::new() }
    }
}

impl<T: Serialize> Pack<T> {
    /// Adds a sealed record.
    pub(crate) fn add(&mut self, entry: T, record: &[u8]) {
        // SQLite takes no row of 4 GiB: one that long is refused there, and never cut short here.
        self.index.push((entry, u32::try_from(record.len()).unwrap_or(u32::MAX)));
        self.records.extend_from_slice(record);
    }

    /// How many records it has.
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// Bytes of the records so far.
    pub(crate) fn bytes(&self) -> usize {
        self.records.len()
    }

    /// The row; the next one begins empty.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let index = seal(&self.index);
        let length = u32::try_from(index.len()).unwrap_or(u32::MAX);
        let mut row = Vec::with_capacity(4 + index.len() + self.records.len());
        row.extend_from_slice(&length.to_le_bytes());
        row.extend_from_slice(&index);
        row.extend_from_slice(&self.records);
        self.index.clear();
        self.records.clear();
        row
    }
}

/// The entries of a row, each with its record, still sealed.
pub(crate) fn unpack<T: DeserializeOwned>(row: &[u8]) -> Result<Vec<(T, &[u8])>, Fault> {
    let short = || Fault::damaged("a row is too short");
    let (length, rest) = row.split_first_chunk::<4>().ok_or_else(short)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (index, mut records) = rest.split_at_checked(length).ok_or_else(short)?;
    let index: Vec<(T, u32)> = unseal(index)?;
    let mut found = Vec::with_capacity(index.len());
    for (entry, length) in index {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (record, rest) = records.split_at_checked(length).ok_or_else(short)?;
        found.push((entry, record));
        records = rest;
    }
    if records.is_empty() { Ok(found) } else { Err(Fault::damaged("a row is too long")) }
}

//! The stored form of a record: what `ports::encode` gives, and four bytes of CRC-32 (IEEE, little-endian) so that
//! a flipped bit on the disk is an error and never a wrong message.

use crate::error::Fault;
use serde::{Serialize, de::DeserializeOwned};
use switchback_core::charge::LedgerEntry;
use switchback_core::model::{DecisionRecord, Event, MessageId};
use switchback_ports::{decode, encode};

/// One row of the log: what one unit did to one message.
pub(crate) type LogBody = (Vec<DecisionRecord>, Vec<Event>, Vec<LedgerEntry>);

/// Encodes and closes a record.
pub(crate) fn seal<T: Serialize>(noun: &T) -> Vec<u8> {
    let mut bytes = encode(noun);
    let sum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

/// Checks and decodes a record.
pub(crate) fn unseal<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    let Some((body, sum)) = bytes.split_last_chunk::<4>() else {
        return Err(Fault::damaged("too short"));
    };
    if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
        return Err(Fault::damaged("its checksum does not match"));
    }
    Ok(decode(body)?)
}

/// A message id as a column gives it.
pub(crate) fn id_of(bytes: &[u8]) -> Result<MessageId, Fault> {
    let bytes: [u8; 16] = bytes.try_into().map_err(|_| Fault::damaged("a message id is not 16 bytes"))?;
    Ok(MessageId::from_bytes(bytes))
}

/// A 64-bit FNV-1a hash of a list's owner or a correspondent, the same for ever; lists verify what it finds.
pub(crate) fn hash64(kind: u8, text: &str) -> u64 {
    std::iter::once(kind).chain(text.bytes()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// SQLite's integers are signed: cursors and sequence numbers never reach the sign.
pub(crate) const fn signed(value: u64) -> i64 {
    value.cast_signed()
}

/// The way back.
pub(crate) const fn unsigned(value: i64) -> u64 {
    value.cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::{seal, unseal};

    #[test]
    fn a_flipped_bit_is_found() {
        let sealed = seal(&"hello");
        assert_eq!(unseal::<String>(&sealed).unwrap(), "hello");
        for at in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            assert!(unseal::<String>(&damaged).is_err(), "bit {at}");
        }
    }
}

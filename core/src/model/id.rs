//! The one id of a message: ordered by time, so that stores append, and unique without coordination.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How many virtual shards a store has, fixed for its life (DESIGN section 6).
pub const SHARD_COUNT: u16 = 1024;

/// A virtual shard: 0 to 1023.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Shard(u16);

impl Shard {
    /// The shard of a key (a payer's id): by a fixed hash.
    #[must_use]
    pub fn of(key: &str) -> Self {
        let hash = fixed_hash(key);
        Self(u16::try_from((hash ^ (hash >> 32)) % u64::from(SHARD_COUNT)).unwrap_or(0))
    }

    /// The number, 0 to 1023.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// A hash that is the same on every node and for ever (FNV-1a).
pub(crate) fn fixed_hash(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A message's id: 48 bits of milliseconds, 10 bits of shard, 70 bits of counter and randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(u128);

/// Why a text is no message id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message id is msg_ and 26 characters of Crockford base 32")]
pub struct IdError;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl MessageId {
    /// Puts an id together; `low` gives its lowest 70 bits (a counter above randomness, the shell's choice).
    #[must_use]
    pub fn new(at: super::Time, shard: Shard, low: u128) -> Self {
        let time = u128::from(at.as_millis() & 0xffff_ffff_ffff) << 80;
        Self(time | u128::from(shard.0) << 70 | low & ((1 << 70) - 1))
    }

    /// The id of these 16 bytes, big-endian, as stores keep it.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// Sixteen bytes, big-endian, so that byte order is time order.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The shard that the message lives in.
    #[must_use]
    pub fn shard(self) -> Shard {
        Shard(u16::try_from(self.0 >> 70 & 0x3ff).unwrap_or(0))
    }

    /// When the id was made, to the millisecond.
    #[must_use]
    pub fn made_at(self) -> super::Time {
        super::Time::from_millis(u64::try_from(self.0 >> 80).unwrap_or(0))
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// [`IdError`] when the text is not `msg_` and 26 base-32 characters of at most 128 bits.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let body = text.strip_prefix("msg_").filter(|body| body.len() == 26).ok_or(IdError)?;
        let mut value: u128 = 0;
        for byte in body.bytes() {
            let digit = ALPHABET.iter().position(|&letter| letter == byte).ok_or(IdError)?;
            let digit = u128::try_from(digit).map_err(|_| IdError)?;
            value = value.checked_mul(32).and_then(|value| value.checked_add(digit)).ok_or(IdError)?;
        }
        Ok(Self(value))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Put together first and written at once: ids stand in every answer.
        let letter = |place: usize| {
            let digit = usize::try_from(self.0 >> (125 - 5 * place.min(25)) & 31).unwrap_or(0);
            *ALPHABET.get(digit).unwrap_or(&b'0')
        };
        let letters: [u8; 26] = std::array::from_fn(letter);
        f.write_str("msg_")?;
        f.write_str(std::str::from_utf8(&letters).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::{IdError, MessageId, Shard};
    use crate::model::Time;
    use proptest::prelude::*;

    #[test]
    fn the_shard_of_a_key_never_changes() {
        // A golden value: changing the hash would strand every stored message.
        assert_eq!(Shard::of("payer_anna").number(), 224);
    }

    #[test]
    fn refuses_what_is_no_id() {
        for bad in [
            "",
            "msg_",
            "msg_0",
            "evt_00000000000000000000000000",
            "msg_zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "msg_0000000000000000000000000u",
        ] {
            assert_eq!(MessageId::parse(bad), Err(IdError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn text_and_bytes_keep_everything(ms in 0u64..1 << 48, key in "[a-z]{1,8}", low in 0u128..1 << 70) {
            let (at, shard) = (Time::from_millis(ms), Shard::of(&key));
            let id = MessageId::new(at, shard, low);
            prop_assert_eq!(MessageId::parse(&id.to_string()), Ok(id));
            prop_assert_eq!(MessageId::from_bytes(id.to_bytes()), id);
            prop_assert_eq!((id.shard(), id.made_at()), (shard, at));
        }
    }
}

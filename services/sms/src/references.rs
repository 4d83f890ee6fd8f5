//! The references of long messages, allocated by recipient (T39): a counter for the whole process would give one
//! recipient the same reference twice within 256 messages to anybody, and a handset would mix their parts.

use std::sync::atomic::{AtomicU8, Ordering};

/// How many counters there are. Recipients that fall into one share it, which only makes it run faster.
const COUNTERS: usize = 1 << 16;

/// Counters of 8 bits, one for each of many groups of recipients; 64 KiB, whatever the traffic.
#[derive(Debug)]
pub(crate) struct References {
    counters: Box<[AtomicU8]>,
}

impl References {
    /// Counters that start anywhere, so that a restart does not give out the latest references again.
    pub(crate) fn new(seed: u64) -> Self {
        let mut jitter = crate::route::Jitter::new(seed);
        let counters = (0..COUNTERS).map(|_| {
            let [start, ..] = jitter.next().to_be_bytes();
            AtomicU8::new(start)
        });
        Self { counters: counters.collect() }
    }

    /// The next reference for this recipient.
    pub(crate) fn next(&self, recipient: &str) -> u8 {
        let [high, low, ..] = hash(recipient).to_be_bytes();
        let counter = self.counters.get(usize::from(u16::from_be_bytes([high, low])));
        counter.map_or(0, |counter| counter.fetch_add(1, Ordering::Relaxed))
    }
}

/// FNV-1a with a last mix, so that its high bits are good.
pub(crate) fn hash(text: &str) -> u64 {
    let fnv = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (fnv ^ (fnv >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::References;
    use std::collections::HashSet;

    #[test]
    fn one_recipient_gets_all_256_before_one_comes_again_whatever_others_get() {
        let references = References::new(7);
        let mut given = HashSet::new();
        for n in 0..256 {
            assert!(given.insert(references.next("+46701234567")));
            references.next(&format!("+4670{n:07}"));
        }
    }
}

//! Message ids that stay unique even when time stands still (I22): a counter above randomness.

use std::sync::atomic::{AtomicU64, Ordering};
use switchback_core::model::{MessageId, Shard, Time};
use switchback_ports::Random;

/// Makes ids: 48 bits of time, 10 of shard, then 32 bits of counter and 38 of randomness drawn at start, so that
/// two runs in the same millisecond do not meet either.
#[derive(Debug)]
pub(crate) struct IdMaker {
    counter: AtomicU64,
    run: u128,
}

impl IdMaker {
    pub(crate) fn new(random: &dyn Random) -> Self {
        let mut bytes = [0_u8; 16];
        random.fill(&mut bytes);
        let run = u128::from_be_bytes(bytes);
        // The counter starts anywhere in its lower half: it is there to differ, not to tell how many there were.
        let start = u64::try_from(run >> 96).unwrap_or(0) >> 1;
        Self { counter: AtomicU64::new(start), run: run & ((1 << 38) - 1) }
    }

    /// The next id.
    pub(crate) fn next(&self, at: Time, shard: Shard) -> MessageId {
        let counter = u128::from(self.counter.fetch_add(1, Ordering::Relaxed) & 0xffff_ffff);
        MessageId::new(at, shard, counter << 38 | self.run)
    }
}

#[cfg(test)]
mod tests {
    use super::IdMaker;
    use std::collections::HashSet;
    use switchback_core::model::{Shard, Time};
    use switchback_ports::Random;

    struct Fixed(u8);

    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[test]
    fn ids_differ_while_time_stands_still() {
        let (one, two) = (IdMaker::new(&Fixed(1)), IdMaker::new(&Fixed(2)));
        let (at, shard) = (Time::from_millis(1_795_412_428_007), Shard::of("payer"));
        let ids: Vec<_> = (0..5000).flat_map(|_| [one.next(at, shard), two.next(at, shard)]).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        assert!(ids.iter().all(|id| id.shard() == shard && id.made_at() == at));
    }
}

//! How long to wait before the next connect: exponential with full jitter, so that a thousand clients of an SMSC
//! that came back do not come back together (T28).

use std::time::Duration;

/// A small deterministic generator (SplitMix64): jitter needs spread, not secrecy, and a test wants the same again.
#[derive(Debug, Clone)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Anything from nothing to `most`, both included.
    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        let most_us = u64::try_from(most.as_micros()).unwrap_or(u64::MAX - 1).min(u64::MAX - 1);
        Duration::from_micros(self.next() % (most_us + 1))
    }
}

/// Waits that double.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    first: Duration,
    cap: Duration,
    tries: u32,
}

impl Backoff {
    pub(super) const fn new(first_ms: u64, cap_ms: u64) -> Self {
        Self { first: Duration::from_millis(first_ms), cap: Duration::from_millis(cap_ms), tries: 0 }
    }

    /// The next wait without jitter.
    pub(super) fn next(&mut self) -> Duration {
        let factor = 1_u32.checked_shl(self.tries).unwrap_or(u32::MAX);
        self.tries = self.tries.saturating_add(1);
        self.first.saturating_mul(factor).min(self.cap)
    }

    pub(super) const fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_begin_again() {
        let mut backoff = Backoff::new(500, 60_000);
        let waits: Vec<_> = (0..9).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        let far = (0..100).map(|_| backoff.next()).last();
        assert_eq!(far, Some(Duration::from_secs(60)));
        backoff.reset();
        assert_eq!(backoff.next(), Duration::from_millis(500));
    }

    #[test]
    fn jitter_is_full_bounded_and_the_same_for_the_same_seed() {
        let most = Duration::from_millis(800);
        let draw = |seed| {
            let mut jitter = Jitter::new(seed);
            (0..1_000).map(|_| jitter.up_to(most)).collect::<Vec<_>>()
        };
        let drawn = draw(1);
        assert!(drawn.iter().all(|wait| *wait <= most));
        assert!(drawn.iter().any(|wait| *wait < most / 10) && drawn.iter().any(|wait| *wait > most * 9 / 10));
        assert_eq!(drawn, draw(1));
        assert_ne!(drawn, draw(2));
    }
}

//! When those come again who came while too much was waiting: one after the other, as fast as the engine answers. Told all
//! the same they would come together once more, and most of them in vain.

use std::time::Duration;

/// The longest pause in seconds: what the engine can do is an estimate.
const LATEST: u64 = 10;
/// The engine is taken to answer so many in a second at least.
const RATE_MIN: u64 = 1000;

/// Those who were told to come later.
#[derive(Debug)]
pub(super) struct Later {
    /// How many have their turn still before them.
    waiting: u64,
    /// What the engine answers in a second.
    rate: u64,
    answered: u64,
    since: Duration,
}

impl Default for Later {
    fn default() -> Self {
        Self { waiting: 0, rate: RATE_MIN, answered: 0, since: Duration::ZERO }
    }
}

impl Later {
    /// The engine has answered.
    pub(super) const fn done(&mut self) {
        self.answered = self.answered.saturating_add(1);
    }

    /// Looks how fast that was since the last look.
    pub(super) fn measure(&mut self, now: Duration) {
        let over = u64::try_from(now.saturating_sub(self.since).as_millis()).unwrap_or(u64::MAX).max(1);
        self.rate = (self.answered.saturating_mul(1000) / over).max(RATE_MIN);
        self.waiting = self.waiting.saturating_sub(self.answered);
        (self.answered, self.since) = (0, now);
    }

    /// The turn of one more, in seconds from now.
    pub(super) fn turn(&mut self) -> u64 {
        let turn = 1 + self.waiting / self.rate;
        self.waiting = self.waiting.saturating_add(1);
        turn.min(LATEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_gets_turns_one_after_the_other() {
        let (mut later, at) = (Later::default(), Duration::from_secs(100));
        later.measure(at);
        (0..10_000).for_each(|_| later.done());
        later.measure(at + Duration::from_secs(2));
        let turns: Vec<u64> = (0..20_000).map(|_| later.turn()).collect();
        let told = |seconds| turns.iter().filter(|turn| **turn == seconds).count();
        assert_eq!([1, 2, 3, 4].map(told), [5000; 4]);
        (0..30_000).for_each(|_| later.done());
        later.measure(at + Duration::from_secs(4));
        assert_eq!(later.turn(), 1, "they have come: it is soon again");
    }

    #[test]
    fn nobody_is_sent_away_for_longer_than_ten_seconds() {
        let mut later = Later::default();
        assert_eq!((0..1_000_000).map(|_| later.turn()).max(), Some(10));
    }
}

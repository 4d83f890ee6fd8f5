//! "Slow down" (0x58, 0x14) is about the link, never about the message (T12): the link pauses, then goes on at a
//! rate that falls by a quarter when more than one answer in a hundred says so, and grows slowly while none does.

use super::backoff::{Backoff, Jitter};
use std::time::Duration;

/// A rate beyond this is no limit.
const UNLIMITED_PER_S: u64 = 100_000;

/// Slower than this the link is made by pauses, which double, and not by a rate: little traffic tells no rate.
const LEAST_PER_S: u64 = 10;

/// So many refusals in a hundred answers are borne without a lower rate: an SMSC that refuses at random would
/// otherwise stop the link.
const BORNE_PERCENT: u64 = 1;

/// How fast segments may leave. Time is the machine's: since the start of the task.
#[derive(Debug)]
pub(super) struct Pace {
    backoff: Backoff,
    paused_until: Option<Duration>,
    /// Grows with every pause: an answer to a segment of an earlier turn says nothing new.
    turn: u32,
    /// Segments a second; `None`: never told to slow down, or long forgotten.
    rate: Option<u64>,
    /// Segments that may leave now, in millionths, and when that was reckoned.
    credit_millionths: u64,
    reckoned_at: Duration,
    /// Segments taken by the peer within this second, and in the one before: the rate that it stands.
    second: u64,
    taken: u64,
    taken_before: u64,
    /// Refusals for pace, likewise.
    refused: u64,
    refused_before: u64,
}

impl Pace {
    pub(super) const fn new(first_ms: u64, cap_ms: u64) -> Self {
        Self {
            backoff: Backoff::new(first_ms, cap_ms),
            paused_until: None,
            turn: 0,
            rate: None,
            credit_millionths: 0,
            reckoned_at: Duration::ZERO,
            second: 0,
            taken: 0,
            taken_before: 0,
            refused: 0,
            refused_before: 0,
        }
    }

    /// The present turn, kept with each segment that leaves.
    pub(super) const fn turn(&self) -> u32 {
        self.turn
    }

    /// How many segments may leave now, at most `wish`.
    pub(super) fn allowance(&mut self, wish: usize, now: Duration) -> usize {
        if self.paused_until.is_some_and(|until| now < until) {
            return 0;
        }
        self.paused_until = None;
        self.roll(now);
        let Some(rate) = self.rate else { return wish };
        let passed_us = u64::try_from(now.saturating_sub(self.reckoned_at).as_micros()).unwrap_or(u64::MAX);
        self.reckoned_at = now;
        // Never more than a second's worth is saved up; one segment always fits in.
        let most = rate.max(1).saturating_mul(1_000_000);
        self.credit_millionths =
            self.credit_millionths.saturating_add(passed_us.saturating_mul(rate)).min(most);
        usize::try_from(self.credit_millionths / 1_000_000).unwrap_or(usize::MAX).min(wish)
    }

    /// So many left.
    pub(super) fn left(&mut self, segments: usize) {
        let spent = u64::try_from(segments).unwrap_or(u64::MAX).saturating_mul(1_000_000);
        self.credit_millionths = self.credit_millionths.saturating_sub(spent);
    }

    /// When something may leave again, if nothing may now.
    pub(super) fn next_at(&self, now: Duration) -> Option<Duration> {
        if let Some(until) = self.paused_until {
            return Some(until);
        }
        let rate = self.rate?;
        let missing = 1_000_000_u64.saturating_sub(self.credit_millionths);
        let wait = Duration::from_micros(missing.checked_div(rate.max(1)).unwrap_or(0).saturating_add(1));
        Some(now.saturating_add(wait))
    }

    /// The peer took one.
    pub(super) fn taken(&mut self, now: Duration) {
        self.roll(now);
        self.taken = self.taken.saturating_add(1);
        self.backoff.reset();
    }

    /// The peer said "slow down" to a segment of this turn. True when that began a pause.
    pub(super) fn slow_down(&mut self, turn: u32, now: Duration, jitter: &mut Jitter) -> bool {
        self.roll(now);
        self.refused = self.refused.saturating_add(1);
        if turn != self.turn {
            return false;
        }
        self.turn = self.turn.wrapping_add(1);
        let pause = self.backoff.next();
        // Half fixed, half jitter: a pause of nothing would be no pause.
        let pause = (pause / 2).saturating_add(jitter.up_to(pause / 2));
        self.paused_until = Some(now.saturating_add(pause));
        let (taken, refused) = (self.taken + self.taken_before, self.refused + self.refused_before);
        if refused * 100 > taken * BORNE_PERCENT {
            let stood = self.taken.max(self.taken_before);
            let lower = self.rate.map_or(stood, |rate| rate.min(stood) / 4 * 3);
            self.rate = Some(lower.max(LEAST_PER_S));
        }
        self.credit_millionths = 1_000_000;
        self.reckoned_at = now;
        true
    }

    /// A second without a "slow down" lets the rate grow.
    fn roll(&mut self, now: Duration) {
        let second = now.as_secs();
        if second == self.second {
            return;
        }
        if let Some(rate) = self.rate
            && self.refused == 0
        {
            let passed = u32::try_from((second - self.second).min(60)).unwrap_or(60);
            let grown = (0..passed).fold(rate, |rate, _| rate.saturating_add(rate / 16 + 1));
            self.rate = (grown < UNLIMITED_PER_S).then_some(grown);
        }
        let before = if second == self.second + 1 { (self.taken, self.refused) } else { (0, 0) };
        (self.taken_before, self.refused_before) = before;
        (self.second, self.taken, self.refused) = (second, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_smsc_that_allows_50_a_second_is_used_well_and_rarely_has_to_say_no() {
        let (mut pace, mut jitter) = (Pace::new(100, 30_000), Jitter::new(3));
        let (mut taken, mut refused, mut bucket) = (0_u64, 0_u64, 50_000_u64);
        // A millisecond a step, for ten minutes: the SMSC has a bucket of its own of one second's worth.
        for ms in 0..600_000_u64 {
            let now = Duration::from_millis(ms);
            bucket = (bucket + 50).min(50_000);
            let turn = pace.turn();
            let leaving = pace.allowance(10, now);
            pace.left(leaving);
            for _ in 0..leaving {
                if bucket >= 1_000 {
                    bucket -= 1_000;
                    taken += 1;
                    pace.taken(now);
                } else {
                    refused += 1;
                    pace.slow_down(turn, now, &mut jitter);
                }
            }
        }
        assert!(taken >= 50 * 600 * 95 / 100, "taken {taken} of 30000");
        assert!(refused * 100 <= taken, "refused {refused}, taken {taken}");
    }

    #[test]
    fn refusals_at_random_do_not_stop_the_link() {
        let (mut pace, mut jitter, mut chance) = (Pace::new(100, 30_000), Jitter::new(3), Jitter::new(4));
        let mut taken = 0_u64;
        for ms in 0..60_000_u64 {
            let now = Duration::from_millis(ms);
            let turn = pace.turn();
            let leaving = pace.allowance(10, now);
            pace.left(leaving);
            for _ in 0..leaving {
                if chance.next() % 1_000 < 5 {
                    pace.slow_down(turn, now, &mut jitter);
                } else {
                    taken += 1;
                    pace.taken(now);
                }
            }
        }
        assert!(taken >= 60_000, "taken {taken}");
    }

    #[test]
    fn nothing_leaves_in_a_pause_and_old_answers_do_not_lengthen_it() {
        let (mut pace, mut jitter) = (Pace::new(100, 30_000), Jitter::new(3));
        let now = Duration::from_secs(5);
        assert_eq!(pace.allowance(7, now), 7);
        let turn = pace.turn();
        assert!(pace.slow_down(turn, now, &mut jitter));
        let until = pace.next_at(now).unwrap();
        assert!(!pace.slow_down(turn, now, &mut jitter));
        assert_eq!(pace.next_at(now), Some(until));
        assert!(until >= now + Duration::from_millis(50) && until <= now + Duration::from_millis(100));
        assert_eq!(pace.allowance(7, now), 0);
        assert_eq!(pace.allowance(7, until), 1);
    }
}

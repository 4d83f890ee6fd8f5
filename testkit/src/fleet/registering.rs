//! Registering many handsets: within a window or evenly over a time, and again when one is told to come later.

use super::book::micros;
use super::order::{Latency, Registered, Who};
use crate::load::Histogram;
use std::collections::BTreeSet;
use std::time::Duration;

/// How far it is.
pub(super) struct Registering {
    next: u32,
    step: u32,
    end: u32,
    begun: u32,
    count: u32,
    over: Option<Duration>,
    began: Duration,
    open: u32,
    /// Those who come later: when, who, and when they came first.
    later: BTreeSet<(Duration, u32, Duration)>,
    told: Registered,
    latency: Histogram,
}

impl Registering {
    pub(super) fn new(who: Who, over_ms: Option<u64>, handsets: u32, now: Duration) -> Self {
        let (next, step) = match who {
            Who::All => (0, 1),
            Who::Senders => (0, 2),
            Who::Recipients => (1, 2),
        };
        Self {
            next,
            step,
            end: handsets,
            begun: 0,
            count: handsets.saturating_sub(next).div_ceil(step),
            over: over_ms.map(Duration::from_millis),
            began: now,
            open: 0,
            later: BTreeSet::new(),
            told: Registered::default(),
            latency: Histogram::default(),
        }
    }

    /// The next handset, and when it came first.
    pub(super) fn next(&mut self, now: Duration, window: u32) -> Option<(u32, Duration)> {
        let due = self.later.first().is_some_and(|(at, ..)| *at <= now);
        if due && let Some((_, handset, since)) = self.later.pop_first() {
            self.open += 1;
            return Some((handset, since));
        }
        let may = match self.over {
            Some(over) => now >= self.began + over * self.begun / self.count.max(1),
            None => self.open < window,
        };
        if !may || self.next >= self.end {
            return None;
        }
        let handset = self.next;
        (self.next, self.begun, self.open) =
            (handset.saturating_add(self.step), self.begun + 1, self.open + 1);
        Some((handset, now))
    }

    /// A REGISTER was answered; no status: it was not.
    pub(super) fn answered(
        &mut self,
        handset: u32,
        since: Duration,
        status: Option<u16>,
        pause: Option<Duration>,
        now: Duration,
    ) {
        self.open = self.open.saturating_sub(1);
        match (status, pause) {
            (Some(200..300), _) => {
                self.told.registered += 1;
                self.latency.add(micros(now.saturating_sub(since)));
                self.told.took_ms = micros(now.saturating_sub(self.began)) / 1000;
            }
            (Some(503), Some(pause)) => {
                self.told.later += 1;
                self.later.insert((now + pause, handset, since));
            }
            (Some(status), _) => *self.told.refused.entry(status).or_default() += 1,
            (None, _) => {
                self.told.unanswered += 1;
                self.later.insert((now, handset, since));
            }
        }
    }

    /// How it went, when all have been answered.
    pub(super) fn ended(&self) -> Option<Registered> {
        let is_over = self.next >= self.end && self.open == 0 && self.later.is_empty();
        is_over.then(|| Registered { latency_us: Latency::from(&self.latency), ..self.told.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_told_to_come_later_does_and_all_are_counted() {
        let at = Duration::from_secs;
        let mut it = Registering::new(Who::Recipients, None, 5, at(0));
        assert_eq!(it.next(at(0), 1).map(|(who, _)| who), Some(1));
        assert_eq!(it.next(at(0), 1), None, "the window is full");
        it.answered(1, at(0), Some(503), Some(at(2)), at(1));
        assert_eq!(it.next(at(1), 1).map(|(who, _)| who), Some(3));
        it.answered(3, at(1), Some(200), None, at(1));
        assert_eq!((it.next(at(2), 1), it.ended()), (None, None));
        assert_eq!(it.next(at(3), 1), Some((1, at(0))));
        it.answered(1, at(0), Some(200), None, at(4));
        let told = it.ended().expect("all are registered");
        assert_eq!((told.registered, told.later, told.took_ms), (2, 1, 4000));
    }

    #[test]
    fn a_crowd_comes_evenly() {
        let at = Duration::from_millis;
        let mut it = Registering::new(Who::All, Some(1000), 10, at(0));
        let came = |it: &mut Registering, ms| std::iter::from_fn(|| it.next(at(ms), 1)).count();
        assert_eq!((came(&mut it, 0), came(&mut it, 450), came(&mut it, 5000)), (1, 4, 5));
    }
}

//! Every timer of every transaction, without a heap: one queue for each length, in which time runs in order by itself.
//! Setting one is a push, firing one a pop; one that no longer counts is stepped over.

use std::collections::VecDeque;

use super::key::Key;
use super::timer::{Timer, Timers};

/// One set timer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wake {
    pub(super) at: u64,
    pub(super) key: Key,
}

#[derive(Debug)]
struct Lane {
    timer: Timer,
    length: u64,
    queue: VecDeque<Wake>,
}

/// All of them, see [`Timer::lane`].
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    wakes: usize,
}

/// The moment that never comes.
const NEVER: u64 = u64::MAX;
/// So many timers that no longer count are nothing to tidy up.
const SLACK: usize = 4096;

impl Lanes {
    pub(super) fn new(timers: &Timers) -> Self {
        let lane = |timer: Timer| Lane { timer, length: timer.length(timers), queue: VecDeque::new() };
        Self { lanes: Timer::all().map(lane).collect(), wakes: 0 }
    }

    /// Sets a timer; says when it will fire.
    pub(super) fn set(&mut self, timer: Timer, key: Key, now: u64) -> u64 {
        let Some(lane) = self.lanes.get_mut(timer.lane()) else { return NEVER };
        let at = now.saturating_add(lane.length);
        lane.queue.push_back(Wake { at, key });
        self.wakes = self.wakes.saturating_add(1);
        at
    }

    /// The first of a lane that is due, which is taken out. No other lane can have got one by it that is due by `now`.
    pub(super) fn due(&mut self, timer: Timer, now: u64) -> Option<Wake> {
        let wake = self.lanes.get_mut(timer.lane())?.queue.pop_front_if(|wake| wake.at <= now)?;
        self.wakes = self.wakes.saturating_sub(1);
        Some(wake)
    }

    /// When the earliest is due.
    pub(super) fn next(&self) -> Option<u64> {
        self.lanes.iter().filter_map(|lane| lane.queue.front()).map(|wake| wake.at).min()
    }

    /// Takes out what does not count, when it is more than what does: `counting` at most.
    pub(super) fn compact(&mut self, counting: usize, counts: impl Fn(Timer, &Wake) -> bool) {
        if self.wakes <= counting.saturating_mul(2).saturating_add(SLACK) {
            return;
        }
        self.wakes = 0;
        for lane in &mut self.lanes {
            lane.queue.retain(|wake| counts(lane.timer, wake));
            lane.queue.shrink_to(lane.queue.len().saturating_mul(2));
            self.wakes = self.wakes.saturating_add(lane.queue.len());
        }
    }
}

/// When the two timers of an open transaction are due: the one that repeats and the one that ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    repeat: u64,
    end: u64,
}

/// What becomes of one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// As it is.
    Leave,
    /// It counts no more.
    Off,
    /// It runs, from now on.
    Run(Timer),
}

impl Due {
    pub(super) const NONE: Self = Self { repeat: NEVER, end: NEVER };

    /// Whether a timer that fires at `at` still counts.
    pub(super) const fn is(&self, timer: Timer, at: u64) -> bool {
        at == if timer.repeats() { self.repeat } else { self.end }
    }

    pub(super) fn set(&mut self, repeat: Set, end: Set, key: Key, now: u64, lanes: &mut Lanes) {
        for (due, set) in [(&mut self.repeat, repeat), (&mut self.end, end)] {
            match set {
                Set::Leave => {}
                Set::Off => *due = NEVER,
                Set::Run(timer) => *due = lanes.set(timer, key, now),
            }
        }
    }
}

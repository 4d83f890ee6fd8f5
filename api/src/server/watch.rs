//! Where a connection stands, written by its reader, its service and its body, read by its alarm. One alarm a
//! connection looks now and then; no timer is set or reset for a request.

use super::Limits;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// The phases of a connection.
///
/// ```text
///   New --first byte--> Head --headers whole--> Busy --answer given--> Idle --first byte--> Head
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Accepted; nothing has come.
    New,
    /// Some of a request's head has come.
    Head,
    /// A request is being answered.
    Busy,
    /// Between requests.
    Idle,
}

/// What the alarm finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing wrong; look again then.
    Fine(Instant),
    /// The head did not come in time.
    SlowHead,
    /// Nothing came for too long, or nothing was taken: close without a word.
    Dead,
}

/// All state is relaxed atomics: everything runs in the one task of the connection, which is sent between threads
/// with a barrier of its own.
#[derive(Debug)]
pub(super) struct Watch {
    base: Instant,
    phase: AtomicU8,
    /// Milliseconds after `base`.
    since: AtomicU64,
    /// Milliseconds after `base`, plus one, since the client takes nothing; 0: it does.
    blocked: AtomicU64,
    /// A service's answer may lie in hyper's buffer.
    unflushed: AtomicBool,
    /// The server is stopping: streams end.
    stopping: AtomicBool,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self {
            base: Instant::now(),
            phase: AtomicU8::new(0),
            since: AtomicU64::new(0),
            blocked: AtomicU64::new(0),
            unflushed: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::New,
            1 => Phase::Head,
            2 => Phase::Busy,
            _ => Phase::Idle,
        }
    }

    fn enter(&self, phase: Phase) {
        let number = match phase {
            Phase::New => 0,
            Phase::Head => 1,
            Phase::Busy => 2,
            Phase::Idle => 3,
        };
        self.phase.store(number, Ordering::Relaxed);
    }

    /// Bytes came.
    pub(super) fn heard(&self) {
        match self.phase() {
            // The time for the first head counts from the accept.
            Phase::New => self.enter(Phase::Head),
            Phase::Idle => {
                self.since.store(self.now(), Ordering::Relaxed);
                self.enter(Phase::Head);
            }
            Phase::Head | Phase::Busy => {}
        }
    }

    /// A request's head is whole.
    pub(super) fn busy(&self) {
        self.unflushed.store(true, Ordering::Relaxed);
        self.enter(Phase::Busy);
    }

    /// The answer's body is at its end.
    pub(super) fn answered(&self) {
        self.since.store(self.now(), Ordering::Relaxed);
        self.enter(Phase::Idle);
    }

    /// Everything that hyper had to write is with the kernel.
    pub(super) fn flushed(&self) {
        if self.phase() != Phase::Busy {
            self.unflushed.store(false, Ordering::Relaxed);
        }
    }

    /// True when what hyper writes now can only be its own refusal of a head.
    pub(super) fn is_refusing(&self) -> bool {
        !self.unflushed.load(Ordering::Relaxed)
    }

    /// The client takes nothing, or takes again.
    pub(super) fn writing(&self, blocked: bool) {
        let before = self.blocked.load(Ordering::Relaxed);
        if blocked && before == 0 {
            self.blocked.store(self.now().saturating_add(1), Ordering::Relaxed);
        } else if !blocked && before != 0 {
            self.blocked.store(0, Ordering::Relaxed);
        }
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// What is wrong now, or when to look again.
    pub(super) fn verdict(&self, limits: &Limits) -> Verdict {
        let (now, since) = (self.now(), self.since.load(Ordering::Relaxed));
        let blocked = self.blocked.load(Ordering::Relaxed).checked_sub(1);
        let over = |start: u64, limit: Duration| u128::from(now.saturating_sub(start)) >= limit.as_millis();
        if blocked.is_some_and(|start| over(start, limits.write_stall)) {
            return Verdict::Dead;
        }
        let limit = match self.phase() {
            Phase::New if over(since, limits.header_time) => return Verdict::Dead,
            Phase::Head if over(since, limits.header_time) => return Verdict::SlowHead,
            Phase::Idle if over(since, limits.idle_time) => return Verdict::Dead,
            Phase::New | Phase::Head => limits.header_time,
            Phase::Idle => limits.idle_time,
            Phase::Busy => limits.write_stall,
        };
        // A phase that begins meanwhile is seen half its time late at most.
        let soonest = limits.header_time.min(limits.idle_time).min(limits.write_stall) / 2;
        let due =
            Duration::from_millis(since).saturating_add(limit).saturating_sub(Duration::from_millis(now));
        let wait = if self.phase() == Phase::Busy { soonest } else { due.min(soonest) };
        Verdict::Fine(Instant::now() + wait.max(Duration::from_millis(1)))
    }
}

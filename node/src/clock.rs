//! The node's clock and chance.

use std::time::{Instant, SystemTime, UNIX_EPOCH};
use switchback_core::model::Time;
use switchback_ports::{Clock, Random};

/// The wall clock read once at start, then monotonic time: it never goes backwards, whatever happens to the wall
/// clock meanwhile (I22).
#[derive(Debug)]
pub(crate) struct AnchoredClock {
    started_at: Time,
    since: Instant,
}

impl AnchoredClock {
    /// Anchors the clock now.
    pub(crate) fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started_at = Time::from_millis(u64::try_from(wall.as_millis()).unwrap_or(u64::MAX));
        Self { started_at, since: Instant::now() }
    }
}

impl Clock for AnchoredClock {
    fn now(&self) -> Time {
        self.started_at.plus_millis(u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// The operating system's randomness.
#[derive(Debug)]
pub(crate) struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // Without randomness no id and no token can be made: a system that has none cannot run a server.
        #[expect(
            clippy::expect_used,
            reason = "the kernel's random source fails only before it is seeded at boot"
        )]
        getrandom::fill(buffer).expect("the operating system gives no randomness");
    }
}

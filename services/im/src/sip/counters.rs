//! What is counted of those whom nobody knows, since the start.

use std::sync::atomic::{AtomicU64, Ordering};

/// The counts; read by the operator, written by the server.
#[derive(Debug, Default)]
pub struct Counters {
    pub(super) failed: Count,
    pub(super) slowed: Count,
    pub(super) turned_away: Count,
}

impl Counters {
    /// Logins with a wrong password, of an unknown user, or by an algorithm that was not offered.
    #[must_use]
    pub fn logins_failed(&self) -> u64 {
        self.failed.get()
    }

    /// Those of them that were beyond their source's budget.
    #[must_use]
    pub fn logins_slowed(&self) -> u64 {
        self.slowed.get()
    }

    /// Connections that were closed at once, because too many were open by which nobody had logged in.
    #[must_use]
    pub fn turned_away(&self) -> u64 {
        self.turned_away.get()
    }
}

#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

//! Bounds of the table, and what was odd and survived.

use core::time::Duration;

/// How much may be kept. Beyond it a request of others is answered with 503, of which nothing is kept, and a request of
/// ours is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests of others; over UDP each stays for 32 s.
    pub servers: Bound,
    /// Requests of ours.
    pub clients: Bound,
    /// What a 503 says: when to come again; whole seconds.
    pub retry_after: Duration,
}

/// How much of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Transactions.
    pub transactions: usize,
    /// Octets kept to be sent again.
    pub octets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            servers: Bound { transactions: 1 << 20, octets: 512 << 20 },
            clients: Bound { transactions: 1 << 18, octets: 128 << 20 },
            retry_after: Duration::from_secs(5),
        }
    }
}

impl Bound {
    pub(super) const fn has_room(self, transactions: usize, octets: usize) -> bool {
        transactions < self.transactions && octets < self.octets
    }
}

/// What was odd, counted and survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Requests and answers that came again and were absorbed.
    pub absorbed: u64,
    /// Messages sent again because nothing was heard.
    pub repeated: u64,
    /// Answers to nothing that was asked.
    pub stray_responses: u64,
    /// ACKs of nothing that was answered.
    pub stray_acks: u64,
    /// Requests refused with 482: the same one came by another way.
    pub merged: u64,
    /// Requests refused with 503: no room.
    pub refused: u64,
    /// Requests that the user did not answer in time.
    pub unanswered: u64,
    /// Failures of an INVITE that were never acknowledged.
    pub unacknowledged: u64,
}

impl Counters {
    /// Counts one more.
    pub(super) const fn count(counter: &mut u64) {
        *counter = counter.saturating_add(1);
    }
}

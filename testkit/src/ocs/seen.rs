//! The lines of the charging system's journal, and what it counts.

use serde::{Deserialize, Serialize};

/// What happened to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// Held by a reservation.
    Hold,
    /// Let go.
    Release,
    /// Charged.
    Charge,
    /// Given back.
    Refund,
}

/// One thing that the charging system saw or did. Every `at` is in microseconds since 1970, every `nanos` in billionths
/// as decimal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the fields are those of the messages; what is not is documented at its variant"
)]
pub enum Seen {
    /// A client introduced itself.
    Opened { at: u64, link: u64, host: String },
    /// A link ended, whoever ended it.
    Gone { at: u64, link: u64 },
    /// A request came. `request` is its CC-Request-Type, `again` when it came before, `flagged` with the T flag.
    Request { at: u64, link: u64, session: String, number: u32, request: String, again: bool, flagged: bool },
    /// Money moved.
    Moved { at: u64, session: String, movement: Movement, nanos: String },
    /// A request was answered, or would have been.
    Answer { at: u64, session: String, number: u32, code: u32 },
}

/// What a charging system counted since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Links whose capabilities were exchanged.
    pub links: u64,
    /// Connections that ended.
    pub links_ended: u64,
    /// Price enquiries that came.
    pub price_enquiries: u64,
    /// Balance checks.
    pub balance_checks: u64,
    /// Reservations asked for.
    pub reserves: u64,
    /// Ends of sessions with use.
    pub commits: u64,
    /// Ends of sessions without.
    pub releases: u64,
    /// Direct debits.
    pub debits: u64,
    /// Refunds.
    pub refunds: u64,
    /// Requests that had come before.
    pub repeated: u64,
    /// Of these, without the T flag.
    pub repeated_unflagged: u64,
    /// Of these, done again: money moved twice for one request.
    pub done_twice: u64,
    /// Requests that were not answered with success.
    pub refused: u64,
    /// Messages that could not be read.
    pub unreadable: u64,
    /// Watchdog requests that came.
    pub watchdogs: u64,
    /// Sessions that are open.
    pub open_sessions: u64,
    /// Charged and not given back, in billionths.
    pub charged_nanos: u64,
    /// Held, in billionths.
    pub held_nanos: u64,
}

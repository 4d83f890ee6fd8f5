//! What the two session machines share: the life of a session, its lanes, its bounds and its clock.
//!
//! Two lanes never wait for each other: requests of ours fill a window; `enquire_link`, `unbind` and every answer
//! go out at once.

mod asked;
mod inbound;
mod keepalive;
mod link;
mod machine;
mod owed;

use std::time::Duration;

pub use inbound::Inbound;
pub(crate) use link::{Common, Core};
pub(crate) use machine::Side;
pub use machine::{Session, SessionConfig};

use crate::{BindMode, CommandStatus, EncodeError};

/// Where a session stands.
///
/// ```text
///            bind asked         verdict 0            unbind by either side        unbind_resp, or the peer's
///   Open ───────────────▶ Binding ───────▶ Bound ──────────────────▶ Unbinding ───────────────────▶ Closed
///     │                      │               │                     (drains, then                       ▲
///     │ nobody bound         │ refused,      │ half-open, bad      says goodbye)                       │
///     ▼ in time              ▼ too late      ▼ length, link lost        │ too late, link lost          │
///     └──────────────────────┴───────────────┴──────────────────────────┴──────────────────────────────┘
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Connected, nobody has bound.
    Open {
        /// When a server gives up waiting for a bind; a client does not wait.
        until: Option<Duration>,
    },
    /// A bind is asked and not answered.
    Binding {
        /// What for.
        mode: BindMode,
        /// The request.
        sequence: u32,
        /// When it is too late.
        until: Duration,
    },
    /// Bound: messages flow.
    Bound(BindMode),
    /// No new messages; what is under way is finished, then the goodbye.
    Unbinding {
        /// As before.
        mode: BindMode,
        /// How far the goodbye is.
        farewell: Farewell,
        /// When the present step ends, finished or not.
        until: Duration,
    },
    /// Over. What is left in the output may still be written.
    Closed,
}

/// How far a goodbye is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell {
    /// We leave: waiting for what is under way.
    DrainingBeforeUnbind,
    /// We leave: `unbind` is sent.
    UnbindSent,
    /// The peer leaves: waiting for what is under way before the answer.
    DrainingBeforeAnswer {
        /// Its `unbind`.
        sequence: u32,
    },
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The bind was answered with this status.
    BindRefused(CommandStatus),
    /// No bind, or no answer to it, in time.
    BindTimeout,
    /// We said goodbye and the peer answered.
    Unbound,
    /// We said goodbye and the peer did not answer.
    UnbindTimeout,
    /// The peer said goodbye.
    PeerUnbound,
    /// Two `enquire_link` in a row without any sign of life.
    HalfOpen,
    /// The stream lost its rhythm: a `command_length` that no PDU has.
    BadLength,
    /// The peer does not read what we owe it.
    Overflow,
    /// The connection ended or broke.
    LinkLost,
}

/// What kind of request of ours an answer, or its absence, is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Request {
    /// `submit_sm`.
    Submit,
    /// `cancel_sm`.
    Cancel,
    /// `deliver_sm`.
    Deliver,
    /// `data_sm` to a client.
    Data,
}

/// A request that was not taken. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The window (or the output, or the queue of events nobody takes) is full: back-pressure, not an outcome.
    #[error("the window is full")]
    Full,
    /// The session is not bound, is leaving, or is bound for the other direction.
    #[error("the session is not bound for this")]
    NotBound,
    /// The request can't be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// An answer to something that was not asked, or is answered already, or whose session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no unanswered request has sequence {0}")]
pub struct UnknownSequence(pub u32);

/// What was odd in a session, counted and survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Answers to nothing: unknown sequences, second answers, answers of the wrong kind.
    pub unmatched_responses: u64,
    /// PDUs answered with an error because they could not be read or had no place in this state.
    pub refused_pdus: u64,
    /// Requests of the peer turned away because too many were unanswered.
    pub turned_away: u64,
    /// Answers that came after their time and were still matched.
    pub late_answers: u64,
}

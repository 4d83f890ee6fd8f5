//! What the world tells us of a message: the inputs of its lifecycle.

use super::{Choice, MessageId, PeerCode, PeerId, RouteId, Time};
use crate::charge::{ClaimAnswer, LedgerKind};
use serde::{Deserialize, Serialize};

/// Anything that can happen to a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// A peer or a device said something about an attempt.
    Report {
        /// The attempt's number.
        attempt: u16,
        /// The part, from 0.
        part: u16,
        /// What was said.
        kind: ReportKind,
        /// The peer's own code, if any.
        code: Option<PeerCode>,
    },
    /// A charging system answered an order (R14).
    Claimed {
        /// The attempt's number.
        attempt: u16,
        /// The order.
        order: LedgerKind,
        /// The answer.
        answer: ClaimAnswer,
    },
    /// The sender chose, or consented to a dearer service (R2, R6).
    Chosen(Choice),
    /// The sender wants it back.
    Cancel,
    /// After a start: attempts that had started without an outcome are unknown, but for those that only our own
    /// stream had taken; those that their service had given back unsent go out.
    Recovered,
    /// Time passed, or facts changed; nothing else happened.
    Poked,
}

/// A report as a service hands it in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Report {
    /// Which attempt it is about.
    pub target: Target,
    /// What is said.
    pub kind: ReportKind,
    /// The peer's own code, if any.
    pub code: Option<PeerCode>,
    /// When it was heard.
    pub at: Time,
}

/// How a report names its attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Target {
    /// By our own numbers.
    Attempt {
        /// The message.
        message: MessageId,
        /// The attempt's number.
        attempt: u16,
        /// The part, from 0.
        part: u16,
    },
    /// By the id the peer gave: what it may be, each way of reading it in its own place, as given first (T1). A match
    /// counts only when it is the only one.
    Peer {
        /// The route that the report came by.
        route: RouteId,
        /// Candidate spellings.
        ids: Vec<PeerId>,
    },
}

/// What a report says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReportKind {
    /// The next hop took it.
    HandedOver {
        /// The id it gave, if any.
        peer_id: Option<PeerId>,
    },
    /// It was not taken, or will not be delivered.
    Failed(FailureClass),
    /// No answer came, or the link was lost after bytes left: unknown.
    NoAnswer,
    /// The service stops and gives the attempt back: nothing of it has left us. It goes out at the next start.
    NotSent,
    /// On its way; changes nothing.
    Intermediate,
    /// It reached a device.
    Delivered,
    /// It was read.
    Displayed,
    /// The peer says it was taken back (a receipt `DELETED` after our cancel).
    Withdrawn,
    /// The peer says that it does not know (a receipt `UNKNOWN`).
    Unclear,
    /// The answer to our withdrawal.
    Withdrawal(WithdrawalAnswer),
}

/// How a failure is to be taken (standards.md section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailureClass {
    /// Class T.
    Temporary,
    /// Classes P and C: this service will not deliver this message.
    Permanent,
    /// Class R: the person, or their policy, said no.
    Refused,
    /// Class L: our own fault.
    Local,
}

/// The answer to a withdrawal (R10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WithdrawalAnswer {
    /// Taken back for certain.
    Withdrawn,
    /// Too late: it was delivered.
    AlreadyDelivered,
    /// The peer refuses or cannot.
    Refused,
    /// Nobody can tell.
    Unknown,
}

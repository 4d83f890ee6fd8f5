//! One try of one message by one service and route.

use super::{ChargeOn, PeerId, Price, RouteId, Service, Time};
use crate::charge::{Claim, Unpaid};
use serde::{Deserialize, Serialize};

/// One attempt. Attempts are numbered from 1 within their message and never removed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Attempt {
    /// Number within the message, from 1.
    pub n: u16,
    /// The service.
    pub service: Service,
    /// The route, when the service has routes.
    pub route: Option<RouteId>,
    /// Why it was made.
    pub kind: AttemptKind,
    /// The price it was started at.
    pub price: Price,
    /// When its price is charged.
    pub charge_on: ChargeOn,
    /// Where it stands.
    pub state: AttemptState,
    /// Whether and how it was asked back.
    pub withdrawal: Withdrawal,
    /// R11: a copy may reach the recipient by another attempt.
    pub may_duplicate: bool,
    /// The recipient's registration as it was known when the attempt started, if they were online: a later one is
    /// news (R7, R11.3), whatever the clocks say.
    pub registration: Option<Time>,
    /// When its intent was committed.
    pub started_at: Time,
    /// When the next hop, or our own stream, took it.
    pub handed_over_at: Option<Time>,
    /// When it counts as not delivered (R4), or as unknown.
    pub deadline: Time,
    /// When it last became unknown, if it did (R11.1).
    pub unknown_at: Option<Time>,
    /// When its outcome was recorded.
    pub ended_at: Option<Time>,
    /// The wire parts: one for each SMS segment, one for the others.
    pub parts: Vec<Part>,
    /// The last code a peer gave, kept raw for the operator.
    pub code: Option<PeerCode>,
    /// Its reservation with a charging system of the operator's; nothing where our own ledger charges, or nobody does.
    pub claim: Option<Box<Claim>>,
}

/// Why an attempt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AttemptKind {
    /// The first service (R3).
    First,
    /// The second service (R5).
    Fallback,
    /// Back to the first service (R7, R8).
    Revert,
    /// The same service again after a failure (R9), or held for the first (R6).
    Retry,
    /// The same service again after an unknown outcome (R11.3).
    Repeat,
}

/// Where an attempt stands.
///
/// ```text
///             +--> Deferred --online--+                 (IM in our own queue)
///   (intent) -+                       v
///             +------------------> Started --taken--> HandedOver --report--> Ended
///                                  |     |              |    ^                 ^
///                                  |     +--no answer---+--> Unknown --late----+
///                                  +--refused by the peer, never sent ---------+
///
///   any live state --withdrawn--> Ended(Withdrawn)       Unknown --late answer--> HandedOver
/// ```
/// `Deferred`, `Started`, `HandedOver` are live; `Unknown` is neither live nor ended (I4 treats it as live).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AttemptState {
    /// IM only: held in our own queue until a device comes online.
    Deferred,
    /// The intent is durable; bytes may leave.
    Started,
    /// The next hop took it; a report is awaited.
    HandedOver,
    /// May or may not have been delivered.
    Unknown,
    /// It has an outcome.
    Ended(Outcome),
}

/// The outcome of an attempt that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Delivered to the recipient's device.
    Delivered,
    /// Read there.
    Displayed,
    /// Not delivered; trying again may help.
    TemporaryFailure,
    /// Not delivered, and this service will not (it is out for this message, R9).
    PermanentFailure,
    /// The person said no (R12).
    Refused,
    /// Taken back before it was delivered.
    Withdrawn,
    /// Our own fault (R13): never blamed on the recipient.
    LocalFault,
}

impl AttemptState {
    /// Deferred, started or handed over.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Deferred | Self::Started | Self::HandedOver)
    }
}

/// Whether an attempt was asked back (R10); asked once only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Withdrawal {
    /// Not asked.
    #[default]
    None,
    /// Asked; an answer is awaited until this moment.
    Asked {
        /// When the wait for the answer ends.
        until: Time,
    },
    /// The peer says it has been delivered: wait for the report, start nothing.
    AlreadyDelivered,
    /// Refused, unknown, or no answer in time: the attempt stays.
    Unclear,
}

/// One wire part of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Part {
    /// The id that the peer gave, once it did.
    pub peer_id: Option<PeerId>,
    /// Where the part stands.
    pub state: PartState,
}

/// Where a part stands; an attempt is as good as its worst part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PartState {
    /// Not answered yet.
    Open,
    /// The peer took it.
    HandedOver,
    /// No answer came.
    Unknown,
    /// It has an outcome.
    Ended(Outcome),
    /// Certainly not with a peer: given back by its service, then it goes out at the next start; or the attempt waits
    /// for its reservation.
    Unsent,
}

/// A peer's own code, kept raw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PeerCode {
    /// SMPP `command_status`.
    Smpp(u32),
    /// SMPP receipt `err` or `network_error_code`.
    SmppReceipt(u32),
    /// SIP status code.
    Sip(u16),
}

impl Attempt {
    /// True while a peer or our queue may still act on it.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.state.is_live()
    }

    /// True while its reservation is not granted: nothing of it goes out before.
    #[must_use]
    pub fn is_awaiting_grant(&self) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.is_awaited())
    }

    /// Why its reservation was turned away, if it was: then it was never made.
    #[must_use]
    pub fn unpaid(&self) -> Option<Unpaid> {
        self.claim.as_ref()?.unpaid
    }

    /// Nothing of it has left: given back by its service, or waiting for its reservation.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.state == AttemptState::Started && self.parts.iter().all(|part| part.state == PartState::Unsent)
    }

    /// IM to a device of our own app: handed over by an event in the recipient's stream, so that no transport
    /// and no crash can make it unknown.
    #[must_use]
    pub const fn is_app(&self) -> bool {
        matches!(self.service, Service::Im) && self.route.is_none()
    }

    /// Its outcome, if it has ended.
    #[must_use]
    pub const fn outcome(&self) -> Option<Outcome> {
        if let AttemptState::Ended(outcome) = self.state { Some(outcome) } else { None }
    }
}

//! Units of commit: what is written together, and what must be true for it.

use crate::directory::Entry;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use switchback_core::charge::LedgerEntry;
use switchback_core::model::{
    Address, Content, DecisionRecord, DeviceId, Event, Message, MessageId, Owner, PayerId, PeerId, Report,
    RouteId, Shard, SubscriberId, Time,
};
use switchback_core::tariff::Payer;

/// One unit: all of it or nothing. Units of one commit are applied in order; a conflict touches no other unit.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The shard it belongs to.
    pub shard: Shard,
    /// The lease epoch it was decided under.
    pub epoch: u64,
    /// What must hold.
    pub expects: Vec<Expect>,
    /// What is written.
    pub writes: Vec<Write>,
}

/// A precondition, checked exactly against all committed units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The message has this version; `None`: it does not exist.
    Message {
        /// The message.
        id: MessageId,
        /// Its version before this unit.
        version: Option<u32>,
    },
    /// No unexpired record of this key exists.
    KeyAbsent(IdempotencyKey),
    /// The peer's id is not taken on this route by an open message.
    PeerIdAbsent {
        /// The route.
        route: RouteId,
        /// The id.
        id: PeerId,
    },
    /// The payer has this version; `None`: it does not exist.
    Payer {
        /// The payer.
        id: PayerId,
        /// Its version before this unit.
        version: Option<u64>,
    },
}

/// Something to write.
#[derive(Clone, Debug)]
pub enum Write {
    /// A message, new or replaced; a final one leaves the open set. Its attempts' peer ids are looked up from it.
    Message(Box<Message>),
    /// The content of a message, once.
    Content(MessageId, Box<Content>),
    /// Decisions of a message, in order.
    Decisions(MessageId, Vec<DecisionRecord>),
    /// Events, in order; each gets the next cursor.
    Events(Vec<Event>),
    /// Entries of the ledger, in order.
    Ledger(Vec<LedgerEntry>),
    /// A payer as it is after the unit.
    Payer(Box<Payer>),
    /// The answer to an idempotency key.
    Key(IdempotencyKey, IdempotencyRecord),
    /// A receipt that matches nothing yet (I13); kept until then.
    Park {
        /// The route that it came by.
        route: RouteId,
        /// Candidate spellings of the peer's id.
        ids: Vec<PeerId>,
        /// The receipt.
        report: Box<Report>,
        /// When it may be forgotten.
        until: Time,
    },
    /// A parked receipt was matched: forget it. Others that are parked under the same id stay: one spelling of an id
    /// may be that of several (T1).
    Unpark {
        /// The route.
        route: RouteId,
        /// The id it was found by.
        id: PeerId,
        /// The receipt.
        report: Box<Report>,
    },
    /// A device's registration, or its loss.
    Device {
        /// The subscriber.
        subscriber: SubscriberId,
        /// The device.
        device: DeviceId,
        /// Online since then, or offline since then.
        online: bool,
        /// The moment.
        at: Time,
        /// Why, for the operator: `stream opened`, `stream closed`, `server restarted` ...
        why: SmolStr,
    },
    /// What a device's service wants to find again after a restart (a SIP binding, how far it was told): opaque to
    /// the store and the engine, at most [`KEPT_MAX`] bytes. A device that the store does not know keeps nothing.
    DeviceKept {
        /// Whose.
        subscriber: SubscriberId,
        /// Which.
        device: DeviceId,
        /// The bytes; empty forgets them.
        kept: Vec<u8>,
    },
    /// An entry of the directory, new or replaced.
    Directory(Box<Entry>),
    /// A refusal, for the operator's bounded list.
    Refusal(Box<RefusalRecord>),
}

/// The most that a device's service may keep: bytes.
pub const KEPT_MAX: usize = 4096;

/// An idempotency key with its scope: keys of different owners never meet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IdempotencyKey {
    /// Whose key.
    pub owner: Owner,
    /// The key as given, at most 255 bytes.
    pub key: SmolStr,
}

/// What a key was answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// SHA-256 of the request body that the key came with.
    pub body: [u8; 32],
    /// The message that was made.
    pub message: MessageId,
    /// When the key may be forgotten.
    pub until: Time,
}

impl IdempotencyRecord {
    /// The record, unless its key may be forgotten at `now`.
    #[must_use]
    pub fn unless_forgotten(&self, now: Time) -> Option<Self> {
        (self.until > now).then(|| self.clone())
    }
}

/// Which part of which attempt a peer's id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerRef {
    /// The message.
    pub message: MessageId,
    /// The attempt's number.
    pub attempt: u16,
    /// The part, from 0.
    pub part: u16,
}

/// A submission that was refused: no message, no charge, only this line (R1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalRecord {
    /// When.
    pub at: Time,
    /// Who asked.
    pub owner: Owner,
    /// For whom.
    pub recipient: Option<Address>,
    /// The stable code.
    pub code: SmolStr,
}

/// The receipt of a durable unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Cursor of the unit's first event; the following events have the following numbers. Without events: the
    /// next cursor to be given.
    pub first_cursor: u64,
}

/// Which precondition did not hold; nothing of the unit was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Another owner holds the shard's lease.
    #[error("the shard belongs to another node now")]
    Lease,
    /// The message's version differs.
    #[error("the message changed meanwhile")]
    Message,
    /// The key is taken; this is its record.
    #[error("the idempotency key is taken")]
    Key(Box<IdempotencyRecord>),
    /// The peer's id is taken.
    #[error("the peer's id is taken by another open message")]
    PeerId,
    /// The payer's version differs.
    #[error("the payer changed meanwhile")]
    Payer,
}

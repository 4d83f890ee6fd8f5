//! What lists and totals return. Lists may follow behind a watermark and say how far they are.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::sync::Arc;
use switchback_core::charge::LedgerEntry;
use switchback_core::model::{
    Address, ClientRef, Content, DecisionRecord, Event, Message, MessageId, Money, Owner, Service, Status,
    Time,
};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The lines.
    pub lines: Vec<T>,
    /// Whether there are more.
    pub more: bool,
    /// Every event with a cursor up to this one is reflected in the list.
    pub watermark: u64,
}

/// A chapter of the log: what one unit told of one message. Written once, never edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Its number in the log, from 1, without a gap.
    pub seq: u64,
    /// The message.
    pub message: MessageId,
    /// Cursor of its first event; without events the next one to be given.
    pub cursor: u64,
    /// The unit made the message: no earlier chapter of it has been written with it there.
    pub begins: bool,
    /// What was decided.
    pub decisions: Vec<DecisionRecord>,
    /// What happened.
    pub events: Vec<Event>,
    /// What it cost.
    pub ledger: Vec<LedgerEntry>,
}

/// An event with its place in the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// The commit sequence that the writer gave: strictly increasing.
    pub cursor: u64,
    /// The event.
    pub event: Event,
    /// What came in, when the line is live and this is at hand; a reader that lacks it asks for message and content.
    pub incoming: Option<Arc<IncomingMessage>>,
}

/// What a recipient's device is to be shown of a message that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingMessage {
    /// The sender, as shown to the recipient.
    pub from: Address,
    /// The address that it was sent to.
    pub to: Address,
    /// When it was accepted.
    pub accepted_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// What it says.
    pub content: Arc<Content>,
}

impl IncomingMessage {
    /// Of a message and its content.
    #[must_use]
    pub fn of(message: &Message, content: Arc<Content>) -> Self {
        Self {
            from: message.originator.address.clone(),
            to: message.recipient.clone(),
            accepted_at: message.accepted_at,
            expires_at: message.expires_at,
            content,
        }
    }
}

/// Which messages to list. Every part that is given must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Whose.
    pub owner: Option<Owner>,
    /// To this recipient.
    pub to: Option<Address>,
    /// In this status.
    pub status: Option<Status>,
    /// Whose first service is this.
    pub service: Option<Service>,
    /// With this reference.
    pub client_ref: Option<ClientRef>,
    /// Accepted at or after.
    pub accepted_after: Option<Time>,
}

/// One conversation of a subscriber or account: everything said with one other address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSummary {
    /// The other end, as printed.
    pub with: SmolStr,
    /// The latest message.
    pub last: MessageId,
    /// When it was accepted.
    pub last_at: Time,
    /// How many messages came in and were not read.
    pub unread: u64,
}

/// One line of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationLine {
    /// The message.
    pub message: MessageId,
    /// True when the owner of the conversation sent it.
    pub outgoing: bool,
    /// The other end.
    pub with: SmolStr,
    /// The text (media are named by type in the message itself).
    pub text: String,
    /// When it was accepted.
    pub at: Time,
    /// How it stands.
    pub status: Status,
    /// The service of its last attempt.
    pub service: Option<Service>,
}

/// Sums that prove the ledger (I8, I9, I11), as far as it has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerTotals {
    /// Every entry committed with an event up to this cursor is in the sums.
    pub watermark: u64,
    /// All that was durable when they were made is in the sums: only then are they the proof, and payers compared.
    pub complete: bool,
    /// Entries.
    pub entries: u64,
    /// Reservations that are open now.
    pub open_holds: u64,
    /// Of those, reservations of messages that are final: must be 0.
    pub orphan_holds: u64,
    /// Messages with more than one charge that was neither refunded nor kept by the plan: must be 0.
    pub double_charges: u64,
    /// Charged minus refunded, by currency.
    pub charged: Vec<Money>,
    /// Payers whose balance does not equal opening minus charged: must be empty. Known once `complete`.
    pub unbalanced: Vec<SmolStr>,
}

/// Counts of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreTotals {
    /// Messages that are not final.
    pub open: u64,
    /// Messages that are final.
    pub finished: u64,
    /// Receipts that match nothing yet.
    pub parked: u64,
    /// Units committed since start.
    pub units: u64,
    /// Commits (syncs of the log) since start.
    pub commits: u64,
    /// The last cursor given.
    pub cursor: u64,
    /// The lists' watermark.
    pub watermark: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

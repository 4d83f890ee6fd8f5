//! The store: where messages live (DESIGN section 6).

use crate::directory::{Entry, Kind};
use crate::page::{
    Chapter, ConversationLine, ConversationSummary, EventLine, LedgerTotals, MessageFilter, Page, StoreTotals,
};
use crate::unit::{Committed, Conflict, IdempotencyKey, IdempotencyRecord, PeerRef, RefusalRecord, Unit};
use smol_str::SmolStr;
use switchback_core::charge::LedgerEntry;
use switchback_core::model::{
    Content, DecisionRecord, DeviceId, Event, Message, MessageId, Owner, PayerId, PeerId, Report, RouteId,
    SubscriberId, Time,
};
use switchback_core::tariff::Payer;

/// Why the store could not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreFailure {
    /// A write or sync failed: nothing more is accepted until the store is reopened and verified (I19). For the operator.
    #[error(
        "the store stopped after a failed write: {0}; free the disk or replace it, then restart the server"
    )]
    Stopped(String),
    /// The lists are too far behind; try again in a moment.
    #[error("the store's lists are behind: try again in a moment")]
    Behind,
    /// The store is shutting down.
    #[error("the store is closing")]
    Closed,
    /// What was read makes no sense. For the operator.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

/// A store. `commit` and the look-ups block the calling thread; the engine's loops and the API's blocking pool
/// call them, never an async worker.
///
/// Commits of several threads are gathered: the writer takes what waits when the last sync ends (at most 1024
/// units) and never waits for more. Look-ups marked *exact* see every unit whose commit was answered.
pub trait Store: Send + Sync {
    /// Commits units in order; returns when they are durable, with one result for each.
    ///
    /// # Errors
    /// [`StoreFailure`]: then none of the units may be taken for written, nor for unwritten.
    fn commit(&self, units: Vec<Unit>) -> Result<Vec<Result<Committed, Conflict>>, StoreFailure>;

    /// The message of that id. Exact.
    fn message(&self, id: MessageId) -> Result<Option<Message>, StoreFailure>;

    /// The content of that message. Exact. Every attempt after the first reads it here (claim 2).
    fn content(&self, id: MessageId) -> Result<Option<Content>, StoreFailure>;

    /// What a key was answered with, unless forgotten. Exact.
    fn by_idempotency_key(
        &self,
        key: &IdempotencyKey,
        now: Time,
    ) -> Result<Option<IdempotencyRecord>, StoreFailure>;

    /// The open message's part that a peer's id stands for: as it was given, else in its folded form
    /// ([`PeerId::folded`]) when that is one id's only. Exact. Final messages may be forgotten, but are found
    /// for at least as long as early receipts are kept when the implementation can afford it.
    fn by_peer_id(&self, route: &RouteId, id: &PeerId) -> Result<Option<PeerRef>, StoreFailure>;

    /// Receipts that came before their answer, oldest first. Exact.
    fn parked(&self, route: &RouteId, id: &PeerId) -> Result<Vec<Report>, StoreFailure>;

    /// Open messages to this recipient, oldest first. Exact.
    fn waiting_for(&self, recipient: &SubscriberId) -> Result<Vec<MessageId>, StoreFailure>;

    /// Up to `n` open messages whose `due` is at most `now`, earliest first. Exact.
    fn due(&self, now: Time, n: usize) -> Result<Vec<(Time, MessageId)>, StoreFailure>;

    /// When the next open message is due. Exact.
    fn next_due(&self) -> Result<Option<Time>, StoreFailure>;

    /// Open messages with id greater than `after`, in order: the walk of recovery. Exact.
    fn open_messages(&self, after: Option<MessageId>, n: usize) -> Result<Vec<Message>, StoreFailure>;

    /// A payer. Exact.
    fn payer(&self, id: &PayerId) -> Result<Option<Payer>, StoreFailure>;

    /// Registered devices and lost ones: subscriber, device, online, since, why.
    fn devices(&self) -> Result<Vec<DeviceRow>, StoreFailure>;

    /// All entries of a kind of the directory.
    fn directory(&self, kind: Kind) -> Result<Vec<Entry>, StoreFailure>;

    /// What was told of a message, oldest first. Exact.
    fn story(&self, id: MessageId) -> Result<Vec<Chapter>, StoreFailure>;

    /// Decisions of a message, oldest first. Exact.
    fn decisions(&self, id: MessageId) -> Result<Vec<DecisionRecord>, StoreFailure> {
        Ok(self.story(id)?.into_iter().flat_map(|chapter| chapter.decisions).collect())
    }

    /// Events of a message, oldest first. Exact.
    fn message_events(&self, id: MessageId) -> Result<Vec<Event>, StoreFailure> {
        Ok(self.story(id)?.into_iter().flat_map(|chapter| chapter.events).collect())
    }

    /// Ledger entries of a message, oldest first. Exact.
    fn message_ledger(&self, id: MessageId) -> Result<Vec<LedgerEntry>, StoreFailure> {
        Ok(self.story(id)?.into_iter().flat_map(|chapter| chapter.ledger).collect())
    }

    /// Up to `n` chapters of the log after the one numbered `after` (0: from the first), in order and without a gap:
    /// what every projection follows. Exact; what it has once given it gives again, for the log is never edited.
    fn chapters(&self, after: u64, n: usize) -> Result<Vec<Chapter>, StoreFailure>;

    /// Events after a cursor, in order, for one audience or (`None`) all. Gapless up to the page's watermark.
    fn events(&self, audience: Option<&Owner>, after: u64, n: usize)
    -> Result<Page<EventLine>, StoreFailure>;

    /// Messages, newest first, behind the watermark.
    fn messages(
        &self,
        filter: &MessageFilter,
        before: Option<MessageId>,
        n: usize,
    ) -> Result<Page<Message>, StoreFailure>;

    /// Conversations of a subscriber or account, latest first, behind the watermark.
    fn conversations(&self, owner: &Owner, n: usize) -> Result<Page<ConversationSummary>, StoreFailure>;

    /// Lines of one conversation (with one other address), newest first, behind the watermark.
    fn conversation(
        &self,
        owner: &Owner,
        with: &SmolStr,
        before: Option<MessageId>,
        n: usize,
    ) -> Result<Page<ConversationLine>, StoreFailure>;

    /// The latest refusals, newest first.
    fn refusals(&self, n: usize) -> Result<Vec<RefusalRecord>, StoreFailure>;

    /// Sums of the ledger against payers and messages, as far as they have been read. A call goes on where the last
    /// one ended, reads for a bounded while (some 200 ms), and says how far it came; while one caller reads, others are
    /// told what is known. Within the proof nothing is behind: entries and balances are those of one moment.
    fn ledger_totals(&self) -> Result<LedgerTotals, StoreFailure>;

    /// The sums once they are complete; blocks for as long as that takes: for audits of a stopped server and for tests.
    fn ledger_proof(&self) -> Result<LedgerTotals, StoreFailure> {
        loop {
            let totals = self.ledger_totals()?;
            if totals.complete {
                return Ok(totals);
            }
        }
    }

    /// Counts for health and metrics; cheap.
    fn totals(&self) -> Result<StoreTotals, StoreFailure>;

    /// Writes messages that are final already, in a sorted batch, with their content, decisions, events and
    /// ledger, for benches and imports: durable when it returns, without preconditions.
    fn fill(&self, units: Vec<Unit>) -> Result<(), StoreFailure>;

    /// Drains the writer and closes; later calls fail with [`StoreFailure::Closed`].
    fn close(&self);
}

/// Why devices are lost that only we let go: at a stop, and by a restart. What they are bound to may still hold.
pub const LOST_BY_US: [&str; 2] = ["server stopped", "server restarted"];

/// A row of the registrations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// The subscriber.
    pub subscriber: SubscriberId,
    /// The device.
    pub device: DeviceId,
    /// Registered, as far as the store knows.
    pub online: bool,
    /// Since when.
    pub since: Time,
    /// Why.
    pub why: SmolStr,
    /// What its service asked to find again ([`crate::Write::DeviceKept`]); empty when nothing.
    pub kept: Vec<u8>,
}

//! One group commit in the making: what its earlier units changed, the preconditions of the next one checked against
//! that and the committed state, and what is to be done in memory once it is durable.

use crate::block::Block;
use crate::error::Fault;
use crate::index::Handle;
use crate::journal::Rows;
use crate::lists::Lists;
use crate::overlay::{Held, Overlay, Stands, Unfolded};
use crate::peers::{PeerKey, ids_of};
use crate::record::{unseal, unsigned};
use crate::shared::{Account, Shared, read};
use crate::statements::Statements;
use hashbrown::HashMap;
use rusqlite::OptionalExtension;
use std::sync::Arc;
use switchback_core::model::{Message, MessageId, PayerId, SubscriberId, Time};
use switchback_ports::{Conflict, Expect, IdempotencyKey, IdempotencyRecord, PeerRef, Unit, Write};

/// What is known of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) version: u32,
    pub(crate) last_log: u64,
    pub(crate) open: bool,
    /// Where the tables have it.
    pub(crate) stands: Stands,
}

/// What memory learns of a message when the batch is durable.
#[derive(Debug)]
pub(crate) enum Delta {
    /// It is open.
    Open { handle: Handle, recipient: Option<SubscriberId>, peers: Vec<(PeerKey, PeerRef)> },
    /// It is final, and nothing is owed for it.
    Final { id: MessageId, peers: Vec<(PeerKey, PeerRef)> },
    /// It has a new chapter.
    Log { id: MessageId, last_log: u64 },
}

impl Delta {
    /// What a message's row says.
    pub(crate) fn of(message: &Message, last_log: u64) -> Self {
        let peers = ids_of(message).collect();
        if message.is_settled() {
            return Self::Final { id: message.id, peers };
        }
        let handle = Handle { id: message.id, version: message.version, last_log, due: message.due };
        Self::Open { handle, recipient: message.recipient_subscriber.clone(), peers }
    }
}

/// The batch.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) messages: HashMap<MessageId, Known>,
    /// Stored forms of messages that changed: the latest of each, in the order of their first change.
    pub(crate) heads: HashMap<MessageId, Arc<Vec<u8>>>,
    pub(crate) changed: Vec<MessageId>,
    pub(crate) contents: HashMap<MessageId, Arc<Vec<u8>>>,
    /// Idempotency keys, by their stored form.
    pub(crate) keys: HashMap<Vec<u8>, IdempotencyRecord>,
    /// The chapters that are not in a row of the log yet.
    pub(crate) block: Block,
    pub(crate) peers: HashMap<PeerKey, MessageId>,
    pub(crate) payers: HashMap<PayerId, Arc<Account>>,
    pub(crate) deltas: Vec<Delta>,
    pub(crate) lists: Lists,
    /// Units that were written.
    pub(crate) units: u64,
    /// Parked receipts that were forgotten.
    pub(crate) unparked: u64,
}

/// How far the writer has come: with the units so far of the running batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Position {
    /// The last chapter of the log.
    pub(crate) seq: u64,
    /// The last cursor given.
    pub(crate) cursor: u64,
    /// The last journal row.
    pub(crate) journal: u64,
    /// How many messages are final.
    pub(crate) finished: u64,
    /// The highest lease epoch of each shard.
    pub(crate) leases: Vec<u64>,
    /// The latest moment that any unit spoke of.
    pub(crate) latest: Time,
}

/// Where a batch finds what is committed, and writes.
#[derive(Debug)]
pub(crate) struct Past<'a, 'c> {
    pub(crate) shared: &'a Shared,
    pub(crate) st: &'a mut Statements<'c>,
    pub(crate) at: &'a mut Position,
    /// No message above this id is in `finished`, and no content above it in `content`.
    pub(crate) highest: Option<MessageId>,
}

impl Batch {
    /// The message as it stands after the units so far.
    pub(crate) fn known(&self, id: MessageId, past: &mut Past<'_, '_>) -> Result<Option<Known>, Fault> {
        if let Some(known) = self.messages.get(&id) {
            return Ok(Some(*known));
        }
        if let Some(head) = read(&past.shared.overlay).get(id) {
            let Unfolded { version, last_log, open, stands, .. } = *head;
            return Ok(Some(Known { version, last_log, open, stands }));
        }
        if let Some(handle) = read(&past.shared.open).index.get(id) {
            let (version, last_log) = (handle.version, handle.last_log);
            return Ok(Some(Known { version, last_log, open: true, stands: Stands::Open }));
        }
        // Ids are ordered by time: a new message is nearly always above all folded ones, and needs no look-up.
        if past.is_above(id) {
            return Ok(None);
        }
        let row = past
            .st
            .finished_get
            .query_row([id.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(row.map(|(version, last_log)| Known {
            version,
            last_log: unsigned(last_log),
            open: false,
            stands: Stands::Finished,
        }))
    }

    /// Notes the stored form of a message.
    pub(crate) fn head(&mut self, id: MessageId, body: Arc<Vec<u8>>) {
        if self.heads.insert(id, body).is_none() {
            self.changed.push(id);
        }
    }

    /// Notes a content, unless the message has one.
    pub(crate) fn content(
        &mut self,
        id: MessageId,
        body: impl FnOnce() -> Vec<u8>,
        past: &mut Past<'_, '_>,
    ) -> Result<(), Fault> {
        let unfolded = self.contents.contains_key(&id) || read(&past.shared.overlay).content(id).is_some();
        if !unfolded && (past.is_above(id) || !past.st.content_get.exists([id.to_bytes()])?) {
            self.contents.insert(id, Arc::new(body()));
        }
        Ok(())
    }

    /// The payer as it stands after the units so far.
    pub(crate) fn account(
        &self,
        id: &PayerId,
        past: &mut Past<'_, '_>,
    ) -> Result<Option<Arc<Account>>, Fault> {
        if let Some(account) = self.payers.get(id) {
            return Ok(Some(Arc::clone(account)));
        }
        if let Some(account) = read(&past.shared.payers).get(id) {
            return Ok(Some(Arc::clone(account)));
        }
        let row: Option<Vec<u8>> = past.st.payer_get.query_row([id.as_str()], |row| row.get(0)).optional()?;
        row.map(|body| {
            let (opening, payer) = unseal(&body)?;
            Ok(Arc::new(Account { opening, payer, journal: 0 }))
        })
        .transpose()
    }

    /// The record of a key that is not forgotten at `now`, as it stands after the units so far.
    fn key(
        &self,
        key: &IdempotencyKey,
        now: Time,
        past: &mut Past<'_, '_>,
    ) -> Result<Option<IdempotencyRecord>, Fault> {
        let key = key_bytes(key);
        if let Some(record) = self.keys.get(&key) {
            return Ok(record.unless_forgotten(now));
        }
        if let Some(held) = read(&past.shared.overlay).key(&key) {
            return Ok(held.record.unless_forgotten(now));
        }
        let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let row = past.st.key_get.query_row((key, now), |row| row.get::<_, Vec<u8>>(0)).optional()?;
        row.map(|body| unseal(&body)).transpose()
    }

    /// Checks a unit; nothing of it has been written.
    pub(crate) fn check(&self, unit: &Unit, past: &mut Past<'_, '_>) -> Result<Result<(), Conflict>, Fault> {
        if past.at.leases.get(usize::from(unit.shard.number())).is_some_and(|epoch| unit.epoch < *epoch) {
            return Ok(Err(Conflict::Lease));
        }
        for expect in &unit.expects {
            let conflict = match expect {
                Expect::Message { id, version } => {
                    let known = self.known(*id, past)?.map(|known| known.version);
                    (known != *version).then_some(Conflict::Message)
                }
                Expect::KeyAbsent(key) => self
                    .key(key, past.at.latest.max(spoken_of(unit)), past)?
                    .map(|record| Conflict::Key(Box::new(record))),
                Expect::PeerIdAbsent { route, id } => {
                    let key = (route.clone(), id.clone());
                    let holder = self.peers.get(&key).copied();
                    let holder =
                        holder.or_else(|| read(&past.shared.open).peers.exact(&key).map(|p| p.message));
                    let holder = holder.map(|message| self.known(message, past)).transpose()?.flatten();
                    holder.is_some_and(|known| known.open).then_some(Conflict::PeerId)
                }
                Expect::Payer { id, version } => {
                    let account = self.account(id, past)?.map(|account| account.payer.version);
                    (account != *version).then_some(Conflict::Payer)
                }
            };
            if let Some(conflict) = conflict {
                return Ok(Err(conflict));
            }
        }
        Ok(Ok(()))
    }

    /// The rest of the log and the journal's rows, into the running transaction.
    pub(crate) fn write(&mut self, past: &mut Past<'_, '_>) -> Result<(), Fault> {
        self.block.write(&mut past.st.log)?;
        let mut rows = Rows::default();
        for id in &self.changed {
            if let Some(head) = self.unfolded(*id, 0) {
                rows.head(*id, &head);
            }
            if let Some(body) = self.contents.get(id) {
                rows.content(*id, body);
            }
        }
        for (id, body) in self.contents.iter().filter(|(id, _)| !self.heads.contains_key(*id)) {
            rows.content(*id, body);
        }
        self.keys.iter().for_each(|(key, record)| rows.key(key, record));
        self.payers.values().for_each(|account| rows.payer(account));
        past.at.journal = rows.write(past.at.journal, &mut past.st.journal)?;
        Ok(())
    }

    /// Tells the overlay, once all of it is durable up to that row of the journal.
    pub(crate) fn remember(&mut self, overlay: &mut Overlay, journal: u64) {
        for id in std::mem::take(&mut self.changed) {
            if let Some(head) = self.unfolded(id, journal) {
                overlay.put(id, head);
            }
        }
        self.contents.drain().for_each(|(id, body)| overlay.put_content(id, body));
        self.keys.drain().for_each(|(key, record)| overlay.put_key(key, Held { record, journal }));
    }

    fn unfolded(&self, id: MessageId, journal: u64) -> Option<Unfolded> {
        let Known { version, last_log, open, stands } = *self.messages.get(&id)?;
        Some(Unfolded { version, last_log, open, body: Arc::clone(self.heads.get(&id)?), journal, stands })
    }
}

impl Past<'_, '_> {
    /// Whether a message is above all that was ever folded as final or with its content.
    pub(crate) fn is_above(&self, id: MessageId) -> bool {
        self.highest.is_none_or(|highest| id > highest)
    }
}

/// The stored form of an idempotency key.
pub(crate) fn key_bytes(key: &IdempotencyKey) -> Vec<u8> {
    switchback_ports::encode(key)
}

/// The latest moment that a unit speaks of. The store has no clock: "expired" is measured by what it is told.
pub(crate) fn spoken_of(unit: &Unit) -> Time {
    let moment = |write: &Write| match write {
        Write::Message(message) => Some(message.accepted_at),
        Write::Decisions(_, list) => list.last().map(|decision| decision.at),
        Write::Events(list) => list.last().map(|event| event.at),
        Write::Ledger(list) => list.last().map(|entry| entry.at),
        Write::Park { report, .. } => Some(report.at),
        Write::Device { at, .. } => Some(*at),
        Write::Refusal(refusal) => Some(refusal.at),
        Write::Content(..)
        | Write::Payer(_)
        | Write::Key(..)
        | Write::Unpark { .. }
        | Write::DeviceKept { .. }
        | Write::Directory(_) => None,
    };
    unit.writes.iter().filter_map(moment).max().unwrap_or_default()
}

//! The overlay: in memory, what the journal has and the tables do not have yet. Whoever looks one thing up asks here
//! first and in the tables then, never the other way round: a thing leaves the overlay only when a table that has it
//! is durable and visible, so that no moment is without it.
//!
//! ```text
//!   commit ──► journal row (durable) ──► overlay ──► answer
//!                                           │ fold, from time to time, sorted
//!                                           ▼
//!                             finished / open / content ──► the overlay lets go, the journal row is forgotten
//! ```

use hashbrown::HashMap;
use std::sync::Arc;
use switchback_core::model::MessageId;
use switchback_ports::IdempotencyRecord;

/// Where the tables have a message that the overlay has too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    /// Nowhere.
    Nowhere,
    /// In `open`.
    Open,
    /// In `finished`.
    Finished,
    /// Not known: the process that knew has ended.
    Somewhere,
}

impl Stands {
    /// The table of a message in this state.
    pub(crate) const fn of(open: bool) -> Self {
        if open { Self::Open } else { Self::Finished }
    }

    /// Whether it may stand in the table that is not that of its state.
    pub(crate) fn elsewhere(self, open: bool) -> bool {
        self == Self::Somewhere || self == Self::of(!open)
    }
}

/// A message that changed since it was last folded, as it is now.
#[derive(Clone, Debug)]
pub(crate) struct Unfolded {
    pub(crate) version: u32,
    pub(crate) last_log: u64,
    pub(crate) open: bool,
    /// Its stored form.
    pub(crate) body: Arc<Vec<u8>>,
    /// The journal's row that has it.
    pub(crate) journal: u64,
    pub(crate) stands: Stands,
}

/// An idempotency key that was put since keys were last folded.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) record: IdempotencyRecord,
    /// The journal's row that has it.
    pub(crate) journal: u64,
}

/// The overlay. Its bounds are those of how far the tables may be behind: units, time and bytes.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    heads: HashMap<MessageId, Unfolded>,
    /// Contents of new messages; they never change.
    contents: HashMap<MessageId, Arc<Vec<u8>>>,
    /// By their stored form.
    keys: HashMap<Vec<u8>, Held>,
    bytes: usize,
}

impl Overlay {
    /// A message.
    pub(crate) fn get(&self, id: MessageId) -> Option<&Unfolded> {
        self.heads.get(&id)
    }

    /// A content.
    pub(crate) fn content(&self, id: MessageId) -> Option<&Arc<Vec<u8>>> {
        self.contents.get(&id)
    }

    /// A key. One that is forgotten here is not remembered by the tables either.
    pub(crate) fn key(&self, key: &[u8]) -> Option<&Held> {
        self.keys.get(key)
    }

    /// All messages, in no order.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (MessageId, &Unfolded)> {
        self.heads.iter().map(|(id, head)| (*id, head))
    }

    /// All contents, in no order.
    pub(crate) fn contents(&self) -> impl Iterator<Item = (MessageId, &Arc<Vec<u8>>)> {
        self.contents.iter().map(|(id, body)| (*id, body))
    }

    /// All keys, in no order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&Vec<u8>, &Held)> {
        self.keys.iter()
    }

    /// Adds or replaces a message.
    pub(crate) fn put(&mut self, id: MessageId, head: Unfolded) {
        self.bytes += head.body.len();
        let before = self.heads.insert(id, head);
        self.bytes -= before.map_or(0, |before| before.body.len());
    }

    /// Adds a content, unless there is one: it is written once.
    pub(crate) fn put_content(&mut self, id: MessageId, body: Arc<Vec<u8>>) {
        let bytes = body.len();
        if self.contents.try_insert(id, body).is_ok() {
            self.bytes += bytes;
        }
    }

    /// Adds or replaces a key.
    pub(crate) fn put_key(&mut self, key: Vec<u8>, held: Held) {
        let bytes = key.len() + size_of::<Held>();
        if self.keys.insert(key, held).is_none() {
            self.bytes += bytes;
        }
    }

    /// The tables have this message as of that row of the journal, and where. It leaves, unless it changed since.
    pub(crate) fn folded(&mut self, id: MessageId, journal: u64, stands: Stands) {
        match self.heads.get_mut(&id) {
            Some(head) if head.journal > journal => head.stands = stands,
            Some(_) => {
                let head = self.heads.remove(&id);
                self.bytes -= head.map_or(0, |head| head.body.len());
            }
            None => {}
        }
    }

    /// The tables have this content: it leaves.
    pub(crate) fn content_folded(&mut self, id: MessageId) {
        let content = self.contents.remove(&id);
        self.bytes -= content.map_or(0, |body| body.len());
    }

    /// The tables have this key as of that row of the journal. It leaves, unless it was put again since.
    pub(crate) fn key_folded(&mut self, key: &[u8], journal: u64) {
        if self.keys.get(key).is_some_and(|held| held.journal <= journal) {
            self.keys.remove(key);
            self.bytes -= key.len() + size_of::<Held>();
        }
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.heads.is_empty() && self.contents.is_empty() && self.keys.is_empty()
    }

    /// Bytes of stored forms in it.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

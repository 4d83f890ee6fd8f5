//! The exact index of open messages, in memory: by id, by due time, by recipient. Rebuilt from `open` at start.
//!
//! A million waiting messages must fit, so an entry is a small handle (56 bytes, and about as much for the ways to
//! find it): recipients are kept once each, messages of one recipient are chained through their handles.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::collections::BTreeSet;
use std::hash::BuildHasher;
use switchback_core::model::{MessageId, SubscriberId, Time};

/// What the store keeps in memory of an open message.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    /// The message.
    pub(crate) id: MessageId,
    /// Its version.
    pub(crate) version: u32,
    /// Its latest log row.
    pub(crate) last_log: u64,
    /// When the rules want to look at it.
    pub(crate) due: Option<Time>,
}

/// No slot.
const NONE: u32 = u32::MAX;

/// A handle in its place, chained with the others of its recipient.
#[derive(Debug)]
struct Slot {
    handle: Handle,
    recipient: u32,
    next: u32,
    previous: u32,
}

/// A recipient with open messages.
#[derive(Debug)]
struct Recipient {
    name: SubscriberId,
    first: u32,
}

/// A growing array in pieces, so that growth copies nothing and leaves no half-empty half; freed places are reused.
#[derive(Debug)]
struct Slab<T> {
    pieces: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
    next: u32,
}

/// Places in a piece.
const PIECE: u32 = 4096;

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { pieces: Vec::new(), free: Vec::new(), next: 0 }
    }
}

/// Where a place is: its piece and the offset within it.
fn place(at: u32) -> (usize, usize) {
    (usize::try_from(at / PIECE).unwrap_or(usize::MAX), usize::try_from(at % PIECE).unwrap_or(usize::MAX))
}

impl<T> Slab<T> {
    fn add(&mut self, value: T) -> u32 {
        if let Some(at) = self.free.pop() {
            let (piece, offset) = place(at);
            if let Some(slot) = self.pieces.get_mut(piece).and_then(|piece| piece.get_mut(offset)) {
                *slot = Some(value);
            }
            return at;
        }
        let at = self.next;
        self.next += 1;
        if at.is_multiple_of(PIECE) {
            self.pieces.push(Vec::with_capacity(usize::try_from(PIECE).unwrap_or(0)));
        }
        if let Some(piece) = self.pieces.last_mut() {
            piece.push(Some(value));
        }
        at
    }

    fn get(&self, at: u32) -> Option<&T> {
        let (piece, offset) = place(at);
        self.pieces.get(piece)?.get(offset)?.as_ref()
    }

    fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        let (piece, offset) = place(at);
        self.pieces.get_mut(piece)?.get_mut(offset)?.as_mut()
    }

    fn remove(&mut self, at: u32) -> Option<T> {
        let (piece, offset) = place(at);
        let value = self.pieces.get_mut(piece)?.get_mut(offset)?.take()?;
        self.free.push(at);
        Some(value)
    }
}

/// The index.
#[derive(Debug, Default)]
pub(crate) struct Index {
    hasher: DefaultHashBuilder,
    slots: Slab<Slot>,
    by_id: HashTable<u32>,
    by_due: BTreeSet<(Time, u32)>,
    recipients: Slab<Recipient>,
    by_recipient: HashTable<u32>,
}

impl Index {
    /// How many messages are open.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The handle of an open message.
    pub(crate) fn get(&self, id: MessageId) -> Option<&Handle> {
        self.slots.get(self.find(id)?).map(|slot| &slot.handle)
    }

    /// Adds or replaces a message.
    pub(crate) fn put(&mut self, handle: Handle, recipient: Option<&SubscriberId>) {
        self.remove(handle.id);
        let (id, due) = (handle.id, handle.due);
        let at = self.slots.add(Slot { handle, recipient: NONE, next: NONE, previous: NONE });
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.by_id.insert_unique(hasher.hash_one(id), at, |at| hash_slot(hasher, slots, *at));
        if let Some(due) = due {
            self.by_due.insert((due, at));
        }
        if let Some(name) = recipient {
            self.chain(at, name);
        }
    }

    /// Forgets a message, if it is there.
    pub(crate) fn remove(&mut self, id: MessageId) {
        let hash = self.hasher.hash_one(id);
        let slots = &self.slots;
        let Ok(entry) = self.by_id.find_entry(hash, |at| slots.get(*at).is_some_and(|s| s.handle.id == id))
        else {
            return;
        };
        let at = *entry.get();
        entry.remove();
        if let Some(slot) = self.slots.remove(at) {
            if let Some(due) = slot.handle.due {
                self.by_due.remove(&(due, at));
            }
            self.unchain(&slot);
        }
    }

    /// Notes a new log row of an open message.
    pub(crate) fn set_last_log(&mut self, id: MessageId, last_log: u64) {
        if let Some(slot) = self.find(id).and_then(|at| self.slots.get_mut(at)) {
            slot.handle.last_log = last_log;
        }
    }

    /// Open messages to a recipient, oldest first.
    pub(crate) fn waiting_for(&self, name: &SubscriberId) -> Vec<MessageId> {
        let mut at = self.recipient(name).and_then(|r| self.recipients.get(r)).map_or(NONE, |r| r.first);
        let mut found = Vec::new();
        while let Some(slot) = self.slots.get(at) {
            found.push(slot.handle.id);
            at = slot.next;
        }
        found.sort_unstable();
        found
    }

    /// Up to `n` messages due at or before `now`, earliest first.
    pub(crate) fn due(&self, now: Time, n: usize) -> Vec<(Time, MessageId)> {
        let due = self.by_due.range(..=(now, u32::MAX)).take(n);
        due.filter_map(|(time, at)| Some((*time, self.slots.get(*at)?.handle.id))).collect()
    }

    /// When the next one is due.
    pub(crate) fn next_due(&self) -> Option<Time> {
        self.by_due.first().map(|(time, _)| *time)
    }

    fn find(&self, id: MessageId) -> Option<u32> {
        let same = |at: &u32| self.slots.get(*at).is_some_and(|slot| slot.handle.id == id);
        self.by_id.find(self.hasher.hash_one(id), same).copied()
    }

    fn recipient(&self, name: &SubscriberId) -> Option<u32> {
        let same = |at: &u32| self.recipients.get(*at).is_some_and(|recipient| &recipient.name == name);
        self.by_recipient.find(self.hasher.hash_one(name), same).copied()
    }

    /// Puts a slot at the head of its recipient's chain.
    fn chain(&mut self, at: u32, name: &SubscriberId) {
        let recipient = self.recipient(name).unwrap_or_else(|| {
            let new = self.recipients.add(Recipient { name: name.clone(), first: NONE });
            let (recipients, hasher) = (&self.recipients, &self.hasher);
            self.by_recipient.insert_unique(hasher.hash_one(name), new, |at| {
                recipients.get(*at).map_or(0, |recipient| hasher.hash_one(&recipient.name))
            });
            new
        });
        let Some(entry) = self.recipients.get_mut(recipient) else { return };
        let second = std::mem::replace(&mut entry.first, at);
        if let Some(slot) = self.slots.get_mut(second) {
            slot.previous = at;
        }
        if let Some(slot) = self.slots.get_mut(at) {
            (slot.recipient, slot.next) = (recipient, second);
        }
    }

    /// Takes a slot (removed already) out of its chain; the last one takes its recipient along.
    fn unchain(&mut self, slot: &Slot) {
        if let Some(next) = self.slots.get_mut(slot.next) {
            next.previous = slot.previous;
        }
        if let Some(previous) = self.slots.get_mut(slot.previous) {
            previous.next = slot.next;
            return;
        }
        let Some(recipient) = self.recipients.get_mut(slot.recipient) else { return };
        recipient.first = slot.next;
        if recipient.first == NONE {
            let hash = self.hasher.hash_one(&recipient.name);
            if let Ok(entry) = self.by_recipient.find_entry(hash, |at| *at == slot.recipient) {
                entry.remove();
            }
            self.recipients.remove(slot.recipient);
        }
    }
}

/// The hash of the message in a slot, for the table's growth.
fn hash_slot(hasher: &impl BuildHasher, slots: &Slab<Slot>, at: u32) -> u64 {
    slots.get(at).map_or(0, |slot| hasher.hash_one(slot.handle.id))
}

#[cfg(test)]
mod tests;

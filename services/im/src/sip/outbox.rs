//! What waits to be told to a device: in the order of its subscriber's stream, one thing at a time, so that nothing
//! overtakes and a phone that comes back is not flooded (the answer paces the next).

use hashbrown::HashSet;
use std::collections::VecDeque;
use std::sync::Arc;
use switchback_core::model::{MessageId, Time};
use switchback_ports::IncomingMessage;

/// Things that may have what they say at hand while they wait; the others are read when their turn comes.
const AT_HAND_MAX: usize = 64;

/// One thing to tell.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its place in the stream; 0: it has none, being told again.
    pub(super) cursor: u64,
    pub(super) message: MessageId,
    pub(super) news: News,
    /// What it is about, when that is at hand.
    pub(super) letter: Option<Arc<IncomingMessage>>,
}

/// What is to be told of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// To the recipient: here it is, by this attempt.
    Incoming { attempt: u16 },
    /// To the sender: an attempt was handed over; news when that is by SMS or MMS.
    HandedOver { attempt: u16 },
    /// To the sender: it was delivered.
    Delivered,
    /// To the sender: it was read.
    Read,
    /// To the sender: a choice is waited for, or a consent.
    Offer,
    /// To the sender: it was not delivered.
    NotDelivered,
    /// To the sender: the recipient does not want it.
    Refused,
}

/// A device's queue.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Item>,
    /// What came live while the device was told what it missed: it comes after that.
    later: Vec<Item>,
    /// Messages that are here, so that none is told twice when it is found in two ways.
    messages: HashSet<MessageId>,
    /// Messages that are told again because they are not confirmed: they may stand in what the device missed, too.
    again: HashSet<MessageId>,
    /// What comes after this place of the stream is not here: it stays in the store until all of this is told.
    pub(super) cut: Option<u64>,
    /// What is being told: taken, looked up, or sent and not answered.
    telling: Option<Item>,
    /// The request that tells it; nothing while it is looked up, or a connection is opened for it: then nothing of it has
    /// left.
    asked: Option<u64>,
    /// Nothing is told before: the device asked for a pause.
    pub(super) not_before: Option<Time>,
}

impl Outbox {
    /// Adds something, unless it is a message that is here already.
    pub(super) fn add(&mut self, mut item: Item) {
        if self.waiting.len() >= AT_HAND_MAX {
            item.letter = None;
        }
        if self.is_new(&item) {
            self.waiting.push_back(item);
        }
    }

    /// Adds a message that is told again.
    pub(super) fn add_again(&mut self, item: Item) {
        self.again.insert(item.message);
        self.add(item);
    }

    /// Adds something that the device missed, unless it was told that again already.
    pub(super) fn add_missed(&mut self, item: Item) {
        let was_told = self.again.contains(&item.message) && !self.messages.contains(&item.message);
        if !was_told || !is_message(&item) {
            self.add(item);
        }
    }

    /// Adds what came live: now, or after all that the device missed. Beyond so many it stays in the store.
    pub(super) fn add_live(&mut self, item: Item, settled: bool, most: usize) {
        if self.cut.is_some() {
            return;
        }
        if self.len() >= most {
            self.cut = Some(item.cursor.saturating_sub(1));
        } else if settled {
            self.add(item);
        } else if self.is_new(&item) {
            self.later.push(Item { letter: None, ..item });
        }
    }

    /// Whether it is no message, or one that is not here. One that was to be told again learns its place: there the device
    /// may never have been told it.
    fn is_new(&mut self, item: &Item) -> bool {
        if !is_message(item) || self.messages.insert(item.message) {
            return true;
        }
        let is_it = |here: &&mut Item| here.cursor == 0 && here.message == item.message && is_message(here);
        if let Some(here) = self.waiting.iter_mut().find(is_it) {
            here.cursor = item.cursor;
        }
        false
    }

    /// How much waits.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.later.len()
    }

    /// What comes after this place stays in the store, what came live included.
    pub(super) fn cut_at(&mut self, cursor: u64) {
        for item in self.later.drain(..).filter(is_message) {
            self.messages.remove(&item.message);
        }
        self.cut = Some(cursor);
    }

    /// All that the device missed when it came has been told.
    pub(super) fn caught_up(&mut self) {
        self.cut = None;
        self.again.clear();
    }

    /// All that the device missed is here: what came meanwhile follows.
    pub(super) fn settle(&mut self) {
        self.waiting.extend(self.later.drain(..));
    }

    /// A message was taken back or confirmed: it is not told any more, unless it is on its way already.
    pub(super) fn forget(&mut self, message: MessageId) {
        let gone = |item: &Item| item.message == message && is_message(item);
        self.waiting.retain(|item| !gone(item));
        self.later.retain(|item| !gone(item));
        if self.asked.is_none() && self.telling.as_ref().is_some_and(gone) {
            self.telling = None;
        }
        if self.telling.as_ref().is_none_or(|item| !gone(item)) {
            self.messages.remove(&message);
        }
    }

    /// Takes the next thing, when nothing is being told and no pause was asked for.
    pub(super) fn take(&mut self, now: Time) -> Option<Item> {
        if self.telling.is_some() || self.not_before.is_some_and(|until| now < until) {
            return None;
        }
        self.not_before = None;
        self.telling = self.waiting.pop_front();
        self.telling.clone()
    }

    /// What is being told of a message, while nothing of it has left.
    pub(super) fn looked_up(&self, message: MessageId) -> Option<Item> {
        self.telling.clone().filter(|item| item.message == message && self.asked.is_none())
    }

    /// It is told by this request.
    pub(super) const fn ask(&mut self, token: u64) {
        self.asked = Some(token);
    }

    /// Whether what is being told is told by this request: not by one before it, by a flow that was lost.
    pub(super) fn asks(&self, token: u64) -> bool {
        self.asked == Some(token)
    }

    /// What was being told has been.
    pub(super) fn done(&mut self) {
        self.asked = None;
        if let Some(item) = self.telling.take()
            && is_message(&item)
        {
            self.messages.remove(&item.message);
        }
    }

    /// What was being told could not be: it is the next again.
    pub(super) fn put_back(&mut self) {
        self.asked = None;
        if let Some(item) = self.telling.take() {
            self.waiting.push_front(Item { letter: None, ..item });
        }
    }

    /// Whether nothing waits, and nothing is being told.
    pub(super) fn is_empty(&self) -> bool {
        self.telling.is_none() && self.waiting.is_empty() && self.later.is_empty()
    }

    /// Whether something is to be told now that a pause is over.
    pub(super) fn is_ripe(&self, now: Time) -> bool {
        self.telling.is_none()
            && !self.waiting.is_empty()
            && self.not_before.is_some_and(|until| until <= now)
    }
}

const fn is_message(item: &Item) -> bool {
    matches!(item.news, News::Incoming { .. })
}

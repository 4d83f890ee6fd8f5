//! What a loop remembers of its messages and payers: copies that are as the store has them, or ahead of it by the
//! units of the batch under way. Dropping any of them is always safe; they are read again when needed.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use switchback_core::model::{Message, MessageId, PayerId, Time};
use switchback_core::tariff::{Payer, Plan};
use switchback_ports::{Store, StoreFailure};

/// The bounded memory of a loop.
#[derive(Debug)]
pub(crate) struct Seats {
    messages: HashMap<MessageId, Message>,
    /// Ids in the order they came in; may name messages that have left.
    order: VecDeque<MessageId>,
    messages_max: usize,
    payers: HashMap<PayerId, PayerSeat>,
    payers_max: usize,
    /// Messages changed by units that are not committed yet.
    dirty: HashSet<MessageId>,
}

/// A payer with its plan.
#[derive(Clone, Debug)]
pub(crate) struct PayerSeat {
    /// As it is, with the units of this batch.
    pub(crate) payer: Payer,
    /// The version that the store has, or will have after the units so far; nothing: it is not there.
    pub(crate) stored: Option<u64>,
    /// Its plan as it was last adopted.
    pub(crate) plan: Option<Arc<Plan>>,
}

impl PayerSeat {
    /// A payer as the store has it.
    pub(crate) const fn loaded(payer: Payer) -> Self {
        let stored = Some(payer.version);
        Self { payer, stored, plan: None }
    }

    /// Takes in the plan that is valid now, when it is another than before or a period of it has begun. A plan that is
    /// valid no longer prices nothing.
    pub(crate) fn adopt(&mut self, plan: Option<&Arc<Plan>>, now: Time) {
        let Some(plan) = plan else { return };
        let same = self.plan.as_ref().is_some_and(|known| Arc::ptr_eq(known, plan));
        if same && !self.payer.is_behind(plan, now) {
            return;
        }
        if let Err(error) = self.payer.adopt(plan, now) {
            // The directory keeps a plan's currency; a payer that differs is priced as having no plan.
            tracing::error!(payer = %self.payer.id, %error, "a payer cannot take its plan");
            return;
        }
        self.plan = Some(Arc::clone(plan));
    }
}

impl Seats {
    pub(crate) fn new(messages_max: usize, payers_max: usize) -> Self {
        Self {
            messages: HashMap::new(),
            order: VecDeque::new(),
            messages_max: messages_max.max(1),
            payers: HashMap::new(),
            payers_max: payers_max.max(1),
            dirty: HashSet::new(),
        }
    }

    /// The message, from memory or the store.
    pub(crate) fn message(
        &mut self,
        id: MessageId,
        store: &dyn Store,
    ) -> Result<Option<&Message>, StoreFailure> {
        if !self.messages.contains_key(&id) {
            match store.message(id)? {
                Some(message) => self.insert(message),
                None => return Ok(None),
            }
        }
        Ok(self.messages.get(&id))
    }

    /// The message, if it is in memory.
    pub(crate) fn known(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(&id)
    }

    /// True while a unit of this batch has changed it.
    pub(crate) fn is_dirty(&self, id: MessageId) -> bool {
        self.dirty.contains(&id)
    }

    /// The message as a unit of this batch leaves it.
    pub(crate) fn put(&mut self, message: Message) {
        self.dirty.insert(message.id);
        self.insert(message);
    }

    fn insert(&mut self, message: Message) {
        let id = message.id;
        if self.messages.insert(id, message).is_none() {
            self.order.push_back(id);
        }
    }

    /// Forgets a message.
    pub(crate) fn drop_message(&mut self, id: MessageId) {
        self.messages.remove(&id);
    }

    /// The batch is committed: nothing is ahead of the store.
    pub(crate) fn clean(&mut self) {
        self.dirty.clear();
    }

    /// Keeps the bounds, between batches.
    pub(crate) fn shrink(&mut self) {
        while self.messages.len() > self.messages_max {
            let Some(oldest) = self.order.pop_front() else { break };
            self.messages.remove(&oldest);
        }
        if self.order.len() > self.messages.len().saturating_mul(2).saturating_add(1024) {
            let messages = &self.messages;
            self.order.retain(|id| messages.contains_key(id));
        }
        if self.payers.len() > self.payers_max {
            let surplus = self.payers.len() - self.payers_max;
            let leaving: Vec<PayerId> = self.payers.keys().take(surplus).cloned().collect();
            for id in leaving {
                self.payers.remove(&id);
            }
        }
    }

    /// The payer, from memory or the store.
    pub(crate) fn payer(
        &mut self,
        id: &PayerId,
        store: &dyn Store,
    ) -> Result<Option<&mut PayerSeat>, StoreFailure> {
        if !self.payers.contains_key(id) {
            match store.payer(id)? {
                Some(payer) => self.put_payer(PayerSeat::loaded(payer)),
                None => return Ok(None),
            }
        }
        Ok(self.payers.get_mut(id))
    }

    /// The payer, if it is in memory.
    pub(crate) fn seated(&self, id: &PayerId) -> Option<&PayerSeat> {
        self.payers.get(id)
    }

    /// The payer as a unit of this batch leaves it.
    pub(crate) fn put_payer(&mut self, seat: PayerSeat) {
        self.payers.insert(seat.payer.id.clone(), seat);
    }

    /// Forgets a payer.
    pub(crate) fn drop_payer(&mut self, id: &PayerId) {
        self.payers.remove(id);
    }
}

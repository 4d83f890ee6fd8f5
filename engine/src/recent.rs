//! Peer ids heard lately: most receipts come soon after their answer, and find their message here, even while the
//! answer's own commit is still under way. A miss is no harm: the store is asked. Ids are kept in their folded form.

use crate::locks::lock;
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use switchback_core::model::{MessageId, PeerId, Shard};

/// Sixteen locks for a handful of links and loops.
const STRIPES: usize = 16;

/// A bounded memory of peer ids, the oldest forgotten first.
#[derive(Debug)]
pub(crate) struct RecentPeerIds {
    stripes: Vec<Mutex<Stripe>>,
    max: usize,
}

#[derive(Debug, Default)]
struct Stripe {
    /// The latest message that got this id; other routes may use the same id: the loop checks.
    messages: HashMap<PeerId, MessageId>,
    order: VecDeque<PeerId>,
}

impl RecentPeerIds {
    pub(crate) fn new(max: usize) -> Self {
        Self { stripes: (0..STRIPES).map(|_| Mutex::default()).collect(), max: max / STRIPES }
    }

    fn stripe(&self, id: &PeerId) -> Option<&Mutex<Stripe>> {
        self.stripes.get(usize::from(Shard::of(id.as_str()).number()) % STRIPES)
    }

    /// Remembers an id.
    pub(crate) fn keep(&self, id: &PeerId, message: MessageId) {
        let id = id.folded();
        let Some(stripe) = self.stripe(&id) else { return };
        let mut stripe = lock(stripe);
        if stripe.messages.insert(id.clone(), message).is_none() {
            stripe.order.push_back(id);
        }
        while stripe.order.len() > self.max {
            let Some(oldest) = stripe.order.pop_front() else { break };
            stripe.messages.remove(&oldest);
        }
    }

    /// The message that got this id lately.
    pub(crate) fn find(&self, id: &PeerId) -> Option<MessageId> {
        let id = id.folded();
        lock(self.stripe(&id)?).messages.get(&id).copied()
    }
}

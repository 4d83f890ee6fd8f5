//! Peers' ids of open messages, in memory: which part of which attempt a receipt is about. Ids of messages that
//! became final stay findable for a while, in a bounded ring, for receipts that come twice or late.

use hashbrown::HashMap;
use std::collections::VecDeque;
use switchback_core::model::{Message, MessageId, PeerId, RouteId};
use switchback_ports::PeerRef;

/// How many ids of final messages are remembered.
const RECENT: usize = 100_000;

/// A peer's id on its route.
pub(crate) type PeerKey = (RouteId, PeerId);

/// The ids.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    by_id: HashMap<PeerKey, PeerRef>,
    /// Of final messages, oldest first.
    recent: VecDeque<(PeerKey, MessageId)>,
}

/// All peers' ids that a message's attempts carry, with what they stand for.
pub(crate) fn ids_of(message: &Message) -> impl Iterator<Item = (PeerKey, PeerRef)> {
    message.attempts.iter().flat_map(move |attempt| {
        let parts = (0_u16..).zip(&attempt.parts);
        parts.filter_map(move |(part, of)| {
            let key = (attempt.route.clone()?, of.peer_id.clone()?);
            Some((key, PeerRef { message: message.id, attempt: attempt.n, part }))
        })
    })
}

impl Peers {
    /// What an id stands for.
    pub(crate) fn get(&self, route: &RouteId, id: &PeerId) -> Option<PeerRef> {
        self.by_id.get(&(route.clone(), id.clone())).copied()
    }

    /// Notes the ids of a message.
    pub(crate) fn put(&mut self, ids: &[(PeerKey, PeerRef)]) {
        for (key, part) in ids {
            if self.by_id.get(key) != Some(part) {
                self.by_id.insert(key.clone(), *part);
            }
        }
    }

    /// The message is final: its ids may be forgotten when others come.
    pub(crate) fn retire(&mut self, ids: &[(PeerKey, PeerRef)]) {
        self.put(ids);
        for (key, part) in ids {
            self.recent.push_back((key.clone(), part.message));
        }
        while self.recent.len() > RECENT {
            let Some((key, message)) = self.recent.pop_front() else { break };
            // The peer may have given the id again since.
            if self.by_id.get(&key).is_some_and(|part| part.message == message) {
                self.by_id.remove(&key);
            }
        }
    }
}

//! Peers' ids of open messages, in memory: which part of which attempt a receipt is about. Ids of messages that
//! became final stay findable for a while, in a bounded ring, for receipts that come twice or late.
//!
//! An id is found as it was given, else by its folded form (T1) when no other id has the same.

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
    /// Ids as they were given, under their folded form, where that is another.
    by_fold: HashMap<PeerKey, Vec<PeerId>>,
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
    /// What an id stands for in exactly this spelling.
    pub(crate) fn exact(&self, key: &PeerKey) -> Option<PeerRef> {
        self.by_id.get(key).copied()
    }

    /// What an id stands for.
    pub(crate) fn get(&self, route: &RouteId, id: &PeerId) -> Option<PeerRef> {
        let exact = self.exact(&(route.clone(), id.clone()));
        exact.or_else(|| {
            let fold = (route.clone(), id.folded());
            let others = self.by_fold.get(&fold).map_or(&[][..], Vec::as_slice);
            match (self.exact(&fold), others) {
                (Some(part), []) => Some(part),
                (None, [only]) => self.exact(&(fold.0, only.clone())),
                _ => None,
            }
        })
    }

    /// Notes the ids of a message.
    pub(crate) fn put(&mut self, ids: &[(PeerKey, PeerRef)]) {
        for (key, part) in ids {
            if self.by_id.get(key) == Some(part) {
                continue;
            }
            let is_new = self.by_id.insert(key.clone(), *part).is_none();
            let fold = key.1.folded();
            if is_new && fold != key.1 {
                self.by_fold.entry((key.0.clone(), fold)).or_default().push(key.1.clone());
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
                self.forget(&key);
            }
        }
    }

    fn forget(&mut self, key: &PeerKey) {
        self.by_id.remove(key);
        let fold = (key.0.clone(), key.1.folded());
        if let Some(others) = self.by_fold.get_mut(&fold) {
            others.retain(|other| *other != key.1);
            if others.is_empty() {
                self.by_fold.remove(&fold);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_is_forgotten_in_every_spelling() {
        let (route, mut peers) = (RouteId::new("a"), Peers::default());
        let message = |n: u64| MessageId::from_bytes(u128::from(n).to_be_bytes());
        let part = |n: u64| PeerRef { message: message(n), attempt: 1, part: 0 };
        let count = u64::try_from(RECENT).unwrap() + 1;
        for n in 0..count {
            peers.retire(&[((route.clone(), PeerId::new(format!("{n:010X}"))), part(n))]);
        }
        let get = |n: u64| peers.get(&route, &PeerId::new(format!("{n:x}")));
        assert_eq!((get(0), get(1), get(count - 1)), (None, Some(part(1)), Some(part(count - 1))));
        assert_eq!((peers.by_id.len(), peers.by_fold.len()), (RECENT, RECENT));
    }
}

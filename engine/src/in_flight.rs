//! Idempotency keys whose first submission is not answered yet. A second one meanwhile is told so at once instead of
//! waiting beside it; that one key makes one message (I6) is the commit's own precondition, here or not.

use crate::locks::lock;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use switchback_ports::IdempotencyKey;

/// The keys under way; as many as submissions wait at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFlight {
    keys: Arc<Mutex<HashSet<IdempotencyKey>>>,
}

/// A key under way, with the hash of the body that it came with. Dropped: the key is free again.
#[derive(Debug)]
pub(crate) struct HeldKey {
    pub(crate) key: IdempotencyKey,
    pub(crate) body: [u8; 32],
    of: InFlight,
}

impl InFlight {
    /// Holds a key; nothing when it is under way already.
    pub(crate) fn hold(&self, (key, body): (IdempotencyKey, [u8; 32])) -> Option<HeldKey> {
        let fresh = lock(&self.keys).insert(key.clone());
        fresh.then(|| HeldKey { key, body, of: self.clone() })
    }
}

impl Drop for HeldKey {
    fn drop(&mut self) {
        lock(&self.of.keys).remove(&self.key);
    }
}

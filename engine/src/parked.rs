//! The names under which receipts are parked, so that a hand-over asks the store for parked receipts only when there
//! may be some. The table never says "none" wrongly: a name is noted before its parking is committed, and when
//! names are not known (after a restart, or beyond the bound) the store is always asked.

use crate::locks::lock;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use switchback_core::model::PeerId;

/// Names kept; beyond it the store is always asked.
const NAMES_MAX: usize = 1_000_000;

/// The table.
#[derive(Debug, Default)]
pub(crate) struct ParkedNames {
    names: Mutex<HashMap<PeerId, u32>>,
    /// Receipts may be parked whose names are not in the table.
    others: AtomicBool,
}

impl ParkedNames {
    /// A table over a store that holds `already` parked receipts.
    pub(crate) fn new(already: u64) -> Self {
        Self { names: Mutex::default(), others: AtomicBool::new(already > 0) }
    }

    /// A receipt is about to be parked under these names.
    pub(crate) fn note(&self, ids: &[PeerId]) {
        let mut names = lock(&self.names);
        for id in ids {
            if names.len() >= NAMES_MAX && !names.contains_key(id) {
                self.others.store(true, Ordering::SeqCst);
            } else {
                let count = names.entry(id.clone()).or_insert(0);
                *count = count.saturating_add(1);
            }
        }
    }

    /// One receipt that was parked under these names is parked no more.
    pub(crate) fn forget(&self, ids: &[PeerId]) {
        let mut names = lock(&self.names);
        for id in ids {
            if let Some(count) = names.get_mut(id) {
                *count -= 1;
                if *count == 0 {
                    names.remove(id);
                }
            }
        }
    }

    /// True when something may be parked under this name.
    pub(crate) fn may_hold(&self, id: &PeerId) -> bool {
        self.others.load(Ordering::SeqCst) || lock(&self.names).contains_key(id)
    }

    /// True when anything may be parked.
    pub(crate) fn any(&self) -> bool {
        self.others.load(Ordering::SeqCst) || !lock(&self.names).is_empty()
    }
}

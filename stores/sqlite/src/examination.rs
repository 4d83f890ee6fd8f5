//! The contract's examination of this store. It stands inside the crate because holding the lists back is nothing
//! that a shipped store can do.

use crate::{Options, SqliteStore};
use std::sync::atomic::Ordering;
use switchback_ports::Store;
use switchback_ports::contract::{Bounds, StoreUnderTest, examine};
use tempfile::TempDir;

struct OnTable {
    store: Option<SqliteStore>,
    options: Options,
    _folder: TempDir,
}

impl OnTable {
    fn new(bounds: Bounds) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::at(folder.path());
        (options.behind_units, options.behind_ms) = (bounds.units, bounds.ms);
        Self { store: Some(SqliteStore::open(&options).unwrap()), options, _folder: folder }
    }
}

impl StoreUnderTest for OnTable {
    fn store(&self) -> &dyn Store {
        self.store.as_ref().unwrap()
    }

    fn hold_back(&self, held: bool) {
        self.store.as_ref().unwrap().shared.held.store(held, Ordering::Release);
    }

    fn reopen(&mut self) {
        let held = self.store.as_ref().unwrap().shared.held.load(Ordering::Acquire);
        self.store = None;
        self.store = Some(SqliteStore::open(&self.options).unwrap());
        self.hold_back(held);
    }
}

#[test]
fn passes_with_lists_that_follow() {
    examine(|bounds| Box::new(OnTable::new(bounds)), false);
}

#[test]
fn passes_with_lists_held_back() {
    examine(|bounds| Box::new(OnTable::new(bounds)), true);
}

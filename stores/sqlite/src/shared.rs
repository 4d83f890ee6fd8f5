//! What the writer, the checkpointer and the readers share: the exact state in memory, counters, and whether the
//! store still takes anything.

use crate::index::Index;
use crate::overlay::Overlay;
use crate::peers::Peers;
use crate::record::seal;
use hashbrown::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::time::Instant;
use switchback_core::model::PayerId;
use switchback_core::tariff::Payer;
use switchback_ports::StoreFailure;

/// Bytes of stored forms that may wait for the fold before commits are refused: 256 MiB.
const UNFOLDED: usize = 256 << 20;

/// A payer as of some commit, with what was ever paid in: its balance less what the ledger says was charged.
#[derive(Debug)]
pub(crate) struct Account {
    /// Nano-units paid in.
    pub(crate) opening: i128,
    /// The payer.
    pub(crate) payer: Payer,
    /// The journal row that has it.
    pub(crate) journal: u64,
}

impl Account {
    /// Its stored form: [`Self::opening`] and the payer.
    pub(crate) fn seal(&self) -> Vec<u8> {
        seal(&(self.opening, &self.payer))
    }
}

/// The exact state of open messages.
#[derive(Debug, Default)]
pub(crate) struct Open {
    /// By id, due time and recipient.
    pub(crate) index: Index,
    /// By peers' ids.
    pub(crate) peers: Peers,
}

/// Counters; each is right when the commit that moved it has been answered.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) cursor: AtomicU64,
    pub(crate) watermark: AtomicU64,
    pub(crate) finished: AtomicU64,
    pub(crate) parked: AtomicU64,
    pub(crate) units: AtomicU64,
    pub(crate) commits: AtomicU64,
    /// Units that the fold has followed.
    pub(crate) folded: AtomicU64,
    /// Bytes of stored forms that are not folded.
    pub(crate) unfolded_bytes: AtomicUsize,
    /// Milliseconds from the store's start to the oldest unit that is not folded, plus one; 0: all are.
    pub(crate) waiting_since: AtomicU64,
}

/// The shared state.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) open: RwLock<Open>,
    /// Messages and contents changed since they were last folded into their tables.
    pub(crate) overlay: RwLock<Overlay>,
    /// Payers changed since they were last folded into their table.
    pub(crate) payers: RwLock<HashMap<PayerId, Arc<Account>>>,
    pub(crate) counts: Counts,
    pub(crate) gate: Gate,
    /// The bounds of how far the fold may be behind: units, milliseconds.
    pub(crate) bounds: (u64, u64),
    started: Instant,
    stopped: OnceLock<String>,
    closed: AtomicBool,
    /// The examination keeps the fold where it is.
    #[cfg(test)]
    pub(crate) held: AtomicBool,
}

impl Shared {
    /// An empty state.
    pub(crate) fn new(bounds: (u64, u64)) -> Self {
        Self {
            open: RwLock::default(),
            overlay: RwLock::default(),
            payers: RwLock::default(),
            counts: Counts::default(),
            gate: Gate::default(),
            bounds,
            started: Instant::now(),
            stopped: OnceLock::new(),
            closed: AtomicBool::new(false),
            #[cfg(test)]
            held: AtomicBool::new(false),
        }
    }

    /// Milliseconds since the store was opened.
    pub(crate) fn age_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A write or sync failed: nothing more is accepted in this life of the store (I19).
    pub(crate) fn stop(&self, why: &str) -> StoreFailure {
        if self.stopped.set(why.to_owned()).is_ok() {
            tracing::error!(why, "the store stopped: nothing is accepted until it is opened again");
        }
        StoreFailure::Stopped(self.stopped.get().map_or_else(|| why.to_owned(), Clone::clone))
    }

    /// Why nothing more is accepted, if it is so.
    pub(crate) fn stopped(&self) -> Option<StoreFailure> {
        self.stopped.get().cloned().map(StoreFailure::Stopped)
    }

    /// Whether nothing more is accepted.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.get().is_some()
    }

    /// Closes the store to new calls; true for the first caller.
    pub(crate) fn close(&self) -> bool {
        !self.closed.swap(true, Ordering::AcqRel)
    }

    /// Whether calls are taken at all.
    pub(crate) fn alive(&self) -> Result<(), StoreFailure> {
        if self.closed.load(Ordering::Acquire) { Err(StoreFailure::Closed) } else { Ok(()) }
    }

    /// Whether commits are taken now.
    pub(crate) fn accepts(&self) -> Result<(), StoreFailure> {
        self.alive()?;
        if let Some(failure) = self.stopped() {
            return Err(failure);
        }
        let counts = &self.counts;
        let behind =
            counts.units.load(Ordering::Acquire).saturating_sub(counts.folded.load(Ordering::Acquire));
        let large = counts.unfolded_bytes.load(Ordering::Acquire) > UNFOLDED;
        let since = counts.waiting_since.load(Ordering::Acquire);
        let late = since != 0 && self.age_ms().saturating_sub(since - 1) > self.bounds.1;
        if behind > self.bounds.0 || late || large { Err(StoreFailure::Behind) } else { Ok(()) }
    }

    /// Whether the fold may follow now.
    pub(crate) fn may_fold(&self) -> bool {
        #[cfg(test)]
        if self.held.load(Ordering::Acquire) {
            return false;
        }
        true
    }
}

/// Lets the checkpointer have the writer rest between two commits, for the last few pages.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    wanted: AtomicBool,
    turn: Mutex<()>,
    changed: Condvar,
}

impl Gate {
    /// The writer's turn: waits while the checkpointer wants it.
    pub(crate) fn write(&self) -> MutexGuard<'_, ()> {
        let guard = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |(): &mut ()| self.wanted.load(Ordering::Acquire);
        self.changed.wait_while(guard, wanted).unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` while no commit runs.
    pub(crate) fn rest<T>(&self, work: impl FnOnce() -> T) -> T {
        self.wanted.store(true, Ordering::Release);
        let guard = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work();
        self.wanted.store(false, Ordering::Release);
        drop(guard);
        self.changed.notify_all();
        result
    }
}

/// Reads a lock; a panic elsewhere does not make what it guards unreadable.
pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a lock.
pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

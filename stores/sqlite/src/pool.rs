//! A few connections for reading. A look-up is one transaction on one of them and so sees every commit that was
//! answered before it began.

use crate::error::Fault;
use rusqlite::Connection;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use switchback_ports::StoreFailure;

/// The connections.
#[derive(Debug)]
pub(crate) struct Pool {
    connections: Vec<Mutex<Option<Connection>>>,
    next: AtomicUsize,
}

impl Pool {
    /// A pool of these.
    pub(crate) fn new(connections: Vec<Connection>) -> Self {
        let connections = connections.into_iter().map(|connection| Mutex::new(Some(connection))).collect();
        Self { connections, next: AtomicUsize::new(0) }
    }

    /// Runs a look-up: a free connection, else the next one's turn.
    pub(crate) fn read<T>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreFailure> {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let connection = self.take(start).ok_or(StoreFailure::Closed)?;
        look(connection.as_ref().ok_or(StoreFailure::Closed)?).map_err(StoreFailure::from)
    }

    /// Runs look-ups that must see one state.
    pub(crate) fn read_once<T>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreFailure> {
        self.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let result = look(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
    }

    /// Closes them all; a look-up that is running is waited for.
    pub(crate) fn close(&self) {
        for connection in &self.connections {
            connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    fn take(&self, start: usize) -> Option<MutexGuard<'_, Option<Connection>>> {
        let count = self.connections.len().max(1);
        for offset in 0..count {
            match self.connections.get((start + offset) % count)?.try_lock() {
                Ok(guard) => return Some(guard),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        Some(self.connections.get(start % count)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

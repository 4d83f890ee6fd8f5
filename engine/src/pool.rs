//! Queries: a few threads of our own that may block on the store, with a bounded queue, so that no async worker
//! and no loop ever waits for a list.

use crate::locks::lock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use switchback_ports::{Answer, Store, StoreFailure, answer};

pub(crate) type Query = Box<dyn FnOnce(&dyn Store) + Send>;

/// How often an idle thread looks whether it shall leave.
const LOOK: Duration = Duration::from_millis(50);

/// The way in to the query threads.
#[derive(Debug)]
pub(crate) struct Pool {
    queue: SyncSender<Query>,
}

/// The other end, shared by the threads.
pub(crate) type Queries = Arc<Mutex<Receiver<Query>>>;

impl Pool {
    pub(crate) fn new(bound: usize) -> (Self, Queries) {
        let (queue, queries) = sync_channel(bound.max(1));
        (Self { queue }, Arc::new(Mutex::new(queries)))
    }

    /// Hands a query over; gives it back when the queue is full.
    pub(crate) fn run(&self, query: Query) -> Result<(), Query> {
        self.queue.try_send(query).map_err(|error| match error {
            TrySendError::Full(query) | TrySendError::Disconnected(query) => query,
        })
    }

    /// Asks; a full queue answers that the store is behind.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        query: impl FnOnce(&dyn Store) -> Result<T, StoreFailure> + Send + 'static,
    ) -> Answer<Result<T, StoreFailure>> {
        let (responder, later) = answer();
        match self.queue.try_send(Box::new(move |store| responder.give(query(store)))) {
            Ok(()) => later,
            Err(_) => Answer::ready(Err(StoreFailure::Behind)),
        }
    }
}

/// One query thread's life.
pub(crate) fn run(queries: &Queries, store: &dyn Store, leave: impl Fn() -> bool) {
    loop {
        // The lock is held while waiting: one thread waits, the others wait for it, and work is handed on.
        let next = lock(queries).recv_timeout(LOOK);
        match next {
            Ok(query) => query(store),
            Err(RecvTimeoutError::Timeout) if !leave() => {}
            Err(_) => return,
        }
    }
}

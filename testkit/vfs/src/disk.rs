//! The disk: its files, its power, and what is planned to go wrong.

use crate::file::Page;
use crate::shm::Shared;
use crate::{Call, Fault, Left, Syncs};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file with what its handles share: locks, and the index of its log.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) page: Page,
    pub(crate) locks: Locks,
}

/// Who holds which lock on a file.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    /// Handles with at least a shared lock.
    pub(crate) shared: Vec<u64>,
    /// The handle that means to write.
    pub(crate) reserved: Option<u64>,
    /// The handle that has the file to itself.
    pub(crate) exclusive: Option<u64>,
}

#[derive(Debug)]
struct Inner {
    on: bool,
    /// Grows with every cut: handles of an earlier one are dead.
    generation: u64,
    next_handle: u64,
    nodes: HashMap<PathBuf, Arc<Mutex<Node>>>,
    indexes: HashMap<PathBuf, Arc<Mutex<Shared>>>,
    writes: u64,
    syncs: u64,
    plan: Option<(Call, u64, Fault)>,
}

/// The disk.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) syncs: Syncs,
    inner: Mutex<Inner>,
}

/// Locks, whatever a panicking test left behind.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The error of a disk without power, and of one that fails.
pub(crate) fn io_error(what: &str) -> Error {
    Error::other(what.to_owned())
}

/// A handle's identity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(crate) handle: u64,
    generation: u64,
}

impl State {
    pub(crate) fn new(syncs: Syncs) -> Self {
        let inner = Inner {
            on: true,
            generation: 0,
            next_handle: 1,
            nodes: HashMap::new(),
            indexes: HashMap::new(),
            writes: 0,
            syncs: 0,
            plan: None,
        };
        Self { syncs, inner: Mutex::new(inner) }
    }

    pub(crate) fn calls(&self, call: Call) -> u64 {
        let inner = lock(&self.inner);
        match call {
            Call::Write => inner.writes,
            Call::Sync => inner.syncs,
        }
    }

    pub(crate) fn plan(&self, call: Call, n: u64, fault: Fault) {
        let now = self.calls(call);
        lock(&self.inner).plan = Some((call, now + n, fault));
    }

    pub(crate) fn unplan(&self) {
        lock(&self.inner).plan = None;
    }

    pub(crate) fn is_on(&self) -> bool {
        lock(&self.inner).on
    }

    pub(crate) fn power_on(&self) {
        lock(&self.inner).on = true;
    }

    pub(crate) fn cut(&self, left: Left) {
        let nodes = {
            let mut inner = lock(&self.inner);
            inner.on = false;
            inner.generation += 1;
            inner.plan = None;
            inner.indexes.clear();
            std::mem::take(&mut inner.nodes)
        };
        for (path, node) in nodes {
            // Each file has its own chance.
            let own = |seed: u64| path.as_os_str().len().try_into().map_or(seed, |n: u64| seed ^ (n << 32));
            let left = if let Left::Some(seed) = left { Left::Some(own(seed)) } else { left };
            // The files are those of a test's own folder; a fault of the real disk shows when it is opened again.
            drop(lock(&node).page.cut(left));
        }
    }

    /// Opens a file; its state is that of the other handles on the same path.
    pub(crate) fn open(&self, path: &Path, create: bool) -> Result<(Ticket, Arc<Mutex<Node>>)> {
        let mut inner = lock(&self.inner);
        if !inner.on {
            return Err(io_error("the power is off"));
        }
        let node = match inner.nodes.get(path) {
            Some(node) => Arc::clone(node),
            None => {
                let file =
                    File::options().read(true).write(true).create(create).truncate(false).open(path)?;
                let node = Arc::new(Mutex::new(Node { page: Page::new(file)?, locks: Locks::default() }));
                inner.nodes.insert(path.to_owned(), Arc::clone(&node));
                node
            }
        };
        let ticket = Ticket { handle: inner.next_handle, generation: inner.generation };
        inner.next_handle += 1;
        Ok((ticket, node))
    }

    /// Deletes a file.
    pub(crate) fn delete(&self, path: &Path) -> Result<()> {
        let mut inner = lock(&self.inner);
        if !inner.on {
            return Err(io_error("the power is off"));
        }
        inner.nodes.remove(path);
        std::fs::remove_file(path)
    }

    /// The index of a file's log, shared by its handles.
    pub(crate) fn index(&self, path: &Path) -> Arc<Mutex<Shared>> {
        Arc::clone(lock(&self.inner).indexes.entry(path.to_owned()).or_default())
    }

    /// Forgets the index of a file's log.
    pub(crate) fn forget_index(&self, path: &Path) {
        lock(&self.inner).indexes.remove(path);
    }

    /// Whether a handle still has power.
    pub(crate) fn alive(&self, ticket: Ticket) -> Result<()> {
        let inner = lock(&self.inner);
        let alive = inner.on && inner.generation == ticket.generation;
        if alive { Ok(()) } else { Err(io_error("the power is off")) }
    }

    /// Does one call, with what is planned for it.
    pub(crate) fn call(
        &self,
        call: Call,
        ticket: Ticket,
        work: impl FnOnce(bool) -> Result<()>,
    ) -> Result<()> {
        self.alive(ticket)?;
        let due = {
            let mut inner = lock(&self.inner);
            let count = match call {
                Call::Write => &mut inner.writes,
                Call::Sync => &mut inner.syncs,
            };
            *count += 1;
            let count = *count;
            inner.plan.filter(|(planned, n, _)| *planned == call && *n == count).map(|(_, _, fault)| fault)
        };
        match due {
            None => work(true),
            Some(Fault::Fails) => {
                work(false)?;
                Err(io_error("the disk failed"))
            }
            Some(Fault::CutBefore(left)) => {
                self.cut(left);
                Err(io_error("the power is off"))
            }
            Some(Fault::CutAfter(left)) => {
                work(true)?;
                self.cut(left);
                Err(io_error("the power is off"))
            }
        }
    }
}

//! A disk whose power can be cut, as a file system interface (VFS) for SQLite: what was not synced lives in this
//! process's memory only, so a cut (or a real `kill -9`) loses it, and any write or sync can be made to fail.
//!
//! For tests and the crash harness only: a store takes no more than the *name* of a registered interface. What is
//! synced lies in ordinary files at their ordinary paths, so the same store opens without this interface, too.
//! Creating and deleting files takes effect at once; locks hold within this process.

mod disk;
mod file;
mod shm;
mod vfs;

use std::sync::Arc;

/// What a disk does with a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syncs {
    /// What was written is on the disk when the sync returns.
    Honest,
    /// It says yes and does nothing: every write since the start is lost at the cut. Proves that a test bites.
    Ignored,
}

/// Which call on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A write or truncation.
    Write,
    /// A sync.
    Sync,
}

/// What a cut leaves of the writes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Nothing.
    Nothing,
    /// Of each write: all, nothing, or some of its sectors of 512 bytes; which, this seed says (F2: lost, torn and
    /// reordered between syncs).
    Some(u64),
}

/// What happens at the n-th call of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call fails (EIO); of a sync, what it should have made durable is lost.
    Fails,
    /// The power goes before the call does anything.
    CutBefore(Left),
    /// The power goes when the call is done, before it is answered.
    CutAfter(Left),
}

/// Why an interface could not be registered.
#[derive(Debug, thiserror::Error)]
#[error("the file system interface cannot be registered: {0}")]
pub struct RegisterError(String);

/// The switch of a disk.
#[derive(Clone, Debug)]
pub struct Disk(Arc<disk::State>);

impl Disk {
    /// Registers a new disk with SQLite under this name, for the life of the process.
    ///
    /// # Errors
    /// [`RegisterError`] when SQLite refuses the name.
    pub fn register(name: &str, syncs: Syncs) -> Result<Self, RegisterError> {
        let state = Arc::new(disk::State::new(syncs));
        sqlite_vfs::register(name, vfs::Interface(Arc::clone(&state)), false)
            .map_err(|error| RegisterError(error.to_string()))?;
        Ok(Self(state))
    }

    /// How many calls of this kind there have been.
    #[must_use]
    pub fn calls(&self, call: Call) -> u64 {
        self.0.calls(call)
    }

    /// Lets something happen at the `n`-th call of a kind from now on (1: the next one). Replaces an earlier plan.
    pub fn plan(&self, call: Call, n: u64, fault: Fault) {
        self.0.plan(call, n, fault);
    }

    /// Forgets the plan.
    pub fn unplan(&self) {
        self.0.unplan();
    }

    /// Cuts the power now: what was not synced is gone, but for what `left` says; every open file fails from here on.
    pub fn cut(&self, left: Left) {
        self.0.cut(left);
    }

    /// Whether the power is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_on()
    }

    /// Power again: files can be opened, with what is durable.
    pub fn power_on(&self) {
        self.0.power_on();
    }
}

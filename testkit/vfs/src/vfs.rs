//! The interface itself, as `sqlite-vfs` wants it: files and locks.

use crate::disk::{Node, State, Ticket, io_error, lock};
use crate::shm::Index;
use crate::{Call, Syncs};
use sqlite_vfs::{DatabaseHandle, LockKind, OpenAccess, OpenOptions, Vfs};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The interface of a disk.
#[derive(Debug)]
pub(crate) struct Interface(pub(crate) Arc<State>);

/// An open file.
#[derive(Debug)]
pub(crate) struct Handle {
    state: Arc<State>,
    path: PathBuf,
    node: Arc<Mutex<Node>>,
    ticket: Ticket,
    held: LockKind,
}

impl Vfs for Interface {
    type Handle = Handle;

    fn open(&self, path: &str, options: OpenOptions) -> Result<Handle> {
        let create = matches!(options.access, OpenAccess::Create | OpenAccess::CreateNew);
        let (ticket, node) = self.0.open(Path::new(path), create)?;
        Ok(Handle { state: Arc::clone(&self.0), path: path.into(), node, ticket, held: LockKind::None })
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.0.delete(Path::new(path))
    }

    fn exists(&self, path: &str) -> Result<bool> {
        Path::new(path).try_exists()
    }

    fn temporary_name(&self) -> String {
        let name = format!("switchback-vfs-{:x}", RandomState::new().hash_one(0));
        std::env::temp_dir().join(name).to_string_lossy().into_owned()
    }

    fn random(&self, buffer: &mut [i8]) {
        for byte in buffer {
            let [random, ..] = RandomState::new().hash_one(1).to_le_bytes();
            *byte = random.cast_signed();
        }
    }

    fn sleep(&self, duration: Duration) -> Duration {
        std::thread::sleep(duration);
        duration
    }
}

impl Handle {
    /// The locks of the file, as `work` leaves them: whether the lock was got.
    fn locks(&self, work: impl FnOnce(&mut crate::disk::Locks, u64) -> bool) -> bool {
        work(&mut lock(&self.node).locks, self.ticket.handle)
    }
}

impl DatabaseHandle for Handle {
    type WalIndex = Index;

    fn size(&self) -> Result<u64> {
        self.state.alive(self.ticket)?;
        Ok(lock(&self.node).page.len())
    }

    fn read_exact_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<()> {
        self.state.alive(self.ticket)?;
        let there = lock(&self.node).page.read(buffer, offset)?;
        if there == buffer.len() { Ok(()) } else { Err(Error::from(ErrorKind::UnexpectedEof)) }
    }

    fn write_all_at(&mut self, buffer: &[u8], offset: u64) -> Result<()> {
        let node = &self.node;
        self.state.call(Call::Write, self.ticket, |does| {
            if does { lock(node).page.write(buffer, offset) } else { Ok(()) }
        })
    }

    fn sync(&mut self, _data_only: bool) -> Result<()> {
        let (node, honest) = (&self.node, self.state.syncs == Syncs::Honest);
        self.state.call(Call::Sync, self.ticket, |does| match (does, honest) {
            (true, true) => lock(node).page.sync(),
            (true, false) => Ok(()),
            // After a failed sync what was written is gone, and a second try would find nothing to do.
            (false, _) => lock(node).page.forget(),
        })
    }

    fn set_len(&mut self, size: u64) -> Result<()> {
        let node = &self.node;
        self.state.call(Call::Write, self.ticket, |does| {
            if does {
                lock(node).page.set_len(size);
            }
            Ok(())
        })
    }

    fn lock(&mut self, kind: LockKind) -> Result<bool> {
        self.state.alive(self.ticket)?;
        let others = |list: &[u64], me| list.iter().any(|other| *other != me);
        let other = |holder: Option<u64>, me| holder.is_some_and(|holder| holder != me);
        let got = self.locks(|locks, me| {
            let free = match kind {
                LockKind::None => true,
                LockKind::Shared => !other(locks.exclusive, me),
                LockKind::Reserved | LockKind::Pending => {
                    !other(locks.exclusive, me) && !other(locks.reserved, me)
                }
                LockKind::Exclusive => {
                    !other(locks.exclusive, me) && !other(locks.reserved, me) && !others(&locks.shared, me)
                }
            };
            if free {
                release(locks, me);
                match kind {
                    LockKind::None => {}
                    LockKind::Shared => locks.shared.push(me),
                    LockKind::Reserved | LockKind::Pending => {
                        locks.shared.push(me);
                        locks.reserved = Some(me);
                    }
                    LockKind::Exclusive => {
                        locks.shared.push(me);
                        (locks.reserved, locks.exclusive) = (Some(me), Some(me));
                    }
                }
            }
            free
        });
        if got {
            self.held = kind;
        }
        Ok(got)
    }

    fn reserved(&mut self) -> Result<bool> {
        Ok(!self.locks(|locks, _| locks.reserved.is_none() && locks.exclusive.is_none()))
    }

    fn current_lock(&self) -> Result<LockKind> {
        Ok(self.held)
    }

    fn wal_index(&self, readonly: bool) -> Result<Index> {
        self.state.alive(self.ticket)?;
        if readonly {
            return Err(io_error("a log's index is never read-only here"));
        }
        Ok(Index::new(Arc::clone(&self.state), self.path.clone(), self.ticket.handle))
    }
}

/// Takes a handle out of a file's locks.
fn release(locks: &mut crate::disk::Locks, me: u64) {
    locks.shared.retain(|other| *other != me);
    locks.reserved = locks.reserved.filter(|holder| *holder != me);
    locks.exclusive = locks.exclusive.filter(|holder| *holder != me);
}

impl Drop for Handle {
    fn drop(&mut self) {
        release(&mut lock(&self.node).locks, self.ticket.handle);
    }
}

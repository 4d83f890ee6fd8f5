//! The index of the write-ahead log, which SQLite keeps in memory that its connections share.
//!
//! Here each connection works on its own copy: it takes the others' changes in when it takes a lock or passes a
//! barrier, and gives its own out, all of them at once, when it lets go of a lock that it had to itself. Only bytes
//! that it changed are given out, so that two connections that write different fields do not undo each other.

use crate::disk::{State, lock};
use sqlite_vfs::wip::{WalIndex, WalIndexLock};
use std::collections::HashMap;
use std::io::Result;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// A region, as SQLite maps it.
type Region = [u8; 32768];

/// Who holds a slot: how many share it, or the one that has it to itself.
#[derive(Debug, Default)]
struct Slot {
    sharing: Vec<u64>,
    owner: Option<u64>,
}

/// What the connections to one file share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    regions: Vec<(u64, Box<[u8]>)>,
    slots: [Slot; 8],
}

/// One connection's side.
#[derive(Debug)]
pub(crate) struct Index {
    shared: Arc<Mutex<Shared>>,
    state: Arc<State>,
    path: PathBuf,
    handle: u64,
    /// The regions as last taken in or given out, with their version.
    base: HashMap<u32, (u64, Box<[u8]>)>,
    /// Bytes to be given out: region, offset, value.
    staged: Vec<(u32, usize, u8)>,
}

impl Index {
    pub(crate) fn new(state: Arc<State>, path: PathBuf, handle: u64) -> Self {
        let shared = state.index(&path);
        Self { shared, state, path, handle, base: HashMap::new(), staged: Vec::new() }
    }
}

fn at(region: u32) -> usize {
    usize::try_from(region).unwrap_or(usize::MAX)
}

impl Shared {
    /// A region, made empty when it is new.
    fn region(&mut self, region: u32) -> Option<&mut (u64, Box<[u8]>)> {
        while self.regions.len() <= at(region) {
            self.regions.push((0, vec![0; size_of::<Region>()].into_boxed_slice()));
        }
        self.regions.get_mut(at(region))
    }

    fn give_out(&mut self, staged: &[(u32, usize, u8)]) {
        let mut last = None;
        for (region, offset, value) in staged {
            if let Some((version, bytes)) = self.region(*region) {
                if last.replace(*region) != Some(*region) {
                    *version += 1;
                }
                if let Some(byte) = bytes.get_mut(*offset) {
                    *byte = *value;
                }
            }
        }
    }
}

impl WalIndex for Index {
    fn map(&mut self, region: u32) -> Result<Region> {
        let mut bytes = [0; size_of::<Region>()];
        if let Some((version, shared)) = lock(&self.shared).region(region) {
            bytes.copy_from_slice(shared);
            self.base.insert(region, (*version, shared.clone()));
        }
        Ok(bytes)
    }

    fn lock(&mut self, locks: Range<u8>, kind: WalIndexLock) -> Result<bool> {
        let mut shared = lock(&self.shared);
        let (me, range) = (self.handle, usize::from(locks.start)..usize::from(locks.end));
        if kind == WalIndexLock::None {
            shared.give_out(&self.staged);
            self.staged.clear();
        }
        let Some(slots) = shared.slots.get_mut(range) else { return Ok(false) };
        let free = |slot: &Slot| match kind {
            WalIndexLock::None => true,
            WalIndexLock::Shared => slot.owner.is_none_or(|owner| owner == me),
            WalIndexLock::Exclusive => {
                slot.owner.is_none_or(|owner| owner == me) && slot.sharing.iter().all(|other| *other == me)
            }
        };
        if !slots.iter().all(free) {
            return Ok(false);
        }
        for slot in slots {
            slot.sharing.retain(|other| *other != me);
            slot.owner = slot.owner.filter(|owner| *owner != me);
            match kind {
                WalIndexLock::None => {}
                WalIndexLock::Shared => slot.sharing.push(me),
                WalIndexLock::Exclusive => slot.owner = Some(me),
            }
        }
        Ok(true)
    }

    fn delete(self) -> Result<()> {
        self.state.forget_index(&self.path);
        Ok(())
    }

    fn pull(&mut self, region: u32, data: &mut Region) -> Result<()> {
        let mut shared = lock(&self.shared);
        if let Some((version, bytes)) = shared.region(region) {
            let base = self.base.entry(region).or_insert_with(|| (u64::MAX, bytes.clone()));
            if base.0 != *version {
                data.copy_from_slice(bytes);
                base.1.copy_from_slice(bytes);
                base.0 = *version;
            }
        }
        Ok(())
    }

    fn push(&mut self, region: u32, data: &Region) -> Result<()> {
        let Some((_, base)) = self.base.get_mut(&region) else { return Ok(()) };
        for (offset, (old, new)) in base.iter_mut().zip(data).enumerate() {
            if old != new {
                *old = *new;
                self.staged.push((region, offset, *new));
            }
        }
        Ok(())
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        for slot in &mut shared.slots {
            slot.sharing.retain(|other| *other != self.handle);
            slot.owner = slot.owner.filter(|owner| *owner != self.handle);
        }
    }
}

//! One file: what is durable is in an ordinary file, what was written since lies over it in memory.

use crate::Left;
use std::collections::HashMap;
use std::fs::File;
use std::io::Result;
use std::os::unix::fs::FileExt;

/// Bytes of a piece of what lies in memory.
const PIECE: u64 = 4096;
/// Bytes that a disk writes whole or not at all.
const SECTOR: usize = 512;

/// Something that was done since the last sync.
#[derive(Debug)]
enum Change {
    Write { offset: u64, data: Vec<u8> },
    SetLen(u64),
}

/// The file.
#[derive(Debug)]
pub(crate) struct Page {
    durable: File,
    /// Bytes of the durable file that still count: truncation hides the rest.
    visible: u64,
    len: u64,
    pieces: HashMap<u64, Vec<u8>>,
    changes: Vec<Change>,
}

/// A 64-bit mixer (SplitMix64, from memory): the seed's next number.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn size(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl Page {
    pub(crate) fn new(durable: File) -> Result<Self> {
        let len = durable.metadata()?.len();
        Ok(Self { durable, visible: len, len, pieces: HashMap::new(), changes: Vec::new() })
    }

    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// Fills the buffer; bytes beyond the end are zero. Gives how many were there.
    pub(crate) fn read(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        buffer.fill(0);
        let there = size(self.len.saturating_sub(offset)).min(buffer.len());
        let mut done = 0;
        while done < there {
            let at = offset + wide(done);
            let within = size(at % PIECE);
            let count = (size(PIECE) - within).min(there - done);
            let Some(target) = buffer.get_mut(done..done + count) else { break };
            match self.pieces.get(&(at / PIECE)).and_then(|piece| piece.get(within..within + count)) {
                Some(source) => target.copy_from_slice(source),
                None => self.read_durable(target, at)?,
            }
            done += count;
        }
        Ok(there)
    }

    fn read_durable(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let there = size(self.visible.saturating_sub(offset)).min(buffer.len());
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..there).filter(|rest| !rest.is_empty()) {
            match self.durable.read_at(rest, offset + wide(done))? {
                0 => break,
                count => done += count,
            }
        }
        Ok(())
    }

    pub(crate) fn write(&mut self, data: &[u8], offset: u64) -> Result<()> {
        let mut done = 0;
        while done < data.len() {
            let at = offset + wide(done);
            let within = size(at % PIECE);
            let count = (size(PIECE) - within).min(data.len() - done);
            if !self.pieces.contains_key(&(at / PIECE)) {
                let mut piece = vec![0; size(PIECE)];
                self.read_durable(&mut piece, at / PIECE * PIECE)?;
                self.pieces.insert(at / PIECE, piece);
            }
            let piece =
                self.pieces.get_mut(&(at / PIECE)).and_then(|piece| piece.get_mut(within..within + count));
            if let (Some(target), Some(source)) = (piece, data.get(done..done + count)) {
                target.copy_from_slice(source);
            }
            done += count;
        }
        self.len = self.len.max(offset + wide(data.len()));
        self.changes.push(Change::Write { offset, data: data.to_vec() });
        Ok(())
    }

    pub(crate) fn set_len(&mut self, len: u64) {
        if len < self.len {
            self.visible = self.visible.min(len);
            self.pieces.retain(|piece, _| piece * PIECE < len);
            if let Some(piece) = self.pieces.get_mut(&(len / PIECE))
                && let Some(hidden) = piece.get_mut(size(len % PIECE)..)
            {
                hidden.fill(0);
            }
        }
        self.len = len;
        self.changes.push(Change::SetLen(len));
    }

    /// Makes what was done durable.
    pub(crate) fn sync(&mut self) -> Result<()> {
        for change in self.changes.drain(..) {
            match change {
                Change::Write { offset, data } => self.durable.write_all_at(&data, offset)?,
                Change::SetLen(len) => self.durable.set_len(len)?,
            }
        }
        self.durable.sync_data()?;
        self.pieces.clear();
        self.visible = self.len;
        Ok(())
    }

    /// Forgets what was done since the last sync, as after a failed one: nobody knows that it is gone.
    pub(crate) fn forget(&mut self) -> Result<()> {
        self.changes.clear();
        self.pieces.clear();
        self.len = self.durable.metadata()?.len();
        self.visible = self.len;
        Ok(())
    }

    /// The power goes: of what was not synced, only what `left` says reaches the disk.
    pub(crate) fn cut(&mut self, left: Left) -> Result<()> {
        if let Left::Some(mut seed) = left {
            for change in self.changes.drain(..) {
                match change {
                    Change::Write { offset, data } => tear(&self.durable, offset, &data, &mut seed)?,
                    Change::SetLen(len) if next(&mut seed) & 1 == 0 => self.durable.set_len(len)?,
                    Change::SetLen(_) => {}
                }
            }
            self.durable.sync_data()?;
        }
        self.forget()
    }
}

/// Writes all of it, nothing, or some sectors.
fn tear(file: &File, offset: u64, data: &[u8], seed: &mut u64) -> Result<()> {
    match next(seed) % 3 {
        0 => Ok(()),
        1 => file.write_all_at(data, offset),
        _ => {
            for (n, sector) in (0_u64..).zip(data.chunks(SECTOR)) {
                if next(seed) & 1 == 0 {
                    file.write_all_at(sector, offset + n * wide(SECTOR))?;
                }
            }
            Ok(())
        }
    }
}

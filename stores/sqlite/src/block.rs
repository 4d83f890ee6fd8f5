//! The log, in blocks: one row for many chapters of a commit. A chapter keeps a number of its own, its block's first
//! and its place in it, so that stories, lists and the feed speak of chapters and never of blocks.
//!
//! Blocks are written once, at the right edge of their table, and kept for ever.

use crate::error::Fault;
use crate::pack::{Pack, unpack};
use crate::record::{LogBody, id_of, seal, signed, unseal, unsigned};
use crate::story::{Chapter, MADE};
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use switchback_core::model::MessageId;

/// Chapters in a block at most, and bytes that end one: a block is read whole.
const CHAPTERS: usize = 64;
const BYTES: usize = 16_384;

/// What a block's index says of a chapter.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    message: [u8; 16],
    /// The message's chapter before; 0: none.
    prev: u64,
    events: u32,
    ledger: u32,
    flags: u8,
}

/// A block in the making.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pack: Pack<Entry>,
    /// Number of its first chapter, and cursor of its first event.
    first: (u64, u64),
    events: u64,
    ledger: u64,
}

impl Block {
    /// Adds a chapter: its number, the cursor of its first event (or of the next one), and the message's chapter
    /// before. Writes the block when it is full.
    pub(crate) fn add(
        &mut self,
        at: (u64, u64),
        prev: u64,
        chapter: &Chapter,
        put: &mut Statement<'_>,
    ) -> Result<(), Fault> {
        if self.pack.len() == 0 {
            (self.first, self.events, self.ledger) = (at, 0, 0);
        }
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let Chapter { message, decisions, events, ledger, flags } = chapter;
        let record = seal(&(decisions, events, ledger));
        let (message, flags) = (message.to_bytes(), *flags);
        let (events, ledger) = (count(events.len()), count(ledger.len()));
        self.events += u64::from(events);
        self.ledger += u64::from(ledger);
        self.pack.add(Entry { message, prev, events, ledger, flags }, &record);
        if self.pack.len() >= CHAPTERS || self.pack.bytes() >= BYTES { self.write(put) } else { Ok(()) }
    }

    /// Writes the block, if it has anything.
    pub(crate) fn write(&mut self, put: &mut Statement<'_>) -> Result<(), Fault> {
        let entries = self.pack.len();
        if entries == 0 {
            return Ok(());
        }
        let (first, cursor) = self.first;
        let count = i64::try_from(entries).unwrap_or(i64::MAX);
        let (events, ledger) = (signed(self.events), signed(self.ledger));
        put.execute(params![signed(first), count, signed(cursor), events, ledger, self.pack.take()])?;
        Ok(())
    }
}

/// A chapter as it is read.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) seq: u64,
    pub(crate) message: MessageId,
    pub(crate) prev: u64,
    /// Cursor of its first event.
    pub(crate) cursor: u64,
    pub(crate) flags: u8,
    pub(crate) events: u32,
    pub(crate) ledger: u32,
    record: Vec<u8>,
}

impl Logged {
    /// The whole chapter.
    pub(crate) fn told(&self) -> Result<switchback_ports::Chapter, Fault> {
        let (decisions, events, ledger) = self.read()?;
        let Self { seq, message, cursor, .. } = *self;
        let begins = self.flags & MADE != 0;
        Ok(switchback_ports::Chapter { seq, message, cursor, begins, decisions, events, ledger })
    }

    /// What it tells.
    pub(crate) fn read(&self) -> Result<LogBody, Fault> {
        unseal(&self.record)
    }
}

/// The chapters of a block. Columns: `first_seq, cursor, events, body`.
pub(crate) fn chapters(row: &Row<'_>) -> Result<Vec<Logged>, Fault> {
    let (mut seq, mut cursor) = (unsigned(row.get(0)?), unsigned(row.get(1)?));
    let end = cursor + unsigned(row.get(2)?);
    let body = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
    let mut found = Vec::new();
    for (entry, record) in unpack::<Entry>(body)? {
        let Entry { message, prev, events, ledger, flags } = entry;
        let (message, record) = (id_of(&message)?, record.to_vec());
        found.push(Logged { seq, message, prev, cursor, flags, events, ledger, record });
        (seq, cursor) = (seq + 1, cursor + u64::from(events));
    }
    if cursor == end { Ok(found) } else { Err(Fault::damaged("a block of the log miscounts its events")) }
}

/// Chapters of the blocks that the query finds. Its columns are those of [`chapters`].
pub(crate) const COLUMNS: &str = "first_seq, cursor, events, body";

/// Blocks that a [`Reader`] keeps, a megabyte of memory in all: messages of one time tell their stories by turns.
const KEPT: usize = 32;

/// Looks chapters up by number; keeps the last few blocks, for the next one is often in one of them.
#[derive(Debug)]
pub(crate) struct Reader<'c> {
    connection: &'c Connection,
    blocks: VecDeque<Vec<Logged>>,
}

impl<'c> Reader<'c> {
    /// A reader of this connection's state.
    pub(crate) const fn new(connection: &'c Connection) -> Self {
        Self { connection, blocks: VecDeque::new() }
    }

    /// The chapter of that number; a chapter that is spoken of is there.
    pub(crate) fn chapter(&mut self, seq: u64) -> Result<&Logged, Fault> {
        if self.kept(seq).is_none() {
            let sql =
                format!("SELECT {COLUMNS} FROM log WHERE first_seq <= ?1 ORDER BY first_seq DESC LIMIT 1");
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut rows = statement.query([signed(seq)])?;
            self.blocks.truncate(KEPT - 1);
            self.blocks.push_front(rows.next()?.map(chapters).transpose()?.unwrap_or_default());
        }
        self.kept(seq).ok_or_else(|| Fault::damaged("a chapter of the log is missing"))
    }

    /// The chapter, if its block is kept.
    fn kept(&self, seq: u64) -> Option<&Logged> {
        self.blocks.iter().find_map(|block| {
            let place = seq.checked_sub(block.first()?.seq)?;
            block.get(usize::try_from(place).ok()?)
        })
    }
}

/// The number of the last chapter, and the cursor of the last event.
pub(crate) fn last(c: &Connection) -> Result<(u64, u64), Fault> {
    let sql = "SELECT first_seq + entries - 1, cursor + events - 1 FROM log ORDER BY first_seq DESC LIMIT 1";
    let row = |row: &Row<'_>| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?)));
    Ok(c.prepare_cached(sql)?.query_row([], row).optional()?.unwrap_or((0, 0)))
}

/// The first chapter of the block that has chapter `seq`; `seq` itself when there is no such block.
pub(crate) fn first_of(c: &Connection, seq: u64) -> Result<u64, Fault> {
    let sql = "SELECT first_seq FROM log WHERE first_seq <= ?1 ORDER BY first_seq DESC LIMIT 1";
    let found: Option<i64> = c.prepare_cached(sql)?.query_row([signed(seq)], |row| row.get(0)).optional()?;
    Ok(found.map_or(seq, unsigned))
}

/// The first chapter of the first block with an event after `cursor`. Chapters are numbered without a gap and their
/// cursors never fall, so halving finds it in a few dozen look-ups.
pub(crate) fn first_after(c: &Connection, cursor: u64) -> Result<u64, Fault> {
    let sql = "SELECT first_seq, entries, cursor + events - 1 FROM log WHERE first_seq <= ?1 \
               ORDER BY first_seq DESC LIMIT 1";
    let mut statement = c.prepare_cached(sql)?;
    let row = |row: &Row<'_>| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?), unsigned(row.get(2)?)));
    let (mut low, mut high) = (1, last(c)?.0 + 1);
    while low < high {
        let (first, entries, ends) = statement.query_row([signed(low + (high - low) / 2)], row)?;
        if ends > cursor { high = first } else { low = first + entries }
    }
    Ok(low)
}

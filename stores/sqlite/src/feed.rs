//! The log in its order, and the feed of its events in the order of their cursors: of everybody straight from the log,
//! of one audience through its list.

use crate::block::{self, COLUMNS, Logged, Reader, first_after, first_of, last};
use crate::error::Fault;
use crate::lists::{owner_key, rows_of};
use crate::record::{signed, unseal};
use rusqlite::{Connection, params};
use switchback_core::model::Owner;
use switchback_ports::{Chapter, EventLine, Page};

/// The events of a chapter after `cursor`, up to `until`, for this audience.
fn lines(
    chapter: &Logged,
    audience: Option<&Owner>,
    after: u64,
    until: u64,
) -> Result<impl Iterator<Item = EventLine>, Fault> {
    let (_, events, _) = chapter.read()?;
    let numbered =
        (chapter.cursor..).zip(events).map(|(cursor, event)| EventLine { cursor, event, incoming: None });
    Ok(numbered.filter(move |line| {
        let range = after < line.cursor && line.cursor <= until;
        range && audience.is_none_or(|audience| *audience == line.event.audience)
    }))
}

/// Chapters after one, in order.
pub(crate) fn chapters(c: &Connection, after: u64, n: usize) -> Result<Vec<Chapter>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM log WHERE first_seq >= ?1 ORDER BY first_seq");
    let mut statement = c.prepare_cached(&sql)?;
    let mut rows = statement.query([signed(first_of(c, after.saturating_add(1))?)])?;
    let mut found = Vec::new();
    while found.len() < n {
        let Some(row) = rows.next()? else { break };
        for chapter in
            block::chapters(row)?.iter().filter(|chapter| chapter.seq > after).take(n - found.len())
        {
            found.push(chapter.told()?);
        }
    }
    Ok(found)
}

/// A page of everybody's events.
pub(crate) fn all(c: &Connection, after: u64, n: usize) -> Result<Page<EventLine>, Fault> {
    let (_, watermark) = last(c)?;
    let start = first_after(c, after)?;
    let sql = format!("SELECT {COLUMNS} FROM log WHERE first_seq >= ?1 AND events > 0 ORDER BY first_seq");
    let mut statement = c.prepare_cached(&sql)?;
    let mut rows = statement.query([signed(start)])?;
    let mut found = Vec::new();
    while found.len() <= n {
        let Some(row) = rows.next()? else { break };
        for chapter in block::chapters(row)?.iter().filter(|chapter| chapter.events > 0) {
            found.extend(lines(chapter, None, after, watermark)?);
        }
    }
    Ok(page(found, n, watermark))
}

/// A page of one audience's events, up to the fold's watermark.
pub(crate) fn of(
    c: &Connection,
    audience: &Owner,
    (after, n): (u64, usize),
    watermark: u64,
) -> Result<Page<EventLine>, Fault> {
    let start = first_after(c, after)?;
    let sql = "SELECT rows FROM event_list WHERE owner = ?1 AND last >= ?2 ORDER BY last";
    let mut blocks = c.prepare_cached(sql)?;
    let mut rows = blocks.query(params![owner_key(audience), signed(start)])?;
    let (mut log, mut found) = (Reader::new(c), Vec::new());
    'read: while let Some(row) = rows.next()? {
        let deltas: Vec<u64> = unseal(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        for seq in rows_of(&deltas).filter(|seq| *seq >= start) {
            found.extend(lines(log.chapter(seq)?, Some(audience), after, watermark)?);
            if found.len() > n {
                break 'read;
            }
        }
    }
    Ok(page(found, n, watermark))
}

/// The first `n` lines, and whether there are more.
pub(crate) fn page<T>(mut lines: Vec<T>, n: usize, watermark: u64) -> Page<T> {
    let more = lines.len() > n;
    lines.truncate(n);
    Page { lines, more, watermark }
}

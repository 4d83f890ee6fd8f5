//! The feed of events, in the order of their cursors: of everybody straight from the log, of one audience through
//! its list.

use crate::error::Fault;
use crate::lists::{owner_key, rows_of};
use crate::look::limit;
use crate::record::{LogBody, signed, unseal, unsigned};
use rusqlite::{Connection, OptionalExtension, Row, params};
use switchback_core::model::Owner;
use switchback_ports::{EventLine, Page};

/// First cursor, number of events and stored form of a log row.
type LogRow = (u64, u64, Vec<u8>);

fn log_row(row: &Row<'_>) -> rusqlite::Result<LogRow> {
    Ok((unsigned(row.get(0)?), unsigned(row.get(1)?), row.get(2)?))
}

/// The cursor of the last event, and the number of the last row.
pub(crate) fn last(c: &Connection) -> Result<(u64, u64), Fault> {
    let sql = "SELECT cursor + events - 1, seq FROM log ORDER BY seq DESC LIMIT 1";
    let row = |row: &Row<'_>| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?)));
    Ok(c.prepare_cached(sql)?.query_row([], row).optional()?.unwrap_or((0, 0)))
}

/// The first row with an event after `cursor`. Rows are numbered without a gap and their cursors never fall, so
/// halving finds it in a few dozen point look-ups.
fn row_after(c: &Connection, cursor: u64) -> Result<u64, Fault> {
    let mut statement = c.prepare_cached("SELECT cursor + events - 1 FROM log WHERE seq = ?1")?;
    let (mut low, mut high) = (1, last(c)?.1 + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let ends: i64 = statement.query_row([signed(middle)], |row| row.get(0))?;
        if unsigned(ends) > cursor { high = middle } else { low = middle + 1 }
    }
    Ok(low)
}

/// The events of a row after `cursor`, up to `until`, for this audience.
fn lines(row: LogRow, audience: Option<&Owner>, after: u64, until: u64) -> Result<Vec<EventLine>, Fault> {
    let (first, _, body) = row;
    let (_, events, _): LogBody = unseal(&body)?;
    let numbered = (first..).zip(events).map(|(cursor, event)| EventLine { cursor, event, incoming: None });
    let wanted = |line: &EventLine| {
        let range = after < line.cursor && line.cursor <= until;
        range && audience.is_none_or(|audience| *audience == line.event.audience)
    };
    Ok(numbered.filter(wanted).collect())
}

/// A page of everybody's events.
pub(crate) fn all(c: &Connection, after: u64, n: usize) -> Result<Page<EventLine>, Fault> {
    let (watermark, _) = last(c)?;
    let start = row_after(c, after)?;
    let sql = "SELECT cursor, events, body FROM log WHERE seq >= ?1 AND events > 0 ORDER BY seq LIMIT ?2";
    let mut statement = c.prepare_cached(sql)?;
    let mut rows = statement.query(params![signed(start), limit(n.saturating_add(1))])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(lines(log_row(row)?, None, after, watermark)?);
        if found.len() > n {
            break;
        }
    }
    Ok(page(found, n, watermark))
}

/// A page of one audience's events, up to the lists' watermark.
pub(crate) fn of(
    c: &Connection,
    audience: &Owner,
    (after, n): (u64, usize),
    watermark: u64,
) -> Result<Page<EventLine>, Fault> {
    let start = row_after(c, after)?;
    let sql = "SELECT rows FROM event_list WHERE owner = ?1 AND last >= ?2 ORDER BY last";
    let mut blocks = c.prepare_cached(sql)?;
    let mut one = c.prepare_cached("SELECT cursor, events, body FROM log WHERE seq = ?1")?;
    let mut rows = blocks.query(params![owner_key(audience), signed(start)])?;
    let mut found = Vec::new();
    'read: while let Some(row) = rows.next()? {
        let deltas: Vec<u64> = unseal(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        for seq in rows_of(&deltas).filter(|seq| *seq >= start) {
            let row = one.query_row([signed(seq)], log_row)?;
            found.extend(lines(row, Some(audience), after, watermark)?);
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

//! Exact look-ups: one message, its content, its story, a payer, a key, a parked receipt.

use crate::batch::key_bytes;
use crate::error::Fault;
use crate::record::{LogBody, id_of, signed, unseal, unsigned};
use crate::shared::Account;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use smol_str::SmolStr;
use std::collections::VecDeque;
use switchback_core::model::{
    DeviceId, Message, MessageId, PayerId, PeerId, Report, RouteId, SubscriberId, Time,
};
use switchback_ports::directory::{Entry, Kind};
use switchback_ports::{DeviceRow, IdempotencyKey, IdempotencyRecord, RefusalRecord};

/// One record by its key.
fn one<T: DeserializeOwned>(
    c: &Connection,
    sql: &str,
    key: impl rusqlite::Params,
) -> Result<Option<T>, Fault> {
    let body: Option<Vec<u8>> = c.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?;
    body.map(|body| unseal(&body)).transpose()
}

/// All records of a query, in its order.
pub(crate) fn many<T: DeserializeOwned>(
    c: &Connection,
    sql: &str,
    key: impl rusqlite::Params,
) -> Result<Vec<T>, Fault> {
    let mut statement = c.prepare_cached(sql)?;
    let mut rows = statement.query(key)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(unseal(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
    }
    Ok(found)
}

/// A message, open or final.
pub(crate) fn message(c: &Connection, id: MessageId) -> Result<Option<Message>, Fault> {
    let sql = "SELECT head FROM open WHERE id = ?1 UNION ALL SELECT head FROM finished WHERE id = ?1 LIMIT 1";
    one(c, sql, [id.to_bytes()])
}

/// A message's content.
pub(crate) fn content<T: DeserializeOwned>(c: &Connection, id: MessageId) -> Result<Option<T>, Fault> {
    one(c, "SELECT body FROM content WHERE id = ?1", [id.to_bytes()])
}

/// The rows of a message's story, oldest first: the chain from its latest one, and rows from before it was made.
pub(crate) fn story(c: &Connection, id: MessageId) -> Result<Vec<LogBody>, Fault> {
    let last =
        "SELECT last_log FROM open WHERE id = ?1 UNION ALL SELECT last_log FROM finished WHERE id = ?1";
    let last: Option<i64> =
        c.prepare_cached(last)?.query_row([id.to_bytes()], |row| row.get(0)).optional()?;
    let mut at = last.map_or(0, unsigned);
    let mut rows = VecDeque::new();
    while at != 0 {
        let mut statement = c.prepare_cached("SELECT message, prev, body FROM log WHERE seq = ?1")?;
        let row =
            |row: &Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?));
        let (message, previous, body) = statement.query_row([signed(at)], row)?;
        let previous = unsigned(previous);
        if id_of(&message)? != id || previous >= at {
            return Err(Fault::damaged("the story of a message leads astray"));
        }
        rows.push_front(unseal(&body)?);
        at = previous;
    }
    let sql = "SELECT log.body FROM loose JOIN log USING (seq) WHERE loose.message = ?1 ORDER BY seq";
    let mut all: Vec<LogBody> = many(c, sql, [id.to_bytes()])?;
    all.extend(rows);
    Ok(all)
}

/// Open messages after an id, in order.
pub(crate) fn open_messages(
    c: &Connection,
    after: Option<MessageId>,
    n: usize,
) -> Result<Vec<Message>, Fault> {
    let after = after.map(MessageId::to_bytes).map_or_else(Vec::new, |bytes| bytes.to_vec());
    many(c, "SELECT head FROM open WHERE id > ?1 ORDER BY id LIMIT ?2", params![after, limit(n)])
}

/// A payer as folded into its table.
pub(crate) fn account(c: &Connection, id: &PayerId) -> Result<Option<Account>, Fault> {
    let found: Option<(i128, _)> = one(c, "SELECT body FROM payer WHERE id = ?1", [id.as_str()])?;
    Ok(found.map(|(opening, payer)| Account { opening, payer, journal: 0 }))
}

/// A key's record, unless forgotten.
pub(crate) fn key(
    c: &Connection,
    key: &IdempotencyKey,
    now: Time,
) -> Result<Option<IdempotencyRecord>, Fault> {
    let now = signed(now.as_millis());
    one(c, "SELECT body FROM idem WHERE key = ?1 AND until > ?2", params![key_bytes(key), now])
}

/// Parked receipts with that spelling of the id, oldest first.
pub(crate) fn parked(c: &Connection, route: &RouteId, id: &PeerId) -> Result<Vec<Report>, Fault> {
    let sql = "SELECT parked.body FROM parked_id JOIN parked USING (seq) WHERE route = ?1 AND peer = ?2 ORDER BY seq";
    many(c, sql, params![route.as_str(), id.as_str()])
}

/// All devices.
pub(crate) fn devices(c: &Connection) -> Result<Vec<DeviceRow>, Fault> {
    let mut statement =
        c.prepare_cached("SELECT subscriber, device, online, since, why, kept FROM device")?;
    let rows = statement.query_map([], |row| {
        let text = |at| row.get::<_, String>(at);
        Ok(DeviceRow {
            subscriber: SubscriberId::new(text(0)?),
            device: DeviceId::new(text(1)?),
            online: row.get(2)?,
            since: Time::from_millis(unsigned(row.get(3)?)),
            why: SmolStr::new(text(4)?),
            kept: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All entries of a kind, in the order of their keys.
pub(crate) fn directory(c: &Connection, kind: Kind) -> Result<Vec<Entry>, Fault> {
    many(c, "SELECT body FROM directory WHERE kind = ?1 ORDER BY key", [kind_number(kind)])
}

/// The number that stands for a kind on disk.
pub(crate) const fn kind_number(kind: Kind) -> u8 {
    match kind {
        Kind::Subscriber => 1,
        Kind::Sim => 2,
        Kind::Account => 3,
        Kind::Plan => 4,
        Kind::Route => 5,
        Kind::Token => 6,
        Kind::SipUser => 7,
    }
}

/// The latest refusals, newest first.
pub(crate) fn refusals(c: &Connection, n: usize) -> Result<Vec<RefusalRecord>, Fault> {
    many(c, "SELECT body FROM refusal ORDER BY seq DESC LIMIT ?1", [limit(n)])
}

/// A count for SQL.
pub(crate) fn limit(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

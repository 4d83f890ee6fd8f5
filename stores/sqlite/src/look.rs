//! Exact look-ups: one message, its content, its story, a payer, a key, a parked receipt. What is not folded is asked
//! first, then the tables: see [`crate::overlay`].

use crate::batch::key_bytes;
use crate::block::Reader;
use crate::error::Fault;
use crate::overlay::Overlay;
use crate::record::{id_of, signed, unseal, unsigned};
use crate::shared::{Account, read};
use crate::statements::HEAD;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use smol_str::SmolStr;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, RwLock};
use switchback_core::model::{
    DeviceId, Message, MessageId, PayerId, PeerId, Report, RouteId, SubscriberId, Time,
};
use switchback_ports::directory::{Entry, Kind};
use switchback_ports::{Chapter, DeviceRow, IdempotencyKey, IdempotencyRecord, RefusalRecord};

/// Where one looks: what is not folded, and the tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    /// The tables.
    pub(crate) c: &'a Connection,
    /// Asked before the tables.
    pub(crate) overlay: &'a RwLock<Overlay>,
}

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
pub(crate) fn message(view: View<'_>, id: MessageId) -> Result<Option<Message>, Fault> {
    let unfolded = read(view.overlay).get(id).map(|head| Arc::clone(&head.body));
    match unfolded {
        Some(body) => Ok(Some(unseal(&body)?)),
        None => one(view.c, HEAD, [id.to_bytes()]),
    }
}

/// A message's content.
pub(crate) fn content<T: DeserializeOwned>(view: View<'_>, id: MessageId) -> Result<Option<T>, Fault> {
    let unfolded = read(view.overlay).content(id).map(Arc::clone);
    match unfolded {
        Some(body) => Ok(Some(unseal(&body)?)),
        None => one(view.c, "SELECT body FROM content WHERE id = ?1", [id.to_bytes()]),
    }
}

/// The last chapter of a message; 0: none of its own.
fn last_log(view: View<'_>, id: MessageId) -> Result<u64, Fault> {
    let unfolded = read(view.overlay).get(id).map(|head| head.last_log);
    if let Some(last) = unfolded {
        return Ok(last);
    }
    let sql = "SELECT last_log FROM open WHERE id = ?1 UNION ALL SELECT last_log FROM finished WHERE id = ?1";
    let last = view.c.prepare_cached(sql)?.query_row([id.to_bytes()], |row| row.get(0)).optional()?;
    Ok(last.map_or(0, unsigned))
}

/// The chapters of a message's story, oldest first: the chain from its latest one, and those from before it was made.
pub(crate) fn story(view: View<'_>, id: MessageId) -> Result<Vec<Chapter>, Fault> {
    let mut at = last_log(view, id)?;
    let (mut log, mut chain) = (Reader::new(view.c), VecDeque::new());
    while at != 0 {
        let chapter = log.chapter(at)?;
        if chapter.message != id || chapter.prev >= at {
            return Err(Fault::damaged("the story of a message leads astray"));
        }
        chain.push_front(chapter.told()?);
        at = chapter.prev;
    }
    let mut statement = view.c.prepare_cached("SELECT seq FROM loose WHERE message = ?1 ORDER BY seq")?;
    let mut rows = statement.query([id.to_bytes()])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(log.chapter(unsigned(row.get(0)?))?.told()?);
    }
    all.extend(chain);
    Ok(all)
}

/// Open messages after an id, in order.
pub(crate) fn open_messages(
    view: View<'_>,
    after: Option<MessageId>,
    n: usize,
) -> Result<Vec<Message>, Fault> {
    // Of each unfolded message that the page may meet: its stored form while it is open.
    let unfolded: BTreeMap<MessageId, Option<Arc<Vec<u8>>>> = {
        let overlay = read(view.overlay);
        let met = overlay.heads().filter(|(id, _)| after.is_none_or(|after| *id > after));
        met.map(|(id, head)| (id, head.open.then(|| Arc::clone(&head.body)))).collect()
    };
    let mut unfolded = unfolded.into_iter().peekable();
    let after = after.map(MessageId::to_bytes).map_or_else(Vec::new, |bytes| bytes.to_vec());
    let mut statement = view.c.prepare_cached("SELECT id, head FROM open WHERE id > ?1 ORDER BY id")?;
    let mut rows = statement.query([after])?;
    let mut found = Vec::new();
    while found.len() < n {
        let row = rows.next()?;
        let blob = |row: &Row<'_>, at| {
            Ok::<_, Fault>(row.get_ref(at)?.as_blob().map_err(rusqlite::Error::from)?.to_vec())
        };
        let folded = row.map(|row| Ok::<_, Fault>((id_of(&blob(row, 0)?)?, blob(row, 1)?))).transpose()?;
        let last = folded.as_ref().map(|(id, _)| *id);
        while let Some((_, body)) = unfolded.next_if(|(id, _)| last.is_none_or(|last| *id < last)) {
            found.extend(body.map(|body| unseal(&body)).transpose()?);
        }
        let Some((id, folded)) = folded else { break };
        match unfolded.next_if(|(next, _)| *next == id) {
            Some((_, body)) => found.extend(body.map(|body| unseal(&body)).transpose()?),
            None => found.push(unseal(&folded)?),
        }
    }
    found.truncate(n);
    Ok(found)
}

/// A payer as folded into its table.
pub(crate) fn account(c: &Connection, id: &PayerId) -> Result<Option<Account>, Fault> {
    let found: Option<(i128, _)> = one(c, "SELECT body FROM payer WHERE id = ?1", [id.as_str()])?;
    Ok(found.map(|(opening, payer)| Account { opening, payer, journal: 0 }))
}

/// A key's record, unless forgotten.
pub(crate) fn key(
    view: View<'_>,
    key: &IdempotencyKey,
    now: Time,
) -> Result<Option<IdempotencyRecord>, Fault> {
    let key = key_bytes(key);
    if let Some(held) = read(view.overlay).key(&key) {
        return Ok(held.record.unless_forgotten(now));
    }
    one(view.c, "SELECT body FROM idem WHERE key = ?1 AND until > ?2", params![key, signed(now.as_millis())])
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

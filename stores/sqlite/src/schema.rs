//! The tables, as numbered migrations: a file is brought from any older number to ours, a newer one is refused.
//!
//! A commit writes `log` and `journal`, both at their right edge, and what is rare: devices, parked
//! receipts, the directory, refusals, leases. The fold writes the rest behind, sorted.

use crate::error::OpenError;
use rusqlite::{Connection, TransactionBehavior};

/// The number of the schema that this program writes.
pub(crate) const VERSION: u32 = 2;

/// Step `n` brings a file from number `n` to `n + 1`. Steps are never edited once released.
const STEPS: [&str; 2] = [
    // 0 -> 1
    "
    -- What happened, in blocks: chapters `first_seq` and following of the log, each with the decisions, events and
    -- ledger entries of one message in one unit and the number of the message's chapter before, so that its story is
    -- read without an index; `cursor` is that of the first event.
    CREATE TABLE log (
        first_seq INTEGER PRIMARY KEY, entries INTEGER NOT NULL, cursor INTEGER NOT NULL, events INTEGER NOT NULL,
        ledger INTEGER NOT NULL, body BLOB NOT NULL
    );
    -- Chapters of messages that have no row of their own.
    CREATE TABLE loose (message BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (message, seq)) WITHOUT ROWID;
    -- Messages, contents and payers as changed by one commit; folded into the tables below, then forgotten.
    CREATE TABLE journal (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
    -- A message that was not final when it was folded: its latest chapter and its stored form.
    CREATE TABLE open (id BLOB PRIMARY KEY, last_log INTEGER NOT NULL, head BLOB NOT NULL) WITHOUT ROWID;
    -- A final one; late reports still change it.
    CREATE TABLE finished (
        id BLOB PRIMARY KEY, version INTEGER NOT NULL, last_log INTEGER NOT NULL, head BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE content (id BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE payer (id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE idem (key BLOB PRIMARY KEY, until INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE INDEX idem_until ON idem (until);
    CREATE TABLE parked (seq INTEGER PRIMARY KEY, until INTEGER NOT NULL, body BLOB NOT NULL);
    CREATE TABLE parked_id (
        route TEXT NOT NULL, peer TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (route, peer, seq)
    ) WITHOUT ROWID;
    CREATE INDEX parked_seq ON parked_id (seq);
    CREATE TABLE device (
        subscriber TEXT NOT NULL, device TEXT NOT NULL, online INTEGER NOT NULL, since INTEGER NOT NULL,
        why TEXT NOT NULL, kept BLOB NOT NULL DEFAULT x'', PRIMARY KEY (subscriber, device)
    ) WITHOUT ROWID;
    CREATE TABLE directory (
        kind INTEGER NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, key)
    ) WITHOUT ROWID;
    CREATE TABLE refusal (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
    -- Lists, written behind: owners by a 64-bit hash, verified against the message or event when read.
    CREATE TABLE message_list (
        owner INTEGER NOT NULL, id BLOB NOT NULL, way INTEGER NOT NULL, PRIMARY KEY (owner, id)
    ) WITHOUT ROWID;
    CREATE TABLE event_list (
        owner INTEGER NOT NULL, last INTEGER NOT NULL, rows BLOB NOT NULL, PRIMARY KEY (owner, last)
    ) WITHOUT ROWID;
    -- How far the fold has followed log and journal.
    CREATE TABLE behind (
        one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, cursor INTEGER NOT NULL,
        finished INTEGER NOT NULL, journal INTEGER NOT NULL
    );
    INSERT INTO behind VALUES (1, 0, 0, 0, 0);
    ",
    // 1 -> 2
    "
    -- The highest lease epoch that a shard was written under: an older owner is refused.
    CREATE TABLE lease (shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL);
    ",
];

/// Brings the file to [`VERSION`], each step in a transaction of its own with its new number.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let found = number(connection)?;
    if found > VERSION {
        return Err(OpenError::Newer { found, ours: VERSION });
    }
    for (from, step) in (0_u32..).zip(STEPS).skip_while(|(from, _)| *from < found) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", from + 1)?;
        transaction.commit()?;
        tracing::info!(from, to = from + 1, "the store's schema was brought forward");
    }
    Ok(())
}

/// The file's number; 0 for an empty file.
fn number(connection: &Connection) -> Result<u32, OpenError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

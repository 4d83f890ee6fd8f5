//! The writer's prepared statements, once each for its life.

use rusqlite::{Connection, Result, Statement};

/// A message's stored form, wherever the tables have it.
pub(crate) const HEAD: &str =
    "SELECT head FROM open WHERE id = ?1 UNION ALL SELECT head FROM finished WHERE id = ?1 LIMIT 1";

/// Everything the writer says to SQLite while it commits.
#[derive(Debug)]
pub(crate) struct Statements<'c> {
    pub(crate) begin: Statement<'c>,
    pub(crate) commit: Statement<'c>,
    pub(crate) rollback: Statement<'c>,
    pub(crate) open_put: Statement<'c>,
    pub(crate) open_remove: Statement<'c>,
    pub(crate) finished_put: Statement<'c>,
    pub(crate) finished_get: Statement<'c>,
    pub(crate) finished_remove: Statement<'c>,
    pub(crate) head_get: Statement<'c>,
    pub(crate) content: Statement<'c>,
    pub(crate) content_get: Statement<'c>,
    pub(crate) log: Statement<'c>,
    pub(crate) loose: Statement<'c>,
    pub(crate) journal: Statement<'c>,
    pub(crate) journal_forget: Statement<'c>,
    pub(crate) payer_get: Statement<'c>,
    pub(crate) payer_put: Statement<'c>,
    pub(crate) key_get: Statement<'c>,
    pub(crate) key_put: Statement<'c>,
    pub(crate) key_forget: Statement<'c>,
    pub(crate) park: Statement<'c>,
    pub(crate) park_id: Statement<'c>,
    pub(crate) park_find: Statement<'c>,
    pub(crate) park_old: Statement<'c>,
    pub(crate) unpark: Statement<'c>,
    pub(crate) unpark_ids: Statement<'c>,
    pub(crate) device: Statement<'c>,
    pub(crate) device_keep: Statement<'c>,
    pub(crate) directory: Statement<'c>,
    pub(crate) refusal: Statement<'c>,
    pub(crate) refusal_forget: Statement<'c>,
    pub(crate) lease: Statement<'c>,
    pub(crate) message_list: Statement<'c>,
    pub(crate) event_list: Statement<'c>,
    pub(crate) behind: Statement<'c>,
}

impl<'c> Statements<'c> {
    /// Prepares them all.
    pub(crate) fn prepare(c: &'c Connection) -> Result<Self> {
        Ok(Self {
            begin: c.prepare("BEGIN IMMEDIATE")?,
            commit: c.prepare("COMMIT")?,
            rollback: c.prepare("ROLLBACK")?,
            open_put: c.prepare("INSERT OR REPLACE INTO open VALUES (?1, ?2, ?3)")?,
            open_remove: c.prepare("DELETE FROM open WHERE id = ?1")?,
            finished_put: c.prepare("INSERT OR REPLACE INTO finished VALUES (?1, ?2, ?3, ?4)")?,
            finished_get: c.prepare("SELECT version, last_log FROM finished WHERE id = ?1")?,
            finished_remove: c.prepare("DELETE FROM finished WHERE id = ?1")?,
            head_get: c.prepare(HEAD)?,
            content: c.prepare("INSERT OR IGNORE INTO content VALUES (?1, ?2)")?,
            content_get: c.prepare("SELECT 1 FROM content WHERE id = ?1")?,
            log: c.prepare("INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?,
            loose: c.prepare("INSERT INTO loose VALUES (?1, ?2)")?,
            journal: c.prepare("INSERT INTO journal VALUES (?1, ?2)")?,
            journal_forget: c.prepare("DELETE FROM journal WHERE seq <= ?1")?,
            payer_get: c.prepare("SELECT body FROM payer WHERE id = ?1")?,
            payer_put: c.prepare("INSERT OR REPLACE INTO payer VALUES (?1, ?2)")?,
            key_get: c.prepare("SELECT body FROM idem WHERE key = ?1 AND until > ?2")?,
            key_put: c.prepare("INSERT OR REPLACE INTO idem VALUES (?1, ?2, ?3)")?,
            key_forget: c.prepare(
                "DELETE FROM idem WHERE key IN (SELECT key FROM idem WHERE until <= ?1 ORDER BY until LIMIT 200)",
            )?,
            park: c.prepare("INSERT INTO parked (until, body) VALUES (?1, ?2)")?,
            park_id: c.prepare("INSERT OR IGNORE INTO parked_id VALUES (?1, ?2, ?3)")?,
            park_find: c.prepare(
                "SELECT seq FROM parked_id JOIN parked USING (seq) WHERE route = ?1 AND peer = ?2 AND body = ?3",
            )?,
            park_old: c.prepare(
                "SELECT seq FROM (SELECT seq, until FROM parked ORDER BY seq LIMIT 20)
                 WHERE until <= ?1 OR seq <= (SELECT max(seq) FROM parked) - ?2",
            )?,
            unpark: c.prepare("DELETE FROM parked WHERE seq = ?1")?,
            unpark_ids: c.prepare("DELETE FROM parked_id WHERE seq = ?1")?,
            device: c.prepare(
                "INSERT INTO device (subscriber, device, online, since, why) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET online = ?3, since = ?4, why = ?5",
            )?,
            device_keep: c.prepare("UPDATE device SET kept = ?3 WHERE subscriber = ?1 AND device = ?2")?,
            directory: c.prepare("INSERT OR REPLACE INTO directory VALUES (?1, ?2, ?3)")?,
            refusal: c.prepare("INSERT INTO refusal (body) VALUES (?1)")?,
            refusal_forget: c.prepare("DELETE FROM refusal WHERE seq <= ?1")?,
            lease: c.prepare("INSERT OR REPLACE INTO lease VALUES (?1, ?2)")?,
            message_list: c.prepare("INSERT OR REPLACE INTO message_list VALUES (?1, ?2, ?3)")?,
            event_list: c.prepare("INSERT OR REPLACE INTO event_list VALUES (?1, ?2, ?3)")?,
            behind: c.prepare("UPDATE behind SET seq = ?1, cursor = ?2, finished = ?3, journal = ?4")?,
        })
    }
}

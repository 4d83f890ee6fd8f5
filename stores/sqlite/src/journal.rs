//! The journal: what a commit changed and the tables do not have yet. One row a commit (more when it is long) at the
//! right edge of its table: changed messages in their stored form, contents of new ones, their keys, changed payers. The fold
//! writes these very bytes into the tables; a row that it has followed is forgotten.

use crate::error::Fault;
use crate::overlay::{Held, Overlay, Stands, Unfolded};
use crate::pack::{Pack, unpack};
use crate::record::{id_of, seal, signed, unseal, unsigned};
use crate::shared::Account;
use hashbrown::HashMap;
use rusqlite::{Connection, Statement, params};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use switchback_core::model::{MessageId, PayerId};
use switchback_ports::IdempotencyRecord;

/// Bytes that end a row.
const BYTES: usize = 262_144;

/// What a record of the journal is.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Line {
    /// A message.
    Head { id: [u8; 16], version: u32, last_log: u64, open: bool },
    /// The content of a message.
    Content([u8; 16]),
    /// A payer, with what was ever paid in.
    Payer,
    /// An idempotency key, in its stored form.
    Key(Vec<u8>),
}

/// Rows in the making.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pack: Pack<Line>,
    done: Vec<Vec<u8>>,
}

impl Rows {
    /// Adds a message.
    pub(crate) fn head(&mut self, id: MessageId, head: &Unfolded) {
        let Unfolded { version, last_log, open, .. } = *head;
        self.add(Line::Head { id: id.to_bytes(), version, last_log, open }, &head.body);
    }

    /// Adds a content.
    pub(crate) fn content(&mut self, id: MessageId, body: &[u8]) {
        self.add(Line::Content(id.to_bytes()), body);
    }

    /// Adds an idempotency key.
    pub(crate) fn key(&mut self, key: &[u8], record: &IdempotencyRecord) {
        self.add(Line::Key(key.to_vec()), &seal(record));
    }

    /// Adds a payer.
    pub(crate) fn payer(&mut self, account: &Account) {
        self.add(Line::Payer, &account.seal());
    }

    fn add(&mut self, line: Line, record: &[u8]) {
        self.pack.add(line, record);
        if self.pack.bytes() >= BYTES {
            self.done.push(self.pack.take());
        }
    }

    /// Writes the rows after number `last`; gives the number of the last one.
    pub(crate) fn write(mut self, mut last: u64, put: &mut Statement<'_>) -> Result<u64, Fault> {
        if self.pack.len() > 0 {
            self.done.push(self.pack.take());
        }
        for row in self.done {
            last += 1;
            put.execute(params![signed(last), row])?;
        }
        Ok(last)
    }
}

/// What the journal says that the tables may not.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    pub(crate) overlay: Overlay,
    pub(crate) payers: HashMap<PayerId, Arc<Account>>,
    /// The last row, or the one that was asked after.
    pub(crate) last: u64,
}

impl Replay {
    /// Reads what the fold has not followed, in one state of the store.
    pub(crate) fn unfolded(c: &Connection) -> Result<Self, Fault> {
        let followed = c.query_row("SELECT journal FROM behind", [], |row| row.get(0))?;
        Self::read(c, unsigned(followed))
    }

    /// Reads the rows after number `after`, in order.
    fn read(c: &Connection, after: u64) -> Result<Self, Fault> {
        let mut replay = Self { last: after, ..Self::default() };
        let mut statement = c.prepare_cached("SELECT seq, body FROM journal WHERE seq > ?1 ORDER BY seq")?;
        let mut rows = statement.query([signed(after)])?;
        while let Some(row) = rows.next()? {
            replay.last = unsigned(row.get(0)?);
            let body = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            for (line, record) in unpack::<Line>(body)? {
                replay.take(line, record)?;
            }
        }
        Ok(replay)
    }

    fn take(&mut self, line: Line, record: &[u8]) -> Result<(), Fault> {
        let journal = self.last;
        match line {
            Line::Head { id, version, last_log, open } => {
                let (body, stands) = (Arc::new(record.to_vec()), Stands::Somewhere);
                let head = Unfolded { version, last_log, open, body, journal, stands };
                self.overlay.put(id_of(&id)?, head);
            }
            Line::Content(id) => {
                self.overlay.put_content(id_of(&id)?, Arc::new(record.to_vec()));
            }
            Line::Key(key) => self.overlay.put_key(key, Held { record: unseal(record)?, journal }),
            Line::Payer => {
                let (opening, payer): (_, switchback_core::tariff::Payer) = unseal(record)?;
                let account = Account { opening, payer, journal };
                self.payers.insert(account.payer.id.clone(), Arc::new(account));
            }
        }
        Ok(())
    }
}

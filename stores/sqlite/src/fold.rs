//! The fold: what the journal and the log have and the tables do not have yet is written into them in rounds, sorted,
//! a bounded piece with each commit, so that pages are touched in order and once for many rows. A message that became
//! final meanwhile goes straight to `finished`; most do. When a round is whole the watermark moves, in the
//! transaction of its last piece; the journal's rows that it followed are forgotten after that.
//!
//! A crash between two pieces loses nothing: the journal still has what the round had, and every piece may be written
//! again.

use crate::error::Fault;
use crate::lists::{ListRow, Lists};
use crate::overlay::{Overlay, Stands, Unfolded};
use crate::record::{seal, signed};
use crate::shared::Account;
use crate::statements::Statements;
use rusqlite::params;
use std::fmt;
use std::iter::Peekable;
use std::sync::Arc;
use switchback_core::model::MessageId;
use switchback_ports::IdempotencyRecord;

/// Rows of the journal that are forgotten with one piece, and as many rows of the tables cost as much as one of them.
const FORGET: (u64, usize) = (16, 16);

/// How far a round goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    /// The last chapter of the log.
    pub(crate) seq: u64,
    /// The last cursor.
    pub(crate) cursor: u64,
    /// How many messages were final then.
    pub(crate) finished: u64,
    /// Units committed by then, since the store was opened.
    pub(crate) units: u64,
    /// The last row of the journal.
    pub(crate) journal: u64,
}

/// A row that a round writes.
#[derive(Debug)]
enum Row {
    Head(MessageId, Unfolded),
    Content(MessageId, Arc<Vec<u8>>),
    List(ListRow),
    Payer(Arc<Account>),
    Key(Vec<u8>, IdempotencyRecord),
}

/// A round being written.
struct Round {
    /// Made one by one: thousands at once would hold up the commits that wait meanwhile.
    rows: Peekable<Box<dyn Iterator<Item = Row> + Send>>,
    /// What the running transaction has written of what the overlay has: it may leave when that is durable.
    heads: Vec<(MessageId, u64, Stands)>,
    contents: Vec<MessageId>,
    keys: Vec<Vec<u8>>,
    until: Mark,
}

impl fmt::Debug for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Round").field("until", &self.until).finish_non_exhaustive()
    }
}

/// What waits, and the round under way.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    /// What waits for the lists.
    pub(crate) lists: Lists,
    /// The watermark.
    pub(crate) written: Mark,
    /// No message above this id is in `finished`, and no content above it in `content`.
    pub(crate) highest: Option<MessageId>,
    round: Option<Round>,
    /// The last row of the journal that was forgotten.
    forgotten: u64,
}

impl Fold {
    /// One that has followed up to here, with these lists waiting.
    pub(crate) fn at(written: Mark, lists: Lists, highest: Option<MessageId>) -> Self {
        Self { lists, written, highest, round: None, forgotten: written.journal }
    }

    /// Whether a round is being written.
    pub(crate) const fn in_round(&self) -> bool {
        self.round.is_some()
    }

    /// How far the round under way goes, or the last one went.
    pub(crate) fn begun(&self) -> Mark {
        self.round.as_ref().map_or(self.written, |round| round.until)
    }

    /// Whether a round is under way, or rows of the journal are to be forgotten after one.
    pub(crate) const fn busy(&self) -> bool {
        self.in_round() || self.forgetting()
    }

    const fn forgetting(&self) -> bool {
        self.forgotten < self.written.journal
    }

    /// Begins a round with all that waits, as it is now.
    pub(crate) fn begin(&mut self, overlay: &Overlay, mut payers: Vec<Arc<Account>>, until: Mark) {
        let mut heads: Vec<_> = overlay.heads().map(|(id, head)| (id, head.clone())).collect();
        let mut contents: Vec<_> = overlay.contents().map(|(id, body)| (id, Arc::clone(body))).collect();
        heads.sort_unstable_by_key(|(id, _)| *id);
        contents.sort_unstable_by_key(|(id, _)| *id);
        let mut keys: Vec<_> = overlay.keys().map(|(key, held)| (key.clone(), held.record.clone())).collect();
        keys.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        payers.sort_unstable_by(|a, b| a.payer.id.cmp(&b.payer.id));
        let last = heads.last().map(|(id, _)| *id).max(contents.last().map(|(id, _)| *id));
        self.highest = self.highest.max(last);
        let heads = heads.into_iter().map(|(id, head)| Row::Head(id, head));
        let contents = contents.into_iter().map(|(id, body)| Row::Content(id, body));
        // The lists come after what they lead to: a line that is seen leads to a message that is there.
        let rows = contents.chain(heads).chain(self.lists.rows().map(Row::List));
        let rows = rows.chain(keys.into_iter().map(|(key, record)| Row::Key(key, record)));
        let rows: Box<dyn Iterator<Item = Row> + Send> =
            Box::new(rows.chain(payers.into_iter().map(Row::Payer)));
        let (heads, contents, keys) = (Vec::new(), Vec::new(), Vec::new());
        self.round = Some(Round { rows: rows.peekable(), heads, contents, keys, until });
    }

    /// Writes up to `budget` rows of the round inside the running transaction. Once that is durable, the caller says
    /// so by [`Self::settle`].
    pub(crate) fn step(&mut self, mut budget: usize, st: &mut Statements<'_>) -> Result<(), Fault> {
        if self.forgetting() {
            let (rows, cost) = FORGET;
            self.forgotten = self.written.journal.min(self.forgotten + rows);
            st.journal_forget.execute([signed(self.forgotten)])?;
            budget = budget.saturating_sub(cost);
        }
        let Some(round) = &mut self.round else { return Ok(()) };
        for row in round.rows.by_ref().take(budget) {
            match row {
                Row::Head(id, head) => {
                    write_head(id, &head, st)?;
                    round.heads.push((id, head.journal, Stands::of(head.open)));
                }
                Row::Content(id, body) => {
                    st.content.execute(params![id.to_bytes(), *body])?;
                    round.contents.push(id);
                }
                Row::List(row) => row.write(st)?,
                Row::Key(key, record) => {
                    let until = signed(record.until.as_millis());
                    st.key_put.execute(params![key, until, seal(&record)])?;
                    round.keys.push(key);
                }
                Row::Payer(account) => {
                    st.payer_put.execute(params![account.payer.id.as_str(), account.seal()])?;
                }
            }
        }
        if round.rows.peek().is_none() {
            let Mark { seq, cursor, finished, journal, .. } = round.until;
            st.behind.execute(params![signed(seq), signed(cursor), signed(finished), signed(journal)])?;
        }
        Ok(())
    }

    /// The transaction of the last piece is durable: what it wrote leaves the overlay. True when the round is whole.
    pub(crate) fn settle(&mut self, overlay: &mut Overlay) -> bool {
        let Some(round) = &mut self.round else { return false };
        round.heads.drain(..).for_each(|(id, journal, stands)| overlay.folded(id, journal, stands));
        round.contents.drain(..).for_each(|id| overlay.content_folded(id));
        let journal = round.until.journal;
        round.keys.drain(..).for_each(|key| overlay.key_folded(&key, journal));
        let whole = round.rows.peek().is_none();
        if whole {
            self.written = round.until;
            self.round = None;
        }
        whole
    }
}

/// Writes a message where it belongs, and removes it from where it does not any more.
fn write_head(id: MessageId, head: &Unfolded, st: &mut Statements<'_>) -> Result<(), Fault> {
    let (key, last_log) = (id.to_bytes(), signed(head.last_log));
    let elsewhere = head.stands.elsewhere(head.open);
    if head.open {
        if elsewhere {
            st.finished_remove.execute([key])?;
        }
        st.open_put.execute(params![key, last_log, *head.body])?;
    } else {
        if elsewhere {
            st.open_remove.execute([key])?;
        }
        st.finished_put.execute(params![key, head.version, last_log, *head.body])?;
    }
    Ok(())
}

//! The lists, written behind: whose messages and whose events, and the payers' table. What a commit adds waits in
//! memory; from time to time all of it is sorted and written, a bounded piece with each commit, so that pages are
//! touched in order and once for many rows. When a round is whole, the watermark moves. After a crash the rest is
//! derived again from the log.

use crate::error::Fault;
use crate::record::{hash64, seal, signed};
use crate::shared::Account;
use crate::statements::Statements;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use std::sync::Arc;
use switchback_core::model::{Event, Message, MessageId, Owner};

/// A line of the messages' list: owner's hash, message, and how it concerns the owner.
pub(crate) type Line = (i64, MessageId, i64);

/// A line of the events' list: audience's hash, and the log row that has events for it.
pub(crate) type Told = (i64, u64);

/// Log rows in one row of the events' list at most.
const BLOCK: usize = 512;

/// The key of an owner in the lists.
pub(crate) fn owner_key(owner: &Owner) -> i64 {
    signed(match owner {
        Owner::Subscriber(id) => hash64(1, id.as_str()),
        Owner::Account(id) => hash64(2, id.as_str()),
        Owner::Network => hash64(3, ""),
    })
}

/// How a message concerns an owner: 31 bits of the other end's hash, and whether the owner sent it.
pub(crate) fn way(with: &str, outgoing: bool) -> i64 {
    signed(hash64(9, with) >> 33 << 1) | i64::from(outgoing)
}

/// The lines that a new message adds: its owner's, and the recipient's when that is a subscriber.
pub(crate) fn lines_of(message: &Message) -> impl Iterator<Item = Line> {
    let owner = &message.originator.owner;
    let own = (owner_key(owner), message.id, way(&message.recipient.to_string(), true));
    let recipient = message.recipient_subscriber.clone().map(Owner::Subscriber).filter(|r| r != owner);
    let theirs =
        recipient.map(|r| (owner_key(&r), message.id, way(&message.originator.address.to_string(), false)));
    std::iter::once(own).chain(theirs)
}

/// How far a round goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    /// The last log row.
    pub(crate) seq: u64,
    /// The last cursor.
    pub(crate) cursor: u64,
    /// How many messages were final then.
    pub(crate) finished: u64,
    /// Units committed by then, since the store was opened.
    pub(crate) units: u64,
    /// The last journal row of payers.
    pub(crate) journal: u64,
}

/// A round being written.
#[derive(Debug)]
struct Round {
    lines: std::vec::IntoIter<Line>,
    told: std::vec::IntoIter<(i64, Vec<u64>)>,
    payers: std::vec::IntoIter<Arc<Account>>,
    until: Mark,
}

/// What waits, and the round under way.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    lines: Vec<Line>,
    told: Vec<Told>,
    round: Option<Round>,
    /// The watermark.
    pub(crate) written: Mark,
}

impl Lists {
    /// As they were when the store was closed.
    pub(crate) fn at(written: Mark) -> Self {
        Self { written, ..Self::default() }
    }

    /// Adds the lines of a new message.
    pub(crate) fn message(&mut self, message: &Message) {
        self.lines.extend(lines_of(message));
    }

    /// Adds an event, by its log row.
    pub(crate) fn event(&mut self, event: &Event, seq: u64) {
        let told = (owner_key(&event.audience), seq);
        if self.told.last() != Some(&told) {
            self.told.push(told);
        }
    }

    /// Takes what a committed batch added.
    pub(crate) fn take(&mut self, batch: &mut Self) {
        self.lines.append(&mut batch.lines);
        self.told.append(&mut batch.told);
    }

    /// How many lines wait for the next round.
    pub(crate) fn waiting(&self) -> usize {
        self.lines.len() + self.told.len()
    }

    /// Whether a round is being written.
    pub(crate) const fn in_round(&self) -> bool {
        self.round.is_some()
    }

    /// Removes what a round that was not whole when the process ended has left of the events to be listed again.
    pub(crate) fn cut(&self, connection: &Connection) -> Result<(), Fault> {
        let owners: BTreeSet<i64> = self.told.iter().map(|(owner, _)| *owner).collect();
        let mut cut = connection.prepare("DELETE FROM event_list WHERE owner = ?1 AND last > ?2")?;
        for owner in owners {
            cut.execute(params![owner, signed(self.written.seq)])?;
        }
        Ok(())
    }

    /// Begins a round with all that waits.
    pub(crate) fn begin(&mut self, mut payers: Vec<Arc<Account>>, until: Mark) {
        self.lines.sort_unstable();
        self.told.sort_unstable();
        self.told.dedup();
        payers.sort_unstable_by(|a, b| a.payer.id.cmp(&b.payer.id));
        let mut blocks: Vec<(i64, Vec<u64>)> = Vec::new();
        for (owner, seq) in self.told.drain(..) {
            match blocks.last_mut() {
                Some((last, rows)) if *last == owner && rows.len() < BLOCK => rows.push(seq),
                _ => blocks.push((owner, vec![seq])),
            }
        }
        self.round = Some(Round {
            lines: std::mem::take(&mut self.lines).into_iter(),
            told: blocks.into_iter(),
            payers: payers.into_iter(),
            until,
        });
    }

    /// Writes up to `budget` rows of the round inside the running transaction; its mark when it is whole: the
    /// caller then calls [`Self::end`] once the transaction is durable.
    pub(crate) fn step(&mut self, budget: usize, st: &mut Statements<'_>) -> Result<Option<Mark>, Fault> {
        let Some(round) = &mut self.round else { return Ok(None) };
        for (owner, id, way) in round.lines.by_ref().take(budget) {
            st.message_list.execute(params![owner, id.to_bytes(), way])?;
        }
        if round.lines.len() > 0 {
            return Ok(None);
        }
        for (owner, rows) in round.told.by_ref().take(budget) {
            let last = rows.last().copied().unwrap_or(0);
            st.event_list.execute(params![owner, signed(last), seal(&deltas(&rows))])?;
        }
        if round.told.len() > 0 {
            return Ok(None);
        }
        for account in round.payers.by_ref().take(budget) {
            let body = seal(&(account.opening, &account.payer));
            st.payer_put.execute(params![account.payer.id.as_str(), body])?;
        }
        if round.payers.len() > 0 {
            return Ok(None);
        }
        let until = round.until;
        st.journal_forget.execute([signed(until.journal)])?;
        st.behind.execute(params![signed(until.seq), signed(until.cursor), signed(until.finished)])?;
        Ok(Some(until))
    }

    /// The round is durable.
    pub(crate) fn end(&mut self, mark: Mark) {
        (self.round, self.written) = (None, mark);
    }
}

/// Row numbers as differences: small numbers in the stored form.
fn deltas(rows: &[u64]) -> Vec<u64> {
    let before = std::iter::once(0).chain(rows.iter().copied());
    before.zip(rows).map(|(before, row)| row - before).collect()
}

/// The way back.
pub(crate) fn rows_of(deltas: &[u64]) -> impl Iterator<Item = u64> {
    deltas.iter().scan(0, |at: &mut u64, delta| {
        *at = at.saturating_add(*delta);
        Some(*at)
    })
}

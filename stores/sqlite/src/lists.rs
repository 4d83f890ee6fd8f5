//! The lists: whose messages and whose events. What a commit adds waits in memory until the fold writes it, sorted, so
//! that pages are touched in order and once for many rows. After a crash it is derived again from the log.

use crate::error::Fault;
use crate::record::{hash64, seal, signed};
use crate::statements::Statements;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use switchback_core::model::{Event, Message, MessageId, Owner};

/// A line of the messages' list: owner's hash, message, and how it concerns the owner.
pub(crate) type Line = (i64, MessageId, i64);

/// A line of the events' list: audience's hash, and the chapter of the log that has events for it.
pub(crate) type Told = (i64, u64);

/// Chapters in one row of the events' list at most.
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

/// What waits for the lists.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    lines: Vec<Line>,
    told: Vec<Told>,
}

impl Lists {
    /// Adds the lines of a new message.
    pub(crate) fn message(&mut self, message: &Message) {
        self.lines.extend(lines_of(message));
    }

    /// Adds an event, by its chapter of the log.
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

    /// How many lines wait.
    pub(crate) fn waiting(&self) -> usize {
        self.lines.len() + self.told.len()
    }

    /// Removes what a round that was not whole when the process ended has left of the events after chapter
    /// `written`, which are to be listed again.
    pub(crate) fn cut(&self, connection: &Connection, written: u64) -> Result<(), Fault> {
        let owners: BTreeSet<i64> = self.told.iter().map(|(owner, _)| *owner).collect();
        let mut cut = connection.prepare("DELETE FROM event_list WHERE owner = ?1 AND last > ?2")?;
        for owner in owners {
            cut.execute(params![owner, signed(written)])?;
        }
        Ok(())
    }

    /// The rows that all of it makes, in order; nothing waits any more.
    pub(crate) fn rows(&mut self) -> impl Iterator<Item = ListRow> + use<> {
        let (mut lines, mut told) = (std::mem::take(&mut self.lines), std::mem::take(&mut self.told));
        lines.sort_unstable();
        told.sort_unstable();
        told.dedup();
        let mut blocks: Vec<(i64, Vec<u64>)> = Vec::new();
        for (owner, seq) in told {
            match blocks.last_mut() {
                Some((last, rows)) if *last == owner && rows.len() < BLOCK => rows.push(seq),
                _ => blocks.push((owner, vec![seq])),
            }
        }
        let lines = lines.into_iter().map(ListRow::Message);
        lines.chain(blocks.into_iter().map(|(owner, rows)| ListRow::Events(owner, rows)))
    }
}

/// A row of a list.
#[derive(Debug)]
pub(crate) enum ListRow {
    /// Of the messages'.
    Message(Line),
    /// Of the events': the audience, and chapters of the log.
    Events(i64, Vec<u64>),
}

impl ListRow {
    /// Writes it.
    pub(crate) fn write(&self, st: &mut Statements<'_>) -> Result<(), Fault> {
        match self {
            Self::Message((owner, id, way)) => {
                st.message_list.execute(params![owner, id.to_bytes(), way])?;
            }
            Self::Events(owner, rows) => {
                let last = rows.last().copied().unwrap_or(0);
                st.event_list.execute(params![owner, signed(last), seal(&deltas(rows))])?;
            }
        }
        Ok(())
    }
}

/// Chapters' numbers as differences: small numbers in the stored form.
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

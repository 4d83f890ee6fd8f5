//! Following the log: chapters in order, each with the records that it brings and the money that it moved.

use super::making::{Maker, adjusts, ends, may_bring};
use super::record::Record;
use std::collections::HashMap;
use switchback_core::charge::LedgerKind;
use switchback_core::model::{MessageId, Money};
use switchback_ports::{Chapter, Store, StoreFailure};

/// Chapters of open messages that are kept, some kilobytes each: beyond it all are forgotten, and a story is looked
/// up again when its message ends.
const KEPT_MAX: usize = 16_384;

/// What a chapter brought.
#[derive(Clone, Debug)]
pub(crate) struct Brought {
    /// The chapter.
    pub(crate) chapter: u64,
    /// The last cursor that has been given by its end.
    pub(crate) cursor: u64,
    /// Its records, without their numbers.
    pub(crate) records: Vec<Record>,
    /// What it charged (positive) and gave back (negative).
    pub(crate) moves: Vec<Moved>,
}

impl Brought {
    /// A chapter that has brought nothing yet.
    pub(crate) const fn nothing(chapter: u64) -> Self {
        Self { chapter, cursor: 0, records: Vec::new(), moves: Vec::new() }
    }
}

/// Money that an entry of the ledger moved for good.
#[derive(Clone, Debug)]
pub(crate) struct Moved {
    /// The message.
    pub(crate) message: MessageId,
    /// The attempt.
    pub(crate) attempt: u16,
    /// How much.
    pub(crate) amount: Money,
}

/// A reader of the log. What it keeps is only to be quick: it may be dropped at any time, and then gives the same.
#[derive(Debug)]
pub(crate) struct Follower {
    maker: Maker,
    /// Of messages that were made not long ago and have not ended: their whole stories.
    stories: HashMap<MessageId, Vec<Chapter>>,
    kept: usize,
}

impl Follower {
    /// One that has read nothing.
    pub(crate) fn new(maker: Maker) -> Self {
        Self { maker, stories: HashMap::new(), kept: 0 }
    }

    /// What the next chapters after one brought, at most `n`.
    ///
    /// # Errors
    /// [`StoreFailure`]; nothing is lost then: ask again.
    pub(crate) fn page(
        &mut self,
        store: &dyn Store,
        after: u64,
        n: usize,
    ) -> Result<Vec<Brought>, StoreFailure> {
        let chapters = store.chapters(after, n)?;
        let page: Result<Vec<_>, _> = chapters.into_iter().map(|chapter| self.take(store, chapter)).collect();
        if page.is_err() {
            // Chapters of this page would be kept twice.
            self.forget();
        }
        page
    }

    /// Drops what it keeps.
    pub(crate) fn forget(&mut self) {
        self.stories.clear();
        self.kept = 0;
    }

    fn take(&mut self, store: &dyn Store, chapter: Chapter) -> Result<Brought, StoreFailure> {
        let events = u64::try_from(chapter.events.len()).unwrap_or(u64::MAX);
        let mut brought = Brought {
            chapter: chapter.seq,
            cursor: chapter.cursor.saturating_add(events).saturating_sub(1),
            records: Vec::new(),
            moves: moves(&chapter),
        };
        let (id, seq, brings) = (chapter.message, chapter.seq, may_bring(&chapter));
        let tells = ends(&chapter) || adjusts(&chapter);
        self.keep(chapter);
        // A story that is kept and not over has had no end: nothing of it is told yet but a charging system's silence.
        if brings && (tells || !self.stories.contains_key(&id)) {
            let story = self.let_go(id).map_or_else(|| looked_up(store, id, seq), Ok)?;
            if !story.is_empty() {
                let gone = || StoreFailure::Corrupt(format!("{id} has a story and is not there"));
                let message = store.message(id)?.ok_or_else(gone)?;
                brought.records = self.maker.records(&story, &message);
            }
        }
        Ok(brought)
    }

    /// Adds a chapter to a story that is known from its beginning.
    fn keep(&mut self, chapter: Chapter) {
        if chapter.begins {
            self.stories.insert(chapter.message, vec![chapter]);
        } else if let Some(story) = self.stories.get_mut(&chapter.message) {
            story.push(chapter);
        } else {
            return;
        }
        self.kept += 1;
        if self.kept > KEPT_MAX {
            self.forget();
        }
    }

    fn let_go(&mut self, id: MessageId) -> Option<Vec<Chapter>> {
        let story = self.stories.remove(&id)?;
        self.kept = self.kept.saturating_sub(story.len());
        Some(story)
    }
}

/// The story of a message from the chapter that made it up to this one; empty when nothing has made it yet.
fn looked_up(store: &dyn Store, id: MessageId, until: u64) -> Result<Vec<Chapter>, StoreFailure> {
    let story = store.story(id)?.into_iter().skip_while(|chapter| !chapter.begins);
    Ok(story.take_while(|chapter| chapter.seq <= until).collect())
}

fn moves(chapter: &Chapter) -> Vec<Moved> {
    let moved = chapter.ledger.iter().filter_map(|entry| {
        let Money { currency, nanos } = entry.hold.amount;
        let nanos = match entry.kind {
            LedgerKind::Commit => nanos,
            LedgerKind::Refund => nanos.checked_neg()?,
            LedgerKind::Reserve | LedgerKind::Release | LedgerKind::Keep => return None,
        };
        let amount = Money::from_nanos(currency, nanos);
        Some(Moved { message: entry.message, attempt: entry.attempt, amount })
    });
    moved.collect()
}

//! How a unit becomes chapters of the log: one for each message that it tells something of, in the order of its
//! events.

use switchback_core::charge::LedgerEntry;
use switchback_core::model::{DecisionRecord, Event, MessageId};
use switchback_ports::Write;

/// The unit made this message.
pub(crate) const MADE: u8 = 1;
/// The unit made this message final.
pub(crate) const FINISHED: u8 = 2;
/// The unit opened a final message again.
pub(crate) const REOPENED: u8 = 4;

/// One chapter to be.
#[derive(Debug)]
pub(crate) struct Chapter {
    /// The message it is about.
    pub(crate) message: MessageId,
    /// What was decided.
    pub(crate) decisions: Vec<DecisionRecord>,
    /// What happened.
    pub(crate) events: Vec<Event>,
    /// What it cost.
    pub(crate) ledger: Vec<LedgerEntry>,
    /// [`MADE`], [`FINISHED`], [`REOPENED`].
    pub(crate) flags: u8,
}

/// The chapters of a unit. Events keep their order across chapters, for they are numbered in it.
#[derive(Debug, Default)]
pub(crate) struct Story {
    chapters: Vec<Chapter>,
    /// The chapter that took the last event.
    telling: Option<usize>,
}

impl Story {
    /// Takes decisions, events and ledger entries out of a unit's writes.
    pub(crate) fn of(writes: &mut [Write]) -> Self {
        let mut story = Self::default();
        for write in writes {
            match write {
                Write::Decisions(id, list) => story.about(*id).decisions.append(list),
                Write::Events(list) => list.drain(..).for_each(|event| story.tell(event)),
                Write::Ledger(list) => {
                    list.drain(..).for_each(|entry| story.about(entry.message).ledger.push(entry))
                }
                _ => {}
            }
        }
        story
    }

    /// Marks what the unit did to a message as a whole.
    pub(crate) fn mark(&mut self, message: MessageId, flag: u8) {
        self.about(message).flags |= flag;
    }

    /// The chapters, in order.
    pub(crate) fn into_chapters(self) -> Vec<Chapter> {
        self.chapters
    }

    /// The entries of the ledger, in order within a message.
    pub(crate) fn ledger(&self) -> impl Iterator<Item = &LedgerEntry> {
        self.chapters.iter().flat_map(|chapter| &chapter.ledger)
    }

    /// The first chapter of a message, made when there is none.
    fn about(&mut self, message: MessageId) -> &mut Chapter {
        let at = self.chapters.iter().position(|chapter| chapter.message == message);
        self.at(at, message)
    }

    fn at(&mut self, at: Option<usize>, message: MessageId) -> &mut Chapter {
        let at = at.unwrap_or_else(|| {
            let empty = (Vec::new(), Vec::new(), Vec::new());
            let (decisions, events, ledger) = empty;
            self.chapters.push(Chapter { message, decisions, events, ledger, flags: 0 });
            self.chapters.len() - 1
        });
        #[expect(
            clippy::indexing_slicing,
            reason = "a position that was found, or that of the chapter just pushed"
        )]
        &mut self.chapters[at]
    }

    fn tell(&mut self, event: Event) {
        let last = self.telling.unwrap_or(0);
        let after = self.chapters.iter().enumerate().skip(last);
        let at = after.filter(|(_, chapter)| chapter.message == event.message).map(|(at, _)| at).next();
        let message = event.message;
        self.at(at, message).events.push(event);
        self.telling = at.or(Some(self.chapters.len() - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::Story;
    use switchback_core::model::{Event, EventKind, MessageId, Owner, Shard, Time};
    use switchback_ports::Write;

    #[test]
    fn events_of_two_messages_keep_their_order() {
        let id = |n| MessageId::new(Time::from_millis(n), Shard::of("x"), 0);
        let event = |n, seq| Event {
            message: id(n),
            seq,
            at: Time::default(),
            audience: Owner::Network,
            kind: EventKind::Read,
        };
        let told = [event(1, 1), event(2, 1), event(1, 2), event(1, 3), event(2, 2)];
        let mut writes = [Write::Decisions(id(2), vec![]), Write::Events(told.to_vec())];
        let chapters = Story::of(&mut writes).into_chapters();
        let events: Vec<_> = chapters.iter().flat_map(|chapter| chapter.events.clone()).collect();
        assert_eq!(events, told);
        assert!(chapters.iter().all(|c| c.events.iter().all(|e| e.message == c.message)));
    }
}

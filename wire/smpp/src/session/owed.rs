//! Requests of the peer that the caller has not answered yet. Bounded: a peer can't make us keep more.

use std::collections::VecDeque;

use crate::CommandId;

#[derive(Debug)]
pub(crate) struct Owed {
    unanswered: VecDeque<(u32, CommandId)>,
    max: usize,
}

impl Owed {
    pub(crate) const fn new(max: usize) -> Self {
        Self { unanswered: VecDeque::new(), max }
    }

    /// False when there are too many already.
    pub(crate) fn add(&mut self, sequence: u32, command: CommandId) -> bool {
        if self.unanswered.len() >= self.max {
            return false;
        }
        self.unanswered.push_back((sequence, command));
        true
    }

    /// Takes out the oldest with this sequence. Answers mostly come in order, so it is near the front.
    pub(crate) fn remove(&mut self, sequence: u32) -> Option<CommandId> {
        let at = self.unanswered.iter().position(|(known, _)| *known == sequence)?;
        self.unanswered.remove(at).map(|(_, command)| command)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.unanswered.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.unanswered.len()
    }

    pub(crate) fn clear(&mut self) {
        self.unanswered.clear();
    }
}

//! Requests of ours that wait for an answer, by hop-by-hop identifier.

use crate::header::Command;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub(super) token: u64,
    pub(super) command: Command,
    pub(super) end_to_end: u32,
    /// Where its first octet stands in the output.
    pub(super) position: u64,
    pub(super) deadline: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Pending {
    waiting: BTreeMap<u32, Waiting>,
    /// In the order of asking, which is that of the deadlines; answered ones are dropped when they reach the front.
    order: VecDeque<u32>,
}

impl Pending {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn insert(&mut self, hop_by_hop: u32, waiting: Waiting) {
        self.waiting.insert(hop_by_hop, waiting);
        self.order.push_back(hop_by_hop);
        // One that stays unanswered at the front must not let the answered ones behind it pile up.
        if self.order.len() > 64 && self.order.len() > self.waiting.len().saturating_mul(4) {
            self.order.retain(|known| self.waiting.contains_key(known));
        }
    }

    /// Takes out the request that is answered.
    pub(super) fn answer(&mut self, hop_by_hop: u32, command: Command, end_to_end: u32) -> Option<Waiting> {
        let waiting = self.waiting.get(&hop_by_hop)?;
        if waiting.command != command || waiting.end_to_end != end_to_end {
            return None;
        }
        let answered = self.waiting.remove(&hop_by_hop);
        self.drop_answered();
        answered
    }

    /// The next one whose time is up.
    pub(super) fn expire(&mut self, now: Duration) -> Option<Waiting> {
        let front = *self.order.front()?;
        let due = self.waiting.get(&front).is_some_and(|waiting| waiting.deadline <= now);
        let expired = if due { self.waiting.remove(&front) } else { None };
        self.drop_answered();
        expired
    }

    /// Takes out all, in the order of asking.
    pub(super) fn drain(&mut self) -> Vec<Waiting> {
        let order = std::mem::take(&mut self.order);
        order.iter().filter_map(|known| self.waiting.remove(known)).collect()
    }

    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.order.front().and_then(|front| self.waiting.get(front)).map(|waiting| waiting.deadline)
    }

    fn drop_answered(&mut self) {
        while let Some(front) = self.order.front() {
            if self.waiting.contains_key(front) {
                return;
            }
            self.order.pop_front();
        }
    }
}

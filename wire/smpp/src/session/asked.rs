//! Requests of ours: sequence numbers, who waits for an answer until when, and who stopped waiting but may still be
//! answered.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

use super::Request;

/// Highest sequence number (SMPP 3.4 5.1.4); 1 follows.
const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) token: u64,
    pub(crate) request: Request,
    /// Where its first octet stands in the output.
    pub(crate) position: u64,
    deadline: Duration,
    pub(crate) late: bool,
}

#[derive(Debug)]
pub(crate) struct Asked {
    entries: HashMap<u32, Entry, BuildHasherDefault<SequenceHasher>>,
    /// In order of asking, which is the order of deadlines. Answered ones are dropped when they reach the front.
    order: VecDeque<u32>,
    late: VecDeque<u32>,
    next: u32,
    messages: usize,
    cancels: usize,
    max_late: usize,
    timeout: Duration,
}

impl Asked {
    pub(crate) fn new(first_sequence: u32, timeout: Duration, max_late: usize) -> Self {
        Self {
            entries: HashMap::default(),
            order: VecDeque::new(),
            late: VecDeque::new(),
            next: if (1..=SEQUENCE_MAX).contains(&first_sequence) { first_sequence } else { 1 },
            messages: 0,
            cancels: 0,
            max_late,
            timeout,
        }
    }

    /// A sequence number that no request of ours still has.
    pub(crate) fn sequence(&mut self) -> u32 {
        loop {
            let sequence = self.next;
            self.next = if sequence >= SEQUENCE_MAX { 1 } else { sequence.saturating_add(1) };
            // Ends: the table holds far fewer entries than there are numbers.
            if !self.entries.contains_key(&sequence) {
                return sequence;
            }
        }
    }

    pub(crate) fn insert(
        &mut self,
        sequence: u32,
        token: u64,
        request: Request,
        position: u64,
        now: Duration,
    ) {
        let deadline = now.saturating_add(self.timeout);
        self.entries.insert(sequence, Entry { token, request, position, deadline, late: false });
        self.order.push_back(sequence);
        *self.lane(request) += 1;
        // One request without an answer at the front must not let the answered ones behind it pile up.
        if self.order.len() > 64 && self.order.len() > self.entries.len().saturating_mul(4) {
            let entries = &self.entries;
            self.order.retain(|sequence| entries.get(sequence).is_some_and(|entry| !entry.late));
        }
    }

    /// Takes out the request that is answered; `None` when there is none that `fits`.
    pub(crate) fn answer(&mut self, sequence: u32, fits: impl Fn(Request) -> bool) -> Option<Entry> {
        if !self.entries.get(&sequence).is_some_and(|entry| fits(entry.request)) {
            return None;
        }
        let entry = self.entries.remove(&sequence)?;
        if entry.late {
            self.late.retain(|known| *known != sequence);
        } else {
            *self.lane(entry.request) -= 1;
        }
        self.drop_answered();
        Some(entry)
    }

    /// The next request whose time is up. It stays known, as late, until the session ends or too many are.
    pub(crate) fn expire(&mut self, now: Duration) -> Option<Entry> {
        let sequence = *self.order.front()?;
        let entry = self.entries.get_mut(&sequence)?;
        if entry.deadline > now {
            return None;
        }
        entry.late = true;
        let expired = *entry;
        *self.lane(expired.request) -= 1;
        self.late.push_back(sequence);
        if self.late.len() > self.max_late
            && let Some(oldest) = self.late.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.drop_answered();
        Some(expired)
    }

    /// Takes out all that still wait, in the order of asking. The late ones are already reported.
    pub(crate) fn drain(&mut self) -> Vec<Entry> {
        let entries = std::mem::take(&mut self.entries);
        let order = std::mem::take(&mut self.order);
        self.late.clear();
        self.messages = 0;
        self.cancels = 0;
        order
            .iter()
            .filter_map(|sequence| entries.get(sequence).copied())
            .filter(|entry| !entry.late)
            .collect()
    }

    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        self.order.front().and_then(|sequence| self.entries.get(sequence)).map(|entry| entry.deadline)
    }

    /// Messages waiting for an answer.
    pub(crate) const fn messages(&self) -> usize {
        self.messages
    }

    /// Cancellations waiting for an answer.
    pub(crate) const fn cancels(&self) -> usize {
        self.cancels
    }

    pub(crate) const fn is_idle(&self) -> bool {
        self.messages == 0 && self.cancels == 0
    }

    const fn lane(&mut self, request: Request) -> &mut usize {
        match request {
            Request::Cancel => &mut self.cancels,
            Request::Submit | Request::Deliver | Request::Data => &mut self.messages,
        }
    }

    /// Keeps a waiting request at the front, so that its deadline is the next.
    fn drop_answered(&mut self) {
        while let Some(sequence) = self.order.front() {
            if self.entries.get(sequence).is_some_and(|entry| !entry.late) {
                return;
            }
            self.order.pop_front();
        }
    }
}

/// Sequence numbers are our own and nobody can choose them: one multiplication spreads them well enough.
#[derive(Debug, Default)]
pub(crate) struct SequenceHasher(u64);

impl Hasher for SequenceHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, n: u32) {
        self.0 = (self.0 ^ u64::from(n)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(first: u32) -> Asked {
        Asked::new(first, Duration::from_secs(10), 2)
    }

    fn ask(asked: &mut Asked, token: u64, at: u64) -> u32 {
        let sequence = asked.sequence();
        asked.insert(sequence, token, Request::Submit, 0, Duration::from_secs(at));
        sequence
    }

    #[test]
    fn a_second_lap_skips_what_is_still_in_flight_or_late() {
        let mut asked = asked(SEQUENCE_MAX - 1);
        for sequence in [SEQUENCE_MAX - 1, SEQUENCE_MAX, 1, 2] {
            assert_eq!(ask(&mut asked, 0, 0), sequence);
        }
        assert!(asked.answer(1, |_| true).is_some());
        assert!(asked.expire(Duration::from_secs(10)).is_some(), "the first is late now");
        asked.next = SEQUENCE_MAX - 1;
        assert_eq!(ask(&mut asked, 0, 10), 1);
        assert_eq!(ask(&mut asked, 0, 10), 3);
    }

    #[test]
    fn an_unanswered_request_at_the_front_does_not_make_the_answered_ones_pile_up() {
        let mut asked = asked(1);
        ask(&mut asked, 0, 0);
        for token in 1..100_000 {
            let sequence = ask(&mut asked, token, 1);
            assert!(asked.answer(sequence, |_| true).is_some());
        }
        assert!(asked.order.len() <= 66, "{}", asked.order.len());
        assert_eq!(asked.next_deadline(), Some(Duration::from_secs(10)));
        assert_eq!(asked.drain().len(), 1);
    }

    #[test]
    fn the_next_deadline_is_never_that_of_an_answered_request() {
        let mut asked = asked(1);
        let first = ask(&mut asked, 1, 0);
        let second = ask(&mut asked, 2, 5);
        assert!(asked.answer(first, |_| true).is_some());
        assert_eq!(asked.next_deadline(), Some(Duration::from_secs(15)));
        assert!(asked.answer(second, |request| request == Request::Cancel).is_none());
        assert!(asked.answer(second, |_| true).is_some());
        assert_eq!(asked.next_deadline(), None);
        assert!(asked.is_idle());
    }
}

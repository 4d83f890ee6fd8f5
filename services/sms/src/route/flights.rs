//! What is out with the SMSC: which part each request was, also after its time was up, since a late answer is still
//! an answer.

use super::parts::Part;
use std::collections::{HashMap, VecDeque};

/// Most parts that are remembered after their time; the session machine remembers as many.
pub(super) const LATE_MAX: usize = 1_024;

/// One part under way.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) part: Part,
    /// The pace's turn in which it left.
    pub(super) turn: u32,
    /// Whether it carries optional parameters.
    pub(super) with_tlvs: bool,
}

/// All parts under way in one session.
#[derive(Debug, Default)]
pub(super) struct Flights {
    by_token: HashMap<u64, Flight>,
    late: VecDeque<u64>,
    next: u64,
}

impl Flights {
    /// The token of the next request of this session.
    pub(super) const fn token(&mut self) -> u64 {
        self.next = self.next.wrapping_add(1);
        self.next
    }

    pub(super) fn insert(&mut self, token: u64, flight: Flight) {
        self.by_token.insert(token, flight);
    }

    pub(super) fn take(&mut self, token: u64) -> Option<Flight> {
        self.by_token.remove(&token)
    }

    /// Its time is up: it stays known for a late answer.
    pub(super) fn late(&mut self, token: u64) -> Option<&Flight> {
        self.late.push_back(token);
        if self.late.len() > LATE_MAX
            && let Some(oldest) = self.late.pop_front()
        {
            self.by_token.remove(&oldest);
        }
        self.by_token.get(&token)
    }
}

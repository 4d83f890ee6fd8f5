//! Accounts: what is there, what is held. Nothing goes below zero.

use crate::script::digits;
use std::collections::HashMap;

/// What is on an account, in billionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// What is there, what is held included.
    pub there: i128,
    /// What is held.
    pub held: i128,
}

#[derive(Debug)]
pub(super) struct Accounts {
    opening: i128,
    by_number: HashMap<String, Balance>,
}

impl Accounts {
    pub(super) fn new(opening: i128) -> Self {
        Self { opening, by_number: HashMap::new() }
    }

    pub(super) fn set(&mut self, number: &str, nanos: i128) {
        self.of(number).there = nanos;
    }

    pub(super) fn balance(&self, number: &str) -> Option<Balance> {
        self.by_number.get(digits(number)).copied()
    }

    /// What can be spent.
    pub(super) fn free(&mut self, number: &str) -> i128 {
        let balance = self.of(number);
        balance.there.saturating_sub(balance.held).max(0)
    }

    /// Holds, if there is enough.
    pub(super) fn hold(&mut self, number: &str, nanos: i128) -> bool {
        let enough = nanos <= self.free(number);
        if enough {
            self.of(number).held += nanos;
        }
        enough
    }

    /// Lets go of what is held.
    pub(super) fn release(&mut self, number: &str, nanos: i128) {
        let balance = self.of(number);
        balance.held = balance.held.saturating_sub(nanos);
    }

    /// Takes, if there is enough.
    pub(super) fn charge(&mut self, number: &str, nanos: i128) -> bool {
        let enough = nanos <= self.free(number);
        if enough {
            self.of(number).there -= nanos;
        }
        enough
    }

    /// Gives.
    pub(super) fn refund(&mut self, number: &str, nanos: i128) {
        let balance = self.of(number);
        balance.there = balance.there.saturating_add(nanos);
    }

    pub(super) fn held(&self) -> i128 {
        self.by_number.values().map(|balance| balance.held).sum()
    }

    fn of(&mut self, number: &str) -> &mut Balance {
        let opening = Balance { there: self.opening, held: 0 };
        self.by_number.entry(digits(number).to_owned()).or_insert(opening)
    }
}

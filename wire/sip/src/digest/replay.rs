//! Which counts of which nonces were used: the only thing that a server of digests has to remember, and it is bounded.

use core::time::Duration;
use std::collections::BTreeMap;

use crate::digest::nonce::Nonce;

/// How far behind the highest count a request may come and still be taken, when it is new: those of one client overtake
/// each other on UDP.
const WINDOW: u32 = 64;

/// The used counts of each nonce that a right answer came for.
#[derive(Debug)]
pub(super) struct Used {
    windows: BTreeMap<Nonce, Window>,
    max: usize,
    /// Nonces made up to here are forgotten: one that is not in the table is too old, used or not.
    floor: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    highest: u32,
    /// Bit n: the count `highest - n` was used.
    used: u64,
}

impl Used {
    pub(super) const fn new(max: usize) -> Self {
        Self { windows: BTreeMap::new(), max, floor: None }
    }

    /// Takes a count; false when it was taken before, or can't be told from one that was.
    pub(super) fn take(&mut self, nonce: Nonce, count: u32) -> bool {
        if let Some(window) = self.windows.get_mut(&nonce) {
            return window.take(count);
        }
        if self.floor.is_some_and(|floor| nonce.made() <= floor) {
            return false;
        }
        self.windows.insert(nonce, Window { highest: count, used: 1 });
        while self.windows.len() > self.max {
            self.forget_oldest();
        }
        true
    }

    /// Forgets the nonces made before `time`, which are too old for anybody.
    pub(super) fn forget_before(&mut self, time: Duration) {
        while self.windows.first_key_value().is_some_and(|(nonce, _)| nonce.made() < time) {
            self.forget_oldest();
        }
    }

    /// Under pressure the oldest goes, and everything as old as it becomes stale: a client asks again, and no request is
    /// taken twice.
    fn forget_oldest(&mut self) {
        if let Some((nonce, _)) = self.windows.pop_first() {
            self.floor = Some(nonce.made());
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.windows.len()
    }
}

impl Window {
    const fn take(&mut self, count: u32) -> bool {
        if count > self.highest {
            let ahead = count - self.highest;
            self.used = if ahead < WINDOW { self.used << ahead | 1 } else { 1 };
            self.highest = count;
            return true;
        }
        let behind = self.highest - count;
        if behind >= WINDOW {
            return false;
        }
        let bit = 1 << behind;
        let new = self.used & bit == 0;
        self.used |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::nonce::Mint;

    fn nonce(made_ms: u64, chance: u8) -> Nonce {
        let mint = Mint::new(&[7; 64]);
        mint.open(mint.make(Duration::from_millis(made_ms), [chance; 8]).as_bytes()).expect("our own")
    }

    #[test]
    fn each_count_is_taken_once_in_whatever_order() {
        let (mut used, nonce) = (Used::new(4), nonce(1, 1));
        for count in [1, 3, 2, 10, 9, 73, 10 + 1, 200, u32::MAX, u32::MAX - 63] {
            assert!(used.take(nonce, count), "{count} is new");
            assert!(!used.take(nonce, count), "{count} is used");
        }
        for count in [1, 73, 200, u32::MAX - 64] {
            assert!(!used.take(nonce, count), "{count} is too far behind to tell");
        }
    }

    #[test]
    fn a_full_table_forgets_the_oldest_and_takes_nothing_twice() {
        let mut used = Used::new(2);
        let nonces: Vec<_> = (1..=4).map(|made| nonce(made, 1)).collect();
        for nonce in &nonces {
            assert!(used.take(*nonce, 1), "a newer nonce is always taken");
        }
        assert_eq!(used.len(), 2);
        assert!(nonces.iter().all(|nonce| !used.take(*nonce, 1)), "forgotten or not, nothing is taken twice");
        assert!(!used.take(nonce(2, 9), 1), "as old as what was forgotten: nobody can tell");
        assert!(used.take(nonces[3], 2));
    }

    #[test]
    fn the_past_is_forgotten() {
        let mut used = Used::new(10);
        assert!(used.take(nonce(1, 1), 1) && used.take(nonce(5, 1), 1));
        used.forget_before(Duration::from_millis(5));
        assert_eq!(used.len(), 1);
        assert!(!used.take(nonce(1, 1), 1));
    }
}

//! What became of every message of a fleet, each by its number.

use super::order::{Latency, Sent, Settled};
use crate::load::Histogram;
use std::time::Duration;

/// All messages since the fleet began; those of the last order count.
#[derive(Default)]
pub(super) struct Book {
    fates: Vec<Fate>,
    /// The first message of the last order.
    first: usize,
    accepted: u64,
    told: u64,
    sent: Sent,
    answer: Histogram,
    end: Histogram,
    began: Duration,
    last_shown: Duration,
    last_told: Duration,
}

#[derive(Clone, Copy, Default)]
struct Fate {
    sent: Duration,
    accepted: bool,
    shown: u8,
    told: u8,
}

impl Book {
    /// A new order to send.
    pub(super) fn begin(&mut self, now: Duration) {
        let fates = std::mem::take(&mut self.fates);
        *self = Self { first: fates.len(), fates, ..Self::default() };
        self.restart(now);
    }

    /// What comes is counted in time from now.
    pub(super) const fn restart(&mut self, now: Duration) {
        (self.began, self.last_shown, self.last_told) = (now, now, now);
    }

    /// A message is sent: its number.
    pub(super) fn sent(&mut self, now: Duration) -> u64 {
        self.fates.push(Fate { sent: now, ..Fate::default() });
        u64::try_from(self.fates.len()).unwrap_or(u64::MAX) - 1
    }

    /// It was answered; no status: it was not.
    pub(super) fn answered(&mut self, n: u64, status: Option<u16>, now: Duration) {
        let Some(fate) = at(&mut self.fates, n) else { return };
        match status {
            Some(200..300) => {
                fate.accepted = true;
                self.accepted += 1;
                self.answer.add(micros(now.saturating_sub(fate.sent)));
                self.sent.took_us = micros(now.saturating_sub(self.began));
            }
            Some(status) => *self.sent.refused.entry(status).or_default() += 1,
            None => self.sent.unanswered += 1,
        }
    }

    /// It was shown to its recipient.
    pub(super) fn shown(&mut self, n: u64, now: Duration) {
        if let Some(fate) = at(&mut self.fates, n) {
            fate.shown = fate.shown.saturating_add(1);
            self.last_shown = now;
        }
    }

    /// Its sender is told that it was delivered. True the first time.
    pub(super) fn told(&mut self, n: u64, now: Duration) -> bool {
        let first = usize::try_from(n).is_ok_and(|n| n >= self.first);
        let Some(fate) = at(&mut self.fates, n).filter(|_| first) else { return false };
        fate.told = fate.told.saturating_add(1);
        self.last_told = now;
        if fate.told > 1 {
            return false;
        }
        self.told += 1;
        self.end.add(micros(now.saturating_sub(fate.sent)));
        true
    }

    /// Whether every accepted message has come to its end.
    pub(super) const fn is_complete(&self) -> bool {
        self.told >= self.accepted
    }

    /// When something happened last.
    pub(super) fn last(&self) -> Duration {
        self.last_shown.max(self.last_told)
    }

    /// How the sending went.
    pub(super) fn to_sent(&self) -> Sent {
        Sent { accepted: self.accepted, latency_us: Latency::from(&self.answer), ..self.sent.clone() }
    }

    /// What became of what was sent.
    pub(super) fn to_settled(&self, repeated: u64) -> Settled {
        let mut settled = Settled {
            told: self.told,
            shown_us: micros(self.last_shown.saturating_sub(self.began)),
            told_us: micros(self.last_told.saturating_sub(self.began)),
            latency_us: Latency::from(&self.end),
            repeated,
            ..Settled::default()
        };
        for fate in self.fates.iter().skip(self.first) {
            settled.shown += u64::from(fate.accepted && fate.shown > 0);
            settled.lost += u64::from(fate.accepted && fate.shown == 0);
            settled.doubled += u64::from(fate.shown > 1);
            settled.told_twice += u64::from(fate.told > 1);
        }
        settled
    }
}

fn at(fates: &mut [Fate], n: u64) -> Option<&mut Fate> {
    fates.get_mut(usize::try_from(n).ok()?)
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_or_doubled_is_counted_to_the_message() {
        let mut book = Book::default();
        let at = Duration::from_millis;
        book.begin(at(0));
        for n in 0..5 {
            assert_eq!(book.sent(at(n)), n);
        }
        for n in 0..4 {
            book.answered(n, Some(202), at(10));
        }
        book.answered(4, Some(503), at(10));
        for n in [0, 1, 1, 2] {
            book.shown(n, at(20));
        }
        assert!(book.told(0, at(30)) && book.told(1, at(30)) && !book.told(1, at(31)));
        assert!(!book.is_complete());
        let settled = book.to_settled(0);
        assert_eq!((settled.shown, settled.lost, settled.doubled), (3, 1, 1));
        assert_eq!((settled.told, settled.told_twice, settled.told_us), (2, 1, 31_000));
        book.begin(at(40));
        assert!(!book.told(2, at(41)), "a message of an earlier order counts no more");
        assert!(book.is_complete());
    }
}

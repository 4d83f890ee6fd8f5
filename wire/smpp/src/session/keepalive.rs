//! Is the peer still there? Any whole PDU says so. After an interval of silence we ask with `enquire_link`; two
//! questions in a row without a sign of life mean a half-open connection.

use std::time::Duration;

#[derive(Debug)]
pub(crate) struct KeepAlive {
    interval: Duration,
    patience: Duration,
    heard: Duration,
    asked: Option<Duration>,
    missed: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pulse {
    Fine,
    Ask,
    Dead,
}

/// So many questions may stay without a sign of life.
const MISSED_MAX: u8 = 2;

impl KeepAlive {
    pub(crate) const fn new(interval: Duration, patience: Duration, now: Duration) -> Self {
        Self { interval, patience, heard: now, asked: None, missed: 0 }
    }

    pub(crate) const fn heard(&mut self, now: Duration) {
        self.heard = now;
        self.asked = None;
        self.missed = 0;
    }

    /// When [`check`](Self::check) has something to say.
    pub(crate) fn next(&self) -> Duration {
        match self.asked {
            Some(asked) => asked.saturating_add(self.patience),
            None => self.heard.saturating_add(self.interval),
        }
    }

    pub(crate) fn check(&mut self, now: Duration) -> Pulse {
        if now < self.next() {
            return Pulse::Fine;
        }
        if self.asked.is_some() {
            self.missed = self.missed.saturating_add(1);
            if self.missed >= MISSED_MAX {
                return Pulse::Dead;
            }
        }
        self.asked = Some(now);
        Pulse::Ask
    }
}

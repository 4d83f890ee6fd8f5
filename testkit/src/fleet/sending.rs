//! Sending: who writes to whom, and when.

use std::collections::VecDeque;
use std::time::Duration;

/// The pause after a message that was not taken.
const LATER: Duration = Duration::from_millis(5);

/// Messages that may be under way when they are sent at a rate: beyond that the rate is not kept.
const OPEN_MAX: u32 = 20_000;

/// How far it is.
pub(super) struct Sending {
    offline: bool,
    per_second: Option<u64>,
    began: Duration,
    end: Duration,
    sent: u64,
    /// Messages that are not at their end: the notification, or for somebody who is offline the answer.
    open: u32,
    unanswered: u32,
    resting: VecDeque<Duration>,
}

impl Sending {
    pub(super) const fn new(offline: bool, seconds: u64, per_second: Option<u64>, now: Duration) -> Self {
        let end = now.saturating_add(Duration::from_secs(seconds));
        let resting = VecDeque::new();
        Self { offline, per_second, began: now, end, sent: 0, open: 0, unanswered: 0, resting }
    }

    /// Who sends the next one, and to whom.
    pub(super) fn next(&mut self, now: Duration, window: u32, handsets: u32) -> Option<(u32, u32)> {
        while self.resting.front().is_some_and(|until| *until <= now) {
            self.resting.pop_front();
        }
        let resting = u32::try_from(self.resting.len()).unwrap_or(u32::MAX);
        let may = match self.per_second {
            Some(rate) => {
                let due = Duration::from_nanos(self.sent.saturating_mul(1_000_000_000) / rate.max(1));
                now >= self.began + due && self.open < OPEN_MAX
            }
            None => self.open.saturating_add(resting) < window,
        };
        if !may || now >= self.end {
            return None;
        }
        let pair = pair(self.sent, handsets, self.offline);
        (self.sent, self.open, self.unanswered) = (self.sent + 1, self.open + 1, self.unanswered + 1);
        Some(pair)
    }

    /// One was answered; no status: it was not.
    pub(super) fn answered(&mut self, status: Option<u16>, now: Duration) {
        self.unanswered = self.unanswered.saturating_sub(1);
        let taken = matches!(status, Some(200..300));
        if !taken {
            self.resting.push_back(now + LATER);
        }
        if !taken || self.offline {
            self.ended();
        }
    }

    /// One has come to its end.
    pub(super) const fn ended(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// Whether the time is over and all are answered.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        now >= self.end && self.unanswered == 0
    }
}

/// Sender and recipient of the n-th. Nobody writes to themselves, and of all who are there everybody is written to once
/// in a round, each round by somebody else.
fn pair(n: u64, handsets: u32, offline: bool) -> (u32, u32) {
    let among = |n: u64, count: u32| u32::try_from(n % u64::from(count.max(1))).unwrap_or(0);
    let far = n.wrapping_mul(7919);
    if offline {
        let half = (handsets / 2).max(1);
        return (among(n, half) * 2, among(far, half) * 2 + 1);
    }
    let (from, round) = (among(n, handsets), n / u64::from(handsets.max(1)));
    let step = among(round.wrapping_mul(7919), handsets.saturating_sub(1));
    (from, among(u64::from(from) + 1 + u64::from(step), handsets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn nobody_writes_to_themselves_and_everybody_is_written_to() {
        for offline in [false, true] {
            let pairs: Vec<_> = (0..1000).map(|n| pair(n, 100, offline)).collect();
            assert!(pairs.iter().all(|(from, to)| from != to && *from < 100 && *to < 100));
            let to: HashSet<u32> = pairs.iter().map(|(_, to)| *to).collect();
            assert_eq!(to.len(), if offline { 50 } else { 100 }, "{offline}");
        }
    }
}

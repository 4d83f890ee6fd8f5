//! Is the peer still there (RFC 3539 3.4.1)? Anything it sends says so; after an interval of silence it is asked.

use std::time::Duration;

/// What is thought of the peer.
///
/// ```text
///   Initial --open--> Okay --asked, no word in Tw--> Suspect --no word in Tw--> Down
///                      ^                                |                        |
///                      +----------- any word -----------+                 open again
///                      ^                                                         v
///                      +------------- three answers in a row ----------------- Reopen
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Watchdog {
    /// Never connected.
    Initial,
    /// All is well.
    Okay,
    /// It was asked and did not answer: requests go elsewhere.
    Suspect,
    /// It was lost.
    Down,
    /// It is back and must prove itself.
    Reopen,
}

impl Watchdog {
    /// Whether requests should be sent to it.
    #[must_use]
    pub const fn is_content(self) -> bool {
        matches!(self, Self::Okay)
    }
}

/// What the watchdog wants when its time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bark {
    Nothing,
    Ask,
    Suspect,
    Dead,
}

#[derive(Debug)]
pub(super) struct Dog {
    pub(super) state: Watchdog,
    interval: Duration,
    /// Answers in a row that a lost peer must give.
    proof: u8,
    answered: u8,
    pending: bool,
    pub(super) due: Option<Duration>,
}

impl Dog {
    pub(super) const fn new(interval: Duration, proof: u8) -> Self {
        Self { state: Watchdog::Initial, interval, proof, answered: 0, pending: false, due: None }
    }

    /// A connection is open. True: ask at once.
    pub(super) fn open(&mut self, jitter: u64, now: Duration) -> bool {
        let proof = self.state == Watchdog::Down && self.proof > 0;
        self.state = if proof { Watchdog::Reopen } else { Watchdog::Okay };
        self.answered = 0;
        self.pending = proof;
        self.wind(jitter, now);
        proof
    }

    /// There is no connection any more. One that was never open is no loss.
    pub(super) fn closed(&mut self) {
        if self.state != Watchdog::Initial {
            self.state = Watchdog::Down;
        }
        self.rest();
    }

    /// There is nothing to watch any more.
    pub(super) const fn rest(&mut self) {
        self.due = None;
        self.pending = false;
    }

    /// Something came that is no answer to the watchdog.
    pub(super) fn heard(&mut self, jitter: u64, now: Duration) {
        if self.due.is_none() {
            return;
        }
        match self.state {
            Watchdog::Okay => self.wind(jitter, now),
            Watchdog::Suspect => {
                self.state = Watchdog::Okay;
                self.wind(jitter, now);
            }
            Watchdog::Initial | Watchdog::Down | Watchdog::Reopen => {}
        }
    }

    /// The answer to the watchdog came. True: ask again at once. (The RFC waits an interval before each of the three
    /// questions; a charging system that is back is wanted sooner, and is asked as often.)
    pub(super) fn answered(&mut self, jitter: u64, now: Duration) -> bool {
        if !self.pending {
            return false;
        }
        self.pending = false;
        if self.state == Watchdog::Reopen {
            self.answered = self.answered.saturating_add(1);
            if self.answered >= self.proof {
                self.state = Watchdog::Okay;
            } else {
                self.pending = true;
            }
            self.wind(jitter, now);
            return self.pending;
        }
        self.heard(jitter, now);
        false
    }

    /// What to do now.
    pub(super) fn bark(&mut self, jitter: u64, now: Duration) -> Bark {
        if self.due.is_none_or(|due| due > now) {
            return Bark::Nothing;
        }
        self.wind(jitter, now);
        match self.state {
            Watchdog::Okay if !self.pending => {
                self.pending = true;
                Bark::Ask
            }
            Watchdog::Okay => {
                self.state = Watchdog::Suspect;
                Bark::Suspect
            }
            Watchdog::Suspect | Watchdog::Reopen => Bark::Dead,
            Watchdog::Initial | Watchdog::Down => Bark::Nothing,
        }
    }

    /// Sets the timer: the interval, give or take two seconds or a fifteenth of it, whichever is less.
    fn wind(&mut self, jitter: u64, now: Duration) {
        let most = (self.interval / 15).min(Duration::from_secs(2));
        let span = u64::try_from(most.as_micros()).unwrap_or_default().saturating_mul(2).saturating_add(1);
        let jittered = Duration::from_micros(jitter % span);
        self.due = Some(now.saturating_add(self.interval).saturating_add(jittered).saturating_sub(most));
    }
}

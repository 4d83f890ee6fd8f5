//! Progress of long work: one line on the error stream of a terminal, gone when the work is done. Elsewhere nothing is
//! shown, so that no log fills with it.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// How often the line changes.
const EVERY: Duration = Duration::from_millis(200);

/// How far a piece of work is.
pub(crate) struct Progress {
    is_terminal: bool,
    shown: Option<Instant>,
}

impl Progress {
    /// Nothing is shown yet.
    pub(crate) fn new() -> Self {
        Self { is_terminal: stderr().is_terminal(), shown: None }
    }

    /// So much of `all` is done; `all` is 0 when nobody knows how much there is.
    pub(crate) fn at(&mut self, what: &str, done: u64, all: u64) {
        if !self.is_terminal || self.shown.is_some_and(|shown| shown.elapsed() < EVERY) {
            return;
        }
        self.shown = Some(Instant::now());
        // A terminal that went away stops no work.
        let _ = match done.saturating_mul(100).checked_div(all) {
            Some(percent) => write!(stderr(), "\r\x1b[K{what}: {} %", percent.min(100)),
            None => write!(stderr(), "\r\x1b[K{what}: {done}"),
        };
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

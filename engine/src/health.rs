//! Whether the engine may say yes: recovered, not stopping, the store never failed, no thread of ours died.

use crate::locks::{lock, read};
use smol_str::SmolStr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, RwLock};
use switchback_ports::{Refusal, RefusalKind};

/// Not recovered yet.
const STARTING: u8 = 0;
/// Accepting.
const READY: u8 = 1;
/// The door is closed: no new submissions, but reports, timers and services go on.
const CLOSED: u8 = 2;
/// Stopping: nothing new at all, what is taken is finished.
const STOPPING: u8 = 3;
/// Dropped without a stop: threads leave at once.
const ABANDONED: u8 = 4;

/// The engine's state of health.
#[derive(Debug)]
pub(crate) struct Health {
    phase: AtomicU8,
    /// Why nothing is ever accepted again (I19); set once.
    failed: RwLock<Option<SmolStr>>,
    /// Held while the phase moves.
    turn: Mutex<()>,
}

impl Health {
    pub(crate) const fn new() -> Self {
        Self { phase: AtomicU8::new(STARTING), failed: RwLock::new(None), turn: Mutex::new(()) }
    }

    /// Recovery is done.
    pub(crate) fn set_ready(&self) {
        let _turn = lock(&self.turn);
        if self.phase.load(Ordering::SeqCst) == STARTING {
            self.phase.store(READY, Ordering::SeqCst);
        }
    }

    /// No new submissions; all else goes on.
    pub(crate) fn set_closed(&self) {
        let _turn = lock(&self.turn);
        if self.phase.load(Ordering::SeqCst) < CLOSED {
            self.phase.store(CLOSED, Ordering::SeqCst);
        }
    }

    /// No new work; threads finish what they have.
    pub(crate) fn set_stopping(&self) {
        let _turn = lock(&self.turn);
        if self.phase.load(Ordering::SeqCst) < STOPPING {
            self.phase.store(STOPPING, Ordering::SeqCst);
        }
    }

    /// Threads leave where they stand, as in a crash.
    pub(crate) fn set_abandoned(&self) {
        self.phase.store(ABANDONED, Ordering::SeqCst);
    }

    /// A write failed or a thread died: nothing is accepted any more (I19).
    pub(crate) fn fail(&self, why: &str) {
        let mut failed = crate::locks::write(&self.failed);
        if failed.is_none() {
            tracing::error!(why, "the engine accepts nothing any more");
            *failed = Some(SmolStr::new(why));
        }
    }

    /// Why it failed, if it did.
    pub(crate) fn failure(&self) -> Option<SmolStr> {
        read(&self.failed).clone()
    }

    /// True while messages that are due are looked at.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.phase.load(Ordering::SeqCst), READY | CLOSED) && read(&self.failed).is_none()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.phase.load(Ordering::SeqCst) >= STOPPING
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.phase.load(Ordering::SeqCst) >= ABANDONED
    }

    /// True while inputs from outside are taken at all (reports already before recovery has ended).
    pub(crate) fn takes_reports(&self) -> bool {
        !self.is_stopping() && read(&self.failed).is_none()
    }

    /// Whether submissions are accepted; else why not.
    pub(crate) fn ready(&self) -> Result<(), SmolStr> {
        if let Some(why) = self.failure() {
            return Err(why);
        }
        match self.phase.load(Ordering::SeqCst) {
            READY => Ok(()),
            STARTING => Err(SmolStr::new_static("starting: reading what is open")),
            _ => Err(SmolStr::new_static("stopping")),
        }
    }

    /// The refusal that tells it, or nothing when ready.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.ready().err().map(|why| Refusal {
            kind: RefusalKind::Unavailable,
            code: SmolStr::new_static("unavailable"),
            detail: format!("The server accepts nothing now ({why}). Try again later."),
            quote: None,
        })
    }
}

/// Tells the health of a thread's death: made at the thread's start, dropped at its end.
pub(crate) struct Witness<'a> {
    pub(crate) health: &'a Health,
    pub(crate) name: &'static str,
}

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.health.fail(self.name);
        }
    }
}

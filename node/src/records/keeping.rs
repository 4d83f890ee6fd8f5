//! The thread that keeps the record files: it follows the log behind the commits, and never stands in their way.
//!
//! A failure (a full disk, a folder that is gone) is told, and tried again from the last whole file: records wait in
//! the log, nothing is lost and nothing written twice.

use super::Settings;
use super::files::Files;
use super::following::Follower;
use super::making::Maker;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};
use switchback_ports::{Store, StoreFailure};

/// Chapters that are read at once.
const PAGE: usize = 1024;
/// How long to wait when the log has nothing new.
const PAUSE: Duration = Duration::from_millis(100);
/// How long to wait after a failure.
const AGAIN: Duration = Duration::from_secs(5);
/// How long it reads on when it is asked to stop; the rest waits in the log for the next start.
const GRACE: Duration = Duration::from_secs(5);

/// Why records cannot be written now.
#[derive(Debug, thiserror::Error)]
enum Obstacle {
    #[error("{0}")]
    Files(#[from] std::io::Error),
    #[error("{0}")]
    Store(#[from] StoreFailure),
    #[error(
        "the record files go up to chapter {0} of the log, which this store does not have: give each store a records.path of its own"
    )]
    Foreign(u64),
}

/// How far the keeper is, for health and metrics.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Every event with a cursor up to this one has been read.
    cursor: AtomicU64,
    records: AtomicU64,
    files: AtomicU64,
    failing: AtomicBool,
}

/// A reading of [`Progress`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Events that are not in the records yet.
    pub(crate) behind: u64,
    /// Records in whole files.
    pub(crate) records: u64,
    /// Whole files, of all forms.
    pub(crate) files: u64,
    /// The last try failed.
    pub(crate) failing: bool,
}

impl Progress {
    /// How it stands, when the last event has this cursor.
    pub(crate) fn standing(&self, last: u64) -> Standing {
        Standing {
            behind: last.saturating_sub(self.cursor.load(Ordering::Acquire)),
            records: self.records.load(Ordering::Acquire),
            files: self.files.load(Ordering::Acquire),
            failing: self.failing.load(Ordering::Acquire),
        }
    }
}

/// The running keeper.
#[derive(Debug)]
pub(crate) struct Keeper {
    progress: Arc<Progress>,
    stop: Sender<()>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Keeper {
    /// Starts it. What stands in its way now is told in the log, and tried again.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub(crate) fn start(settings: Settings, store: Arc<dyn Store>) -> std::io::Result<Self> {
        let progress = Arc::new(Progress::default());
        let (stop, stopped) = channel();
        let shared = Arc::clone(&progress);
        let thread = Builder::new().name("records".into()).spawn(move || {
            let work = Work { settings, store, progress: shared, stopped };
            work.run();
        })?;
        Ok(Self { progress, stop, thread: Mutex::new(Some(thread)) })
    }

    /// How far it is.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Writes what the log has, ends the files in the making, and ends.
    pub(crate) fn stop(&self) {
        // A keeper that has ended hears nothing; a panic of it was reported on its own thread.
        let _ = self.stop.send(());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(thread.map(JoinHandle::join));
    }
}

struct Work {
    settings: Settings,
    store: Arc<dyn Store>,
    progress: Arc<Progress>,
    stopped: Receiver<()>,
}

impl Work {
    fn run(&self) {
        while let Err(obstacle) = self.keep() {
            if !self.progress.failing.swap(true, Ordering::AcqRel) {
                tracing::error!(%obstacle, "charging records cannot be written; trying again");
            }
            if matches!(obstacle, Obstacle::Store(StoreFailure::Closed)) || self.asked_to_stop(AGAIN) {
                return;
            }
        }
    }

    /// Follows the log until it is asked to stop.
    fn keep(&self) -> Result<(), Obstacle> {
        let Settings { path, node, forms, limits, mask } = &self.settings;
        let open = |form: &_| Files::open(path, node, *form, *limits);
        let mut all = forms.iter().map(open).collect::<Result<Vec<Files>, _>>()?;
        for files in &all {
            self.recognise(files.chapter())?;
        }
        let mut follower = Follower::new(Maker { node: node.clone(), mask: *mask });
        let mut after = all.iter().map(Files::chapter).min().unwrap_or(0);
        let mut until = None;
        loop {
            let last = self.store.totals()?.cursor;
            let page = follower.page(&*self.store, after, PAGE)?;
            for brought in &page {
                all.iter_mut().try_for_each(|files| files.take(brought))?;
                after = brought.chapter;
            }
            all.iter_mut().try_for_each(Files::end_old)?;
            self.tell(&all, page.last().map_or(last, |brought| brought.cursor));
            let pause = if page.is_empty() { PAUSE } else { Duration::ZERO };
            match until {
                None if self.asked_to_stop(pause) => until = Some(Instant::now() + GRACE),
                Some(until) if page.is_empty() || Instant::now() >= until => {
                    return Ok(all.iter_mut().try_for_each(Files::end)?);
                }
                _ => {}
            }
        }
    }

    /// The chapter that the files go up to must be in this store.
    fn recognise(&self, chapter: u64) -> Result<(), Obstacle> {
        let known = chapter == 0 || !self.store.chapters(chapter - 1, 1)?.is_empty();
        if known { Ok(()) } else { Err(Obstacle::Foreign(chapter)) }
    }

    fn tell(&self, all: &[Files], cursor: u64) {
        let Progress { cursor: read, records, files, failing } = &*self.progress;
        read.store(cursor, Ordering::Release);
        records.store(all.iter().map(|files| files.whole().seq).min().unwrap_or(0), Ordering::Release);
        files.store(all.iter().map(|files| files.whole().file).sum(), Ordering::Release);
        failing.store(false, Ordering::Release);
    }

    fn asked_to_stop(&self, within: Duration) -> bool {
        !matches!(self.stopped.recv_timeout(within), Err(RecvTimeoutError::Timeout))
    }
}

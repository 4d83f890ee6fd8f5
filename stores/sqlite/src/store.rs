//! The store as the port wants it.

use crate::error::{Fault, OpenError};
use crate::look::View;
use crate::pool::Pool;
use crate::shared::{Shared, read};
use crate::writer::{Answer, GROUP, Job};
use crate::{Options, checkpoint, feed, history, ledger, look, open, writer};
use smol_str::SmolStr;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use switchback_core::model::{
    Content, Message, MessageId, Owner, PayerId, PeerId, Report, RouteId, SubscriberId, Time,
};
use switchback_core::tariff::Payer;
use switchback_ports::directory::{Entry, Kind};
use switchback_ports::{
    Chapter, Committed, Conflict, ConversationLine, ConversationSummary, DeviceRow, EventLine,
    IdempotencyKey, IdempotencyRecord, LedgerTotals, MessageFilter, Page, PeerRef, RefusalRecord, Store,
    StoreFailure, StoreTotals, Unit, Write,
};

/// Callers that may wait in line for the writer.
const LINE: usize = 256;
/// Units of one commit of [`Store::fill`].
const FILL: usize = 8192;
/// How often, and with what pause, a fill waits for the lists: 20 s at most.
const FILL_WAIT: (u32, Duration) = (10_000, Duration::from_millis(2));

/// The embedded store.
#[derive(Debug)]
pub struct SqliteStore {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pool: Pool,
    audit: ledger::Audit,
    jobs: SyncSender<Job>,
    file: PathBuf,
    running: Mutex<Option<Running>>,
}

/// What runs until the store is closed.
#[derive(Debug)]
struct Running {
    writer: JoinHandle<()>,
    /// Gives the database's file back, which is closed after all connections.
    checkpointer: JoinHandle<File>,
    /// Dropped: the checkpointer ends.
    closing: Sender<()>,
    /// Dropped last: another process may open the store.
    lock: File,
}

impl SqliteStore {
    /// Opens the store, making it when there is none; brings an older one forward.
    ///
    /// # Errors
    /// [`OpenError`], for the operator.
    pub fn open(options: &Options) -> Result<Self, OpenError> {
        let open::Opened { file, lock, writer, checkpointer, pool, shared, at, fold } = open::open(options)?;
        let failed = |error| OpenError::Path { path: file.clone(), error };
        let (jobs, asked) = sync_channel(LINE);
        let (closing, closed) = channel();
        let state = Arc::clone(&shared);
        let writer = Builder::new()
            .name("store-writer".into())
            .spawn(move || writer::run(&writer, state, at, fold, &asked))
            .map_err(failed)?;
        let data = File::options().write(true).open(&file).map_err(failed)?;
        let state = Arc::clone(&shared);
        let checkpointer = Builder::new()
            .name("checkpointer".into())
            .spawn(move || {
                checkpoint::run(&checkpointer, &data, &state, &closed);
                data
            })
            .map_err(failed)?;
        let running = Mutex::new(Some(Running { writer, checkpointer, closing, lock }));
        Ok(Self { shared, pool, audit: ledger::Audit::default(), jobs, file, running })
    }

    /// Asks the writer, and waits for its answer.
    fn ask(&self, units: Vec<Unit>, checked: bool) -> Answer {
        let (answer, answered) = sync_channel(1);
        let job = Job::Commit { units, checked, answer };
        let gone = || match self.alive() {
            Ok(()) => self.shared.stop("the writer ended unexpectedly"),
            Err(closed) => closed,
        };
        self.jobs.send(job).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }

    /// Exact state in memory, while the store is open.
    fn alive(&self) -> Result<(), StoreFailure> {
        self.shared.alive()
    }

    /// Runs a look-up of one thing: what is not folded, then the tables.
    pub(crate) fn look<T>(&self, look: impl FnOnce(View<'_>) -> Result<T, Fault>) -> Result<T, StoreFailure> {
        self.pool.read(|c| look(View { c, overlay: &self.shared.overlay }))
    }

    /// Runs look-ups that must see one state of the tables.
    fn look_once<T>(&self, look: impl FnOnce(View<'_>) -> Result<T, Fault>) -> Result<T, StoreFailure> {
        self.pool.read_once(|c| look(View { c, overlay: &self.shared.overlay }))
    }

    fn watermark(&self) -> u64 {
        self.shared.counts.watermark.load(Ordering::Acquire)
    }

    fn bytes(&self) -> u64 {
        let size = |file: &PathBuf| std::fs::metadata(file).map_or(0, |data| data.len());
        let mut log = self.file.clone().into_os_string();
        log.push("-wal");
        size(&self.file) + size(&log.into())
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for SqliteStore {
    fn commit(&self, mut units: Vec<Unit>) -> Result<Vec<Result<Committed, Conflict>>, StoreFailure> {
        self.shared.accepts()?;
        if units.len() <= GROUP {
            return self.ask(units, true);
        }
        let mut results = Vec::with_capacity(units.len());
        while !units.is_empty() {
            let rest = units.split_off(units.len().min(GROUP));
            results.extend(self.ask(units, true)?);
            units = rest;
        }
        Ok(results)
    }

    fn message(&self, id: MessageId) -> Result<Option<Message>, StoreFailure> {
        self.look(|view| look::message(view, id))
    }

    fn content(&self, id: MessageId) -> Result<Option<Content>, StoreFailure> {
        self.look(|view| look::content(view, id))
    }

    fn by_idempotency_key(
        &self,
        key: &IdempotencyKey,
        now: Time,
    ) -> Result<Option<IdempotencyRecord>, StoreFailure> {
        self.look(|view| look::key(view, key, now))
    }

    fn by_peer_id(&self, route: &RouteId, id: &PeerId) -> Result<Option<PeerRef>, StoreFailure> {
        self.alive()?;
        Ok(read(&self.shared.open).peers.get(route, id))
    }

    fn parked(&self, route: &RouteId, id: &PeerId) -> Result<Vec<Report>, StoreFailure> {
        self.alive()?;
        if self.shared.counts.parked.load(Ordering::Acquire) == 0 {
            return Ok(Vec::new());
        }
        self.pool.read(|c| look::parked(c, route, id))
    }

    fn waiting_for(&self, recipient: &SubscriberId) -> Result<Vec<MessageId>, StoreFailure> {
        self.alive()?;
        Ok(read(&self.shared.open).index.waiting_for(recipient))
    }

    fn due(&self, now: Time, n: usize) -> Result<Vec<(Time, MessageId)>, StoreFailure> {
        self.alive()?;
        Ok(read(&self.shared.open).index.due(now, n))
    }

    fn next_due(&self) -> Result<Option<Time>, StoreFailure> {
        self.alive()?;
        Ok(read(&self.shared.open).index.next_due())
    }

    fn open_messages(&self, after: Option<MessageId>, n: usize) -> Result<Vec<Message>, StoreFailure> {
        self.look_once(|view| look::open_messages(view, after, n))
    }

    fn payer(&self, id: &PayerId) -> Result<Option<Payer>, StoreFailure> {
        self.alive()?;
        // The table may be newer than the map between a fold's commit and the map's turn, never older: both are the
        // same payer then.
        let recent = read(&self.shared.payers).get(id).map(|account| account.payer.clone());
        if recent.is_some() {
            return Ok(recent);
        }
        self.pool.read(|c| Ok(look::account(c, id)?.map(|account| account.payer)))
    }

    fn devices(&self) -> Result<Vec<DeviceRow>, StoreFailure> {
        self.pool.read(look::devices)
    }

    fn directory(&self, kind: Kind) -> Result<Vec<Entry>, StoreFailure> {
        self.pool.read(|c| look::directory(c, kind))
    }

    fn story(&self, id: MessageId) -> Result<Vec<Chapter>, StoreFailure> {
        self.look_once(|view| look::story(view, id))
    }

    fn chapters(&self, after: u64, n: usize) -> Result<Vec<Chapter>, StoreFailure> {
        self.pool.read_once(|c| feed::chapters(c, after, n))
    }

    fn events(
        &self,
        audience: Option<&Owner>,
        after: u64,
        n: usize,
    ) -> Result<Page<EventLine>, StoreFailure> {
        let watermark = self.watermark();
        self.pool.read_once(|c| match audience {
            None => feed::all(c, after, n),
            Some(audience) => feed::of(c, audience, (after, n), watermark),
        })
    }

    fn messages(
        &self,
        filter: &MessageFilter,
        before: Option<MessageId>,
        n: usize,
    ) -> Result<Page<Message>, StoreFailure> {
        let watermark = self.watermark();
        self.look_once(|view| history::messages(view, filter, before, n, watermark))
    }

    fn conversations(&self, owner: &Owner, n: usize) -> Result<Page<ConversationSummary>, StoreFailure> {
        let watermark = self.watermark();
        self.look_once(|view| history::conversations(view, owner, n, watermark))
    }

    fn conversation(
        &self,
        owner: &Owner,
        with: &SmolStr,
        before: Option<MessageId>,
        n: usize,
    ) -> Result<Page<ConversationLine>, StoreFailure> {
        let watermark = self.watermark();
        self.look_once(|view| history::conversation(view, (owner, with), before, n, watermark))
    }

    fn refusals(&self, n: usize) -> Result<Vec<RefusalRecord>, StoreFailure> {
        self.pool.read(|c| look::refusals(c, n))
    }

    fn ledger_totals(&self) -> Result<LedgerTotals, StoreFailure> {
        self.audit.read_on(&self.pool)
    }

    fn totals(&self) -> Result<StoreTotals, StoreFailure> {
        self.alive()?;
        let counts = &self.shared.counts;
        let open = u64::try_from(read(&self.shared.open).index.len()).unwrap_or(u64::MAX);
        Ok(StoreTotals {
            open,
            finished: counts.finished.load(Ordering::Acquire),
            parked: counts.parked.load(Ordering::Acquire),
            units: counts.units.load(Ordering::Acquire),
            commits: counts.commits.load(Ordering::Acquire),
            cursor: counts.cursor.load(Ordering::Acquire),
            watermark: self.watermark(),
            bytes: self.bytes(),
        })
    }

    fn fill(&self, mut units: Vec<Unit>) -> Result<(), StoreFailure> {
        units.sort_by_key(first_message);
        while !units.is_empty() {
            let mut tries = 0;
            while let Err(failure) = self.shared.accepts() {
                tries += 1;
                if failure != StoreFailure::Behind || tries > FILL_WAIT.0 {
                    return Err(failure);
                }
                std::thread::sleep(FILL_WAIT.1);
            }
            let rest = units.split_off(units.len().min(FILL));
            self.ask(units, false)?;
            units = rest;
        }
        Ok(())
    }

    fn close(&self) {
        if !self.shared.close() {
            return;
        }
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { writer, checkpointer, closing, lock }) = running else { return };
        // A writer that has ended already needs no word; a panic of it was reported on its own thread.
        drop(self.jobs.send(Job::Close));
        drop(writer.join());
        drop(closing);
        let data = checkpointer.join();
        self.pool.close();
        drop((data, lock));
    }
}

/// The first message that a unit writes: a fill writes in the order of ids.
fn first_message(unit: &Unit) -> Option<MessageId> {
    unit.writes.iter().find_map(|write| match write {
        Write::Message(message) => Some(message.id),
        _ => None,
    })
}

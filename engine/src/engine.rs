//! The engine's life: start, attach services, recover, run, stop.

use crate::book::Book;
use crate::charging::{Prices, System};
use crate::counters::{Counters, Snapshot};
use crate::desk::Desk;
use crate::dispatch::Dispatcher;
use crate::health::{Health, Witness};
use crate::hub::Hub;
use crate::ids::IdMaker;
use crate::in_flight::InFlight;
use crate::locks::{lock, write};
use crate::looper::Looper;
use crate::options::{LOOPS_MAX, Options};
use crate::parked::ParkedNames;
use crate::pool::{Pool, Queries};
use crate::presence::PresenceTable;
use crate::quotes::Quotes;
use crate::recent::RecentPeerIds;
use crate::recovery::{self, Recovered};
use crate::routes::Routes;
use crate::shared::{Inbox, Shared};
use crate::spellings::Spellings;
use crate::work::Work;
use smol_str::SmolStr;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use switchback_core::model::ByService;
use switchback_ports::{Charging, Clock, Random, Store, StoreFailure, Transport};

/// A running engine. Clones are handles to the same one; when the last is dropped without [`Engine::stop`], its
/// threads leave where they stand, as in a crash.
#[derive(Clone)]
pub struct Engine {
    handle: Arc<Handle>,
}

/// Why an engine does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The store cannot be read. For the operator.
    #[error("the store cannot be read: {0}")]
    Store(#[from] StoreFailure),
    /// The operating system gives no thread. For the operator.
    #[error("a thread cannot be started: {0}")]
    Thread(String),
    /// The settings make no sense. For the operator.
    #[error("the engine's settings are wrong: {0}")]
    Options(&'static str),
}

struct Handle {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.health.set_abandoned();
        wake(&self.shared);
        for thread in lock(&self.threads).drain(..) {
            // The last handle may have been held by what a thread of ours was just calling.
            if thread.thread().id() == std::thread::current().id() {
                continue;
            }
            // A thread that panicked has told the health already; there is nobody left to tell.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("ready", &self.handle.shared.health.ready()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the threads over a store. Nothing is accepted yet: [`Engine::attach`] the services, then
    /// [`Engine::recover`].
    ///
    /// # Errors
    /// [`StartError`] when the store cannot be read, a thread cannot be started, or the options make no sense.
    pub fn start(
        options: Options,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StartError> {
        check(&options)?;
        let (shared, inboxes, queries) = build(options, store, clock, random)?;
        let engine = Self { handle: Arc::new(Handle { shared, threads: Mutex::default() }) };
        engine.spawn_all(inboxes, &queries)?;
        Ok(engine)
    }

    /// Makes a service's transport known. Services need the engine as their intake, and the engine needs them as
    /// its transports: so the engine comes first, and they are attached before [`Engine::recover`].
    pub fn attach(&self, transport: Arc<dyn Transport>) {
        let service = transport.service();
        *write(&self.handle.shared.transports).get_mut(service) = Some(transport);
    }

    /// Makes a charging system known by the name that plans have for it, before [`Engine::recover`].
    pub fn attach_charging(&self, name: SmolStr, charging: Arc<dyn Charging>, prices: Prices) {
        write(&self.handle.shared.charging).insert(name, System { charging, prices });
    }

    /// Walks the open messages: attempts that had started without an outcome become unknown, and the engine accepts.
    /// Doing it again changes nothing more (I23). Blocks; call it once, after the services are attached.
    ///
    /// # Errors
    /// [`StoreFailure`] when the store cannot be read or written.
    pub fn recover(&self) -> Result<Recovered, StoreFailure> {
        recovery::recover(&self.handle.shared)
    }

    /// The counters now.
    #[must_use]
    pub fn counters(&self) -> Snapshot {
        self.handle.shared.snapshot()
    }

    /// Closes the door before a stop: submissions are refused, while reports, registrations lost and timers go on,
    /// so that services can be drained and unbound.
    pub fn close_door(&self) {
        self.handle.shared.health.set_closed();
    }

    /// Stops: nothing new is accepted, what was taken is finished and committed, and devices are marked as lost. The store
    /// stays open for those who read it to its end; who opened it closes it. True when all of it was done within `deadline`;
    /// else the threads are left to themselves and the next start recovers what they had not finished.
    pub fn stop(&self, deadline: Duration) -> bool {
        let shared = &self.handle.shared;
        shared.health.set_stopping();
        wake(shared);
        let began = Instant::now();
        let mut threads = lock(&self.handle.threads);
        while !threads.iter().all(JoinHandle::is_finished) {
            if began.elapsed() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        for thread in threads.drain(..) {
            drop(thread.join());
        }
        shared.hub.close();
        // Services hold the engine as their intake: let go of them, so that both can be dropped.
        *write(&shared.transports) = ByService::default();
        write(&shared.charging).clear();
        shared.health.failure().is_none()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    fn spawn_all(&self, inboxes: Vec<Receiver<Work>>, queries: &Queries) -> Result<(), StartError> {
        for (index, inbox) in inboxes.into_iter().enumerate() {
            let looper = Looper::new(Arc::clone(self.shared()), index, inbox);
            self.spawn("a loop died", format!("loop-{index}"), move |_| looper.run())?;
        }
        self.spawn("the desk died", "desk".into(), crate::desk::run)?;
        self.spawn("the dispatcher died", "dispatcher".into(), crate::dispatch::run)?;
        for index in 0..self.shared().options.limits.query_threads.max(1) {
            let queries = Arc::clone(queries);
            let run = move |shared: &Shared| {
                crate::pool::run(&queries, &*shared.store, || shared.health.is_stopping());
            };
            self.spawn("a query thread died", format!("query-{index}"), run)?;
        }
        Ok(())
    }

    fn spawn(
        &self,
        died: &'static str,
        name: String,
        run: impl FnOnce(&Shared) + Send + 'static,
    ) -> Result<(), StartError> {
        let shared = Arc::clone(self.shared());
        let body = move || {
            let _witness = Witness { health: &shared.health, name: died };
            run(&shared);
        };
        let thread = std::thread::Builder::new().name(name).spawn(body);
        lock(&self.handle.threads).push(thread.map_err(|error| StartError::Thread(error.to_string()))?);
        Ok(())
    }
}

fn check(options: &Options) -> Result<(), StartError> {
    if !(1..=LOOPS_MAX).contains(&options.loops) {
        return Err(StartError::Options("`loops` is 1 to 64"));
    }
    if !options.classes.iter().any(|class| class.name.as_str() == "person") {
        return Err(StartError::Options("the class `person` is missing"));
    }
    if options.limits.inbox == 0 || options.limits.pokes == 0 {
        return Err(StartError::Options("a limit is 0"));
    }
    Ok(())
}

type Built = (Arc<Shared>, Vec<Receiver<Work>>, Queries);

fn build(
    options: Options,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Built, StartError> {
    let book = Book::load(&*store)?;
    let totals = store.totals()?;
    let counters = Arc::new(Counters::default());
    let limits = options.limits;
    let (mut inboxes, mut receivers) = (Vec::new(), Vec::new());
    for _ in 0..options.loops {
        let (sender, receiver) = sync_channel(limits.inbox);
        inboxes.push(Inbox { sender, waiting: AtomicUsize::new(0) });
        receivers.push(receiver);
    }
    let (pool, queries) = Pool::new(limits.queries);
    let shared = Shared {
        presence: PresenceTable::new(options.timers.offline_grace_ms),
        quotes: Quotes::new(limits.quotes),
        in_flight: InFlight::default(),
        hub: Hub::new(totals.cursor, limits.reader, limits.readers, Arc::clone(&counters)),
        recent: RecentPeerIds::new(limits.recent_peer_ids),
        ids: IdMaker::new(&*random),
        options,
        store,
        clock,
        random,
        transports: RwLock::new(ByService::default()),
        charging: RwLock::default(),
        book: RwLock::new(book),
        routes: Routes::default(),
        counters,
        health: Health::new(),
        inboxes,
        desk: Desk::default(),
        dispatcher: Dispatcher::default(),
        pool,
        spellings: Spellings::default(),
        parked: ParkedNames::new(totals.parked),
        guard_until: AtomicU64::new(0),
        held_back: AtomicUsize::new(0),
    };
    Ok((Arc::new(shared), receivers, queries))
}

fn wake(shared: &Shared) {
    shared.desk.wake();
    shared.dispatcher.wake();
    for index in 0..shared.inboxes.len() {
        // A full inbox wakes its loop by itself.
        drop(shared.send(index, Work::Wake));
    }
}

//! What all threads of an engine share.

use crate::book::Book;
use crate::charging::Systems;
use crate::counters::{Counters, Snapshot};
use crate::desk::Desk;
use crate::dispatch::Dispatcher;
use crate::health::Health;
use crate::hub::Hub;
use crate::ids::IdMaker;
use crate::in_flight::InFlight;
use crate::locks::read;
use crate::options::Options;
use crate::parked::ParkedNames;
use crate::pool::Pool;
use crate::presence::PresenceTable;
use crate::quotes::Quotes;
use crate::recent::RecentPeerIds;
use crate::routes::Routes;
use crate::spellings::Spellings;
use crate::work::Work;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, RwLock};
use switchback_core::model::{ByService, MessageId, Service, Shard, Time};
use switchback_ports::{Clock, Random, Store, Transport};

/// The engine's insides.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) transports: RwLock<ByService<Option<Arc<dyn Transport>>>>,
    pub(crate) charging: RwLock<Systems>,
    pub(crate) book: RwLock<Book>,
    pub(crate) presence: PresenceTable,
    pub(crate) routes: Routes,
    pub(crate) quotes: Quotes,
    pub(crate) in_flight: InFlight,
    pub(crate) hub: Hub,
    pub(crate) recent: RecentPeerIds,
    pub(crate) ids: IdMaker,
    pub(crate) counters: Arc<Counters>,
    pub(crate) health: Health,
    pub(crate) inboxes: Vec<Inbox>,
    pub(crate) desk: Desk,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) pool: Pool,
    /// How receipts spell ids.
    pub(crate) spellings: Spellings,
    /// Names under which receipts are parked (see `looper::receipts`).
    pub(crate) parked: ParkedNames,
    /// R13: nothing is blamed on a recipient before this moment (milliseconds; 0: no guard).
    pub(crate) guard_until: AtomicU64,
    /// Attempts that wait for a service's queue.
    pub(crate) held_back: AtomicUsize,
}

/// The way in to one loop.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) sender: SyncSender<Work>,
    pub(crate) waiting: AtomicUsize,
}

impl Shared {
    /// The transport of a service, once attached.
    pub(crate) fn transport(&self, service: Service) -> Option<Arc<dyn Transport>> {
        read(&self.transports).get(service).clone()
    }

    /// The loop that owns a shard.
    pub(crate) fn loop_of(&self, shard: Shard) -> usize {
        usize::from(shard.number()) % self.inboxes.len().max(1)
    }

    /// The loop that owns a message.
    pub(crate) fn loop_of_message(&self, id: MessageId) -> usize {
        self.loop_of(id.shard())
    }

    /// Hands work to a loop; gives it back when the inbox is full.
    pub(crate) fn send(&self, index: usize, work: Work) -> Result<(), Work> {
        let Some(inbox) = self.inboxes.get(index) else { return Err(work) };
        inbox.waiting.fetch_add(1, Ordering::Relaxed);
        inbox.sender.try_send(work).map_err(|error| {
            inbox.waiting.fetch_sub(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(work) | TrySendError::Disconnected(work) => work,
            }
        })
    }

    /// R13's guard, while it lasts.
    pub(crate) fn guard(&self, now: Time) -> Option<Time> {
        let until = Time::from_millis(self.guard_until.load(Ordering::Relaxed));
        (now < until).then_some(until)
    }

    /// The counters and depths now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            waiting: self
                .inboxes
                .iter()
                .map(|i| u64::try_from(i.waiting.load(Ordering::Relaxed)).unwrap_or(0))
                .collect(),
            held_back: u64::try_from(self.held_back.load(Ordering::Relaxed)).unwrap_or(0),
            readers: u64::try_from(self.hub.readers()).unwrap_or(0),
            ..self.counters.snapshot()
        }
    }
}

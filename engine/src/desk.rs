//! The desk: one thread for what is no message: registrations, the directory, and the operator's list of refusals.
//! It gathers what waits into one commit, as the loops do.

use crate::book::{Book, Edition};
use crate::dispatch::Call;
use crate::locks::{lock, read, write};
use crate::pool::Query;
use crate::presence::Loss;
use crate::refuse::{from_store, overloaded, refusal};
use crate::shared::Shared;
use smol_str::SmolStr;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use switchback_core::model::{DeviceId, PayerId, Shard, SubscriberId, Time};
use switchback_core::tariff::Tariffs;
use switchback_ports::directory::{Entry, PlanText};
use switchback_ports::{
    EventLine, LOST_BY_US, Refusal, RefusalKind, RefusalRecord, Responder, StoreFailure, Unit, Write,
};

/// Who waits for a registration.
pub(crate) type Welcome = Responder<Result<Vec<EventLine>, Refusal>>;

/// Errands taken in one commit.
const BATCH: usize = 256;
/// How often an idle desk looks whether it shall leave.
const LOOK: Duration = Duration::from_millis(50);

/// Something to do at the desk.
pub(crate) enum Errand {
    /// A device is reachable.
    Register {
        /// Whose.
        subscriber: SubscriberId,
        /// Which.
        device: DeviceId,
        /// Who waits.
        answer: Welcome,
    },
    /// What a device's service wants to find again.
    Keep {
        /// Whose.
        subscriber: SubscriberId,
        /// Which.
        device: DeviceId,
        /// The bytes.
        kept: Vec<u8>,
        /// Who waits.
        answer: Responder<Result<(), Refusal>>,
    },
    /// A device was lost.
    Lost {
        /// Whose.
        subscriber: SubscriberId,
        /// Which.
        device: DeviceId,
        /// The moment of loss.
        at: Time,
        /// Why.
        why: SmolStr,
    },
    /// Entries of the directory, all or none.
    Put {
        /// The entries.
        entries: Vec<Entry>,
        /// The tariff with them, when it was read before the desk's turn.
        ahead: Option<Box<Edition>>,
        /// What prices will be by then, once the entries are checked, when they change any.
        tariffs: Option<Box<Tariffs>>,
        /// Who waits.
        answer: Responder<Result<(), Refusal>>,
    },
    /// A refusal for the list.
    Refused(Box<RefusalRecord>),
}

/// The desk's queue.
#[derive(Default)]
pub(crate) struct Desk {
    queue: Mutex<Queue>,
    bell: Condvar,
}

#[derive(Default)]
struct Queue {
    errands: VecDeque<Errand>,
    /// How many of them are refusals.
    refusals: usize,
    /// How many of them somebody waits for.
    asked: usize,
}

impl Desk {
    /// Queues an errand. Registrations and entries beyond the bound come back; of refusals beyond it the newest is
    /// dropped (`false` counts it); losses are always taken: there are no more of them than registered devices.
    pub(crate) fn queue(&self, errand: Errand, asked_max: usize, refusals_max: usize) -> Result<(), Errand> {
        let mut queue = lock(&self.queue);
        match &errand {
            Errand::Register { .. } | Errand::Keep { .. } | Errand::Put { .. }
                if queue.asked >= asked_max =>
            {
                return Err(errand);
            }
            Errand::Refused(_) if queue.refusals >= refusals_max => return Err(errand),
            Errand::Register { .. } | Errand::Keep { .. } | Errand::Put { .. } => queue.asked += 1,
            Errand::Refused(_) => queue.refusals += 1,
            Errand::Lost { .. } => {}
        }
        queue.errands.push_back(errand);
        drop(queue);
        self.bell.notify_one();
        Ok(())
    }

    /// Wakes the thread.
    pub(crate) fn wake(&self) {
        self.bell.notify_all();
    }

    /// What waits, up to a batch; waits a moment when there is nothing. An entry of the directory comes alone,
    /// because it is checked against those before it; and what is lost comes after its registration has settled.
    fn take(&self) -> Vec<Errand> {
        let mut queue = lock(&self.queue);
        if queue.errands.is_empty() {
            queue = self.bell.wait_timeout(queue, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        let mut taken = Vec::new();
        while taken.len() < BATCH {
            let alone = matches!(queue.errands.front(), Some(Errand::Put { .. }));
            let waits = match queue.errands.front() {
                Some(Errand::Put { .. }) => !taken.is_empty(),
                Some(Errand::Lost { subscriber, device, .. }) => {
                    taken.iter().any(|before| registers(before, subscriber, device))
                }
                _ => false,
            };
            if waits {
                break;
            }
            let Some(errand) = queue.errands.pop_front() else { break };
            match &errand {
                Errand::Register { .. } | Errand::Keep { .. } | Errand::Put { .. } => {
                    queue.asked = queue.asked.saturating_sub(1);
                }
                Errand::Refused(_) => queue.refusals = queue.refusals.saturating_sub(1),
                Errand::Lost { .. } => {}
            }
            taken.push(errand);
            if alone {
                break;
            }
        }
        taken
    }
}

/// Whether an errand registers this device: its loss is not known to the table before that has settled.
fn registers(errand: &Errand, who: &SubscriberId, what: &DeviceId) -> bool {
    matches!(errand, Errand::Register { subscriber, device, .. } if (subscriber, device) == (who, what))
}

/// The thread's life: until the engine stops and nothing waits, or it is abandoned.
pub(crate) fn run(shared: &Shared) {
    loop {
        let errands = shared.desk.take();
        if shared.health.is_abandoned() {
            return;
        }
        if errands.is_empty() {
            if shared.health.is_stopping() {
                mark_all_lost(shared);
                return;
            }
            continue;
        }
        serve(shared, errands);
    }
}

fn serve(shared: &Shared, errands: Vec<Errand>) {
    let now = shared.clock.now();
    let (mut units, mut served) = (Vec::new(), Vec::new());
    for mut errand in errands {
        match unit(shared, &mut errand, now) {
            Ok(unit) => {
                units.push(unit);
                served.push(errand);
            }
            Err(Skip::Nothing) => {}
            Err(Skip::Refuse(refusal)) => refuse(errand, *refusal),
        }
    }
    if units.is_empty() {
        return;
    }
    let result = commit(shared, units);
    for errand in served {
        match &result {
            Ok(()) => settle(shared, errand, now),
            Err(failure) => refuse(errand, from_store(failure)),
        }
    }
}

/// Commits; the lists' being behind is waited out, since nothing here can be refused for it.
fn commit(shared: &Shared, units: Vec<Unit>) -> Result<(), StoreFailure> {
    loop {
        match shared.store.commit(units.clone()) {
            Ok(_) => return Ok(()),
            Err(StoreFailure::Behind) if !shared.health.is_abandoned() => {
                std::thread::sleep(Duration::from_millis(20))
            }
            Err(failure) => {
                shared.health.fail(&failure.to_string());
                return Err(failure);
            }
        }
    }
}

/// Why an errand makes no unit.
enum Skip {
    Nothing,
    Refuse(Box<Refusal>),
}

fn unit(shared: &Shared, errand: &mut Errand, now: Time) -> Result<Unit, Skip> {
    let book = read(&shared.book);
    match errand {
        Errand::Register { subscriber, device, .. } => {
            let known =
                book.subscriber(subscriber).ok_or_else(|| Skip::Refuse(Box::new(no_such_subscriber())))?;
            Ok(device_unit(&known.payer, subscriber, device, true, now, "stream opened"))
        }
        Errand::Keep { subscriber, device, kept, .. } => {
            let payer = payer_of(&book, subscriber);
            let (subscriber, device, kept) = (subscriber.clone(), device.clone(), kept.clone());
            Ok(write_unit(Shard::of(payer.as_str()), Write::DeviceKept { subscriber, device, kept }))
        }
        Errand::Lost { subscriber, device, at, why } => {
            // The table knows at once; the store follows with this commit.
            let loss = shared.presence.lost(subscriber, device, *at);
            if loss == Loss::Nothing {
                return Err(Skip::Nothing);
            }
            if loss == Loss::Person {
                shared
                    .dispatcher
                    .after_grace(subscriber.clone(), at.plus_millis(shared.options.timers.offline_grace_ms));
            }
            let payer = payer_of(&book, subscriber);
            Ok(device_unit(&payer, subscriber, device, false, *at, why))
        }
        Errand::Put { entries, ahead, tariffs, .. } => {
            let checked = checked(shared, &book, entries, ahead.take().map(|ahead| *ahead));
            *tariffs = checked.map_err(|refusal| Skip::Refuse(Box::new(refusal)))?;
            let writes = entries.iter().map(|entry| Write::Directory(Box::new(entry.clone()))).collect();
            let key = entries.first().map(Entry::key).ok_or(Skip::Nothing)?;
            Ok(Unit { shard: Shard::of(&key), epoch: crate::EPOCH, expects: Vec::new(), writes })
        }
        Errand::Refused(record) => Ok(write_unit(Shard::of("refusals"), Write::Refusal(record.clone()))),
    }
}

/// The files of the tariff among these.
fn texts(entries: &[Entry]) -> Vec<&PlanText> {
    let mut texts = Vec::new();
    for entry in entries {
        if let Entry::Plan(text) = entry {
            texts.push(text);
        }
    }
    texts
}

/// Brings entries to the desk. A tariff is read on the way by a query thread, so that registrations do not wait for it;
/// where that found a fault, or another tariff came in between, the desk reads for itself.
pub(crate) fn put(shared: &Arc<Shared>, entries: Vec<Entry>, answer: Responder<Result<(), Refusal>>) {
    let has_texts = !texts(&entries).is_empty();
    let own = Arc::clone(shared);
    let bring = move |reads: bool| {
        let ahead = reads.then(|| {
            let (of, known) = read(&own.book).tariff_texts();
            Edition::read(of, &known, &texts(&entries)).ok().map(Box::new)
        });
        own.errand(Errand::Put { entries, ahead: ahead.flatten(), tariffs: None, answer });
    };
    if !has_texts {
        return bring(false);
    }
    let query: Query = Box::new(move |_| bring(true));
    if let Err(query) = shared.pool.run(query) {
        query(&*shared.store);
    }
}

/// Checks entries against the directory; gives the tariff as it will be, when they change it.
fn checked(
    shared: &Shared,
    book: &Book,
    entries: &[Entry],
    ahead: Option<Edition>,
) -> Result<Option<Box<Tariffs>>, Refusal> {
    let exists = |id: &PayerId| shared.store.payer(id).map(|payer| payer.is_some());
    let class = |name: &_| shared.options.classes.iter().any(|class| class.name == *name);
    entries.iter().try_for_each(|entry| book.check(entry, exists, class))?;
    let texts = texts(entries);
    if texts.is_empty() {
        return Ok(None);
    }
    let tariffs = book.tariffs_with(&texts, ahead)?;
    let systems = read(&shared.charging);
    for (_, plan) in tariffs.all() {
        if let Some(external) =
            plan.external.as_ref().filter(|external| !systems.contains_key(&external.system))
        {
            let detail =
                format!("The plan {} is charged by {}, which is not configured.", plan.id, external.system);
            return Err(refusal(RefusalKind::Invalid, "no_such_charging_system", detail));
        }
    }
    Ok(Some(Box::new(tariffs)))
}

fn settle(shared: &Shared, errand: Errand, now: Time) {
    match errand {
        Errand::Register { subscriber, device, answer } => {
            // The order matters: the table first, then the look-up of waiting messages (see `presence`).
            shared.presence.online(&subscriber, device, now);
            shared.dispatcher.call(Call { subscriber, welcome: Some(answer) });
        }
        Errand::Keep { answer, .. } => answer.give(Ok(())),
        Errand::Put { entries, tariffs, answer, .. } => {
            let mut book = write(&shared.book);
            entries.into_iter().for_each(|entry| book.insert(entry));
            let before = tariffs.map(|tariffs| book.price_by(*tariffs));
            // A large price list is taken apart while nobody waits for the lock.
            drop(book);
            drop(before);
            answer.give(Ok(()));
        }
        Errand::Lost { .. } | Errand::Refused(_) => {}
    }
}

fn refuse(errand: Errand, refusal: Refusal) {
    match errand {
        Errand::Register { answer, .. } => answer.give(Err(refusal)),
        Errand::Keep { answer, .. } | Errand::Put { answer, .. } => answer.give(Err(refusal)),
        Errand::Lost { .. } | Errand::Refused(_) => {}
    }
}

/// At a stop every device counts as lost: nobody hears us until we are back.
fn mark_all_lost(shared: &Shared) {
    let now = shared.clock.now();
    let book = read(&shared.book);
    let units: Vec<Unit> = (shared.presence.all_online().iter())
        .map(|(subscriber, device)| {
            device_unit(&payer_of(&book, subscriber), subscriber, device, false, now, LOST_BY_US[0])
        })
        .collect();
    drop(book);
    for part in units.chunks(BATCH) {
        if let Err(failure) = commit(shared, part.to_vec()) {
            tracing::warn!(%failure, "registered devices could not be marked as lost at the stop");
            return;
        }
    }
}

/// Devices that the store takes for registered were lost when the last run ended: they become offline now, and
/// their persons count as online until the grace has passed, so that they may return.
pub(crate) fn adopt_devices(shared: &Shared) -> Result<(), StoreFailure> {
    let now = shared.clock.now();
    let book = read(&shared.book);
    let mut units = Vec::new();
    for row in shared.store.devices()? {
        let lost_at = if row.online { now } else { row.since };
        shared.presence.remember(&row.subscriber, lost_at);
        let grace_ends = lost_at.plus_millis(shared.options.timers.offline_grace_ms);
        if now < grace_ends {
            shared.dispatcher.after_grace(row.subscriber.clone(), grace_ends);
        }
        if row.online {
            let payer = payer_of(&book, &row.subscriber);
            units.push(device_unit(&payer, &row.subscriber, &row.device, false, now, LOST_BY_US[1]));
        }
    }
    drop(book);
    units.chunks(BATCH).try_for_each(|part| commit(shared, part.to_vec()))
}

fn payer_of(book: &Book, subscriber: &SubscriberId) -> PayerId {
    book.subscriber(subscriber).map_or_else(|| PayerId::new(""), |known| known.payer.clone())
}

fn device_unit(
    payer: &PayerId,
    subscriber: &SubscriberId,
    device: &DeviceId,
    online: bool,
    at: Time,
    why: &str,
) -> Unit {
    let (subscriber, device, why) = (subscriber.clone(), device.clone(), SmolStr::new(why));
    write_unit(Shard::of(payer.as_str()), Write::Device { subscriber, device, online, at, why })
}

fn write_unit(shard: Shard, write: Write) -> Unit {
    Unit { shard, epoch: crate::EPOCH, expects: Vec::new(), writes: vec![write] }
}

fn no_such_subscriber() -> Refusal {
    refusal(
        RefusalKind::NotFound,
        "no_such_subscriber",
        "There is no such subscriber. The operator must add it first.",
    )
}

impl Shared {
    /// Queues an errand that somebody waits for, or refuses it.
    pub(crate) fn errand(&self, errand: Errand) {
        let limits = &self.options.limits;
        let refused = match self.health.ready() {
            Ok(()) => self
                .desk
                .queue(errand, limits.registrations, limits.refusals)
                .err()
                .map(|e| (e, overloaded())),
            Err(_) if matches!(errand, Errand::Lost { .. }) => {
                drop(self.desk.queue(errand, limits.registrations, limits.refusals));
                None
            }
            Err(_) => self.health.refusal().map(|refusal| (errand, refusal)),
        };
        if let Some((errand, refusal)) = refused {
            if matches!(errand, Errand::Refused(_)) {
                self.counters.refusals_dropped.one();
            }
            refuse(errand, refusal);
        }
    }
}

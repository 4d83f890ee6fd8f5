//! The dispatcher: one thread that knows what time it is. It hands messages that are due, and messages whose
//! recipient came or went, to their loops, a bounded number at once; it ends graces, forgets old quotes and closes
//! gaps of the event feed.

use crate::desk::Welcome;
use crate::locks::lock;
use crate::pool::Query;
use crate::refuse::from_store;
use crate::shared::Shared;
use crate::work::{Poke, Work};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use switchback_core::model::{AttemptState, Event, EventKind, MessageId, Owner, SubscriberId, Time};
use switchback_ports::{EventLine, Store, StoreFailure};

/// The longest sleep: a clock that is set by hand is then followed soon enough, and a stop is heard.
const LOOK: Duration = Duration::from_millis(50);
/// How long a message that is due and does not change is left alone.
const STUCK: Duration = Duration::from_secs(1);
/// Reports found late that may wait for their loop.
const LATE_MAX: usize = 65_536;
/// Open messages of a registering person that are looked at for what is to be told again.
const LOOKED_AT: usize = 10_000;
/// How often quotes and readers are swept.
const SWEEP: Duration = Duration::from_secs(1);

/// A subscriber whose messages are to be looked at again.
pub(crate) struct Call {
    /// Who came or went.
    pub(crate) subscriber: SubscriberId,
    /// A device that waits to be told what is unconfirmed.
    pub(crate) welcome: Option<Welcome>,
}

/// The dispatcher's desk.
#[derive(Default)]
pub(crate) struct Dispatcher {
    state: Arc<Mutex<State>>,
    bell: Arc<Condvar>,
    /// Until when the thread sleeps (milliseconds): an earlier due time must wake it.
    sleeps_until: AtomicU64,
}

#[derive(Default)]
struct State {
    calls: VecDeque<Call>,
    graces: BinaryHeap<Reverse<(Time, SubscriberId)>>,
    /// Messages of called subscribers, in order, not yet handed out.
    parade: VecDeque<MessageId>,
    /// Handed out and not finished.
    under_way: HashSet<MessageId>,
    /// Due but unchanged when looked at: a fault of ours somewhere; not asked again at once.
    stuck: HashMap<MessageId, Instant>,
    /// Work that found its loop full.
    late: VecDeque<(usize, Work)>,
}

impl Dispatcher {
    /// Looks at a subscriber's messages soon.
    pub(crate) fn call(&self, call: Call) {
        lock(&self.state).calls.push_back(call);
        self.bell.notify_one();
    }

    /// Looks at a subscriber's messages when the grace has ended.
    pub(crate) fn after_grace(&self, subscriber: SubscriberId, at: Time) {
        lock(&self.state).graces.push(Reverse((at, subscriber)));
        self.hint(at);
    }

    /// Something is due then.
    pub(crate) fn hint(&self, due: Time) {
        if due.as_millis() < self.sleeps_until.load(Ordering::SeqCst) {
            self.bell.notify_one();
        }
    }

    /// A loop is done with these; the flag says that it is due still and did not change.
    pub(crate) fn finished(&self, done: &[(MessageId, bool)]) {
        if done.is_empty() {
            return;
        }
        let mut state = lock(&self.state);
        for (id, unchanged) in done {
            state.under_way.remove(id);
            if *unchanged {
                state.stuck.insert(*id, Instant::now());
            }
        }
        drop(state);
        self.bell.notify_one();
    }

    /// Hands work to a loop later, in order, because its inbox is full now. Beyond the bound it is refused.
    pub(crate) fn later(&self, index: usize, work: Work) -> Result<(), Work> {
        let mut state = lock(&self.state);
        if state.late.len() >= LATE_MAX {
            return Err(work);
        }
        state.late.push_back((index, work));
        drop(state);
        self.bell.notify_one();
        Ok(())
    }

    /// Wakes the thread.
    pub(crate) fn wake(&self) {
        self.bell.notify_all();
    }

    /// True when nothing waits to be handed out.
    pub(crate) fn is_idle(&self) -> bool {
        let state = lock(&self.state);
        state.late.is_empty() && state.under_way.is_empty()
    }
}

/// The thread's life.
pub(crate) fn run(shared: &Shared) {
    let mut swept = Instant::now();
    while !shared.health.is_abandoned() {
        if shared.health.is_stopping() {
            // What is due stays in the store; only what was promised to be taken in is still handed over.
            hand_over_late(shared);
            if shared.dispatcher.is_idle() {
                return;
            }
        } else {
            match turn(shared) {
                Ok(()) => {}
                Err(StoreFailure::Behind) => {}
                Err(failure) => shared.health.fail(&failure.to_string()),
            }
        }
        if swept.elapsed() >= SWEEP {
            swept = Instant::now();
            shared.quotes.sweep(shared.clock.now());
            shared.hub.sweep();
        }
        shared.hub.heal(&*shared.store);
        rest(shared);
    }
}

fn turn(shared: &Shared) -> Result<(), StoreFailure> {
    hand_over_late(shared);
    end_graces(shared);
    answer_calls(shared)?;
    if shared.health.is_running() {
        hand_out_parade(shared);
        hand_out_due(shared)?;
    }
    Ok(())
}

fn hand_over_late(shared: &Shared) {
    let waiting = std::mem::take(&mut lock(&shared.dispatcher.state).late);
    let mut full = HashSet::new();
    let mut left = VecDeque::new();
    for (index, work) in waiting {
        if full.contains(&index) {
            left.push_back((index, work));
        } else if let Err(work) = shared.send(index, work) {
            full.insert(index);
            left.push_back((index, work));
        }
    }
    let mut state = lock(&shared.dispatcher.state);
    left.append(&mut state.late);
    state.late = left;
}

fn end_graces(shared: &Shared) {
    let now = shared.clock.now();
    let mut state = lock(&shared.dispatcher.state);
    while state.graces.peek().is_some_and(|Reverse((at, _))| *at <= now) {
        let Some(Reverse((_, subscriber))) = state.graces.pop() else { break };
        state.calls.push_back(Call { subscriber, welcome: None });
    }
}

fn answer_calls(shared: &Shared) -> Result<(), StoreFailure> {
    loop {
        let Some(call) = lock(&shared.dispatcher.state).calls.pop_front() else { return Ok(()) };
        let ids = match shared.store.waiting_for(&call.subscriber) {
            Ok(ids) => ids,
            Err(failure) => {
                if let Some(welcome) = call.welcome {
                    welcome.give(Err(from_store(&failure)));
                }
                return Err(failure);
            }
        };
        match call.welcome {
            Some(answer) => welcome(shared, call.subscriber, ids, answer),
            None => lock(&shared.dispatcher.state).parade.extend(ids),
        }
    }
}

/// Answers a registration, and then looks at the person's messages again: so the answer holds what was told before,
/// and what is told now comes live. The reading is done by a query thread, so that timers do not wait for it.
fn welcome(shared: &Shared, subscriber: SubscriberId, ids: Vec<MessageId>, answer: Welcome) {
    let most = shared.options.limits.told_again;
    let (state, bell) = (Arc::clone(&shared.dispatcher.state), Arc::clone(&shared.dispatcher.bell));
    let query: Query = Box::new(move |store| {
        let lines = unconfirmed(store, &subscriber, ids.get(..LOOKED_AT).unwrap_or(&ids), most);
        answer.give(lines.map_err(|failure| from_store(&failure)));
        lock(&state).parade.extend(ids);
        bell.notify_one();
    });
    if let Err(query) = shared.pool.run(query) {
        query(&*shared.store);
    }
}

/// Incoming messages that are handed over and not confirmed, the oldest of them. They are told again without a place of
/// their own in the feed (cursor 0): the device knows a message by its id.
///
/// They are read from the newest to the oldest, for the oldest are handed over first: of those that are handed over
/// meanwhile, and come live, this finds a beginning or nothing, and never an end that would overtake the others.
fn unconfirmed(
    store: &dyn Store,
    subscriber: &SubscriberId,
    ids: &[MessageId],
    most: usize,
) -> Result<Vec<EventLine>, StoreFailure> {
    let mut told = Vec::new();
    for id in ids.iter().rev() {
        let open = store.message(*id)?.filter(|message| !message.status.is_final());
        let attempt = open.as_ref().and_then(|message| {
            message.attempts.iter().rev().find(|attempt| {
                attempt.is_app() && matches!(attempt.state, AttemptState::HandedOver | AttemptState::Unknown)
            })
        });
        told.extend(attempt.map(|attempt| (*id, attempt.n)));
    }
    let owner = Owner::Subscriber(subscriber.clone());
    let mut lines = Vec::new();
    for (id, attempt) in told.into_iter().rev().take(most) {
        let incoming =
            |event: &Event| event.audience == owner && event.kind == EventKind::Incoming { attempt };
        let event = store.message_events(id)?.into_iter().rev().find(incoming);
        lines.extend(event.map(|event| EventLine { cursor: 0, event, incoming: None }));
    }
    Ok(lines)
}

fn hand_out_parade(shared: &Shared) {
    loop {
        let mut state = lock(&shared.dispatcher.state);
        // Half of the room, so that a crowd at one recipient's door does not hold up everybody's timers.
        if state.under_way.len() >= (shared.options.limits.pokes / 2).max(1) {
            return;
        }
        let Some(id) = state.parade.pop_front() else { return };
        // Under way already: its loop compares the presence generation after its commit and looks again.
        if !state.under_way.insert(id) {
            continue;
        }
        drop(state);
        if shared.send(shared.loop_of_message(id), Work::Poke(id, Poke::Dispatched)).is_err() {
            let mut state = lock(&shared.dispatcher.state);
            state.under_way.remove(&id);
            state.parade.push_front(id);
            return;
        }
    }
}

fn hand_out_due(shared: &Shared) -> Result<(), StoreFailure> {
    let now = shared.clock.now();
    let (room, known) = {
        let mut state = lock(&shared.dispatcher.state);
        state.stuck.retain(|_, since| since.elapsed() < STUCK);
        (
            shared.options.limits.pokes.saturating_sub(state.under_way.len()),
            state.under_way.len() + state.stuck.len(),
        )
    };
    if room == 0 {
        return Ok(());
    }
    for (_, id) in shared.store.due(now, known + room)? {
        {
            let mut state = lock(&shared.dispatcher.state);
            if state.under_way.len() >= shared.options.limits.pokes {
                return Ok(());
            }
            if state.stuck.contains_key(&id) || !state.under_way.insert(id) {
                continue;
            }
        }
        if shared.send(shared.loop_of_message(id), Work::Poke(id, Poke::Dispatched)).is_err() {
            lock(&shared.dispatcher.state).under_way.remove(&id);
            return Ok(());
        }
    }
    Ok(())
}

/// Sleeps until something is due, somebody calls, or a moment has passed.
fn rest(shared: &Shared) {
    let now = shared.clock.now();
    let next = shared.store.next_due().ok().flatten();
    let dispatcher = &shared.dispatcher;
    let state = lock(&dispatcher.state);
    let grace = state.graces.peek().map(|Reverse((at, _))| *at);
    let next = [next, grace].into_iter().flatten().min();
    let busy = !state.calls.is_empty();
    // A due message that is under way or stuck does not make this thread spin: `finished` rings, or LOOK ends.
    let wait = match next {
        _ if busy => return,
        Some(next) if next > now => Duration::from_millis(next.millis_since(now)).min(LOOK),
        Some(_) if shared.health.is_running() && state.under_way.is_empty() && state.stuck.is_empty() => {
            Duration::from_millis(1)
        }
        _ => LOOK,
    };
    dispatcher
        .sleeps_until
        .store(next.filter(|next| *next > now).map_or(u64::MAX, Time::as_millis), Ordering::SeqCst);
    drop(dispatcher.bell.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner));
    dispatcher.sleeps_until.store(0, Ordering::SeqCst);
}

//! Live events: what was committed is told to readers in the order of the cursor, without a gap.
//!
//! Several loops commit at once, and their answers may come back in another order than the writer's. Cursors are
//! dense (each event has the next number), so the hub holds a range back until all before it have been told. A
//! range that never comes (a loop died between commit and telling, or an import wrote past the engine) is read
//! from the store by [`Hub::heal`].
//!
//! A reader's `from_cursor` is the last one told when it subscribed: what the store lists up to it, and what comes
//! through the subscription after it, is everything exactly once.

use crate::counters::Counters;
use crate::locks::lock;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use switchback_core::model::{Event, EventKind, Owner};
use switchback_ports::{EventLine, IncomingMessage, Store, Subscription};
use tokio::sync::mpsc;

/// How long a gap may stand before it is read from the store.
const PATIENCE: Duration = Duration::from_millis(250);
/// Events read from the store at once.
const HEAL_PAGE: usize = 1000;

/// The hub.
#[derive(Debug)]
pub(crate) struct Hub {
    state: Mutex<State>,
    /// Events that a reader may be behind.
    depth: usize,
    /// Readers at once.
    readers_max: usize,
    counters: Arc<Counters>,
}

/// The events of one commit's unit, and the incoming message that they may speak of.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) events: Vec<Event>,
    pub(crate) incoming: Option<Arc<IncomingMessage>>,
}

#[derive(Debug)]
struct State {
    /// The next cursor to tell.
    next: u64,
    /// Ranges that came early, by first cursor.
    early: BTreeMap<u64, Told>,
    /// Since when `early` waits for `next`.
    stalled_since: Option<Instant>,
    readers: HashMap<Owner, Vec<mpsc::Sender<EventLine>>>,
    operators: Vec<mpsc::Sender<EventLine>>,
    readers_count: usize,
}

impl Hub {
    /// A hub that continues after the store's last cursor.
    pub(crate) fn new(last_cursor: u64, depth: usize, readers_max: usize, counters: Arc<Counters>) -> Self {
        let state = State {
            next: last_cursor.saturating_add(1),
            early: BTreeMap::new(),
            stalled_since: None,
            readers: HashMap::new(),
            operators: Vec::new(),
            readers_count: 0,
        };
        Self { state: Mutex::new(state), depth: depth.max(1), readers_max, counters }
    }

    /// A live reader of one audience, or of all. Beyond the bound of readers the subscription ends at once.
    pub(crate) fn subscribe(&self, audience: Option<Owner>) -> Subscription {
        let (sender, events) = mpsc::channel(self.depth);
        let mut state = lock(&self.state);
        if state.readers_count >= self.readers_max {
            state.forget_the_gone();
        }
        if state.readers_count < self.readers_max {
            state.readers_count += 1;
            match audience {
                Some(owner) => state.readers.entry(owner).or_default().push(sender),
                None => state.operators.push(sender),
            }
        }
        Subscription { from_cursor: state.next.saturating_sub(1), events }
    }

    /// Tells the ranges of one commit: first cursor, and what to tell.
    pub(crate) fn publish(&self, ranges: impl IntoIterator<Item = (u64, Told)>) {
        let mut state = lock(&self.state);
        for (first, told) in ranges {
            if !told.events.is_empty() {
                state.early.insert(first, told);
            }
        }
        self.release(&mut state);
    }

    /// Tells everything that has no gap before it.
    fn release(&self, state: &mut State) {
        while let Some(entry) = state.early.first_entry() {
            if *entry.key() > state.next {
                break;
            }
            let (first, told) = entry.remove_entry();
            for (event, cursor) in told.events.into_iter().zip(first..) {
                // A healed range may overlap one that came after all: each cursor is told once.
                if cursor == state.next {
                    state.next += 1;
                    let comes_in = matches!(event.kind, EventKind::Incoming { .. });
                    let incoming = told.incoming.clone().filter(|_| comes_in);
                    state.tell(&EventLine { cursor, event, incoming }, &self.counters);
                }
            }
        }
        state.stalled_since = match (state.early.is_empty(), state.stalled_since) {
            (true, _) => None,
            (false, since) => Some(since.unwrap_or_else(Instant::now)),
        };
    }

    /// Closes a gap that stood too long from the store.
    pub(crate) fn heal(&self, store: &dyn Store) {
        let after = {
            let state = lock(&self.state);
            match state.stalled_since {
                Some(since) if since.elapsed() >= PATIENCE => state.next.saturating_sub(1),
                _ => return,
            }
        };
        let Ok(page) = store.events(None, after, HEAL_PAGE) else { return };
        tracing::warn!(after, found = page.lines.len(), "events were read from the store to close a gap");
        let told =
            |line: EventLine| (line.cursor, Told { events: vec![line.event], incoming: line.incoming });
        self.publish(page.lines.into_iter().map(told));
    }

    /// Ends all subscriptions: nothing more will be told.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.readers.clear();
        state.operators.clear();
        state.readers_count = 0;
    }

    /// How many readers there are.
    pub(crate) fn readers(&self) -> usize {
        lock(&self.state).readers_count
    }

    /// Forgets readers that went away.
    pub(crate) fn sweep(&self) {
        lock(&self.state).forget_the_gone();
    }
}

impl State {
    fn tell(&mut self, line: &EventLine, counters: &Counters) {
        let mut gone = 0;
        if let Some(readers) = self.readers.get_mut(&line.event.audience) {
            gone += send(readers, line, counters);
            if readers.is_empty() {
                self.readers.remove(&line.event.audience);
            }
        }
        gone += send(&mut self.operators, line, counters);
        self.readers_count = self.readers_count.saturating_sub(gone);
    }

    fn forget_the_gone(&mut self) {
        self.operators.retain(|sender| !sender.is_closed());
        self.readers.retain(|_, readers| {
            readers.retain(|sender| !sender.is_closed());
            !readers.is_empty()
        });
        self.readers_count = self.operators.len() + self.readers.values().map(Vec::len).sum::<usize>();
    }
}

/// Sends to all; a reader that is full or gone is dropped, which ends its subscription after what it has.
fn send(readers: &mut Vec<mpsc::Sender<EventLine>>, line: &EventLine, counters: &Counters) -> usize {
    let before = readers.len();
    readers.retain(|reader| match reader.try_send(line.clone()) {
        Ok(()) => true,
        Err(mpsc::error::TrySendError::Full(_)) => {
            counters.readers_cut.one();
            false
        }
        Err(mpsc::error::TrySendError::Closed(_)) => false,
    });
    before - readers.len()
}

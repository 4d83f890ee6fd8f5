//! Back-pressure is no outcome (R13): attempts that a full service did not take wait here, in order, and are
//! offered again until they are no longer to be made. Their intent is durable; this list is not.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use switchback_core::model::{Content, MessageId, RouteId, Service};

/// Contents kept in memory for attempts that wait in one lane; beyond it they are read from the store when their
/// turn comes.
const CONTENTS_MAX: usize = 4096;

/// One way out: a full route holds up no other.
pub(crate) type Lane = (Service, Option<RouteId>);

/// An attempt that waits.
pub(crate) struct Held {
    pub(crate) message: MessageId,
    pub(crate) attempt: u16,
    /// The accepted content, for a first attempt.
    pub(crate) content: Option<Arc<Content>>,
}

/// What waits, by lane.
#[derive(Default)]
pub(crate) struct HeldBack {
    lanes: HashMap<Lane, Waiting>,
}

struct Waiting {
    queue: VecDeque<Held>,
    /// When the lane was last found full.
    full_at: Instant,
}

impl HeldBack {
    pub(crate) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// True when something waits in this lane already.
    pub(crate) fn waits(&self, lane: &Lane) -> bool {
        self.lanes.contains_key(lane)
    }

    /// Lanes that were not found full a moment ago.
    pub(crate) fn ripe(&self, pause: Duration) -> Vec<Lane> {
        let ripe = self.lanes.iter().filter(|(_, waiting)| waiting.full_at.elapsed() >= pause);
        ripe.map(|(lane, _)| lane.clone()).collect()
    }

    pub(crate) fn push(&mut self, lane: Lane, held: Held) {
        let fresh = || Waiting { queue: VecDeque::new(), full_at: Instant::now() };
        let waiting = self.lanes.entry(lane).or_insert_with(fresh);
        let room = waiting.queue.len() < CONTENTS_MAX;
        waiting.queue.push_back(Held { content: held.content.filter(|_| room), ..held });
    }

    /// Puts an attempt back to the front: its lane is still full.
    pub(crate) fn still_full(&mut self, lane: Lane, held: Held) {
        let fresh = || Waiting { queue: VecDeque::new(), full_at: Instant::now() };
        let waiting = self.lanes.entry(lane).or_insert_with(fresh);
        waiting.full_at = Instant::now();
        waiting.queue.push_front(held);
    }

    /// The next of a lane; an empty lane is forgotten.
    pub(crate) fn pop(&mut self, lane: &Lane) -> Option<Held> {
        let held = self.lanes.get_mut(lane)?.queue.pop_front();
        if held.is_none() {
            self.lanes.remove(lane);
        }
        held
    }

    /// Takes an attempt out. True when it was there: it has not left us.
    pub(crate) fn remove(&mut self, lane: &Lane, message: MessageId, attempt: u16) -> bool {
        let Some(waiting) = self.lanes.get_mut(lane) else { return false };
        let is = |held: &Held| held.message == message && held.attempt == attempt;
        let place = waiting.queue.iter().position(is);
        place.and_then(|place| waiting.queue.remove(place)).is_some()
    }
}

//! What other threads tell a route's task, bounded, in one place with one wake-up: orders in three lanes,
//! withdrawals, and which deliveries of the peer are durable now.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use switchback_core::model::{MessageId, Priority, Time};
use switchback_ports::{AttemptOrder, Done, TransportFull, WithdrawOrder};
use tokio::sync::Notify;
use tokio::time::Instant;

/// The letter box of one route.
#[derive(Debug)]
pub(crate) struct Mailbox {
    inner: Mutex<Inner>,
    /// Woken by every letter; the task empties the box and sleeps again.
    pub(super) wake: Notify,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Inner {
    /// Urgent, person, bulk.
    lanes: [VecDeque<AttemptOrder>; 3],
    withdrawals: VecDeque<WithdrawOrder>,
    settled: Vec<Settled>,
    rebind: bool,
    stop_by: Option<Instant>,
}

/// What the task finds in the box beside orders.
#[derive(Debug, Default)]
pub(super) struct Letters {
    pub(super) withdrawals: VecDeque<WithdrawOrder>,
    pub(super) settled: Vec<Settled>,
    /// The settings changed: bind anew.
    pub(super) rebind: bool,
    /// Stop, at the latest then.
    pub(super) stop_by: Option<Instant>,
}

/// Deliveries of the peer that are durable now, or will not be.
#[derive(Debug)]
pub(super) struct Settled {
    /// The session that they came by: sequence numbers mean nothing to another.
    pub(super) session: u64,
    pub(super) sequences: Sequences,
    pub(super) durable: bool,
}

/// The requests that one hand-in is about: mostly one, for a long message each of its parts.
#[derive(Clone, Debug)]
pub(super) struct Sequences {
    pub(super) first: u32,
    /// Empty (and without memory of its own) but for long messages.
    pub(super) rest: Vec<u32>,
}

impl Sequences {
    pub(super) const fn one(sequence: u32) -> Self {
        Self { first: sequence, rest: Vec::new() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        std::iter::once(self.first).chain(self.rest.iter().copied())
    }
}

impl Mailbox {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { inner: Mutex::default(), wake: Notify::new(), capacity }
    }

    /// Puts an order into its lane.
    pub(crate) fn order(&self, order: AttemptOrder) -> Result<(), TransportFull> {
        let mut inner = self.lock();
        let waiting: usize = inner.lanes.iter().map(VecDeque::len).sum();
        if waiting >= self.capacity || inner.stop_by.is_some() {
            return Err(TransportFull);
        }
        inner.lane(order.priority).push_back(order);
        drop(inner);
        self.wake.notify_one();
        Ok(())
    }

    /// Asks an attempt back. Beyond the bound it is dropped: no answer is one too, the engine has a timer.
    pub(crate) fn withdraw(&self, order: WithdrawOrder) {
        let mut inner = self.lock();
        if inner.withdrawals.len() < self.capacity {
            inner.withdrawals.push_back(order);
        }
        drop(inner);
        self.wake.notify_one();
    }

    /// The settings changed.
    pub(crate) fn rebind(&self) {
        self.lock().rebind = true;
        self.wake.notify_one();
    }

    /// Takes no orders any more; the task ends by `stop_by`.
    pub(crate) fn stop(&self, stop_by: Instant) {
        self.lock().stop_by = Some(stop_by);
        self.wake.notify_one();
    }

    pub(super) fn letters(&self) -> Letters {
        let mut inner = self.lock();
        Letters {
            withdrawals: std::mem::take(&mut inner.withdrawals),
            settled: std::mem::take(&mut inner.settled),
            rebind: std::mem::take(&mut inner.rebind),
            stop_by: inner.stop_by,
        }
    }

    /// The next orders, the most urgent lane first; at most `max`.
    pub(super) fn take_orders(&self, max: usize, into: &mut VecDeque<AttemptOrder>) {
        let mut inner = self.lock();
        for lane in &mut inner.lanes {
            let room = max.saturating_sub(into.len()).min(lane.len());
            into.extend(lane.drain(..room));
        }
    }

    /// Takes an order out of the lane: true when it was there, and so has certainly not left us.
    pub(super) fn remove(&self, message: MessageId, attempt: u16) -> bool {
        let mut inner = self.lock();
        inner.lanes.iter_mut().any(|lane| {
            let place = lane.iter().position(|order| order.message == message && order.attempt == attempt);
            place.and_then(|place| lane.remove(place)).is_some()
        })
    }

    /// Takes out the orders whose time is over.
    pub(super) fn take_overdue(&self, now: Time) -> Vec<AttemptOrder> {
        let mut inner = self.lock();
        let mut overdue = Vec::new();
        for lane in &mut inner.lanes {
            if lane.iter().any(|order| is_overdue(order, now)) {
                let (out, kept) = lane.drain(..).partition::<VecDeque<_>, _>(|order| is_overdue(order, now));
                overdue.extend(out);
                *lane = kept;
            }
        }
        overdue
    }

    /// Takes out every order.
    pub(super) fn take_all(&self) -> Vec<AttemptOrder> {
        self.lock().lanes.iter_mut().flat_map(std::mem::take).collect()
    }

    pub(super) fn has_orders(&self) -> bool {
        self.lock().lanes.iter().any(|lane| !lane.is_empty())
    }

    fn settle(&self, settled: Settled) {
        self.lock().settled.push(settled);
        self.wake.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing inside panics half-way through a change, so a poisoned box is as good as a clean one.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    const fn lane(&mut self, priority: Priority) -> &mut VecDeque<AttemptOrder> {
        let [urgent, person, bulk] = &mut self.lanes;
        match priority {
            Priority::Urgent => urgent,
            Priority::Person => person,
            Priority::Bulk => bulk,
        }
    }
}

/// Its attempt or its message has ended: sending it now would be too late.
pub(super) fn is_overdue(order: &AttemptOrder, now: Time) -> bool {
    now >= order.deadline.min(order.expires_at)
}

/// Tells the task that deliveries are durable. Dropped untold (the engine went away), it says that they are not:
/// the peer keeps what nobody has stored.
#[derive(Debug)]
pub(super) struct Settle {
    route: Arc<super::Route>,
    settled: Option<Settled>,
}

impl Settle {
    pub(super) const fn new(route: Arc<super::Route>, session: u64, sequences: Sequences) -> Self {
        Self { route, settled: Some(Settled { session, sequences, durable: false }) }
    }

    pub(super) fn into_done(self) -> Done {
        Box::new(move |durable| self.tell(durable))
    }

    fn tell(mut self, durable: bool) {
        if let Some(settled) = self.settled.take() {
            self.route.mailbox.settle(Settled { durable, ..settled });
        }
    }
}

impl Drop for Settle {
    fn drop(&mut self) {
        if let Some(settled) = self.settled.take() {
            self.route.mailbox.settle(settled);
        }
    }
}

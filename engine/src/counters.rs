//! What the engine counts. The node renders the snapshot as metrics and says beside each what to alert on.

use crate::locks::lock;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use switchback_core::model::{Event, EventKind, Service};

/// Upper bounds of the commit latency buckets, in microseconds; one more bucket takes the rest.
pub const LATENCY_BOUNDS_US: [u64; 10] =
    [250, 500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 1_000_000];
/// Upper bounds of the batch size buckets, in units; one more bucket takes the rest.
pub const BATCH_BOUNDS: [u64; 7] = [1, 4, 16, 64, 256, 512, 1024];

/// One counter.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn one(&self) {
        self.add(1);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What became of attempts, by service.
#[derive(Debug, Default)]
pub(crate) struct AttemptCounters {
    pub(crate) started: [Counter; 3],
    pub(crate) delivered: [Counter; 3],
    pub(crate) failed: Counter,
    pub(crate) refused: Counter,
    pub(crate) unknown: Counter,
    pub(crate) withdrawn: Counter,
    pub(crate) local_fault: Counter,
}

/// All counters of an engine.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: Counter,
    pub(crate) replayed: Counter,
    pub(crate) refused: Mutex<BTreeMap<SmolStr, u64>>,
    pub(crate) attempts: AttemptCounters,
    pub(crate) fallbacks: Counter,
    pub(crate) reverts: Counter,
    pub(crate) withdrawals: Counter,
    pub(crate) charged: Counter,
    pub(crate) refunded: Counter,
    pub(crate) low_balances: Counter,
    pub(crate) notices: Counter,
    pub(crate) delivered: Counter,
    pub(crate) finished_otherwise: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) parked: Counter,
    pub(crate) unparked: Counter,
    pub(crate) conflicts: Counter,
    pub(crate) gave_up: Counter,
    pub(crate) back_pressure: Counter,
    pub(crate) overloads: Counter,
    pub(crate) refusals_dropped: Counter,
    pub(crate) readers_cut: Counter,
    pub(crate) commits: Counter,
    pub(crate) units: Counter,
    pub(crate) batch_sizes: [Counter; 8],
    pub(crate) commit_latency: [Counter; 11],
    pub(crate) commit_us: Counter,
}

/// The counters at one moment. All count since start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Submissions accepted.
    pub accepted: u64,
    /// Submissions answered from their idempotency key.
    pub replayed: u64,
    /// Refusals by code.
    pub refused: Vec<(SmolStr, u64)>,
    /// Attempts started: IM, SMS, MMS.
    pub attempts_started: [u64; 3],
    /// Attempts delivered: IM, SMS, MMS.
    pub attempts_delivered: [u64; 3],
    /// Attempts failed, for now or for good.
    pub attempts_failed: u64,
    /// Attempts refused by the person.
    pub attempts_refused: u64,
    /// Attempts that became unknown.
    pub attempts_unknown: u64,
    /// Attempts taken back.
    pub attempts_withdrawn: u64,
    /// Attempts stopped by a fault of ours: alert on any.
    pub attempts_local_fault: u64,
    /// Messages that changed to their second service.
    pub fallbacks: u64,
    /// Messages that went back to their first service.
    pub reverts: u64,
    /// Withdrawals asked.
    pub withdrawals: u64,
    /// Charges committed.
    pub charged: u64,
    /// Charges given back.
    pub refunded: u64,
    /// Charges with which a charging system said that the payer has little left.
    pub low_balances: u64,
    /// Payers told that a cap or the balance comes to its end.
    pub notices: u64,
    /// Messages delivered.
    pub delivered: u64,
    /// Messages that ended in another way.
    pub finished_otherwise: u64,
    /// Second deliveries of a delivered message.
    pub duplicates: u64,
    /// Receipts parked because they matched nothing yet.
    pub parked: u64,
    /// Parked receipts that found their message.
    pub unparked: u64,
    /// Units refused by the store's preconditions and decided again.
    pub conflicts: u64,
    /// Inputs given up after too many conflicts: alert on any.
    pub gave_up: u64,
    /// Attempts that waited because a service's queue was full.
    pub back_pressure: u64,
    /// Inputs refused because a queue was full: alert when it grows for minutes.
    pub overloads: u64,
    /// Refusals that were not written because the list's queue was full.
    pub refusals_dropped: u64,
    /// Live readers cut off because they fell behind.
    pub readers_cut: u64,
    /// Commits made.
    pub commits: u64,
    /// Units committed.
    pub units: u64,
    /// Commits by size, in buckets of [`BATCH_BOUNDS`] and the rest.
    pub batch_sizes: [u64; 8],
    /// Commits by duration, in buckets of [`LATENCY_BOUNDS_US`] and the rest.
    pub commit_latency: [u64; 11],
    /// Sum of the commits' durations, in microseconds.
    pub commit_us: u64,
    /// Inputs waiting now, one number a loop.
    pub waiting: Vec<u64>,
    /// Attempts waiting now for a service's queue.
    pub held_back: u64,
    /// Live readers now.
    pub readers: u64,
}

/// The place of a service in the arrays.
pub(crate) const fn place(service: Service) -> usize {
    match service {
        Service::Im => 0,
        Service::Sms => 1,
        Service::Mms => 2,
    }
}

fn bump(counters: &[Counter], place: usize) {
    if let Some(counter) = counters.get(place) {
        counter.one();
    }
}

impl Counters {
    /// Counts a refusal. Codes are ours, so the map is small.
    pub(crate) fn refuse(&self, code: &SmolStr) {
        *lock(&self.refused).entry(code.clone()).or_insert(0) += 1;
    }

    /// Counts a commit.
    pub(crate) fn commit(&self, units: usize, took: Duration) {
        let (units, us) =
            (u64::try_from(units).unwrap_or(u64::MAX), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        self.commits.one();
        self.units.add(units);
        self.commit_us.add(us);
        bump(
            &self.batch_sizes,
            BATCH_BOUNDS.iter().position(|&bound| units <= bound).unwrap_or(BATCH_BOUNDS.len()),
        );
        let place =
            LATENCY_BOUNDS_US.iter().position(|&bound| us <= bound).unwrap_or(LATENCY_BOUNDS_US.len());
        bump(&self.commit_latency, place);
    }

    /// Counts what a committed unit changed.
    pub(crate) fn changes(&self, events: &[Event]) {
        for event in events {
            match event.kind {
                EventKind::AttemptStarted { service, .. } => bump(&self.attempts.started, place(service)),
                EventKind::AttemptDelivered { service, .. } => bump(&self.attempts.delivered, place(service)),
                EventKind::AttemptFailed { .. } => self.attempts.failed.one(),
                EventKind::AttemptRefused { .. } => self.attempts.refused.one(),
                EventKind::AttemptUnknown { .. } => self.attempts.unknown.one(),
                EventKind::AttemptWithdrawn { .. } => self.attempts.withdrawn.one(),
                EventKind::AttemptLocalFault { .. } => self.attempts.local_fault.one(),
                EventKind::AttemptWithdrawing { .. } => self.withdrawals.one(),
                EventKind::Switched { .. } => self.fallbacks.one(),
                EventKind::Reverted { .. } => self.reverts.one(),
                EventKind::Delivered { .. } => self.delivered.one(),
                EventKind::Refused
                | EventKind::Failed { .. }
                | EventKind::Expired
                | EventKind::Unknown
                | EventKind::Canceled => self.finished_otherwise.one(),
                EventKind::Charged { .. } => self.charged.one(),
                EventKind::Refunded { .. } => self.refunded.one(),
                EventKind::Notice(_) => self.notices.one(),
                EventKind::Duplicate { .. } => self.duplicates.one(),
                _ => {}
            }
        }
    }

    /// The counters now; the engine adds its depths.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let three = |counters: &[Counter; 3]| counters.each_ref().map(Counter::get);
        Snapshot {
            accepted: self.accepted.get(),
            replayed: self.replayed.get(),
            refused: lock(&self.refused).iter().map(|(code, n)| (code.clone(), *n)).collect(),
            attempts_started: three(&self.attempts.started),
            attempts_delivered: three(&self.attempts.delivered),
            attempts_failed: self.attempts.failed.get(),
            attempts_refused: self.attempts.refused.get(),
            attempts_unknown: self.attempts.unknown.get(),
            attempts_withdrawn: self.attempts.withdrawn.get(),
            attempts_local_fault: self.attempts.local_fault.get(),
            fallbacks: self.fallbacks.get(),
            reverts: self.reverts.get(),
            withdrawals: self.withdrawals.get(),
            charged: self.charged.get(),
            refunded: self.refunded.get(),
            low_balances: self.low_balances.get(),
            notices: self.notices.get(),
            delivered: self.delivered.get(),
            finished_otherwise: self.finished_otherwise.get(),
            duplicates: self.duplicates.get(),
            parked: self.parked.get(),
            unparked: self.unparked.get(),
            conflicts: self.conflicts.get(),
            gave_up: self.gave_up.get(),
            back_pressure: self.back_pressure.get(),
            overloads: self.overloads.get(),
            refusals_dropped: self.refusals_dropped.get(),
            readers_cut: self.readers_cut.get(),
            commits: self.commits.get(),
            units: self.units.get(),
            batch_sizes: self.batch_sizes.each_ref().map(Counter::get),
            commit_latency: self.commit_latency.each_ref().map(Counter::get),
            commit_us: self.commit_us.get(),
            waiting: Vec::new(),
            held_back: 0,
            readers: 0,
        }
    }
}

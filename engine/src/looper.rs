//! A loop: one thread that owns the messages and payers of its shards.
//!
//! It takes what waits (at most a batch), handles each input against its in-memory copies, commits all units in
//! one go, and only then acts: answers, hands attempts to services, tells readers. So everything that happens to
//! one message or one payer is in one order, and there is no pause between deciding and committing.
//!
//! A unit that the store refuses touches no other; what the loop remembers of that message and payer is dropped,
//! and its input is decided again on what the store says. Later units of the same batch that built on it are
//! refused by their own preconditions and follow in the same order.

mod accept;
mod answer;
mod charging;
mod command;
mod effects;
mod held_back;
mod payer;
mod quoting;
mod receipts;
mod seats;
mod settle;
mod step;

use crate::facts::Quoted;
use crate::shared::Shared;
use crate::work::{Poke, Work};
use charging::Till;
use held_back::HeldBack;
use seats::Seats;
use settle::Pending;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};
use switchback_core::model::{MessageId, Report};
use switchback_ports::{CancelOutcome, Refusal, Responder, StoreFailure, Unit};

/// How often an idle loop looks whether it shall leave.
const LOOK: Duration = Duration::from_millis(50);
/// How soon a full service is offered its attempts again.
const OFFER_AGAIN: Duration = Duration::from_millis(5);
/// How often an input is decided again before it is given up.
const TRIES: u8 = 16;
/// Cancels that may wait for a peer's word at once in one loop.
const WAITING_CANCELS: usize = 10_000;

/// An input with its history.
pub(crate) struct Job {
    pub(crate) work: Work,
    /// True while it counts as waiting.
    pub(crate) waiting: bool,
    /// How often it was decided already.
    pub(crate) tries: u8,
    /// The peer's id turned out to be taken by another message: the hand-over is recorded without it.
    pub(crate) without_peer_id: bool,
    /// Prices that a charging system was asked for, once it was.
    pub(crate) quoted: Option<Quoted>,
}

impl Job {
    const fn new(work: Work) -> Self {
        Self { work, waiting: true, tries: 0, without_peer_id: false, quoted: None }
    }
}

/// A loop's state.
pub(crate) struct Looper {
    shared: Arc<Shared>,
    index: usize,
    inbox: Receiver<Work>,
    seats: Seats,
    /// Inputs to handle before new ones: decided again, or found by this loop itself.
    again: VecDeque<Job>,
    held_back: HeldBack,
    waiting_cancels: HashMap<MessageId, Vec<Responder<Result<CancelOutcome, Refusal>>>>,
    till: Till,
    turn: Turn,
}

/// What one batch has gathered.
#[derive(Default)]
struct Turn {
    units: Vec<Unit>,
    pending: Vec<Pending>,
    /// Parked receipts taken in by units of this batch.
    unparked: HashSet<Report>,
    /// Dispatched pokes handled in this batch: the message, and whether it is due still and did not change.
    pokes: Vec<(MessageId, bool)>,
}

impl Looper {
    pub(crate) fn new(shared: Arc<Shared>, index: usize, inbox: Receiver<Work>) -> Self {
        let limits = &shared.options.limits;
        let seats = Seats::new(limits.messages, limits.payers);
        Self {
            shared,
            index,
            inbox,
            seats,
            again: VecDeque::new(),
            held_back: HeldBack::default(),
            waiting_cancels: HashMap::new(),
            till: Till::new(),
            turn: Turn::default(),
        }
    }

    /// The thread's life: until the engine stops and nothing waits, or it is abandoned.
    pub(crate) fn run(mut self) {
        loop {
            let jobs = self.take();
            if self.shared.health.is_abandoned() {
                return;
            }
            let stopping = self.shared.health.is_stopping();
            let idle = self.held_back.is_empty() && self.till.is_idle();
            if jobs.is_empty() && stopping && idle && self.shared.dispatcher.is_idle() {
                return;
            }
            for job in jobs {
                self.handle(job);
            }
            self.commit();
            if stopping {
                self.give_back_held_back();
            } else {
                self.offer_held_back();
            }
            self.seats.shrink();
        }
    }

    /// What waits: first what is to be decided again, then the inbox, at most a batch.
    fn take(&mut self) -> Vec<Job> {
        let max = self.shared.options.limits.batch.clamp(1, 1024);
        let mut jobs: Vec<Job> = self.again.drain(..self.again.len().min(max)).collect();
        jobs.extend(self.hear_charging());
        if jobs.is_empty() {
            let patience = if self.held_back.is_empty() { LOOK } else { OFFER_AGAIN };
            jobs.extend(self.inbox.recv_timeout(patience).ok().map(Job::new));
        }
        let asked = jobs.len();
        jobs.extend(
            std::iter::from_fn(|| self.inbox.try_recv().ok()).take(max.saturating_sub(asked)).map(Job::new),
        );
        if let Some(inbox) = self.shared.inboxes.get(self.index) {
            let taken =
                jobs.iter_mut().filter_map(|job| std::mem::take(&mut job.waiting).then_some(())).count();
            inbox.waiting.fetch_sub(taken, Ordering::Relaxed);
        }
        jobs
    }

    /// Queues an input of this loop's own making.
    fn queue_own(&mut self, work: Work) {
        if let Some(inbox) = self.shared.inboxes.get(self.index) {
            inbox.waiting.fetch_add(1, Ordering::Relaxed);
        }
        self.again.push_back(Job::new(work));
    }

    /// Hands work to the loop that owns it: this one, or another through its inbox or the dispatcher.
    fn forward(&mut self, id: MessageId, work: Work) -> Result<(), Work> {
        let index = self.shared.loop_of_message(id);
        if index == self.index {
            self.queue_own(work);
            return Ok(());
        }
        self.shared.send(index, work)
    }

    fn handle(&mut self, job: Job) {
        if let Some(why) = self.shared.health.failure() {
            tracing::debug!(%why, "an input was refused because the engine has failed");
            self.done_with_poke(&job.work, true);
            job.work.refuse(self.shared.health.refusal().unwrap_or_else(crate::refuse::our_fault));
            return;
        }
        match &job.work {
            Work::Submit(_) => self.accept(job),
            Work::Quote(_) => self.quote(job),
            Work::Report(_) => self.report(job),
            Work::Match(_) => self.match_parked(job),
            Work::Command(_) => self.command(job),
            Work::Payer(_) => self.change_payer(job),
            Work::Poke(..) => self.poke(job),
            Work::Claimed(_) => self.claimed(job),
            Work::Wake => {}
        }
    }

    /// The dispatcher counts dispatched pokes: every one of them ends here, whatever became of it.
    fn done_with_poke(&mut self, work: &Work, unchanged: bool) {
        if let Work::Poke(id, Poke::Dispatched) = work {
            self.turn.pokes.push((*id, unchanged));
        }
    }

    /// One blocking commit for the whole batch, then its effects.
    fn commit(&mut self) {
        let turn = std::mem::take(&mut self.turn);
        if !turn.units.is_empty() {
            let (n, began) = (turn.units.len(), Instant::now());
            let result = self.shared.store.commit(turn.units);
            self.shared.counters.commit(n, began.elapsed());
            self.seats.clean();
            match result {
                Ok(results) => self.settle(turn.pending, results),
                Err(failure) => self.fail(turn.pending, &failure),
            }
        }
        // After settling: a message is dispatched again only when its commit is visible to the store's `due`.
        self.shared.dispatcher.finished(&turn.pokes);
        let own = std::mem::take(&mut self.turn.pokes);
        self.shared.dispatcher.finished(&own);
    }

    /// The whole commit failed. What the loop remembers may be ahead of the store: it is forgotten.
    fn fail(&mut self, pending: Vec<Pending>, failure: &StoreFailure) {
        let behind = *failure == StoreFailure::Behind;
        if !behind {
            self.shared.health.fail(&failure.to_string());
        }
        for pending in pending {
            self.forget(&pending);
            let job = pending.job;
            if behind && !matches!(job.work, Work::Submit(_) | Work::Payer(_)) {
                // Reports and timers are not refused for lists that are behind: they wait.
                self.again.push_back(job);
            } else {
                self.done_with_poke(&job.work, false);
                job.work.refuse(crate::refuse::from_store(failure));
            }
        }
        if behind {
            std::thread::sleep(OFFER_AGAIN);
        }
    }

    fn forget(&mut self, pending: &Pending) {
        if let Some(id) = pending.message {
            self.seats.drop_message(id);
        }
        if let Some(payer) = &pending.payer {
            self.seats.drop_payer(payer);
        }
    }
}

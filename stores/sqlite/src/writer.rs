//! The one writer: takes what waits when the last sync ended, checks and applies it unit by unit in one transaction,
//! and answers when that is durable. Along with commits, and when nothing comes, it lets the fold follow.

use crate::apply::apply;
use crate::batch::{Batch, Delta, Past, Position};
use crate::error::Fault;
use crate::fold::{Fold, Mark};
use crate::record::signed;
use crate::shared::{Account, Shared, read, write};
use crate::statements::Statements;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};
use switchback_ports::{Committed, Conflict, StoreFailure, Unit};

/// Units of one commit at most.
pub(crate) const GROUP: usize = 1024;
/// What begins a round of the fold while commits keep coming, even before its time: so many lines for the lists, or so
/// many bytes of stored forms.
const ROUND: (usize, usize) = (65_536, 67_108_864);
/// Milliseconds that what waits for a round and the writing of that round take together. The later a round begins, the more
/// messages are final by then and are folded once, and the fewer pages each of them touches; but lists may be two
/// seconds behind at most, and a round may take longer than the one before.
const BEHIND: u64 = 1200;
/// Rows of a round that go along with a commit: this many, and for each unit of it the second figure.
const BUDGET: (usize, usize) = (64, 4);
/// Rows of a round in a transaction of its own, while nothing else is asked.
const PIECE: usize = 1024;
/// How long the writer waits for work before it lets the fold follow: short enough that nobody notices on an idle
/// server.
const IDLE: Duration = Duration::from_millis(2);
/// Where more than so many units wait, this may be no idle server but a moment of rest, and a round would meet messages that
/// are not final yet: it begins at its time, or when nobody has asked for so many milliseconds.
const FEW: (u64, u64) = (16, 100);

/// How long a commit waits for callers who were there a moment ago: less than the sync that it saves, and about what a
/// caller needs from one answer to its next units.
const COMPANY: Duration = Duration::from_micros(1500);

/// What a unit came to.
pub(crate) type Answer = Result<Vec<Result<Committed, Conflict>>, StoreFailure>;

/// What the writer is asked.
#[derive(Debug)]
pub(crate) enum Job {
    /// Units to commit; `checked`: with their preconditions.
    Commit { units: Vec<Unit>, checked: bool, answer: SyncSender<Answer> },
    /// Finish what was asked before, and end.
    Close,
}

/// Units of one caller, and where the answer goes.
type Asked = (Vec<Unit>, bool, SyncSender<Answer>);

/// The writer.
#[derive(Debug)]
pub(crate) struct Writer<'c> {
    st: Statements<'c>,
    shared: Arc<Shared>,
    at: Position,
    fold: Fold,
    /// How far the last answered commit went: what the next round of the fold will cover.
    seen: Mark,
    /// Since when units wait for the fold: those of the round, those of the next one. See [`crate::shared::Counts`].
    since: (u64, u64),
    /// When the last round began, in milliseconds from the store's start, and how many it took.
    begun: u64,
    took: u64,
}

/// Runs the writer until it is closed.
pub(crate) fn run(
    connection: &Connection,
    shared: Arc<Shared>,
    at: Position,
    fold: Fold,
    jobs: &Receiver<Job>,
) {
    match Statements::prepare(connection) {
        Ok(st) => Writer::new(st, shared, at, fold).run(jobs),
        Err(error) => drop(shared.stop(&error.to_string())),
    }
}

impl<'c> Writer<'c> {
    fn new(st: Statements<'c>, shared: Arc<Shared>, at: Position, fold: Fold) -> Self {
        let mut writer =
            Self { st, shared, at, fold, seen: Mark::default(), since: (0, 0), begun: 0, took: 0 };
        writer.see();
        writer
    }

    fn run(&mut self, jobs: &Receiver<Job>) {
        let (mut held, mut idle) = (None, false);
        // Callers that ask by turns would each have syncs of their own, and each wait for those of the others.
        let mut company = 1;
        loop {
            let job = match held.take() {
                Some(job) => Ok(job),
                None if self.folding() && !self.shared.is_stopped() => jobs.recv_timeout(self.patience(idle)),
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            idle = matches!(job, Err(RecvTimeoutError::Timeout));
            match job {
                Ok(Job::Commit { units, checked, answer }) => {
                    let mut asked = vec![(units, checked, answer)];
                    held = gather(&mut asked, jobs, company);
                    company = asked.len();
                    self.commit(asked);
                    held = held.or_else(|| jobs.try_recv().ok());
                    company += usize::from(matches!(held, Some(Job::Commit { .. })));
                }
                Err(RecvTimeoutError::Timeout) => self.follow(PIECE),
                Ok(Job::Close) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        while self.folding() && self.shared.may_fold() && !self.shared.is_stopped() {
            self.follow(PIECE);
        }
    }

    /// How long to wait for work before the fold follows. A round goes on for as long as nothing comes.
    fn patience(&self, idle: bool) -> Duration {
        if self.fold.busy() {
            return if idle && self.shared.may_fold() { Duration::ZERO } else { IDLE };
        }
        let waiting = self.seen.units.saturating_sub(self.fold.written.units);
        let since = self.shared.age_ms().saturating_sub(self.begun);
        let (few, quiet) = FEW;
        if waiting <= few {
            return IDLE;
        }
        IDLE.max(Duration::from_millis(self.pace().saturating_sub(since).min(quiet)))
    }

    /// How long units may wait for a round while more come: the longer a round takes, the sooner the next one begins.
    fn pace(&self) -> u64 {
        BEHIND.saturating_sub(self.took)
    }

    /// Commits what several callers asked, and answers them.
    fn commit(&mut self, asked: Vec<Asked>) {
        if let Some(failure) = self.shared.stopped() {
            return asked.iter().for_each(|(_, _, caller)| answer(caller, Err(failure.clone())));
        }
        let shared = Arc::clone(&self.shared);
        let turn = shared.gate.write();
        let (mut batch, mut answers) = (Batch::default(), Vec::with_capacity(asked.len()));
        let mut callers = Vec::with_capacity(asked.len());
        let mut work = Vec::with_capacity(asked.len());
        for (units, checked, answer) in asked {
            work.push((units, checked));
            callers.push(answer);
        }
        let result = self.transaction(&mut batch, work, &mut answers);
        drop(turn);
        if let Err(fault) = result {
            let failure = self.fail(&fault);
            return callers.iter().for_each(|caller| answer(caller, Err(failure.clone())));
        }
        self.remember(batch);
        callers.iter().zip(answers).for_each(|(caller, results)| answer(caller, Ok(results)));
    }

    /// One transaction: every unit, and a piece of the fold.
    fn transaction(
        &mut self,
        batch: &mut Batch,
        work: Vec<(Vec<Unit>, bool)>,
        answers: &mut Vec<Vec<Result<Committed, Conflict>>>,
    ) -> Result<(), Fault> {
        self.st.begin.execute([])?;
        let highest = self.fold.highest;
        let mut past = Past { shared: &self.shared, st: &mut self.st, at: &mut self.at, highest };
        for (units, checked) in work {
            let mut results = Vec::with_capacity(units.len());
            for unit in units {
                let held = if checked { batch.check(&unit, &mut past)? } else { Ok(()) };
                results.push(match held {
                    Ok(()) => Ok(Committed { first_cursor: apply(batch, unit, &mut past)? }),
                    Err(conflict) => Err(conflict),
                });
            }
            answers.push(results);
        }
        batch.write(&mut past)?;
        let (fixed, each) = BUDGET;
        let units = usize::try_from(batch.units).unwrap_or(usize::MAX);
        self.fold_along(units.saturating_mul(each).saturating_add(fixed))?;
        self.st.commit.execute([])?;
        Ok(())
    }

    /// Brings memory up to what is durable now. Only then do readers of memory see the units.
    fn remember(&mut self, mut batch: Batch) {
        batch.remember(&mut write(&self.shared.overlay), self.at.journal);
        {
            let mut open = write(&self.shared.open);
            for delta in batch.deltas.drain(..) {
                learn(&mut open, delta);
            }
        }
        if !batch.payers.is_empty() {
            let mut payers = write(&self.shared.payers);
            for (id, account) in batch.payers.drain() {
                let Account { opening, payer, .. } = &*account;
                let account = Account { opening: *opening, payer: payer.clone(), journal: self.at.journal };
                payers.insert(id, Arc::new(account));
            }
        }
        let counts = &self.shared.counts;
        counts.parked.fetch_sub(batch.unparked, Ordering::AcqRel);
        counts.finished.store(self.at.finished, Ordering::Release);
        counts.units.fetch_add(batch.units, Ordering::AcqRel);
        counts.commits.fetch_add(1, Ordering::AcqRel);
        counts.cursor.store(self.at.cursor, Ordering::Release);
        self.fold.lists.take(&mut batch.lists);
        self.see();
        self.settle();
    }

    /// Notes what is durable now, and since when the fold waits.
    fn see(&mut self) {
        let counts = &self.shared.counts;
        self.seen = Mark {
            seq: self.at.seq,
            cursor: self.at.cursor,
            finished: self.at.finished,
            units: counts.units.load(Ordering::Acquire),
            journal: self.at.journal,
        };
        if self.unfolded() && self.since.1 == 0 {
            self.since.1 = self.shared.age_ms() + 1;
        }
        self.tell();
    }

    /// Tells how far the fold is.
    fn tell(&self) {
        let counts = &self.shared.counts;
        let since = if self.fold.in_round() { self.since.0 } else { self.since.1 };
        counts.waiting_since.store(since, Ordering::Release);
        // A commit that leaves nothing to fold is followed as soon as it is made.
        let all = !self.fold.in_round() && !self.unfolded();
        let followed = if all { self.seen } else { self.fold.written };
        counts.folded.store(followed.units, Ordering::Release);
        counts.watermark.store(followed.cursor, Ordering::Release);
        counts.unfolded_bytes.store(read(&self.shared.overlay).bytes(), Ordering::Release);
    }

    /// Whether anything waits for the next round.
    fn unfolded(&self) -> bool {
        self.seen.journal > self.fold.begun().journal || self.fold.lists.waiting() > 0
    }

    /// Whether the fold has anything to do.
    fn folding(&self) -> bool {
        self.fold.busy() || self.unfolded()
    }

    /// A piece of the fold, so many rows, in a transaction of its own, while nothing else is asked.
    fn follow(&mut self, budget: usize) {
        if self.shared.may_fold() {
            let shared = Arc::clone(&self.shared);
            let turn = shared.gate.write();
            let result = self.follow_once(budget);
            drop(turn);
            match result {
                Ok(()) => self.settle(),
                Err(fault) => drop(self.fail(&fault)),
            }
        }
    }

    fn follow_once(&mut self, budget: usize) -> Result<(), Fault> {
        self.st.begin.execute([])?;
        if !self.fold.busy() {
            self.begin_round()?;
        }
        self.fold.step(budget, &mut self.st)?;
        self.st.commit.execute([])?;
        Ok(())
    }

    /// A piece of the fold within a commit: when a round is under way, or enough waits for one.
    fn fold_along(&mut self, budget: usize) -> Result<(), Fault> {
        if !self.shared.may_fold() {
            return Ok(());
        }
        let (lines, bytes) = ROUND;
        let old = || self.since.1 != 0 && self.shared.age_ms().saturating_sub(self.since.1 - 1) > self.pace();
        let large = || self.shared.counts.unfolded_bytes.load(Ordering::Relaxed) > bytes;
        if self.fold.lists.waiting() > lines || old() || large() {
            self.begin_round()?;
        }
        self.fold.step(budget, &mut self.st)
    }

    /// Begins a round, unless one is under way: all that was durable before this transaction.
    fn begin_round(&mut self) -> Result<(), Fault> {
        if self.fold.in_round() {
            return Ok(());
        }
        let payers = read(&self.shared.payers).values().cloned().collect();
        self.fold.begin(&read(&self.shared.overlay), payers, self.seen);
        (self.since, self.begun) = ((self.since.1, 0), self.shared.age_ms());
        self.st.key_forget.execute([signed(self.at.latest.as_millis())])?;
        Ok(())
    }

    /// A piece of the fold is durable: what it wrote leaves the overlay. With the last piece the watermark moves, and
    /// payers that did not change again leave memory.
    fn settle(&mut self) {
        if self.fold.in_round() && self.fold.settle(&mut write(&self.shared.overlay)) {
            let journal = self.fold.written.journal;
            write(&self.shared.payers).retain(|_, account| account.journal > journal);
            self.took = self.shared.age_ms().saturating_sub(self.begun);
        }
        self.tell();
    }

    /// I19: after a failed write or sync nothing more is taken.
    fn fail(&mut self, fault: &Fault) -> StoreFailure {
        // The transaction may be over already; then there is nothing to roll back.
        drop(self.st.rollback.execute([]));
        self.shared.stop(&fault.to_string())
    }
}

/// Takes what else waits, up to a group, and waits a little for so many callers in all; a job that is no commit, or one too
/// many, is held for the next turn.
fn gather(asked: &mut Vec<Asked>, jobs: &Receiver<Job>, company: usize) -> Option<Job> {
    let mut count: usize = asked.iter().map(|(units, ..)| units.len()).sum();
    let until = Instant::now() + COMPANY;
    loop {
        let waited = || jobs.recv_timeout(until.saturating_duration_since(Instant::now())).ok();
        let next = jobs.try_recv().ok().or_else(|| (asked.len() < company).then(waited)?);
        match next? {
            Job::Commit { units, checked, answer } if count + units.len() <= GROUP => {
                count += units.len();
                asked.push((units, checked, answer));
            }
            other => return Some(other),
        }
    }
}

/// What memory learns of a message; also used when memory is rebuilt.
pub(crate) fn learn(open: &mut crate::shared::Open, delta: Delta) {
    match delta {
        Delta::Open { handle, recipient, peers } => {
            open.peers.put(&peers);
            open.index.put(handle, recipient.as_ref());
        }
        Delta::Final { id, peers } => {
            open.peers.retire(&peers);
            open.index.remove(id);
        }
        Delta::Log { id, last_log } => open.index.set_last_log(id, last_log),
    }
}

/// Answers a caller; one that went away is owed nothing.
fn answer(caller: &SyncSender<Answer>, answer: Answer) {
    drop(caller.send(answer));
}

#[cfg(test)]
mod tests;

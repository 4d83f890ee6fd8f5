//! The one writer: takes what waits when the last sync ended, checks and applies it unit by unit in one transaction,
//! and answers when that is durable. Between commits, and when nothing comes, it lets the lists follow.

use crate::apply::apply;
use crate::batch::{Batch, Delta, Past, Position};
use crate::error::Fault;
use crate::lists::{Lists, Mark};
use crate::record::signed;
use crate::shared::{Account, Shared, read, write};
use crate::statements::Statements;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;
use switchback_ports::{Committed, Conflict, StoreFailure, Unit};

/// Units of one commit at most.
pub(crate) const GROUP: usize = 1024;
/// With so many lines waiting, the lists begin a round even while commits keep coming.
const ROUND: usize = 8192;
/// Rows of the lists that go along with a commit: this many, and for each unit of it the second figure.
const BUDGET: (usize, usize) = (256, 6);
/// How long the writer waits for work before it lets the lists follow: long enough that under load it never runs out,
/// so that lists ride on commits in large rounds; short enough that nobody notices on an idle server.
const IDLE: Duration = Duration::from_millis(2);
/// The longest that lines wait for a round, however much is committed.
const ROUND_MS: u64 = 500;

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
    lists: Lists,
    /// How far the last answered commit went: what the next round of the lists will cover.
    seen: Mark,
    /// Since when lines wait: those of the round, those of the next one. See [`crate::shared::Counts`].
    since: (u64, u64),
}

/// Runs the writer until it is closed.
pub(crate) fn run(
    connection: &Connection,
    shared: Arc<Shared>,
    at: Position,
    lists: Lists,
    jobs: &Receiver<Job>,
) {
    let st = match Statements::prepare(connection) {
        Ok(st) => st,
        Err(error) => {
            shared.stop(&error.to_string());
            return;
        }
    };
    let mut writer = Writer { st, shared, at, lists, seen: Mark::default(), since: (0, 0) };
    writer.see();
    writer.run(jobs);
}

impl Writer<'_> {
    fn run(&mut self, jobs: &Receiver<Job>) {
        let mut held = None;
        loop {
            let job = match held.take() {
                Some(job) => Ok(job),
                None if self.listing() && !self.shared.is_stopped() => jobs.recv_timeout(IDLE),
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match job {
                Ok(Job::Commit { units, checked, answer }) => {
                    let mut asked = vec![(units, checked, answer)];
                    held = gather(&mut asked, jobs);
                    self.commit(asked);
                }
                Err(RecvTimeoutError::Timeout) => self.follow(),
                Ok(Job::Close) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        while self.listing() && self.shared.may_list() && !self.shared.is_stopped() {
            self.follow();
        }
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

    /// One transaction: every unit, the payers' journal, and a piece of the lists.
    fn transaction(
        &mut self,
        batch: &mut Batch,
        work: Vec<(Vec<Unit>, bool)>,
        answers: &mut Vec<Vec<Result<Committed, Conflict>>>,
    ) -> Result<(), Fault> {
        self.st.begin.execute([])?;
        let mut past = Past { shared: &self.shared, st: &mut self.st, at: &mut self.at };
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
        if let Some(row) = batch.journal() {
            self.at.journal += 1;
            self.st.journal.execute((signed(self.at.journal), row))?;
        }
        let (fixed, each) = BUDGET;
        let units = usize::try_from(batch.units).unwrap_or(usize::MAX);
        let whole = self.list(units.saturating_mul(each).saturating_add(fixed))?;
        self.st.commit.execute([])?;
        if let Some(mark) = whole {
            self.listed(mark);
        }
        Ok(())
    }

    /// Brings memory up to what is durable now. Only then do readers of memory see the units.
    fn remember(&mut self, mut batch: Batch) {
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
        self.lists.take(&mut batch.lists);
        self.see();
    }

    /// Notes what is durable now, and since when the lists wait.
    fn see(&mut self) {
        let counts = &self.shared.counts;
        self.seen = Mark {
            seq: self.at.seq,
            cursor: self.at.cursor,
            finished: self.at.finished,
            units: counts.units.load(Ordering::Acquire),
            journal: self.at.journal,
        };
        if self.lists.waiting() > 0 && self.since.1 == 0 {
            self.since.1 = self.shared.age_ms() + 1;
        }
        self.tell();
    }

    /// Tells readers how far the lists are.
    fn tell(&self) {
        let counts = &self.shared.counts;
        let since = if self.lists.in_round() { self.since.0 } else { self.since.1 };
        counts.waiting_since.store(since, Ordering::Release);
        // Without a line to add, a commit is followed as soon as it is made.
        let all = !self.lists.in_round() && self.lists.waiting() == 0;
        let followed = if all { self.seen } else { self.lists.written };
        counts.listed.store(followed.units, Ordering::Release);
        counts.watermark.store(followed.cursor, Ordering::Release);
    }

    /// Whether the lists or the payers' table have something to follow.
    fn listing(&self) -> bool {
        self.lists.in_round() || self.lists.waiting() > 0 || !read(&self.shared.payers).is_empty()
    }

    /// A piece of the lists in a transaction of its own, while nothing else is asked.
    fn follow(&mut self) {
        if self.shared.may_list() {
            let shared = Arc::clone(&self.shared);
            let turn = shared.gate.write();
            let result = self.follow_once();
            drop(turn);
            if let Err(fault) = result {
                self.fail(&fault);
            }
        }
    }

    fn follow_once(&mut self) -> Result<(), Fault> {
        self.st.begin.execute([])?;
        self.begin_round()?;
        let whole = self.lists.step(2048, &mut self.st)?;
        self.st.commit.execute([])?;
        whole.into_iter().for_each(|mark| self.listed(mark));
        Ok(())
    }

    /// A piece of the lists within a commit: when a round is under way, or enough waits for one.
    fn list(&mut self, budget: usize) -> Result<Option<Mark>, Fault> {
        if !self.shared.may_list() {
            return Ok(None);
        }
        let old = self.since.1 != 0 && self.shared.age_ms().saturating_sub(self.since.1 - 1) > ROUND_MS;
        if !self.lists.in_round() && (self.lists.waiting() > ROUND || old) {
            self.begin_round()?;
        }
        self.lists.step(budget, &mut self.st)
    }

    /// Begins a round, unless one is under way: all lines and payers that were durable before this transaction.
    fn begin_round(&mut self) -> Result<(), Fault> {
        if self.lists.in_round() {
            return Ok(());
        }
        let payers = read(&self.shared.payers).values().cloned().collect();
        self.lists.begin(payers, self.seen);
        self.since = (self.since.1, 0);
        self.st.key_forget.execute([signed(self.at.latest.as_millis())])?;
        Ok(())
    }

    /// A round is durable: the watermark moves, and payers that did not change again leave memory.
    fn listed(&mut self, mark: Mark) {
        self.lists.end(mark);
        write(&self.shared.payers).retain(|_, account| account.journal > mark.journal);
        self.tell();
    }

    /// I19: after a failed write or sync nothing more is taken.
    fn fail(&mut self, fault: &Fault) -> StoreFailure {
        // The transaction may be over already; then there is nothing to roll back.
        drop(self.st.rollback.execute([]));
        self.shared.stop(&fault.to_string())
    }
}

/// Takes what else waits, up to a group; a job that is no commit, or one too many, is held for the next turn.
fn gather(asked: &mut Vec<Asked>, jobs: &Receiver<Job>) -> Option<Job> {
    let mut count: usize = asked.iter().map(|(units, ..)| units.len()).sum();
    loop {
        match jobs.try_recv().ok()? {
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

//! The proof that the ledger balances.
//!
//! The proof goes through the log once, chapter by chapter, and keeps its sums: asked again it reads what came since.
//! One call reads for a bounded while and says how far it came, so that neither its caller nor a stop waits for ten
//! million entries. What a message's entries come to is taken out of the sums and put in again with each chapter that
//! adds to them, so nothing is remembered of a message.

use crate::block::{COLUMNS, Logged, Reader, chapters, first_of, last};
use crate::error::Fault;
use crate::journal::Replay;
use crate::look;
use crate::pool::Pool;
use crate::record::{signed, unsigned};
use crate::shared::Account;
use crate::story::{FINISHED, MADE, REOPENED};
use rusqlite::{Connection, params};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};
use switchback_core::charge::{FaultKind, LedgerEntry, balance};
use switchback_core::model::{Currency, MessageId, Money, PayerId};
use switchback_core::tariff::Payer;
use switchback_ports::{LedgerTotals, StoreFailure};

/// How long one call reads on, about.
const BUDGET: Duration = Duration::from_millis(200);
/// Chapters that are read before the clock is looked at.
const PAGE: u64 = 1024;

/// The proof as far as it is, read on by one caller at a time.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    proof: Mutex<Proof>,
    told: Mutex<LedgerTotals>,
}

impl Audit {
    /// Reads on for a while. While another caller does, this one is told what is known.
    pub(crate) fn read_on(&self, pool: &Pool) -> Result<LedgerTotals, StoreFailure> {
        let mut proof = match self.proof.try_lock() {
            Ok(proof) => proof,
            Err(TryLockError::WouldBlock) => {
                return Ok(self.told.lock().unwrap_or_else(PoisonError::into_inner).clone());
            }
            Err(TryLockError::Poisoned(half)) => {
                let mut proof = half.into_inner();
                *proof = Proof::default();
                proof
            }
        };
        match pool.read_once(|c| proof.read_on(c, BUDGET)) {
            Ok(totals) => {
                self.told.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&totals);
                Ok(totals)
            }
            Err(failure) => {
                // It may have ended in the middle of a chapter.
                *proof = Proof::default();
                Err(failure)
            }
        }
    }
}

/// Sums as they grow.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    /// The last chapter of the log that is in them.
    seq: u64,
    /// The cursor of the last event up to it.
    cursor: u64,
    entries: i128,
    open: i128,
    orphans: i128,
    double: i128,
    /// Of each payer: charged and held.
    sums: BTreeMap<PayerId, (i128, i128)>,
    charged: BTreeMap<Currency, i128>,
    /// Payers of entries that do not follow from those before them.
    faulty: BTreeSet<PayerId>,
}

/// What the log says of one message up to some chapter.
#[derive(Clone, Debug)]
struct Told {
    entries: Vec<LedgerEntry>,
    /// It is final, or nobody knows it: a reservation of it would never end.
    over: bool,
}

impl Told {
    /// Before anything is known of a message.
    const fn nothing() -> Self {
        Self { entries: Vec::new(), over: true }
    }

    /// Goes on with the next chapter.
    fn hear(&mut self, flags: u8, ledger: Vec<LedgerEntry>) {
        self.entries.extend(ledger);
        self.over = (self.over && flags & (MADE | REOPENED) == 0) || flags & FINISHED != 0;
    }

    /// All that was told of a message before this chapter.
    fn before(c: &Connection, log: &mut Reader<'_>, chapter: &Logged, loose: bool) -> Result<Self, Fault> {
        let mut told = Self::nothing();
        if loose {
            let sql = "SELECT seq FROM loose WHERE message = ?1 AND seq < ?2 ORDER BY seq";
            let mut statement = c.prepare_cached(sql)?;
            let mut rows = statement.query(params![chapter.message.to_bytes(), signed(chapter.seq)])?;
            while let Some(row) = rows.next()? {
                let (_, _, ledger) = log.chapter(unsigned(row.get(0)?))?.read()?;
                told.hear(0, ledger);
            }
        }
        let mut chain = Vec::new();
        let mut at = chapter.prev;
        while at != 0 {
            let found = log.chapter(at)?;
            if found.message != chapter.message || found.prev >= at {
                return Err(Fault::damaged("the story of a message leads astray"));
            }
            let (_, _, ledger) = found.read()?;
            chain.push((found.flags, ledger));
            at = found.prev;
        }
        chain.into_iter().rev().for_each(|(flags, ledger)| told.hear(flags, ledger));
        Ok(told)
    }
}

impl Proof {
    /// Reads on until all is read or the time is over.
    pub(crate) fn read_on(&mut self, c: &Connection, budget: Duration) -> Result<LedgerTotals, Fault> {
        let began = Instant::now();
        let (last, _) = last(c)?;
        let mut log = Reader::new(c);
        while self.seq < last {
            self.page(c, &mut log, last.min(self.seq.saturating_add(PAGE)))?;
            if began.elapsed() >= budget {
                break;
            }
        }
        let complete = self.seq >= last;
        let unbalanced = if complete { self.unbalanced(c)? } else { Vec::new() };
        let count = |n: i128| u64::try_from(n).unwrap_or(0);
        let money = |(currency, nanos): (&Currency, &i128)| Money::from_nanos(*currency, *nanos);
        Ok(LedgerTotals {
            watermark: self.cursor,
            complete,
            entries: count(self.entries),
            open_holds: count(self.open),
            orphan_holds: count(self.orphans),
            double_charges: count(self.double),
            charged: self.charged.iter().map(money).collect(),
            unbalanced,
        })
    }

    /// The chapters up to `until`: those with entries, and those that make a message, end it or open it again.
    fn page(&mut self, c: &Connection, log: &mut Reader<'_>, until: u64) -> Result<(), Fault> {
        let loose: bool = c.query_row("SELECT EXISTS (SELECT 1 FROM loose)", [], |row| row.get(0))?;
        let sql = format!("SELECT {COLUMNS} FROM log WHERE first_seq BETWEEN ?1 AND ?2 ORDER BY first_seq");
        let mut statement = c.prepare_cached(&sql)?;
        let after = self.seq;
        let mut rows = statement.query([signed(first_of(c, after + 1)?), signed(until)])?;
        while let Some(row) = rows.next()? {
            for chapter in chapters(row)?.iter().filter(|chapter| after < chapter.seq && chapter.seq <= until)
            {
                if chapter.ledger > 0 || chapter.flags > 0 {
                    let before = Told::before(c, log, chapter, loose)?;
                    let (_, _, ledger) = chapter.read()?;
                    let mut after = before.clone();
                    after.hear(chapter.flags, ledger);
                    self.weigh(&after, 1);
                    self.weigh(&before, -1);
                }
                self.cursor = (chapter.cursor + u64::from(chapter.events)).saturating_sub(1);
            }
        }
        self.seq = until;
        Ok(())
    }

    /// Puts what a message's entries come to into the sums (1), or takes it out (-1).
    fn weigh(&mut self, told: &Told, sign: i128) {
        if told.entries.is_empty() {
            return;
        }
        let audit = balance(&told.entries);
        let count = |n: usize| sign * i128::try_from(n).unwrap_or(i128::MAX);
        self.entries += sign * i128::from(audit.entries);
        self.open += count(audit.open.len());
        self.orphans += if told.over { count(audit.open.len()) } else { 0 };
        let is_double = |what: FaultKind| what == FaultKind::DoubleCharge;
        let double = audit.faults.iter().filter(|fault| is_double(fault.what));
        let double: HashSet<MessageId> = double.map(|fault| fault.message).collect();
        self.double += count(double.len());
        let others = audit.faults.iter().filter(|fault| !is_double(fault.what));
        self.faulty.extend(others.map(|fault| fault.payer.clone()));
        for (payer, sums) in &audit.payers {
            let (charged, held) = self.sums.entry(payer.clone()).or_default();
            *charged = charged.saturating_add(sign.saturating_mul(sums.charged.nanos));
            *held = held.saturating_add(sign.saturating_mul(sums.held.nanos));
            let total = self.charged.entry(sums.charged.currency).or_default();
            *total = total.saturating_add(sign.saturating_mul(sums.charged.nanos));
        }
    }

    /// The payers of whom the sums, which are whole, say something else than their accounts.
    fn unbalanced(&self, c: &Connection) -> Result<Vec<SmolStr>, Fault> {
        let accounts = accounts(c)?;
        let agrees = |account: &Arc<Account>| {
            let (charged, held) = self.sums.get(&account.payer.id).copied().unwrap_or_default();
            account.opening.checked_sub(charged) == Some(account.payer.balance.nanos)
                && held == account.payer.held.nanos
        };
        let wrong = accounts.values().filter(|account| !agrees(account)).map(|account| &account.payer.id);
        let nobodys = self.sums.keys().filter(|id| !accounts.contains_key(*id));
        let all: BTreeSet<&PayerId> = self.faulty.iter().chain(wrong).chain(nobodys).collect();
        Ok(all.into_iter().map(|id| SmolStr::new(id.as_str())).collect())
    }
}

/// All payers: the table, and above it what is not folded, which the journal of the same state has.
fn accounts(c: &Connection) -> Result<BTreeMap<PayerId, Arc<Account>>, Fault> {
    let unfolded = Replay::unfolded(c)?.payers;
    let folded: Vec<(i128, Payer)> = look::many(c, "SELECT body FROM payer", [])?;
    let folded = folded
        .into_iter()
        .map(|(opening, payer)| (payer.id.clone(), Arc::new(Account { opening, payer, journal: 0 })));
    Ok(folded.chain(unfolded).collect())
}

#[cfg(test)]
mod tests {
    use super::{PAGE, Proof};
    use crate::{Options, SqliteStore};
    use std::time::Duration;
    use switchback_core::charge::LedgerKind;
    use switchback_ports::contract::Sample;
    use switchback_ports::{Store, Write};

    /// A call reads a bounded piece, says how far it came, and the next one goes on there: the sums are those of one
    /// that reads all at once.
    #[test]
    fn reads_on_where_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&Options::at(folder.path())).unwrap();
        let units = 2 * PAGE + 7;
        let paid = |n| {
            let mut unit = Sample(n).accept();
            unit.writes.push(Write::Ledger(vec![Sample(n).entry(1, LedgerKind::Reserve, 3)]));
            unit
        };
        store.commit((0..units).map(paid).collect()).unwrap();
        let mut proof = Proof::default();
        let mut read = || store.pool.read_once(|c| proof.read_on(c, Duration::ZERO)).unwrap();
        for page in 1..=2 {
            let part = read();
            assert_eq!((part.complete, part.watermark, part.entries), (false, page * PAGE, page * PAGE));
        }
        let whole = read();
        assert_eq!((whole.complete, whole.watermark, whole.open_holds), (true, units, units));
        assert_eq!(whole, store.ledger_proof().unwrap());
        assert_eq!(read(), whole);
    }
}

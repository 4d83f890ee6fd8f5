//! The ledger: its entries in order, and the proof that it balances, read message by message so that it needs no
//! more memory for ten million than for ten thousand.

use crate::error::Fault;
use crate::record::{LogBody, id_of, signed, unseal, unsigned};
use crate::story::LEDGER_IN_ROW;
use crate::{look, shared::Account};
use rusqlite::{Connection, params};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use switchback_core::charge::{Audit, FaultKind, LedgerEntry, balance};
use switchback_core::model::{Currency, MessageId, Money, PayerId};
use switchback_core::tariff::Payer;
use switchback_ports::LedgerTotals;

/// Messages that are balanced at once.
const CHUNK: usize = 1024;

/// Entries after a position, in order.
pub(crate) fn entries(c: &Connection, after: u64, n: usize) -> Result<Vec<(u64, LedgerEntry)>, Fault> {
    let sql = "SELECT seq, body FROM log WHERE seq >= ?1 AND ledger > 0 ORDER BY seq LIMIT ?2";
    let mut statement = c.prepare_cached(sql)?;
    let mut rows =
        statement.query(params![signed(after / LEDGER_IN_ROW), look::limit(n.saturating_add(1))])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let first = unsigned(row.get(0)?) * LEDGER_IN_ROW;
        let (_, _, ledger): LogBody = unseal(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        found.extend((first..).zip(ledger).filter(|(position, _)| *position > after));
        if found.len() >= n {
            break;
        }
    }
    found.truncate(n);
    Ok(found)
}

/// What is known of a payer from its entries: charged and held.
type Sums = BTreeMap<PayerId, (i128, i128)>;

/// Sums as they grow.
#[derive(Default)]
struct Proof {
    totals: LedgerTotals,
    sums: Sums,
    charged: BTreeMap<Currency, i128>,
    /// Payers of entries that do not follow from those before them.
    faulty: BTreeSet<PayerId>,
}

/// The proof.
pub(crate) fn totals(c: &Connection) -> Result<LedgerTotals, Fault> {
    let mut proof = Proof::default();
    proof.walk(
        c,
        "SELECT DISTINCT message FROM loose WHERE message > ?1 ORDER BY message LIMIT ?2",
        Some(false),
    )?;
    proof.walk(c, "SELECT id FROM open WHERE id > ?1 ORDER BY id LIMIT ?2", None)?;
    proof.walk(c, "SELECT id FROM finished WHERE id > ?1 ORDER BY id LIMIT ?2", Some(true))?;
    let accounts = accounts(c)?;
    let mut unbalanced: BTreeSet<SmolStr> = proof.faulty.iter().map(|id| SmolStr::new(id.as_str())).collect();
    for account in accounts.values() {
        let payer = &account.payer;
        let (charged, held) = proof.sums.remove(&payer.id).unwrap_or_default();
        if account.opening.checked_sub(charged) != Some(payer.balance.nanos) || held != payer.held.nanos {
            unbalanced.insert(SmolStr::new(payer.id.as_str()));
        }
    }
    // Entries of payers that nobody knows.
    unbalanced.extend(proof.sums.keys().map(|id| SmolStr::new(id.as_str())));
    let money = |(currency, nanos): (&Currency, &i128)| Money::from_nanos(*currency, *nanos);
    let charged = proof.charged.iter().map(money).collect();
    Ok(LedgerTotals { charged, unbalanced: unbalanced.into_iter().collect(), ..proof.totals })
}

/// All payers: the table, and above it what the journal has and the table not yet.
fn accounts(c: &Connection) -> Result<BTreeMap<PayerId, Account>, Fault> {
    let folded: Vec<(i128, Payer)> = look::many(c, "SELECT body FROM payer", [])?;
    let journal: Vec<Vec<(i128, Payer)>> = look::many(c, "SELECT body FROM journal ORDER BY seq", [])?;
    let all = folded.into_iter().chain(journal.into_iter().flatten());
    Ok(all.map(|(opening, payer)| (payer.id.clone(), Account { opening, payer, journal: 0 })).collect())
}

impl Proof {
    /// Balances the messages that the query gives. `finished`: what is known of all of them; `None`: they are open.
    fn walk(&mut self, c: &Connection, sql: &str, finished: Option<bool>) -> Result<(), Fault> {
        let mut after = Vec::new();
        loop {
            let mut statement = c.prepare_cached(sql)?;
            let ids =
                statement.query_map(params![after, look::limit(CHUNK)], |row| row.get::<_, Vec<u8>>(0))?;
            let ids: Vec<Vec<u8>> = ids.collect::<Result<_, _>>()?;
            let Some(last) = ids.last() else { return Ok(()) };
            after.clone_from(last);
            let mut entries = Vec::new();
            for id in &ids {
                let id = id_of(id)?;
                // A message that has a row of its own is met there, with all of its story.
                if finished != Some(false) || look::message(c, id)?.is_none() {
                    entries.extend(look::story(c, id)?.into_iter().flat_map(|(_, _, ledger)| ledger));
                }
            }
            self.add(&balance(&entries), finished.is_some());
        }
    }

    /// Adds the audit of some messages; `over`: their reservations should have ended.
    fn add(&mut self, audit: &Audit, over: bool) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.totals.entries += audit.entries;
        self.totals.open_holds += count(audit.open.len());
        self.totals.orphan_holds += if over { count(audit.open.len()) } else { 0 };
        let double = audit.faults.iter().filter(|fault| fault.what == FaultKind::DoubleCharge);
        let double: HashSet<MessageId> = double.map(|fault| fault.message).collect();
        self.totals.double_charges += count(double.len());
        let others = audit.faults.iter().filter(|fault| fault.what != FaultKind::DoubleCharge);
        self.faulty.extend(others.map(|fault| fault.payer.clone()));
        for (payer, sums) in &audit.payers {
            let (charged, held) = self.sums.entry(payer.clone()).or_default();
            *charged = charged.saturating_add(sums.charged.nanos);
            *held = held.saturating_add(sums.held.nanos);
            let total = self.charged.entry(sums.charged.currency).or_default();
            *total = total.saturating_add(sums.charged.nanos);
        }
    }
}

//! A payer is made or changed: by the loop that owns it, so that no reservation is in between.

use super::seats::PayerSeat;
use super::settle::{Pending, Reply};
use super::{Job, Looper};
use crate::locks::read;
use crate::refuse::{from_store, refusal};
use crate::work::{PayerWork, Work};
use std::sync::Arc;
use switchback_core::model::{Shard, Time};
use switchback_core::tariff::{LedgerError, MAIN_BALANCE, Payer, Plan};
use switchback_ports::{Expect, PayerChange, Refusal, RefusalKind, Unit, Write};

impl Looper {
    /// Makes or changes a payer.
    pub(super) fn change_payer(&mut self, job: Job) {
        let Work::Payer(work) = &job.work else { return };
        match self.changed_payer(work) {
            Ok((seat, before)) => {
                let id = seat.payer.id.clone();
                let unit = Unit {
                    shard: Shard::of(id.as_str()),
                    epoch: crate::EPOCH,
                    expects: vec![Expect::Payer { id: id.clone(), version: before }],
                    writes: vec![Write::Payer(Box::new(seat.payer.clone()))],
                };
                let mut pending = Pending::aside(job, Reply::Payer(Box::new(seat.payer.clone())));
                pending.payer = Some(id);
                self.seats.put_payer(seat);
                self.turn.units.push(unit);
                self.turn.pending.push(pending);
            }
            Err(refused) => job.work.refuse(refused),
        }
    }

    /// The payer as it will be, and the version that the store has.
    fn changed_payer(&mut self, work: &PayerWork) -> Result<(PayerSeat, Option<u64>), Refusal> {
        let id = work.id.as_str();
        if !(1..=64).contains(&id.len()) || !id.chars().all(|c| c.is_ascii_graphic()) {
            return Err(invalid("id_out_of_bounds", "An id is 1 to 64 visible ASCII characters."));
        }
        let shared = Arc::clone(&self.shared);
        let now = shared.clock.now();
        let plan = read(&shared.book).plan(&work.change.plan, now).cloned();
        let plan = plan.ok_or_else(|| {
            invalid("no_such_plan", format!("There is no plan {}. Put the plan first.", work.change.plan))
        })?;
        let known = self.seats.payer(&work.id, &*shared.store).map_err(|failure| from_store(&failure))?;
        let (mut payer, stored) = match known {
            Some(seat) => (seat.payer.clone(), seat.stored),
            None => (Payer::open(work.id.clone(), &plan), None),
        };
        let before = payer.version;
        change(&mut payer, &work.change, &plan, now)?;
        // The store's precondition moves with every write, also when nothing but the credit limit changed.
        payer.version = payer.version.max(before.saturating_add(1));
        let seat = PayerSeat { stored: Some(payer.version), plan: Some(plan), payer };
        Ok((seat, stored))
    }
}

fn change(payer: &mut Payer, change: &PayerChange, plan: &Plan, now: Time) -> Result<(), Refusal> {
    payer.adopt(plan, now).map_err(|_| {
        invalid(
            "other_currency",
            format!("The payer counts in {}, the plan in {}.", payer.currency, plan.currency),
        )
    })?;
    if let Some(limit) = change.credit_limit {
        if limit.currency != payer.currency || limit.nanos < 0 {
            return Err(not_taken(LedgerError::Overflow, "credit_limit"));
        }
        payer.credit_limit = limit;
    }
    if let Some(amount) = change.top_up {
        let balance = change.top_up_to.as_deref().unwrap_or(MAIN_BALANCE);
        payer.credit_to(balance, amount, plan).map_err(|error| not_taken(error, balance))?;
    }
    match &change.raise {
        Some((cap, by)) => payer.raise(cap, *by, plan, now).map_err(|error| not_taken(error, cap)),
        None => Ok(()),
    }
}

/// Why an amount was not taken, and for what.
fn not_taken(error: LedgerError, what: &str) -> Refusal {
    match error {
        LedgerError::NoBucket => invalid(
            "no_such_counter",
            format!("The plan has no balance, and no cap with `override`, of the name {what}."),
        ),
        error => invalid(
            "amount_out_of_bounds",
            format!("{what}: {error}. Give amounts in the payer's currency that are not negative."),
        ),
    }
}

fn invalid(code: &'static str, detail: impl Into<String>) -> Refusal {
    refusal(RefusalKind::Invalid, code, detail)
}

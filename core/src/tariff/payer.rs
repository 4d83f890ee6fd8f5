//! The money account that a message is charged to. It changes only by ledger entries, credits and plans.

use super::plan::Plan;
use crate::charge::{Hold, LedgerEntry, LedgerKind, Taken};
use crate::model::{Currency, Money, PayerId, PlanId, Unit};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Who is charged: balances and allowances behind a SIM or an account.
///
/// Bounds that [`Self::apply`] keeps: `held >= 0`; a reservation never makes `balance + credit_limit - held`
/// negative nor takes more units than an allowance has left.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Payer {
    /// Its id.
    pub id: PayerId,
    /// Grows by one with every change; the store's precondition.
    pub version: u64,
    /// The plan that prices its messages.
    pub plan: PlanId,
    /// The currency of everything below.
    pub currency: Currency,
    /// Money paid in and not charged; negative within the credit limit.
    pub balance: Money,
    /// How far the balance may go below zero; not negative.
    pub credit_limit: Money,
    /// The sum of open reservations.
    pub held: Money,
    /// One for each allowance of the plan.
    pub buckets: Vec<Bucket>,
    /// True: nothing is sold to it.
    pub barred: bool,
}

/// What is used of one allowance in its current period.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bucket {
    /// The allowance's id in the plan.
    pub id: SmolStr,
    /// What it counts.
    pub unit: Unit,
    /// Units a period.
    pub amount: u64,
    /// Start of the period that `used` and `held` are of, in days since 1970-01-01.
    pub period: u32,
    /// Units charged in that period.
    pub used: u64,
    /// Units reserved in that period.
    pub held: u64,
}

/// Why a payer did not take an entry. `Short`, `AllowanceShort` and `PeriodEnded` say that the price has become
/// stale since it was asked: ask again. The others are faults of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The entry is another payer's.
    #[error("the entry is another payer's")]
    WrongPayer,
    /// The amount is in another currency.
    #[error("the amount is in another currency than the payer's")]
    WrongCurrency,
    /// Less money is available than the reservation takes.
    #[error("short of funds")]
    Short,
    /// Fewer units are left than the reservation takes.
    #[error("fewer units are left in the allowance")]
    AllowanceShort,
    /// The units were counted for a period that has ended.
    #[error("the allowance's period has ended")]
    PeriodEnded,
    /// The payer has no such allowance.
    #[error("the payer has no such allowance")]
    NoBucket,
    /// More is committed, released or refunded than is held or charged.
    #[error("more is given back than was taken")]
    NotHeld,
    /// The amount is negative, or a sum does not fit.
    #[error("the amount is out of bounds")]
    Overflow,
}

impl Payer {
    /// A new payer on a plan: no money, no credit, full allowances.
    #[must_use]
    pub fn open(id: PayerId, plan: &Plan) -> Self {
        let zero = Money::zero(plan.currency);
        let mut payer = Self {
            id,
            version: 0,
            plan: plan.id.clone(),
            currency: plan.currency,
            balance: zero,
            credit_limit: zero,
            held: zero,
            buckets: Vec::new(),
            barred: false,
        };
        payer.take_buckets(plan);
        payer
    }

    /// Moves the payer to a plan, or to a newer version of it. What is used and held of allowances that both
    /// plans name is kept.
    ///
    /// # Errors
    /// [`LedgerError::WrongCurrency`] when the plan's currency is not the payer's.
    pub fn adopt(&mut self, plan: &Plan) -> Result<(), LedgerError> {
        if plan.currency != self.currency {
            return Err(LedgerError::WrongCurrency);
        }
        self.plan = plan.id.clone();
        self.take_buckets(plan);
        self.version = self.version.saturating_add(1);
        Ok(())
    }

    fn take_buckets(&mut self, plan: &Plan) {
        let old = std::mem::take(&mut self.buckets);
        let bucket = |allowance: &super::plan::Allowance| {
            let kept = old.iter().find(|bucket| bucket.id == allowance.id && bucket.unit == allowance.unit);
            let (period, used, held) = kept.map_or((0, 0, 0), |kept| (kept.period, kept.used, kept.held));
            Bucket {
                id: allowance.id.clone(),
                unit: allowance.unit,
                amount: allowance.amount,
                period,
                used,
                held,
            }
        };
        self.buckets = plan.allowances.iter().map(bucket).collect();
    }

    /// Adds money that was paid in.
    ///
    /// # Errors
    /// [`LedgerError`] when the amount is negative, of another currency, or does not fit.
    pub fn credit(&mut self, amount: Money) -> Result<(), LedgerError> {
        self.check(amount)?;
        self.balance = self.balance.checked_add(amount).ok_or(LedgerError::Overflow)?;
        self.version = self.version.saturating_add(1);
        Ok(())
    }

    /// What may still be reserved: balance and credit without what is held. Negative when a credit limit was lowered.
    #[must_use]
    pub fn available(&self) -> Money {
        let funds =
            self.balance.nanos.saturating_add(self.credit_limit.nanos).saturating_sub(self.held.nanos);
        Money::from_nanos(self.currency, funds)
    }

    /// The payer as it would be without its own reservation or charge `own`: what the commit that starts the
    /// next attempt frees, that attempt may use.
    #[must_use]
    pub const fn without<'a>(&'a self, own: &'a Hold) -> Purse<'a> {
        Purse { payer: self, own: Some(own) }
    }

    /// Carries out a ledger entry: wholly or, on an error, not at all.
    ///
    /// Units of a period that has ended are neither charged nor given back: its successor is another allowance.
    ///
    /// # Errors
    /// [`LedgerError`] when it would pass a bound.
    pub fn apply(&mut self, entry: &LedgerEntry) -> Result<(), LedgerError> {
        if entry.payer != self.id {
            return Err(LedgerError::WrongPayer);
        }
        let amount = entry.hold.amount;
        self.check(amount)?;
        let (balance, held) = match entry.kind {
            LedgerKind::Reserve => {
                if amount.nanos > 0 && !amount.at_most(self.available()) {
                    return Err(LedgerError::Short);
                }
                (Some(self.balance), self.held.checked_add(amount))
            }
            LedgerKind::Commit => (self.balance.checked_sub(amount), self.held.checked_sub(amount)),
            LedgerKind::Release => (Some(self.balance), self.held.checked_sub(amount)),
            LedgerKind::Refund => (self.balance.checked_add(amount), Some(self.held)),
            LedgerKind::Keep => (Some(self.balance), Some(self.held)),
        };
        let (balance, held) = balance.zip(held).ok_or(LedgerError::Overflow)?;
        if held.nanos < 0 {
            return Err(LedgerError::NotHeld);
        }
        if !entry.hold.taken.is_empty() && entry.kind != LedgerKind::Keep {
            let mut buckets = self.buckets.clone();
            entry.hold.taken.iter().try_for_each(|taken| turn(&mut buckets, taken, entry.kind))?;
            self.buckets = buckets;
        }
        (self.balance, self.held) = (balance, held);
        self.version = self.version.saturating_add(1);
        Ok(())
    }

    fn check(&self, amount: Money) -> Result<(), LedgerError> {
        if amount.currency != self.currency {
            return Err(LedgerError::WrongCurrency);
        }
        if amount.nanos < 0 { Err(LedgerError::Overflow) } else { Ok(()) }
    }
}

/// Moves units of one allowance.
fn turn(buckets: &mut [Bucket], taken: &Taken, kind: LedgerKind) -> Result<(), LedgerError> {
    let Some(bucket) = buckets.iter_mut().find(|bucket| bucket.id == taken.bucket) else {
        // An allowance that the plan has dropped since: there is nothing left to give its units back to.
        return if kind == LedgerKind::Reserve { Err(LedgerError::NoBucket) } else { Ok(()) };
    };
    if kind == LedgerKind::Reserve {
        if taken.period < bucket.period {
            return Err(LedgerError::PeriodEnded);
        }
        if taken.period > bucket.period {
            (bucket.period, bucket.used, bucket.held) = (taken.period, 0, 0);
        }
        let spoken_for = bucket.used.checked_add(bucket.held).and_then(|sum| sum.checked_add(taken.units));
        if spoken_for.is_none_or(|sum| sum > bucket.amount) {
            return Err(LedgerError::AllowanceShort);
        }
        bucket.held = bucket.held.checked_add(taken.units).ok_or(LedgerError::Overflow)?;
        return Ok(());
    }
    if taken.period != bucket.period {
        return Ok(());
    }
    let from = if kind == LedgerKind::Refund { &mut bucket.used } else { &mut bucket.held };
    *from = from.checked_sub(taken.units).ok_or(LedgerError::NotHeld)?;
    if kind == LedgerKind::Commit {
        bucket.used = bucket.used.checked_add(taken.units).ok_or(LedgerError::Overflow)?;
    }
    Ok(())
}

/// A payer as one message sees it: with the message's own reservation counted as free.
#[derive(Clone, Copy, Debug)]
pub struct Purse<'a> {
    pub(super) payer: &'a Payer,
    own: Option<&'a Hold>,
}

impl<'a> From<&'a Payer> for Purse<'a> {
    fn from(payer: &'a Payer) -> Self {
        Self { payer, own: None }
    }
}

impl Purse<'_> {
    /// True when that amount can be paid; nothing always can.
    pub(super) fn can_pay(&self, amount: i128) -> bool {
        let freed = self.own.filter(|own| own.amount.currency == self.payer.currency);
        let freed = freed.map_or(0, |own| own.amount.nanos);
        amount == 0 || amount <= self.payer.available().nanos.saturating_add(freed)
    }

    /// Units left of an allowance in the period that starts at `period`; nothing for one that the payer has not.
    pub(super) fn left(&self, id: &str, period: u32) -> Option<u64> {
        let bucket = self.payer.buckets.iter().find(|bucket| bucket.id == id)?;
        if bucket.period > period {
            return None;
        }
        let gone = if bucket.period == period { bucket.used.saturating_add(bucket.held) } else { 0 };
        let own = self.own.into_iter().flat_map(|own| &own.taken);
        let freed =
            own.filter(|taken| taken.bucket == id && taken.period == period && bucket.period == period);
        let freed = freed.fold(0_u64, |sum, taken| sum.saturating_add(taken.units));
        Some(bucket.amount.saturating_sub(gone.saturating_sub(freed)))
    }
}

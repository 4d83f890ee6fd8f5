//! The money account that a message is charged to. It changes only by ledger entries, credits and plans.

use super::calendar::is_minute;
use super::each::{self, Conversation, Each};
use super::notices::LOW;
use super::plan::{Allowance, MAIN_BALANCE, Plan, UNITS_MAX};
use crate::charge::{Hold, LedgerEntry, LedgerKind, Taken};
use crate::model::{Currency, Money, PayerId, PlanId, Time, Unit};
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
    /// One for each allowance, pass, cap and counted volume of the plan.
    pub buckets: Vec<Bucket>,
    /// True: nothing is sold to it.
    pub barred: bool,
    /// A charging system of the operator's says what it can pay. What is counted here is what that took through us: the
    /// balance goes below zero without a bound.
    pub charged_outside: bool,
}

/// A counter in its current period: units of an allowance, one purchase of a pass, money under a cap (in nano-units),
/// units that count for a price by volume, a conversation, the part of the money that is in a balance of its own. None ever passes its amount.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bucket {
    /// The id in the plan; with a `+` behind it, the units of an allowance that were carried over, or what a cap was raised by; with a `!`
    /// behind it, the share of a cap that was told, or that the balance is low; with an `@`
    /// and an account, a route or a hash of a recipient, the one that counts for that alone.
    pub id: SmolStr,
    /// What it counts.
    pub unit: Unit,
    /// Units a period.
    pub amount: u64,
    /// Start of the period that `used` and `held` are of: days since 1970-01-01, or minutes where it is an hour or the
    /// 24 hours of a conversation.
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
    /// A new payer on a plan: no money, the plan's credit, full allowances.
    #[must_use]
    pub fn open(id: PayerId, plan: &Plan) -> Self {
        let zero = Money::zero(plan.currency);
        Self {
            id,
            version: 0,
            plan: plan.id.clone(),
            currency: plan.currency,
            balance: zero,
            credit_limit: Money::from_nanos(plan.currency, plan.credit_limit),
            held: zero,
            buckets: plan.buckets().collect(),
            barred: false,
            charged_outside: plan.external.is_some(),
        }
    }

    /// Moves the payer to a plan, or to a newer version of it, and to the present period of what rolls over. What is
    /// used and held of buckets that both plans name is kept.
    ///
    /// # Errors
    /// [`LedgerError::WrongCurrency`] when the plan's currency is not the payer's.
    pub fn adopt(&mut self, plan: &Plan, at: Time) -> Result<(), LedgerError> {
        if plan.currency != self.currency {
            return Err(LedgerError::WrongCurrency);
        }
        self.plan = plan.id.clone();
        self.charged_outside = plan.external.is_some();
        let old = std::mem::take(&mut self.buckets);
        for bucket in plan.buckets() {
            // A count of hours says nothing of days, nor the reverse.
            let same = |kept: &&Bucket| {
                kept.unit == bucket.unit && plan.per(&bucket.id).is_none_or(|per| per.counts(kept.period))
            };
            let own = old.iter().filter(same).find(|kept| kept.id == bucket.id);
            let several = plan.each(&bucket.id).is_some_and(|each| each != Each::Payer);
            let each = old.iter().filter(same).filter(|kept| several && kept.counter() == Some(&bucket.id));
            let given = bucket.is_carried() || plan.named_balances().any(|balance| balance.id == bucket.id);
            let kept = |kept: &Bucket| {
                let amount = if given { kept.amount } else { bucket.amount };
                Bucket { amount, ..kept.clone() }
            };
            let each: Vec<Bucket> = each.map(kept).collect();
            self.buckets.push(own.map_or_else(|| bucket.clone(), kept));
            self.buckets.extend(each);
        }
        for allowance in &plan.allowances {
            self.roll(allowance, &old, plan, at);
        }
        self.version = self.version.saturating_add(1);
        Ok(())
    }

    /// True when [`Self::adopt`] would bring an allowance into another period, and so carry units over.
    #[must_use]
    pub fn is_behind(&self, plan: &Plan, at: Time) -> bool {
        let rolling = plan.allowances.iter().filter(|allowance| allowance.carried.is_some());
        let mut periods = rolling.map(|allowance| (allowance, allowance.per.start(plan.zone.local(at))));
        periods.any(|(allowance, period)| {
            self.buckets.iter().any(|bucket| bucket.id == allowance.id && bucket.period < period)
        })
    }

    /// Brings an allowance that rolls over into the present period, with what it carries over.
    fn roll(&mut self, allowance: &Allowance, old: &[Bucket], plan: &Plan, at: Time) {
        let Some(carried) = &allowance.carried else { return };
        let now = allowance.per.start(plan.zone.local(at));
        let known = old.iter().find(|bucket| bucket.id == allowance.id && bucket.period > 0);
        let extra = match known {
            // A payer that had it in no period before has nothing to carry over.
            None => 0,
            Some(known) if known.period >= now => {
                old.iter().find(|bucket| bucket.id == *carried).map_or(0, |bucket| bucket.amount)
            }
            Some(known) if known.period == allowance.per.previous(now) => {
                known.amount.saturating_sub(known.used).saturating_sub(known.held).min(allowance.rollover)
            }
            // In the period before nothing was used.
            Some(known) => known.amount.min(allowance.rollover),
        };
        for bucket in &mut self.buckets {
            let is_carried = bucket.id == *carried;
            if is_carried || bucket.id == allowance.id {
                if is_carried {
                    bucket.amount = extra;
                }
                if bucket.period < now {
                    (bucket.period, bucket.used, bucket.held) = (now, 0, 0);
                }
            }
        }
    }

    /// Adds money that was paid in.
    ///
    /// # Errors
    /// [`LedgerError`] when the amount is negative, of another currency, or does not fit.
    pub fn credit(&mut self, amount: Money) -> Result<(), LedgerError> {
        self.check(amount)?;
        self.balance = self.balance.checked_add(amount).ok_or(LedgerError::Overflow)?;
        self.tell_again();
        self.version = self.version.saturating_add(1);
        Ok(())
    }

    /// Adds money that was paid into one of the plan's balances.
    ///
    /// # Errors
    /// [`LedgerError::NoBucket`] when the plan has no such balance; else as [`Self::credit`].
    pub fn credit_to(&mut self, balance: &str, amount: Money, plan: &Plan) -> Result<(), LedgerError> {
        if balance == MAIN_BALANCE {
            return self.credit(amount);
        }
        let known = plan.named_balances().any(|known| known.id == balance);
        let place = self.buckets.iter().position(|bucket| known && bucket.id == balance);
        let bucket = place.and_then(|place| self.buckets.get(place)).ok_or(LedgerError::NoBucket)?;
        let nanos = u64::try_from(amount.nanos).map_err(|_| LedgerError::Overflow)?;
        let sum = bucket.amount.checked_add(nanos).ok_or(LedgerError::Overflow)?;
        self.credit(amount)?;
        if let Some(bucket) = place.and_then(|place| self.buckets.get_mut(place)) {
            bucket.amount = sum;
        }
        Ok(())
    }

    /// Lets the present period of a cap take so much more: the payer agreed to it.
    ///
    /// # Errors
    /// [`LedgerError::NoBucket`] when the plan has no cap of that name that may be raised; [`LedgerError`] when the amount
    /// is negative, of another currency, or does not fit.
    pub fn raise(&mut self, cap: &str, by: Money, plan: &Plan, at: Time) -> Result<(), LedgerError> {
        self.check(by)?;
        let by = u64::try_from(by.nanos).map_err(|_| LedgerError::Overflow)?;
        let (id, per) = plan.raisable(cap).ok_or(LedgerError::NoBucket)?;
        let period = per.start(plan.zone.local(at));
        let bucket = self.buckets.iter_mut().find(|bucket| bucket.id == *id).ok_or(LedgerError::NoBucket)?;
        if bucket.period != period {
            (bucket.period, bucket.amount, bucket.used, bucket.held) = (period, 0, 0, 0);
        }
        bucket.amount = bucket.amount.checked_add(by).ok_or(LedgerError::Overflow)?;
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
                if amount.nanos > 0 && !self.charged_outside && !amount.at_most(self.available()) {
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

impl Bucket {
    /// When its period began, by the clock of the plan: a day, or a minute; nothing when it has none, or was never used.
    #[must_use]
    pub fn since(&self) -> Option<String> {
        let (millis, shown) = if is_minute(self.period) {
            (60_000, "2026-11-23T14:00".len())
        } else {
            (86_400_000, "2026-11-23".len())
        };
        let mut text = Time::from_millis(u64::from(self.period).saturating_mul(millis)).to_string();
        text.truncate(shown);
        (self.period > 0).then_some(text)
    }

    fn is_carried(&self) -> bool {
        self.id.ends_with('+')
    }
}

impl Plan {
    /// New buckets for all that the plan counts.
    fn buckets(&self) -> impl Iterator<Item = Bucket> {
        let bucket =
            |id: &SmolStr, unit, amount| Bucket { id: id.clone(), unit, amount, period: 0, used: 0, held: 0 };
        let allowances = self.allowances.iter().flat_map(move |allowance| {
            let carried = allowance.carried.as_ref().map(|id| bucket(id, allowance.unit, 0));
            std::iter::once(bucket(&allowance.id, allowance.unit, allowance.amount)).chain(carried)
        });
        let passes = self.passes.iter().map(move |pass| bucket(&pass.id, Unit::Message, 1));
        let caps = self.caps.iter().flat_map(move |cap| {
            let raised = cap.raised.as_ref().map(|id| bucket(id, Unit::Nano, 0));
            let told = cap.told.as_ref().map(|id| bucket(id, Unit::Message, 100));
            std::iter::once(bucket(&cap.id, Unit::Nano, cap.amount)).chain(raised).chain(told)
        });
        let balances = self.named_balances().map(move |balance| bucket(&balance.id, Unit::Nano, 0));
        let low = self.low.map(|_| bucket(&SmolStr::new_static(LOW), Unit::Message, 1));
        let volumes = self.volumes.iter().map(move |volume| bucket(&volume.id, volume.unit, UNITS_MAX));
        let conversations = self.conversations.iter().map(move |id| bucket(id, Unit::Conversation, 1));
        allowances.chain(passes).chain(caps).chain(balances).chain(low).chain(volumes).chain(conversations)
    }
}

/// Moves units of one allowance.
fn turn(buckets: &mut Vec<Bucket>, taken: &Taken, kind: LedgerKind) -> Result<(), LedgerError> {
    let known = buckets.iter().position(|bucket| bucket.id == taken.bucket);
    let opened = || each::open(buckets, &taken.bucket, taken.period);
    let place = if kind == LedgerKind::Reserve { known.or_else(opened) } else { known };
    let Some(bucket) = place.and_then(|place| buckets.get_mut(place)) else {
        // An allowance that the plan has dropped since: there is nothing left to give its units back to.
        return if kind == LedgerKind::Reserve { Err(LedgerError::NoBucket) } else { Ok(()) };
    };
    if kind == LedgerKind::Reserve {
        if taken.period < bucket.period {
            return Err(LedgerError::PeriodEnded);
        }
        if taken.period > bucket.period {
            if bucket.is_carried() {
                // What it holds was carried into another period.
                return Err(LedgerError::PeriodEnded);
            }
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
    /// Money of the payer's own that nothing holds, in all its balances; credit is not among it.
    pub(super) fn own_money(&self) -> i128 {
        let freed = self.own.map_or(0, |own| own.amount.nanos);
        let Payer { balance, held, .. } = self.payer;
        balance.nanos.saturating_sub(held.nanos).saturating_add(freed)
    }

    /// True when that amount can be paid, as far as is known here; nothing always can.
    pub(super) fn can_pay(&self, amount: i128) -> bool {
        let freed = self.own.filter(|own| own.amount.currency == self.payer.currency);
        let freed = freed.map_or(0, |own| own.amount.nanos);
        let known = amount == 0 || self.payer.charged_outside;
        known || amount <= self.payer.available().nanos.saturating_add(freed)
    }

    /// What is left of a bucket in the period that starts at `period`; nothing for one that the payer has not, or has
    /// for a later period.
    pub(super) fn left(&self, id: &str, period: u32) -> Option<u64> {
        let bucket = self.payer.bucket(id)?;
        if bucket.period < period { Some(bucket.amount) } else { self.left_of(bucket, period) }
    }

    /// Where the conversation that this bucket counts stands; nothing when the payer's plan has none of that name.
    pub(super) fn conversation(&self, id: &str, minute: u32) -> Option<Conversation> {
        let bucket = self.payer.bucket(id)?;
        let until = bucket.until();
        Some(match self.left_of(bucket, bucket.period)? {
            0 if until > minute => Conversation::Open { until },
            _ if self.payer.talks_to_all_it_can(minute) => Conversation::Uncounted,
            _ => Conversation::Begins { minute: minute.max(bucket.period) },
        })
    }

    /// What is left of a bucket that is of that very period.
    pub(super) fn left_in(&self, id: &str, period: u32) -> Option<u64> {
        self.left_of(self.payer.buckets.iter().find(|bucket| bucket.id == id)?, period)
    }

    fn left_of(&self, bucket: &Bucket, period: u32) -> Option<u64> {
        if bucket.period != period {
            return None;
        }
        let own = self.own.into_iter().flat_map(|own| &own.taken);
        let freed = own.filter(|taken| taken.bucket == bucket.id && taken.period == period);
        let freed = freed.fold(0_u64, |sum, taken| sum.saturating_add(taken.units));
        let gone = bucket.used.saturating_add(bucket.held).saturating_sub(freed);
        Some(bucket.amount.saturating_sub(gone))
    }
}

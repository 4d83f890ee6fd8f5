//! When a payer's side is told that its money runs out. Each is told once a period, or until money is paid in: what was
//! told is one more counter of the payer, so that neither a refund nor a restart tells it again.

use super::each::{self, Each};
use super::payer::Payer;
use super::plan::{Cap, Plan};
use crate::charge::{LedgerEntry, LedgerKind, Taken};
use crate::model::{AccountId, Notice, Time};
use smol_str::{SmolStr, format_smolstr};
use std::cmp::Ordering;

/// Stands behind the name of what the counter of things told is for; no id of a plan ends in it.
pub(in crate::tariff) const TOLD: char = '!';

/// The counter of whether it was told that the balance is low.
pub(super) const LOW: &str = "main!";

impl Cap {
    /// The greatest share that is named in `notify` and reached.
    fn reached(&self, used: u64) -> Option<u8> {
        let is_reached = |percent: &&u8| {
            u128::from(used).saturating_mul(100)
                >= u128::from(self.amount).saturating_mul(u128::from(**percent))
        };
        self.notify.iter().rev().find(is_reached).copied()
    }
}

impl Plan {
    /// The cap that counts in a bucket of that id, where somebody is to be told of it.
    fn told_cap(&self, bucket: &str) -> Option<&Cap> {
        let id = bucket.split_once(each::MARK).map_or(bucket, |(id, _)| id);
        let counts = |cap: &&Cap| cap.id == id || cap.raised.as_deref() == Some(id);
        self.caps.iter().filter(|cap| cap.told.is_some()).find(counts)
    }
}

impl Payer {
    /// What is to be told after that entry, which the payer has taken; it counts as told from now on.
    pub fn notices(&mut self, plan: &Plan, entry: &LedgerEntry) -> Vec<Notice> {
        let mut notices = Vec::new();
        if entry.kind == LedgerKind::Commit && entry.hold.amount.nanos > 0 {
            notices.extend(entry.hold.taken.iter().filter_map(|taken| self.cap_notice(plan, taken)));
            let is_low = self.is_low(plan);
            let untold = self.buckets.iter_mut().find(|bucket| bucket.id == LOW && bucket.used == 0);
            if let Some(told) = untold.filter(|_| is_low) {
                told.used = 1;
                notices.push(Notice::BalanceLow);
            }
        }
        notices
    }

    fn cap_notice(&mut self, plan: &Plan, taken: &Taken) -> Option<Notice> {
        let cap = plan.told_cap(&taken.bucket)?;
        // What goes beyond the cap counts in another bucket, and under its name.
        let own = if cap.raised.as_ref() == Some(&taken.bucket) { &cap.id } else { &taken.bucket };
        let percent = cap.reached(self.charged(cap, own, taken.period)?)?;
        let id = format_smolstr!("{}{}", cap.told.as_ref()?, own.strip_prefix(cap.id.as_str())?);
        let known = self.buckets.iter().position(|bucket| bucket.id == id);
        let place = known.or_else(|| each::open(&mut self.buckets, &id, taken.period))?;
        let told = self.buckets.get_mut(place)?;
        if told.period != taken.period {
            (told.period, told.used) = (taken.period, 0);
        }
        if told.used >= u64::from(percent) {
            return None;
        }
        told.used = u64::from(percent);
        Some(Notice::CapReached { cap: own.clone(), percent })
    }

    /// What is charged under a cap in the period that began at `period`, also beyond it; nothing once that has ended.
    fn charged(&self, cap: &Cap, own: &str, period: u32) -> Option<u64> {
        let used = |id: &str| {
            let bucket = self.buckets.iter().find(|bucket| bucket.id == id);
            bucket.map_or(Some(0), |bucket| match bucket.period.cmp(&period) {
                Ordering::Less => Some(0),
                Ordering::Equal => Some(bucket.used),
                Ordering::Greater => None,
            })
        };
        let beyond = cap.raised.as_deref().map_or(Some(0), used)?;
        Some(used(own)?.saturating_add(beyond))
    }

    /// Money was paid in: that it runs out would be news again.
    pub(super) fn tell_again(&mut self) {
        for told in self.buckets.iter_mut().filter(|bucket| bucket.id == LOW) {
            told.used = 0;
        }
    }

    /// How things stand at `at` for a message that `account` sends, told or not.
    #[must_use]
    pub fn standing(&self, plan: &Plan, account: Option<&AccountId>, at: Time) -> Vec<Notice> {
        let now = plan.zone.local(at);
        let own: Option<SmolStr> = account.map(|account| format_smolstr!("{account}"));
        let caps = self.buckets.iter().filter_map(|bucket| {
            let cap = plan.told_cap(&bucket.id).filter(|cap| cap.raised.as_ref() != Some(&bucket.id))?;
            let whose = bucket.id.split_once(each::MARK).map(|(_, whose)| whose);
            let concerns = cap.each != Each::Account || whose == own.as_deref();
            let used = self.charged(cap, &bucket.id, cap.per.start(now)).filter(|used| *used > 0)?;
            let percent = cap.reached(used).filter(|_| concerns)?;
            Some(Notice::CapReached { cap: bucket.id.clone(), percent })
        });
        caps.chain(self.is_low(plan).then_some(Notice::BalanceLow)).collect()
    }

    /// True when less can be spent than the plan calls low; what is only reserved may come back.
    fn is_low(&self, plan: &Plan) -> bool {
        let left = self.balance.nanos.saturating_add(self.credit_limit.nanos);
        plan.low.is_some_and(|low| left < low)
    }
}

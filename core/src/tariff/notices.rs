//! When a payer's side is told that its money runs out. Each is told once a period, or until money is paid in: what was
//! told is one more counter of the payer, so that neither a refund nor a restart tells it again.

use super::each::{self, Each};
use super::payer::{Bucket, Payer};
use super::plan::{Cap, Plan};
use crate::charge::{LedgerEntry, LedgerKind, Taken};
use crate::model::{AccountId, Notice, Time};
use smol_str::{SmolStr, format_smolstr};

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
        self.caps.iter().find(|cap| cap.id == id && cap.told.is_some())
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
        let counted = |bucket: &&Bucket| bucket.id == taken.bucket && bucket.period == taken.period;
        let percent = cap.reached(self.buckets.iter().find(counted)?.used)?;
        let whose = taken.bucket.strip_prefix(cap.id.as_str())?;
        let id = format_smolstr!("{}{whose}", cap.told.as_ref()?);
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
        Some(Notice::CapReached { cap: taken.bucket.clone(), percent })
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
            let cap = plan.told_cap(&bucket.id).filter(|cap| bucket.period == cap.per.start(now))?;
            let whose = bucket.id.split_once(each::MARK).map(|(_, whose)| whose);
            let concerns = cap.each != Each::Account || whose == own.as_deref();
            let percent = cap.reached(bucket.used).filter(|_| concerns)?;
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

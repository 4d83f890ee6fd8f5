//! What a message takes from the payer's counters: a pass that it triggers, units of allowances, a place in the volume
//! of the period, and money under caps. All of it becomes part of the reservation, and so of the ledger.

use super::calendar::Per;
use super::each::{self, Conversation, Each};
use super::explain::{Skipped, Told};
use super::place::Dests;
use super::plan::{Allowance, Overage, Split, Then, UNITS_MAX};
use super::price::{AllowanceLeft, Case, Priced};
use super::rates::{From, Rate, Tariff};
use super::zone::Local;
use crate::charge::Taken;
use crate::model::{NotOffered, Price, Service, Unit, UnknownPrice};
use smol_str::SmolStr;

/// A payer whose buckets are not those of its plan: it has not taken the plan in.
const NOT_ADOPTED: Price = Price::Unknown(UnknownPrice::NoPlan);

/// The counters of a payer, as one message uses them.
pub(super) struct Buckets<'c, 'a> {
    case: &'c Case<'a>,
    rate: &'c Rate,
    dests: &'c Dests,
    counted: &'c [From],
    /// Places of allowances that passes grant to this message.
    granted: Vec<usize>,
    pub(super) taken: Vec<Taken>,
}

/// What allowances leave to be paid.
pub(super) struct Covered {
    /// Units that none covers.
    pub(super) open: u64,
    /// They cost nothing, at a lower quality.
    pub(super) degraded: bool,
}

impl<'c, 'a> Buckets<'c, 'a> {
    pub(super) fn new(case: &'c Case<'a>, rate: &'c Rate, dests: &'c Dests) -> Self {
        let counted = case.on.origins.counted(rate.origin);
        Self { case, rate, dests, counted, granted: Vec::new(), taken: Vec::new() }
    }

    fn period(&self, per: Per) -> u32 {
        per.start(self.case.on.local)
    }

    fn take(&mut self, bucket: &SmolStr, units: u64, period: u32) {
        if units > 0 {
            self.taken.push(Taken { bucket: bucket.clone(), units, period });
        }
    }

    /// The units, which are none while a conversation with the recipient goes on.
    pub(super) fn conversation(&mut self, units: u64, tell: &mut impl FnMut(Told<'_>)) -> Result<u64, Price> {
        let (Unit::Conversation, Some(id)) = (self.rate.unit, &self.rate.id) else { return Ok(units) };
        let name = Each::Recipient.bucket(id, &self.case.whose()).ok_or(NOT_ADOPTED)?;
        let stands = self.case.purse.conversation(&name, each::minute(self.case.on.at)).ok_or(NOT_ADOPTED)?;
        tell(Told::Conversation { id, stands });
        match stands {
            Conversation::Open { .. } => return Ok(0),
            Conversation::Begins { minute } => self.take(&name, 1, minute),
            Conversation::Uncounted => {}
        }
        Ok(units)
    }

    /// The fees of passes that this message is the first of their period to use.
    pub(super) fn passes(
        &mut self,
        priced: &mut Priced,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Result<i128, Price> {
        let mut fees = 0_i128;
        let case = self.case;
        let from = case.on.origins.triggering(self.rate.origin, case.service == Service::Im);
        for pass in &case.on.plan.passes {
            let scope = &pass.trigger;
            if !scope.sells(case.sold) || !scope.reaches(self.dests.list()) || !scope.starts_at(from) {
                tell(Told::Skipped { id: &pass.id, why: Skipped::NotForThis });
                continue;
            }
            let period = self.period(pass.per);
            let unbought = case.purse.left(&pass.id, period).ok_or(NOT_ADOPTED)?;
            self.granted.extend(&pass.grants);
            tell(Told::Pass { id: &pass.id, fee: pass.fee, is_first: unbought > 0 });
            if unbought > 0 {
                fees = fees.checked_add(pass.fee).ok_or(NOT_ADOPTED)?;
                self.take(&pass.id, 1, period);
                priced.pass.get_or_insert_with(|| pass.id.clone());
            }
        }
        Ok(fees)
    }

    /// Takes units from the allowances that cover the message: by priority, then what expires first, then by name.
    pub(super) fn cover(
        &mut self,
        units: u64,
        priced: &mut Priced,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Result<Covered, Price> {
        let plan = self.case.on.plan;
        let mut open = units;
        let mut overage = Overage::Charge;
        let order = self.order();
        for n in 0..plan.allowances.len() {
            let place = order.get(n).copied().unwrap_or(n);
            let Some(allowance) = plan.allowances.get(place) else { continue };
            if let Some(why) = self.not_covering(place, allowance) {
                tell(Told::Skipped { id: &allowance.id, why });
                continue;
            }
            let left = self.draw(allowance, &mut open, tell);
            if let Some(left_after) = left {
                priced.allowance.get_or_insert_with(|| AllowanceLeft {
                    id: allowance.id.clone(),
                    left_after,
                    unit: allowance.unit,
                });
            }
            match (allowance.overage, overage) {
                (Overage::Block, _) => overage = Overage::Block,
                (Overage::Throttle, Overage::Charge) => overage = Overage::Throttle,
                _ => {}
            }
        }
        match overage {
            Overage::Block if open > 0 => Err(Price::NotOffered(NotOffered::Allowance)),
            Overage::Throttle if open > 0 => Ok(Covered { open, degraded: true }),
            Overage::Charge | Overage::Block | Overage::Throttle => Ok(Covered { open, degraded: false }),
        }
    }

    /// The places of the plan's allowances in the order in which they are used up, where that is not their own order.
    fn order(&self) -> Vec<usize> {
        let allowances = &self.case.on.plan.allowances;
        if !allowances
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.priority == b.priority && a.per != b.per))
        {
            return Vec::new();
        }
        let now = self.case.on.local;
        let mut order: Vec<usize> = (0..allowances.len()).collect();
        // A stable sort: what ends on one day stays in the order of its names.
        order.sort_by_key(|place| {
            allowances.get(*place).map(|a| (a.priority, a.per.end(now).map_or(u32::MAX, Local::minutes)))
        });
        order
    }

    fn not_covering(&self, place: usize, allowance: &Allowance) -> Option<Skipped> {
        let scope = &allowance.scope;
        if !scope.sells(self.case.sold) {
            return Some(Skipped::OtherService);
        }
        if !scope.reaches(self.dests.list()) {
            return Some(Skipped::OtherDestination);
        }
        let own = !allowance.only_by_pass && scope.starts_at(self.counted);
        (!own && !self.granted.contains(&place)).then_some(Skipped::OtherOrigin)
    }

    /// Takes what an allowance has, what was carried over first; gives what is left of it when anything was taken.
    fn draw(
        &mut self,
        allowance: &Allowance,
        open: &mut u64,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Option<u64> {
        let period = self.period(allowance.per);
        let weight = allowance.weight(self.case.sold);
        let purse = self.case.purse;
        let own = purse.left(&allowance.id, period).unwrap_or(0);
        let carried = allowance.carried.as_ref();
        let extra = carried.and_then(|id| purse.left_in(id, period)).unwrap_or(0);
        let enough =
            own.checked_div(weight).unwrap_or(0).saturating_add(extra.checked_div(weight).unwrap_or(0));
        if *open == 0 || enough == 0 || (allowance.split == Split::Whole && enough < *open) {
            let why = match (*open, enough) {
                (0, _) => Skipped::NothingLeftToPay,
                (_, 0) => Skipped::UsedUp,
                _ => Skipped::NotWhole,
            };
            tell(Told::Skipped { id: &allowance.id, why });
            return None;
        }
        let mut left = own.saturating_add(extra);
        for (id, has) in carried.map(|id| (id, extra)).into_iter().chain([(&allowance.id, own)]) {
            let units = has.checked_div(weight).unwrap_or(0).min(*open);
            let burnt = units.saturating_mul(weight);
            self.take(id, burnt, period);
            *open = open.saturating_sub(units);
            left = left.saturating_sub(burnt);
            if units > 0 {
                tell(Told::Bucket { id, burnt, left: has.saturating_sub(burnt), unit: allowance.unit });
            }
        }
        Some(left)
    }

    /// Takes the units' place in the volume of the period, and gives how many came before.
    pub(super) fn counted(&mut self, open: u64) -> Result<u64, Price> {
        let (Tariff::Volume { per, .. }, Some(id)) = (&self.rate.tariff, &self.rate.id) else { return Ok(0) };
        let period = self.period(*per);
        let left = self.case.purse.left(id, period).ok_or(NOT_ADOPTED)?;
        self.take(id, open, period);
        Ok(UNITS_MAX.saturating_sub(left))
    }

    /// The amount that caps leave of it, with what it takes of each.
    pub(super) fn caps(&mut self, amount: i128, tell: &mut impl FnMut(Told<'_>)) -> Result<i128, Price> {
        let case = self.case;
        let (sold, dests, counted) = (case.sold, self.dests.list(), self.counted);
        let applying = || {
            let caps = case.on.plan.caps.iter().filter(|cap| {
                let scope = &cap.scope;
                scope.sells(sold) && scope.reaches(dests) && scope.starts_at(counted)
            });
            caps.filter_map(|cap| Some((cap, cap.each.bucket(&cap.id, &case.whose())?)))
        };
        let mut amount = amount;
        for (cap, id) in applying().filter(|(cap, _)| cap.then == Then::Free) {
            let left = case.purse.left(&id, self.period(cap.per)).ok_or(NOT_ADOPTED)?;
            if amount > i128::from(left) {
                tell(Told::Capped { id: &id, left });
                amount = i128::from(left);
            }
        }
        for (cap, id) in applying() {
            let period = self.period(cap.per);
            let own = case.purse.left(&id, period).ok_or(NOT_ADOPTED)?;
            let raised = cap.raised.as_ref().and_then(|id| Some((id, case.purse.left_in(id, period)?)));
            let left = own.saturating_add(raised.map_or(0, |(_, extra)| extra));
            if amount > i128::from(left) {
                tell(Told::Capped { id: &id, left });
                return Err(Price::NotOffered(NotOffered::Cap));
            }
            tell(Told::Cap { id: &id, left, of: cap.amount });
            let amount = u64::try_from(amount).map_err(|_| NOT_ADOPTED)?;
            self.take(&id, amount.min(own), period);
            if let Some((id, _)) = raised {
                self.take(id, amount.saturating_sub(own), period);
            }
        }
        Ok(amount)
    }

    /// Which balances the amount is paid from, in the plan's order; what they don't have is credit.
    pub(super) fn balances(&mut self, amount: i128, tell: &mut impl FnMut(Told<'_>)) -> Result<(), Price> {
        let plan = self.case.on.plan;
        let left = |id: &SmolStr| self.case.purse.left(id, 0).map(i128::from).ok_or(NOT_ADOPTED);
        let named =
            plan.named_balances().try_fold(0_i128, |sum, named| Ok(sum.saturating_add(left(&named.id)?)))?;
        let main = self.case.purse.own_money().saturating_sub(named).max(0);
        let mut rest = amount;
        for balance in &plan.balances {
            let (id, is_main) = (&balance.id, balance.is_main());
            let has = if is_main { main } else { left(id)? };
            let part = rest.min(has);
            rest = rest.saturating_sub(part);
            if part > 0 {
                tell(Told::Paid { id, part });
            }
            if !is_main {
                self.take(id, u64::try_from(part).map_err(|_| NOT_ADOPTED)?, 0);
            }
        }
        Ok(())
    }
}

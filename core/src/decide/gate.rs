//! R5: the tariff gate. A next attempt starts only if its price is known and `committed + p2 <= limit`.
//! This is the promise to the sender; there is no switch that turns it off.

use super::case::Case;
use crate::charge::Unpaid;
use crate::model::{Funds, Money, Offer, Reach, Reason, Service, Time, Told};

/// What the gate says of one service.
pub(super) enum Gate {
    /// An attempt may start.
    Open,
    /// It may not, and this is what can be told and done.
    Closed(Closed),
}

/// A closed gate.
#[derive(Clone, Copy, Default)]
pub(super) struct Closed {
    /// The sender may open it by consent to this amount (R6).
    pub(super) told: Option<Told>,
    /// Prices, funds and routes change by themselves: look again then.
    pub(super) look: Option<Time>,
}

impl Case<'_> {
    /// R5 for the next attempt by `service`, the first service included (R7 to R9 price it afresh too).
    pub(super) fn gate(&self, service: Service, offer: &Offer, why: &mut Vec<Reason>) -> Gate {
        if let Some(reason) = self.barrier(service, offer) {
            why.push(reason);
            let may_change = !matches!(reason, Reason::FailedForGood(_) | Reason::CannotCarry(_));
            return Gate::Closed(Closed { told: None, look: may_change.then(|| self.next_look()) });
        }
        if let Some(closed) = self.not_payable(offer, why) {
            return Gate::Closed(closed);
        }
        let Some(p2) = offer.price.as_next() else {
            return self.unknown_price(service, offer, why);
        };
        let committed = self.message.committed(p2.currency);
        let limit = self.message.limit();
        if !p2.is_zero() && !self.within(committed, p2, limit) {
            // A price in another currency than the charges so far is recorded as higher than nothing spent.
            let committed = committed.unwrap_or_else(|| Money::zero(p2.currency));
            why.push(Reason::PriceHigher { service, p2, committed, limit });
            return Gate::Closed(Closed { told: self.consent_asked(offer), look: Some(self.next_look()) });
        }
        if offer.funds == Funds::Short {
            why.push(Reason::InsufficientFunds(service));
            return Gate::Closed(Closed { told: None, look: Some(self.next_look()) });
        }
        let committed = committed.unwrap_or_else(|| Money::zero(p2.currency));
        why.push(Reason::GateOpen { service, p2, committed, limit });
        Gate::Open
    }

    /// Why no price could open the gate.
    fn barrier(&self, service: Service, offer: &Offer) -> Option<Reason> {
        if self.is_out(service) {
            Some(Reason::FailedForGood(service))
        } else if offer.cannot_carry.is_some() {
            Some(Reason::CannotCarry(service))
        } else if matches!(offer.reach, Reach::NoAddress | Reach::NoRoute) {
            Some(Reason::NotReachable(service))
        } else if !offer.price.is_offered() {
            Some(Reason::NotOffered(service))
        } else {
            None
        }
    }

    /// Section 3: a repeat of the first service, or a revert to it, passes at a price still unknown, as the
    /// sender took it; for any other attempt an unknown price is never "not higher".
    fn unknown_price(&self, service: Service, offer: &Offer, why: &mut Vec<Reason>) -> Gate {
        let taken_unknown = self.message.p1.is_some_and(|pinned| pinned.price.as_first().is_none());
        if self.message.first == Some(service) && taken_unknown {
            why.push(Reason::StillUnknown(service));
            return Gate::Open;
        }
        why.push(Reason::PriceUnknown(service));
        Gate::Closed(Closed { told: self.consent_asked(offer), look: Some(self.next_look()) })
    }

    /// R6: the least consent that opens this gate, `committed + p2`; nothing when no consent would: funds are short,
    /// the charging system has just turned it away, or the charges so far, or p1, are of another currency and do not
    /// compare.
    pub(super) fn consent_asked(&self, offer: &Offer) -> Option<Told> {
        if offer.funds == Funds::Short && offer.price.as_next().is_some() {
            return None;
        }
        let price = match (self.turned_away(offer.service), offer.price.as_next()) {
            (None, p2) => p2,
            // It said what it costs: that, or more when prices have risen since.
            (Some(Unpaid::TooDear(named)), Some(p2)) if p2.at_most(named) => Some(named),
            (Some(Unpaid::TooDear(named)), Some(p2)) if named.at_most(p2) => Some(p2),
            (Some(_), _) => return None,
        };
        let amount = match price {
            None => None,
            Some(price) => Some(self.message.committed(price.currency)?.checked_add(price)?),
        };
        let p1 = self.message.p1.and_then(|pinned| pinned.price.as_first());
        let compares = amount.zip(p1).is_none_or(|(amount, p1)| amount.currency == p1.currency);
        compares.then_some(Told { service: offer.service, amount })
    }

    /// R14: the charging system turned the service away a moment ago, and nobody has consented since to the price that
    /// it named.
    fn not_payable(&self, offer: &Offer, why: &mut Vec<Reason>) -> Option<Closed> {
        let unpaid = self.turned_away(offer.service)?;
        if let Unpaid::TooDear(named) = unpaid
            && self.within(self.message.committed(named.currency), named, self.message.limit())
        {
            return None;
        }
        why.push(Reason::NotPayable(offer.service, unpaid));
        let named = matches!(unpaid, Unpaid::TooDear(_));
        let told = if named { self.consent_asked(offer) } else { None };
        Some(Closed { told, look: Some(self.tried_again_at(offer.service)) })
    }

    fn within(&self, committed: Option<Money>, p2: Money, limit: Option<Money>) -> bool {
        let total = committed.and_then(|committed| committed.checked_add(p2));
        total.zip(limit).is_some_and(|(total, limit)| total.at_most(limit))
    }
}

impl Closed {
    /// What two closed gates give together: the lower amount is told, the earlier look is taken.
    pub(super) fn and(self, other: Self) -> Self {
        let look = [self.look, other.look].into_iter().flatten().min();
        let dearness =
            |told: &Told| (told.amount.is_none(), told.amount.map(|amount| amount.nanos), told.service);
        let told = [self.told, other.told].into_iter().flatten().min_by_key(dearness);
        Self { told, look }
    }
}

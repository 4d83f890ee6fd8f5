//! Which change of service would be made now: the sender's choice, the fallback (R5), or the revert (R7, R8).
//!
//! The same question is asked in three places: when an attempt has ended, before a running one is asked back
//! (R10), and when one has become unknown (R11.2). The answer does not depend on who asks, but for one thing:
//! a running attempt is given up only for one that can go out at once.

use super::case::Case;
use super::gate::{Closed, Gate};
use super::revert::Back;
use super::start;
use crate::model::{
    Attempt, AttemptKind, Needs, Offer, Offers, Presence, Reach, Reason, Service, Start, Time, WaitFor,
};

/// The change of service that would be made now, if any.
pub(super) enum Switch {
    /// This attempt passes its gate now.
    Open(Box<Start>),
    /// None now.
    Shut(Shut),
}

/// Why no change is made now, and what may bring one.
#[derive(Clone, Copy, Default)]
pub(super) struct Shut {
    /// The gates that were found closed.
    pub(super) closed: Closed,
    /// What the change waits for: the condition of a revert, or the end of our own outage.
    pub(super) wait: Option<(WaitFor, Option<Time>)>,
}

/// What a change is to be made from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Prior {
    /// Nothing runs: the next attempt may also wait, for a device or for a route.
    Ended,
    /// An attempt is live or unknown: it is given up only for one that can go out now.
    Open,
}

impl Case<'_> {
    /// The change that would be made now after, or instead of, `from`.
    pub(super) fn switch(&self, from: &Attempt, how: Prior, why: &mut Vec<Reason>) -> Result<Switch, Needs> {
        let chosen = self.switch_to_chosen(from, how, why)?;
        let Switch::Shut(refused) = chosen else { return Ok(chosen) };
        match self.automatic_switch(from, how, why)? {
            Switch::Shut(shut) => {
                let closed = refused.closed.and(shut.closed);
                Ok(Switch::Shut(Shut { closed, wait: shut.wait }))
            }
            open @ Switch::Open(_) => Ok(open),
        }
    }

    /// The service that the sender chose, at a price within the consent (R6). Lifts `fallback: never`.
    pub(super) fn switch_to_chosen(
        &self,
        from: &Attempt,
        how: Prior,
        why: &mut Vec<Reason>,
    ) -> Result<Switch, Needs> {
        let Some(service) = self.chosen().filter(|service| how == Prior::Ended || *service != from.service)
        else {
            return Ok(Switch::Shut(Shut::default()));
        };
        why.push(Reason::SenderChose(service));
        let (presence, offers) = self.world()?;
        let offer = offers.get(service);
        if how == Prior::Open && !goes_out_now(offer, presence) {
            return Ok(Switch::Shut(self.cannot_go_now(service, why)));
        }
        Ok(match self.gate(service, offer, why) {
            Gate::Open => self.passed(self.kind_of(service, from), offer, presence),
            Gate::Closed(closed) => Switch::Shut(Shut { closed, wait: None }),
        })
    }

    /// The change that the server may make by itself.
    pub(super) fn automatic_switch(
        &self,
        from: &Attempt,
        how: Prior,
        why: &mut Vec<Reason>,
    ) -> Result<Switch, Needs> {
        if !self.is_automatic() {
            why.push(Reason::FallbackNever);
            return Ok(Switch::Shut(Shut::default()));
        }
        if let Some(until) = self.our_outage() {
            why.push(Reason::OurOutageUntil(until));
            let wait = Some((WaitFor::OurOutage, Some(until)));
            return Ok(Switch::Shut(Shut { wait, ..Shut::default() }));
        }
        match self.message.second {
            None => self.fall_back(how, why),
            Some(second) if from.service == second => self.go_back(how, why),
            // R11(2) again, after a revert: the other service is the second one.
            Some(second) if how == Prior::Open => self.to(second, AttemptKind::Fallback, how, why),
            Some(_) => Ok(Switch::Shut(Shut::default())),
        }
    }

    /// R5: IM after SMS or MMS; else the cheapest of SMS and MMS whose gate is open.
    fn fall_back(&self, how: Prior, why: &mut Vec<Reason>) -> Result<Switch, Needs> {
        if self.message.first != Some(Service::Im) {
            return self.to(Service::Im, AttemptKind::Fallback, how, why);
        }
        let (_, offers) = self.world()?;
        let cheapest_first = cellular_by_price(offers);
        let mut shut = Shut::default();
        for service in cheapest_first {
            match self.to(service, AttemptKind::Fallback, how, why)? {
                open @ Switch::Open(_) => return Ok(open),
                Switch::Shut(this) => shut.closed = shut.closed.and(this.closed),
            }
        }
        Ok(Switch::Shut(shut))
    }

    /// R7 and R8: back to the first service when its condition holds, priced afresh.
    fn go_back(&self, how: Prior, why: &mut Vec<Reason>) -> Result<Switch, Needs> {
        match self.back(why)? {
            Back::Now(first) => self.to(first, AttemptKind::Revert, how, why),
            Back::When(what, until) => {
                // A loss that nobody told of is found at the next look.
                let look = (what == WaitFor::OfflineThreshold && until.is_none()).then(|| self.next_look());
                Ok(Switch::Shut(Shut { closed: Closed { told: None, look }, wait: Some((what, until)) }))
            }
            Back::Never => Ok(Switch::Shut(Shut::default())),
        }
    }

    fn to(
        &self,
        service: Service,
        kind: AttemptKind,
        how: Prior,
        why: &mut Vec<Reason>,
    ) -> Result<Switch, Needs> {
        let (presence, offers) = self.world()?;
        let offer = offers.get(service);
        Ok(match self.gate(service, offer, why) {
            Gate::Open if how == Prior::Open && !goes_out_now(offer, presence) => {
                Switch::Shut(self.cannot_go_now(service, why))
            }
            Gate::Open => self.passed(kind, offer, presence),
            Gate::Closed(closed) => Switch::Shut(Shut { closed, wait: None }),
        })
    }

    fn passed(&self, kind: AttemptKind, offer: &Offer, presence: Presence) -> Switch {
        Switch::Open(Box::new(start::attempt(self, kind, offer, presence)))
    }

    fn cannot_go_now(&self, service: Service, why: &mut Vec<Reason>) -> Shut {
        why.push(Reason::CannotGoNow(service));
        Shut { closed: Closed { told: None, look: Some(self.next_look()) }, wait: None }
    }

    /// What an attempt by a service that the sender chose is called.
    fn kind_of(&self, service: Service, from: &Attempt) -> AttemptKind {
        if service == from.service {
            AttemptKind::Retry
        } else if Some(service) != self.message.first {
            AttemptKind::Fallback
        } else if self.message.marks.reverts == 0 {
            AttemptKind::Revert
        } else {
            AttemptKind::Retry
        }
    }
}

/// True when an attempt by this offer would leave at once: a device is online, or a route is up.
fn goes_out_now(offer: &Offer, presence: Presence) -> bool {
    match offer.service {
        Service::Im => presence.is_online(),
        Service::Sms | Service::Mms => offer.reach == Reach::Yes,
    }
}

/// SMS and MMS, the cheaper first; an unknown price is the dearest, and among equals SMS comes first.
pub(super) fn cellular_by_price(offers: &Offers) -> [Service; 2] {
    let nanos = |service| offers.get(service).price.as_next().map(|price| price.nanos);
    match (nanos(Service::Sms), nanos(Service::Mms)) {
        (Some(sms), Some(mms)) if mms < sms => [Service::Mms, Service::Sms],
        (None, Some(_)) => [Service::Mms, Service::Sms],
        _ => [Service::Sms, Service::Mms],
    }
}

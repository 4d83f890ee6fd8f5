//! R9: after a temporary failure the same service tries again, with growing pauses, until the message expires.

use super::case::Case;
use super::deadline;
use super::gate::{Closed, Gate};
use super::start;
use crate::model::{Attempt, AttemptKind, Needs, Reason, Service, Start, Wait, WaitFor};

/// What a retry would be.
pub(super) enum Retry {
    /// It starts now.
    Now(Box<Start>),
    /// It waits.
    Later(Wait, Closed),
    /// No service is left for one.
    NoneLeft,
}

impl Case<'_> {
    /// The retry after `last`.
    pub(super) fn retry(&self, last: &Attempt, why: &mut Vec<Reason>) -> Result<Retry, Needs> {
        let Some(service) = self.service_left(last.service) else {
            why.push(Reason::FailedForGood(last.service));
            return Ok(Retry::NoneLeft);
        };
        let (presence, offers) = self.world()?;
        let offer = offers.get(service);
        // Each retry is priced afresh, and is within the limit like every other attempt.
        if let Gate::Closed(closed) = self.gate(service, offer, why) {
            let what = if closed.told.is_some() { WaitFor::Consent } else { WaitFor::Backoff };
            return Ok(Retry::Later(Wait { what, until: None }, closed));
        }
        if service == Service::Im && !presence.is_online() {
            why.push(super::revert::status_of(presence));
            return Ok(Retry::Later(Wait { what: WaitFor::Registration, until: None }, Closed::default()));
        }
        let until = deadline::backoff_until(self.message, last, self.timers);
        if self.now < until {
            why.push(Reason::BackoffUntil(until));
            let wait = Wait { what: WaitFor::Backoff, until: Some(until) };
            return Ok(Retry::Later(wait, Closed::default()));
        }
        Ok(Retry::Now(Box::new(start::attempt(self, AttemptKind::Retry, offer, presence))))
    }

    /// The service of the last attempt; when that one is out, the second one may still be left. Not the first:
    /// to go back to it is a revert, with conditions of its own.
    fn service_left(&self, last: Service) -> Option<Service> {
        if !self.is_out(last) {
            return Some(last);
        }
        self.message.second.filter(|second| !self.is_out(*second))
    }
}

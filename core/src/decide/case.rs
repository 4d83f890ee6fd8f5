//! One case as the rules see it: the message, the facts, the timers and the clock, with the questions that
//! several rules ask of them. Every answer is computed here once, so that no two rules count money or
//! failures in different ways.

use crate::charge::Unpaid;
use crate::model::{
    Attempt, AttemptState, Decision, Facts, FallbackRule, Message, Needs, Offers, Outcome, Presence, Reason,
    Service, Step, Time, Timers, Told, Wait,
};

/// What a rule answers: a decision, or the facts that it lacks.
pub(super) type Answer = Result<Decision, Needs>;

/// Most attempts of one message (I20): far above what backoff allows in a month, low enough to bound memory.
pub(super) const MAX_ATTEMPTS: usize = 1_000;

/// Everything a rule may look at.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) message: &'a Message,
    pub(super) facts: &'a Facts,
    pub(super) timers: &'a Timers,
    pub(super) now: Time,
}

impl<'a> Case<'a> {
    /// The recipient's status, or the wish to know it.
    pub(super) const fn presence(&self) -> Result<Presence, Needs> {
        match self.facts.presence {
            Some(presence) => Ok(presence),
            None => Err(Needs { presence: true, offers: false }),
        }
    }

    /// The recipient's status and all offers; asks for whatever is missing of both at once.
    pub(super) const fn world(&self) -> Result<(Presence, &'a Offers), Needs> {
        match (self.facts.presence, &self.facts.offers) {
            (Some(presence), Some(offers)) => Ok((presence, offers)),
            (presence, offers) => Err(Needs { presence: presence.is_none(), offers: offers.is_none() }),
        }
    }

    /// The last attempt that was made. One whose reservation was turned away was not, and counts only when there is no
    /// other.
    pub(super) fn last_made(&self) -> Option<&'a Attempt> {
        let attempts = &self.message.attempts;
        attempts.iter().rev().find(|attempt| attempt.unpaid().is_none()).or_else(|| attempts.last())
    }

    /// R14: why the charging system turned the service away, while it may not be asked again.
    pub(super) fn turned_away(&self, service: Service) -> Option<Unpaid> {
        let last = self.message.attempts.iter().rfind(|attempt| attempt.service == service)?;
        last.unpaid().filter(|_| self.now < super::deadline::unpaid_until(self.message, last, self.timers))
    }

    /// When a service that was turned away is tried again.
    pub(super) fn tried_again_at(&self, service: Service) -> Time {
        let last = self.message.attempts.iter().rfind(|attempt| attempt.service == service);
        last.map_or(self.now, |last| super::deadline::unpaid_until(self.message, last, self.timers))
    }

    /// R9: the service failed permanently, and is out for this message.
    pub(super) fn is_out(&self, service: Service) -> bool {
        let failed = |attempt: &Attempt| attempt.outcome() == Some(Outcome::PermanentFailure);
        self.message.attempts.iter().any(|attempt| attempt.service == service && failed(attempt))
    }

    /// Attempts that are live or unknown.
    pub(super) fn open(&self) -> impl Iterator<Item = &'a Attempt> {
        self.message.attempts.iter().filter(|attempt| attempt.outcome().is_none())
    }

    /// True when an attempt other than `n` is live: then nothing may be started beside it (I4).
    pub(super) fn another_is_live(&self, n: u16) -> bool {
        self.message.attempts.iter().any(|attempt| attempt.n != n && attempt.is_live())
    }

    /// True when some attempt's fate is unknown.
    pub(super) fn any_unknown(&self) -> bool {
        self.message.attempts.iter().any(|attempt| attempt.state == AttemptState::Unknown)
    }

    /// R5: the server may change the service by itself.
    pub(super) fn is_automatic(&self) -> bool {
        self.message.policy.fallback == FallbackRule::Auto
    }

    /// The service that the sender asked for by `choose` and that has not been tried since, unless the message
    /// has used two services already and this is neither: there is no third (R5).
    pub(super) fn chosen(&self) -> Option<Service> {
        let allowed = |service: &Service| match (self.message.first, self.message.second) {
            (Some(first), Some(second)) => *service == first || *service == second,
            _ => true,
        };
        self.message.marks.consented.filter(allowed)
    }

    /// When to look again at a gate that prices may open: R9's longest backoff.
    pub(super) fn next_look(&self) -> Time {
        self.now.plus_millis(self.timers.backoff_cap_ms.max(1))
    }

    /// A running attempt stands.
    pub(super) fn stand(&self, until: Time, told: Option<Told>, reasons: Vec<Reason>) -> Decision {
        Decision { step: Step::Stand { until: self.within_life(until), told }, reasons }
    }

    /// No attempt is live: the message waits. `look` is when to look again though the wait has no end of its own.
    pub(super) fn hold(
        &self,
        wait: Wait,
        look: Option<Time>,
        told: Option<Told>,
        reasons: Vec<Reason>,
    ) -> Decision {
        let ends = [wait.until, look].into_iter().flatten().min().unwrap_or(self.message.expires_at);
        Decision { step: Step::Hold { wait, until: self.within_life(ends), told }, reasons }
    }

    /// Nothing is due after the end of life; and a status that nobody could tell is asked for again.
    fn within_life(&self, until: Time) -> Time {
        let known = self.facts.presence != Some(Presence::Unknown);
        let until = if known { until } else { until.min(self.next_look()) };
        if self.now < self.message.expires_at { until.min(self.message.expires_at) } else { until }
    }
}

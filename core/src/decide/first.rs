//! R2 and R3: the first service. The sender's choice if they made one, else the policy; parked while the sender
//! is to choose.

use super::candidate::{Bound, Refusal};
use super::case::{Answer, Case};
use super::closed::fail;
use super::revert::status_of;
use super::start;
use crate::model::{
    AttemptKind, Decision, FailReason, Offers, Presence, Reason, Service, ServiceChoice, Status, Step, Time,
};

/// The step of a message without attempts.
pub(super) fn decide(case: &Case<'_>) -> Answer {
    if case.message.status == Status::Offered {
        return parked(case);
    }
    if case.message.marks.price_rose {
        return Ok(offer(case, Reason::PriceRose));
    }
    match case.message.choice {
        ServiceChoice::Ask => Ok(offer(case, Reason::SenderWillChoose)),
        ServiceChoice::Named(service) => named(case, service),
        ServiceChoice::Auto => {
            let (presence, offers) = case.world()?;
            let mut why = vec![status_of(presence)];
            Ok(match case.policy(presence, offers, Bound::Consent, &mut why) {
                Some(service) => within_quote(case, service, presence, offers, why),
                None => fail(FailReason::NoService, why),
            })
        }
    }
}

/// The sender named it: refused at acceptance when it is no candidate; a change of facts since then fails it.
fn named(case: &Case<'_>, service: Service) -> Answer {
    let (presence, offers) = case.world()?;
    let mut why = vec![Reason::SenderChose(service), status_of(presence)];
    if let Err(refusal) = case.candidate(service, offers, Bound::Own) {
        why.extend(refusal.reason());
        return Ok(fail(FailReason::NoService, why));
    }
    Ok(within_quote(case, service, presence, offers, why))
}

/// R2: a quote binds upwards. Acceptance refuses what rose above it; a message that got here is parked.
fn within_quote(
    case: &Case<'_>,
    service: Service,
    presence: Presence,
    offers: &Offers,
    why: Vec<Reason>,
) -> Decision {
    if case.above_quote(service, offers) {
        return offer(case, Reason::PriceRose);
    }
    begin(case, service, presence, offers, why)
}

/// R2: waiting for the sender's choice, reserving nothing; then the policy.
fn parked(case: &Case<'_>) -> Answer {
    let until = case.message.wait.and_then(|wait| wait.until).unwrap_or(case.now);
    let rose = case.message.marks.price_rose;
    if case.message.marks.consented.is_none() && case.now < until {
        let reason = if rose { Reason::PriceRose } else { Reason::SenderWillChoose };
        return Ok(Decision { step: Step::Offer { until }, reasons: vec![reason] });
    }
    let (presence, offers) = case.world()?;
    let mut why = Vec::new();
    if let Some(service) = case.message.marks.consented {
        why.push(Reason::SenderChose(service));
        match case.candidate(service, offers, Bound::Own) {
            Ok(()) => return Ok(begin(case, service, presence, offers, why)),
            Err(refusal) => why.extend(refusal.reason()),
        }
        if case.now < until {
            return Ok(Decision { step: Step::Offer { until }, reasons: why });
        }
    }
    why.extend([Reason::ChoiceTimedOut, status_of(presence)]);
    let quoted = case.message.quoted.is_some();
    let bound = if quoted { Bound::Quote } else { Bound::Consent };
    let reason = if rose { FailReason::PriceRose } else { FailReason::NoService };
    Ok(match case.policy(presence, offers, bound, &mut why) {
        Some(service) => begin(case, service, presence, offers, why),
        None => fail(reason, why),
    })
}

fn offer(case: &Case<'_>, reason: Reason) -> Decision {
    let until: Time = case.now.plus_millis(case.timers.choice_ms).min(case.message.expires_at);
    Decision { step: Step::Offer { until }, reasons: vec![reason] }
}

fn begin(
    case: &Case<'_>,
    service: Service,
    presence: Presence,
    offers: &Offers,
    reasons: Vec<Reason>,
) -> Decision {
    let start = start::attempt(case, AttemptKind::First, offers.get(service), presence);
    Decision { step: Step::Start(Box::new(start)), reasons }
}

impl Refusal {
    /// The refusal as a reason of a decision.
    pub(super) const fn reason(self) -> Option<Reason> {
        match self {
            Self::CannotCarry(service) => Some(Reason::CannotCarry(service)),
            Self::NotReachable(service) => Some(Reason::NotReachable(service)),
            Self::NotOffered(service) => Some(Reason::NotOffered(service)),
            Self::PriceUnknown(service) => Some(Reason::PriceUnknown(service)),
            Self::PriceAboveMax { service, price, max } => Some(Reason::AboveMax { service, price, max }),
            Self::InsufficientFunds(service) => Some(Reason::InsufficientFunds(service)),
            Self::PriceRose { .. } => Some(Reason::PriceRose),
            Self::NoCandidate | Self::NoThirdService => None,
        }
    }
}

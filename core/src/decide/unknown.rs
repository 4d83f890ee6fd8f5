//! R11: an attempt whose fate nobody can tell is unknown, never failed. What is done then depends on the class:
//! rather twice than not at all, or rather not at all than twice.

use super::case::{Answer, Case, MAX_ATTEMPTS};
use super::gate::{Closed, Gate};
use super::start;
use super::switch::{Prior, Shut, Switch, cellular_by_price};
use crate::model::{
    Attempt, AttemptKind, Decision, Needs, OnUnknown, Presence, Reason, Service, Step, Time, Told, Wait,
    WaitFor, Withdrawal,
};

/// The step after the last attempt became unknown.
pub(super) fn decide(case: &Case<'_>, unknown: &Attempt) -> Answer {
    let mut why = vec![Reason::OutcomeUnknown(unknown.service)];
    if unknown.withdrawal == Withdrawal::AlreadyDelivered {
        why.push(Reason::SaidDelivered);
        return Ok(wait_for_report(case, None, Shut::default(), why));
    }
    if case.another_is_live(unknown.n) || case.message.attempts.len() >= MAX_ATTEMPTS {
        return Ok(wait_for_report(case, None, Shut::default(), why));
    }
    let refused = match case.switch_to_chosen(unknown, Prior::Open, &mut why)? {
        Switch::Open(start) => return Ok(Decision { step: Step::Start(start), reasons: why }),
        Switch::Shut(refused) => refused,
    };
    let wait_end = late_answer_until(case, unknown);
    if case.now < wait_end {
        return Ok(wait_for_report(case, Some(wait_end), refused, why));
    }
    let mut shut = match other_service(case, unknown, &mut why)? {
        Switch::Open(start) => return Ok(Decision { step: Step::Start(start), reasons: why }),
        Switch::Shut(shut) => shut,
    };
    shut.closed = shut.closed.and(refused.closed);
    match again(case, unknown, &mut why)? {
        Some(decision) => Ok(decision),
        None => Ok(wait_for_report(case, None, shut, why)),
    }
}

/// The step after the last attempt ended while an older one is unknown, and the class forbids another by a
/// rule of its own: IM may still be repeated, since both copies carry one id.
pub(super) fn beside(case: &Case<'_>, unknown: &Attempt, last: &Attempt) -> Answer {
    let mut why = vec![Reason::OutcomeUnknown(unknown.service), Reason::AtMostOnce];
    if case.message.attempts.len() >= MAX_ATTEMPTS {
        return Ok(wait_for_report(case, None, Shut::default(), why));
    }
    if let Switch::Open(start) = case.switch_to_chosen(last, Prior::Ended, &mut why)? {
        return Ok(Decision { step: Step::Start(start), reasons: why });
    }
    match again(case, unknown, &mut why)? {
        Some(decision) => Ok(decision),
        None => Ok(wait_for_report(case, None, Shut::default(), why)),
    }
}

/// R11(1): 60 s when no answer came, never past the deadline; until the deadline when one came.
fn late_answer_until(case: &Case<'_>, unknown: &Attempt) -> Time {
    if unknown.handed_over_at.is_some() {
        return unknown.deadline;
    }
    let since = unknown.unknown_at.unwrap_or(unknown.started_at);
    since.plus_millis(case.timers.unknown_wait_ms).min(unknown.deadline)
}

/// R11(2): the other service, when the class would rather have it twice.
fn other_service(case: &Case<'_>, unknown: &Attempt, why: &mut Vec<Reason>) -> Result<Switch, Needs> {
    if case.message.policy.on_unknown == OnUnknown::AtLeastOnce {
        why.push(Reason::AtLeastOnce);
        return case.automatic_switch(unknown, Prior::Open, why);
    }
    why.push(Reason::AtMostOnce);
    // R11(4): the sender is told what another service costs, and may choose it.
    let closed = Closed { told: offer_to_tell(case, unknown)?, look: None };
    Ok(Switch::Shut(Shut { closed, wait: None }))
}

/// R11(3): the same service again.
fn again(case: &Case<'_>, unknown: &Attempt, why: &mut Vec<Reason>) -> Result<Option<Decision>, Needs> {
    let (presence, offers) = case.world()?;
    let offer = offers.get(unknown.service);
    let due = match unknown.service {
        Service::Im => im_is_due(case, presence),
        Service::Sms | Service::Mms => {
            case.message.policy.on_unknown == OnUnknown::AtLeastOnce
                && !case.message.marks.resubmitted
                && offer.route == unknown.route
        }
    };
    if !due || matches!(case.gate(unknown.service, offer, why), Gate::Closed(_)) {
        return Ok(None);
    }
    let start = start::attempt(case, AttemptKind::Repeat, offer, presence);
    Ok(Some(Decision { step: Step::Start(Box::new(start)), reasons: std::mem::take(why) }))
}

/// Once at once if online, then once at each new registration.
fn im_is_due(case: &Case<'_>, presence: Presence) -> bool {
    let last = case.message.attempts.iter().rfind(|attempt| attempt.service == Service::Im);
    let seen = last.and_then(|last| last.registration);
    presence.is_online() && (case.message.marks.im_repeated_at.is_none() || presence.registration() != seen)
}

/// What a `choose` of the other service would take.
fn offer_to_tell(case: &Case<'_>, unknown: &Attempt) -> Result<Option<Told>, Needs> {
    let (_, offers) = case.world()?;
    let other = match (case.message.first, case.message.second) {
        (Some(first), Some(second)) => vec![if unknown.service == first { second } else { first }],
        (Some(Service::Im), None) => cellular_by_price(offers).to_vec(),
        _ => vec![Service::Im],
    };
    let usable = |service: &Service| {
        let offer = offers.get(*service);
        offer.can_deliver() && offer.price.is_offered() && !case.is_out(*service)
    };
    Ok(other.into_iter().find(usable).and_then(|service| case.consent_asked(offers.get(service))))
}

/// R11(4): nothing but a report or a `choose` moves it, but for what `shut` waits for.
fn wait_for_report(case: &Case<'_>, until: Option<Time>, shut: Shut, why: Vec<Reason>) -> Decision {
    let revert_at = shut.wait.and_then(|(_, until)| until);
    let look = [revert_at, shut.closed.look].into_iter().flatten().min();
    case.hold(Wait { what: WaitFor::Report, until }, look, shut.closed.told, why)
}

//! R16: every decision is stored with its inputs; but a look that changes nothing is not written twice.

use crate::decide::StepCode;
use crate::model::{Decision, DecisionRecord, Facts, Message, OfferFacts, Offers, Service, Step, Time};
use std::hash::{Hash, Hasher};

/// True when the decision is worth a record. Remembers a look (a stand, a hold, a parking) by a fingerprint of
/// all that it says but the time of the next look.
pub(super) fn is_news(message: &mut Message, decision: &Decision) -> bool {
    let mut look = Fingerprint::default();
    match &decision.step {
        Step::Need(_) | Step::Rest => return false,
        Step::Stand { .. } if decision.reasons.is_empty() => return false,
        Step::Stand { told, .. } => (0_u8, told).hash(&mut look),
        Step::Hold { wait, told, .. } => (1_u8, wait, told).hash(&mut look),
        Step::Offer { until } => (2_u8, until).hash(&mut look),
        _ => {
            message.marks.looked = 0;
            return true;
        }
    }
    decision.reasons.hash(&mut look);
    let fingerprint = look.finish_32();
    let news = message.marks.looked != fingerprint;
    message.marks.looked = fingerprint;
    news
}

/// The record, taken before the decision is applied: its inputs are what stood then.
pub(super) fn of(message: &Message, decision: &Decision, facts: &Facts, now: Time) -> DecisionRecord {
    let charged = message.kept.first().copied().or_else(|| message.slot.charged());
    let mut record = DecisionRecord {
        at: now,
        step: StepCode::Stand,
        attempt: None,
        service: None,
        kind: None,
        deferred: false,
        may_duplicate: false,
        cause: None,
        wait: None,
        until: None,
        told: None,
        status: None,
        fail: None,
        reasons: decision.reasons.clone(),
        presence: facts.presence,
        offers: facts.offers.as_ref().map(offer_facts),
        plan: facts.plan.clone(),
        p1: message.p1.map(|pinned| pinned.price),
        consent: message.consent.amount(),
        committed: charged.and_then(|charge| message.committed(charge.currency)),
    };
    fill(&mut record, message, &decision.step);
    record
}

fn fill(record: &mut DecisionRecord, message: &Message, step: &Step) {
    match step {
        Step::Need(_) | Step::Rest => {}
        Step::Offer { until } => {
            record.step = StepCode::Offer;
            record.until = Some(*until);
        }
        Step::Start(start) => {
            record.step = StepCode::Start;
            record.attempt = u16::try_from(message.attempts.len().saturating_add(1)).ok();
            record.service = Some(start.service);
            record.kind = Some(start.kind);
            record.deferred = start.deferred;
            record.may_duplicate = start.may_duplicate;
            record.until = Some(start.deadline);
        }
        Step::HandOver { attempt, deadline } => {
            touch(record, message, StepCode::HandOver, *attempt);
            record.until = Some(*deadline);
        }
        Step::Withdraw { attempt, cause, until } => {
            touch(record, message, StepCode::Withdraw, *attempt);
            record.cause = Some(*cause);
            record.until = Some(*until);
        }
        Step::MarkUnknown { attempt } => touch(record, message, StepCode::MarkUnknown, *attempt),
        Step::GiveUpWithdrawal { attempt } => touch(record, message, StepCode::GiveUpWithdrawal, *attempt),
        Step::Stand { until, told } => {
            if let Some(running) = message.open_attempt() {
                touch(record, message, StepCode::Stand, running.n);
            }
            record.until = Some(*until);
            record.told = *told;
        }
        Step::Hold { wait, told, .. } => {
            record.step = StepCode::Hold;
            record.wait = Some(wait.what);
            record.until = wait.until;
            record.told = *told;
        }
        Step::Finish { status, reason } => {
            record.step = StepCode::Finish;
            record.status = Some(*status);
            record.fail = *reason;
        }
    }
}

fn touch(record: &mut DecisionRecord, message: &Message, step: StepCode, attempt: u16) {
    record.step = step;
    record.attempt = Some(attempt);
    record.service = message.attempt(attempt).map(|attempt| attempt.service);
}

fn offer_facts(offers: &Offers) -> [OfferFacts; 3] {
    Service::ALL.map(|service| {
        let offer = offers.get(service);
        OfferFacts {
            price: offer.price,
            units: offer.units,
            funds: offer.funds,
            can_deliver: offer.can_deliver(),
        }
    })
}

/// FNV-1a, so that the fingerprint is the same on every machine.
struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fingerprint {
    fn finish_32(&self) -> u32 {
        u32::try_from(self.0 >> 32).unwrap_or(0).max(1)
    }
}

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

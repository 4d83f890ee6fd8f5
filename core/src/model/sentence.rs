//! Decisions in plain English, for the person who sent the message, made from the stored record when it is read:
//! a sentence and a replay can't disagree, since both come from the same bytes (R16).

use super::{
    AttemptKind, DecisionRecord, FailReason, Presence, Reason, Service, Status, Told, WaitFor, WithdrawCause,
};
use crate::decide::StepCode;

impl DecisionRecord {
    /// What was decided, as a stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.step.as_str()
    }

    /// Why and what, as one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        // That a service cannot carry it is recorded with every comparison, but says nothing beside other reasons.
        let plain = |reason: &&Reason| !matches!(reason, Reason::CannotCarry(_)) || self.reasons.len() == 1;
        let why: Vec<String> = self.reasons.iter().filter(plain).map(Reason::sentence).collect();
        let what = self.action();
        let text = if why.is_empty() { format!("{what}.") } else { format!("{}: {what}.", why.join("; ")) };
        capitalized(&text)
    }

    /// The record as the sender may see it: what it tells of the recipient is their status, never since when.
    #[must_use]
    pub fn for_sender(&self) -> Self {
        let reasons = self.reasons.iter().map(|reason| match reason {
            Reason::RecipientOffline(_) => Reason::RecipientNotOnline,
            Reason::OfflineUntil(_) => Reason::NotOfflineLongEnough,
            other => *other,
        });
        // The moment a wait for the recipient ends tells when they were last seen.
        let until = self.until.filter(|_| self.wait != Some(WaitFor::OfflineThreshold));
        Self { presence: None::<Presence>, reasons: reasons.collect(), until, ..self.clone() }
    }

    fn action(&self) -> String {
        let service = self.service.map_or("the same service", Service::spoken);
        match self.step {
            StepCode::Offer => "waiting for your choice of service".into(),
            StepCode::Start => self.starting(service),
            StepCode::HandOver => format!("sending by {service} now"),
            StepCode::Withdraw => withdrawing(service, self.cause),
            StepCode::MarkUnknown => format!("nobody can tell whether {service} delivered it"),
            StepCode::GiveUpWithdrawal => {
                format!("the {service} message is left to its fate")
            }
            StepCode::Stand => format!("{service} goes on{}", self.telling()),
            StepCode::Hold => format!("{}{}", waiting(self.wait), self.telling()),
            StepCode::Finish => finishing(self.status, self.fail).into(),
        }
    }

    fn starting(&self, service: &str) -> String {
        let verb = match self.kind {
            _ if self.deferred => "keeping it for delivery by",
            Some(AttemptKind::Revert) => "going back to",
            Some(AttemptKind::Retry) => "trying again by",
            Some(AttemptKind::Repeat) => "sending once more by",
            _ => "sending by",
        };
        let copy = if self.may_duplicate { " (a copy may arrive twice)" } else { "" };
        format!("{verb} {service}{copy}")
    }

    fn telling(&self) -> String {
        let Some(Told { service, amount }) = self.told else { return String::new() };
        let name = service.spoken();
        let Some(amount) = amount else {
            return format!("; {name} would be possible, but its price is not known now");
        };
        let charged_before = self.committed.is_some_and(|committed| !committed.is_zero());
        let in_all = if charged_before { " in all" } else { "" };
        format!("; you may send it by {name} for {amount}{in_all}")
    }
}

impl StepCode {
    /// The stable code used in traces.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Start => "start",
            Self::HandOver => "hand_over",
            Self::Withdraw => "withdraw",
            Self::MarkUnknown => "mark_unknown",
            Self::GiveUpWithdrawal => "give_up_withdrawal",
            Self::Stand => "stand",
            Self::Hold => "hold",
            Self::Finish => "finish",
        }
    }
}

fn withdrawing(service: &str, cause: Option<WithdrawCause>) -> String {
    let why = match cause {
        Some(WithdrawCause::Registration) => " so that it can go by chat",
        Some(WithdrawCause::Superseded) => ", it is not needed any more",
        Some(WithdrawCause::Choice) => " for the service you chose",
        // The reasons say it.
        Some(WithdrawCause::Deadline | WithdrawCause::Expiry | WithdrawCause::Sender) | None => "",
    };
    format!("taking the {service} message back{why}")
}

const fn waiting(wait: Option<WaitFor>) -> &'static str {
    match wait {
        Some(WaitFor::Registration) => "waiting for the recipient to come online",
        Some(WaitFor::OfflineThreshold) => {
            "waiting until the recipient comes online or has been offline long enough"
        }
        Some(WaitFor::Backoff) => "waiting before the next try",
        Some(WaitFor::Consent) => "waiting for your consent",
        Some(WaitFor::Report) => "waiting for a report",
        Some(WaitFor::OurOutage) => "waiting, since our own service has just come back",
        None => "waiting",
    }
}

const fn finishing(status: Option<Status>, fail: Option<FailReason>) -> &'static str {
    match (status, fail) {
        (Some(Status::Delivered | Status::Read), _) => "done",
        (Some(Status::Refused), _) => "not sent by any other service",
        (Some(Status::Expired), _) => "expired undelivered",
        (Some(Status::Unknown), _) => "ended, and nobody can tell whether it was delivered",
        (Some(Status::Canceled), _) => "taken back",
        (_, Some(FailReason::PriceRose)) => {
            "failed, since the price rose above your quote; nothing was charged"
        }
        (_, Some(FailReason::ConsentNotGiven)) => "failed, since no consent came in time",
        (_, Some(FailReason::NotPayable)) => "failed, since it cannot be paid; nothing was charged",
        (_, Some(FailReason::NoService)) => "failed, since no service can take it",
        (_, Some(FailReason::Undeliverable) | None) => "failed, since no service could deliver it",
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

//! The words of charging records: those of the API where it has them.

use smol_str::{SmolStr, format_smolstr};
use switchback_core::model::{
    Attempt, AttemptKind, ChargeOn, EventKind, FailReason, Message, PeerCode, Reason,
};

/// Who debits: our ledger, a charging system of the operator's, the bearer, or nobody.
pub(super) fn settlement(message: &Message, in_ledger: bool, attempt: &Attempt) -> &'static str {
    if attempt.claim.is_some() {
        return "external";
    }
    match (message.originator.payer.is_some(), in_ledger, attempt.price.as_next()) {
        (true, true, _) => "server",
        (true, false, Some(_)) => "bearer",
        _ => "none",
    }
}

/// The final status that an event tells.
pub(super) const fn result(kind: &EventKind) -> Option<&'static str> {
    Some(match kind {
        EventKind::Delivered { .. } => "delivered",
        EventKind::Refused => "refused",
        EventKind::Failed { .. } => "failed",
        EventKind::Expired => "expired",
        EventKind::Unknown => "unknown",
        EventKind::Canceled => "canceled",
        _ => return None,
    })
}

/// What an adjustment says of a charging system that gave no answer.
pub(crate) const CHARGE_IN_DOUBT: &str = "charge_in_doubt";
/// What an adjustment says once it gave one.
pub(crate) const CHARGE_CLEARED: &str = "charge_cleared";

/// What an adjustment says when the charging system refused what was delivered.
pub(crate) const CHARGE_UNCOLLECTED: &str = "charge_uncollected";

/// The attempt that something was told of after the message's end, or whatever its end, and how that is called.
pub(super) const fn late(kind: &EventKind) -> Option<(u16, &'static str)> {
    match kind {
        EventKind::DeliveredLate { attempt } => Some((*attempt, "delivered_late")),
        EventKind::Duplicate { attempt } => Some((*attempt, "duplicate")),
        EventKind::ChargeInDoubt { attempt, .. } => Some((*attempt, CHARGE_IN_DOUBT)),
        EventKind::ChargeCleared { attempt } => Some((*attempt, CHARGE_CLEARED)),
        EventKind::ChargeUncollected { attempt } => Some((*attempt, CHARGE_UNCOLLECTED)),
        _ => None,
    }
}

/// What an event says of how attempt `n` ended, and the peer's code.
pub(super) fn outcome(kind: &EventKind, n: u16) -> Option<(&'static str, Option<PeerCode>)> {
    let (attempt, result, code) = match *kind {
        EventKind::AttemptDelivered { attempt, .. } => (attempt, "delivered", None),
        EventKind::AttemptFailed { attempt, permanent: false, code } => (attempt, "temporary_failure", code),
        EventKind::AttemptFailed { attempt, permanent: true, code } => (attempt, "permanent_failure", code),
        EventKind::AttemptRefused { attempt } => (attempt, "refused", None),
        EventKind::AttemptLocalFault { attempt, code } => (attempt, "local_fault", code),
        EventKind::AttemptWithdrawn { attempt } => (attempt, "withdrawn", None),
        EventKind::AttemptUnknown { attempt } => (attempt, "unknown", None),
        _ => return None,
    };
    (attempt == n).then_some((result, code))
}

/// Why an attempt was made.
pub(super) const fn kind_word(kind: AttemptKind) -> &'static str {
    match kind {
        AttemptKind::First => "first",
        AttemptKind::Fallback => "fallback",
        AttemptKind::Revert => "revert",
        AttemptKind::Retry => "retry",
        AttemptKind::Repeat => "repeat",
    }
}

/// When a price is charged.
pub(super) const fn charge_on(charge_on: ChargeOn) -> &'static str {
    match charge_on {
        ChargeOn::Delivered => "delivered",
        ChargeOn::Submitted { .. } => "submitted",
    }
}

/// Why a message failed.
pub(super) const fn fail_word(reason: FailReason) -> &'static str {
    match reason {
        FailReason::PriceRose => "price_rose",
        FailReason::Undeliverable => "undeliverable",
        FailReason::ConsentNotGiven => "consent_not_given",
        FailReason::NoService => "no_service",
        FailReason::NotPayable => "not_payable",
    }
}

/// A peer's code and its protocol.
pub(super) fn code_text(code: PeerCode) -> SmolStr {
    match code {
        PeerCode::Smpp(value) => format_smolstr!("smpp:{value}"),
        PeerCode::SmppReceipt(value) => format_smolstr!("smpp_receipt:{value}"),
        PeerCode::Sip(value) => format_smolstr!("sip:{value}"),
    }
}

/// The codes of a decision's reasons.
pub(super) fn reasons(list: &[Reason]) -> SmolStr {
    let codes: Vec<_> = list.iter().map(Reason::code).collect();
    SmolStr::new(codes.join(" "))
}

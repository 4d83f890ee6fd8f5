//! Refusals in words: what happened, why, and what to do; each with its stable code (I21).

use smol_str::SmolStr;
use switchback_ports::{Refusal, RefusalKind, StoreFailure};

/// A refusal without a quote.
pub(crate) fn refusal(kind: RefusalKind, code: &'static str, detail: impl Into<String>) -> Refusal {
    Refusal { kind, code: SmolStr::new_static(code), detail: detail.into(), quote: None }
}

/// A queue of ours is full.
pub(crate) fn overloaded() -> Refusal {
    refusal(RefusalKind::Overload, "overloaded", "The server has too much to do. Try again in a moment.")
}

/// The store failed.
pub(crate) fn from_store(failure: &StoreFailure) -> Refusal {
    match failure {
        StoreFailure::Behind => overloaded(),
        StoreFailure::Stopped(_) | StoreFailure::Closed | StoreFailure::Corrupt(_) => refusal(
            RefusalKind::Unavailable,
            "unavailable",
            "The server cannot store anything now. Try again later; the operator has been told.",
        ),
    }
}

/// The same key is being accepted.
pub(crate) fn key_in_flight() -> Refusal {
    let detail = "Another request with this Idempotency-Key is not answered yet. Try again in a moment.";
    refusal(RefusalKind::Conflict, "idempotency_key_in_flight", detail)
}

/// No such message, or not the caller's: both look the same.
pub(crate) fn no_such_message() -> Refusal {
    refusal(RefusalKind::NotFound, "message_not_found", "There is no such message of yours. Check the id.")
}

/// Too many conflicts in a row.
pub(crate) fn contended() -> Refusal {
    refusal(RefusalKind::Unavailable, "contended", "The message changed while it was handled. Try again.")
}

/// A fault of ours.
pub(crate) fn our_fault() -> Refusal {
    refusal(
        RefusalKind::Unavailable,
        "internal",
        "The server made a mistake of its own; nothing was charged. Try again; the operator's log has the cause.",
    )
}

//! What CGRateS says, and what it means. Its errors are codes with the subsystem in front: `RALS_ERROR:ACCOUNT_NOT_FOUND`.

use crate::decimal;
use serde::Deserialize;
use serde_json::value::RawValue;
use switchback_core::model::{Currency, Money};
use switchback_ports::ChargeRefusal;

/// A line that it sent.
#[derive(Deserialize)]
pub(crate) struct Line {
    /// Of the request.
    pub(crate) id: u64,
    /// What it answers, unless that is null.
    pub(crate) result: Option<Box<RawValue>>,
    /// Why it does not, unless that is null.
    pub(crate) error: Option<Box<RawValue>>,
}

/// What an error means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It was not done.
    Refused(ChargeRefusal),
    /// Nobody knows.
    Unclear,
}

/// What an error means, as the rightmost of its codes that is known says.
pub(crate) fn meaning(error: &str) -> Meaning {
    // What the library below it says of a service that is not enabled.
    if error.contains("rpc: can't find ") {
        return Meaning::Refused(ChargeRefusal::NotSupported);
    }
    let codes = error.rsplit([':', ' ', '<', '>', '"']).filter(|code| !code.is_empty());
    codes.filter_map(refusal).next().map_or(Meaning::Unclear, Meaning::Refused)
}

/// The codes in an error, for the log: the rest may name the payer.
pub(crate) fn codes(error: &str) -> String {
    let is_code =
        |word: &&str| word.len() > 1 && word.bytes().all(|it| it.is_ascii_uppercase() || it == b'_');
    error
        .split(|it: char| it != '_' && !it.is_alphanumeric())
        .filter(is_code)
        .take(4)
        .collect::<Vec<_>>()
        .join(" ")
}

fn refusal(code: &str) -> Option<ChargeRefusal> {
    Some(match code {
        "INSUFFICIENT_CREDIT" | "INSUFFICIENT_CREDIT_BALANCE_BLOCKER" | "MAX_USAGE_EXCEEDED" => {
            ChargeRefusal::InsufficientFunds
        }
        "ACCOUNT_DISABLED" | "NOT_AUTHORIZED" | "RESOURCE_UNAUTHORIZED" | "IP_UNAUTHORIZED" => {
            ChargeRefusal::Barred
        }
        "ACCOUNT_NOT_FOUND" => ChargeRefusal::UnknownPayer,
        // No rate leads to this destination; no charger takes the event.
        "UNAUTHORIZED_DESTINATION" | "RATING_PLAN_NOT_FOUND" | "NOT_FOUND" => ChargeRefusal::NoPrice,
        "SESSION_NOT_FOUND" | "NO_ACTIVE_SESSION" => ChargeRefusal::NotHeld,
        "UNSUPPORTED_SERVICE_METHOD" | "NOT_IMPLEMENTED" => ChargeRefusal::NotSupported,
        // Refused at its door.
        "MAX_CONCURRENT_RPC_EXCEEDED" => ChargeRefusal::Unreachable,
        "MANDATORY_IE_MISSING" | "UNAUTHORIZED_API" | "UNKNOWN_API_KEY" | "NOT_CONNECTED" => {
            ChargeRefusal::OurFault
        }
        _ => return None,
    })
}

/// What `units` would cost, in an EventCost; `None` when it says no price for all of them.
pub(crate) fn cost(result: &RawValue, units: u16, currency: Currency) -> Option<Money> {
    #[derive(Deserialize)]
    struct EventCost {
        #[serde(rename = "Cost")]
        cost: Option<Box<RawValue>>,
        #[serde(rename = "Usage")]
        usage: Option<i64>,
    }
    let read: EventCost = serde_json::from_str(result.get()).ok()?;
    let nanos = decimal::nanos(read.cost?.get())?;
    (read.usage? == i64::from(units)).then(|| Money::from_nanos(currency, nanos))
}

/// How many units a session was granted.
pub(crate) fn granted(result: &RawValue) -> Option<i64> {
    #[derive(Deserialize)]
    struct Reply {
        #[serde(rename = "MaxUsage")]
        max_usage: Option<i64>,
    }
    serde_json::from_str::<Reply>(result.get()).ok()?.max_usage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_gets_the_codes_alone() {
        assert_eq!(
            codes("\"SERVER_ERROR: account <cgrates.org:4915112345678> TIMED_OUT\""),
            "SERVER_ERROR TIMED_OUT"
        );
    }

    #[test]
    fn errors_mean_what_their_last_known_code_says() {
        for (error, refusal) in [
            ("RALS_ERROR:ACCOUNT_NOT_FOUND", Some(ChargeRefusal::UnknownPayer)),
            ("RALS_ERROR:INSUFFICIENT_CREDIT", Some(ChargeRefusal::InsufficientFunds)),
            ("SERVER_ERROR: UNAUTHORIZED_DESTINATION", Some(ChargeRefusal::NoPrice)),
            ("CHARGERS_ERROR:NOT_FOUND", Some(ChargeRefusal::NoPrice)),
            ("MANDATORY_IE_MISSING: [OriginID]", Some(ChargeRefusal::OurFault)),
            ("rpc: can't find service SessionSv1.InitiateSession", Some(ChargeRefusal::NotSupported)),
            ("UNSUPPORTED_SERVICE_METHOD", Some(ChargeRefusal::NotSupported)),
            ("MAX_CONCURRENT_RPC_EXCEEDED", Some(ChargeRefusal::Unreachable)),
            ("EXISTS", None),
            ("PARTIALLY_EXECUTED", None),
            ("RALS_ERROR:TIMED_OUT", None),
            ("SERVER_ERROR: something else", None),
            ("", None),
        ] {
            let expected = refusal.map_or(Meaning::Unclear, Meaning::Refused);
            assert_eq!(meaning(error), expected, "{error}");
        }
    }
}

//! What comes before the body of an HTTP request (keys, cursors, query strings, paths): read, or refused with a problem
//! document that says why.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use switchback_api::{PartOf, refusal_of_part};

const KINDS: [PartOf; 7] = [
    PartOf::IdempotencyKey,
    PartOf::LastEventId,
    PartOf::Messages,
    PartOf::Events,
    PartOf::Conversations,
    PartOf::MessagePath,
    PartOf::AddressPath,
];

fuzz_target!(|data: &[u8]| {
    let Some((kind, part)) = data.split_first() else { return };
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let Some(problem) = refusal_of_part(kind, part) else { return };
    let told: Value = serde_json::from_slice(&problem).expect("a problem document is JSON");
    let expected = match kind {
        PartOf::IdempotencyKey => "invalid_idempotency_key",
        PartOf::MessagePath => "not_found",
        _ => "invalid_request",
    };
    assert_eq!(told["code"], expected, "{kind:?}");
    assert_eq!(told["permanent"], true);
    assert!(!told["detail"].as_str().unwrap_or_default().is_empty());
    // Bounded by the number of faults told, each with the names it could have been.
    assert!(problem.len() <= 16_384 + 16 * part.len(), "{} bytes refuse {}", problem.len(), part.len());
});

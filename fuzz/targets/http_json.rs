//! Bodies of HTTP requests: read, or refused with a problem document that names at least one field or says why.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use switchback_api::{BodyOf, refusal_of};
use switchback_core::model::Time;

const KINDS: [BodyOf; 9] = [
    BodyOf::Message,
    BodyOf::Quote,
    BodyOf::Choice,
    BodyOf::Receipt,
    BodyOf::Subscriber,
    BodyOf::Sim,
    BodyOf::Account,
    BodyOf::Plan,
    BodyOf::Route,
];

const NOW: Time = Time::from_millis(1_795_412_428_000);

fuzz_target!(|data: &[u8]| {
    let Some((kind, body)) = data.split_first() else { return };
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let Some(problem) = refusal_of(kind, body, NOW) else { return };
    let told: Value = serde_json::from_slice(&problem).expect("a problem document is JSON");
    let code = told["code"].as_str().expect("a code");
    assert!(matches!(code, "invalid_json" | "invalid_request"), "{code}");
    assert_eq!(told["permanent"], true);
    assert!(!told["detail"].as_str().unwrap_or_default().is_empty());
    // Echoed names and words of the body are bounded by the body itself.
    assert!(problem.len() <= 4096 + 16 * body.len(), "{} bytes refuse {}", problem.len(), body.len());
});

//! Scripts of the pretend SMSC, as typed at `sandbox smsc --script`: every rule is one of the known names and rates.
#![no_main]

/// The pretend SMSC's own reader, compiled from its own files.
#[path = "../../testkit/src/chance.rs"]
#[allow(dead_code, reason = "the pretend SMSC uses more of it")]
mod chance;
#[path = "../../testkit/src/script.rs"]
#[allow(dead_code, reason = "the pretend SMSC uses more of it")]
mod script;
#[path = "../../testkit/src/smsc/script.rs"]
#[allow(dead_code, unfulfilled_lint_expectations, reason = "the pretend SMSC uses more of it")]
mod smsc;

use libfuzzer_sys::fuzz_target;
use smsc::Script;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(script) = text.parse::<Script>() else { return };
    let written: Vec<String> = script
        .rules
        .iter()
        .map(|rule| {
            assert!(rule.per_mille <= 1000 && !rule.misbehaviour.name().is_empty());
            let prefix = if rule.prefix.is_empty() { String::new() } else { format!("@+{}", rule.prefix) };
            format!("{}:{}{prefix}", rule.misbehaviour.name(), rule.per_mille)
        })
        .collect();
    assert_eq!(written.join(",").parse(), Ok(script), "written again it is another script");
});

//! Claim 3: status and prices first, then the sender chooses.

use crate::cli::Failure;
use crate::demo::cast::Stage;
use crate::demo::judge::{Act, Expected};
use crate::http::Answer;
use serde_json::{Value, json};

pub(super) fn play(stage: &mut Stage) -> Result<Vec<Act>, Failure> {
    stage.phone.open()?;
    stage.wait_for("Cleo online", || {
        let quote = stage
            .ben
            .client
            .post("/v1/quotes", &json!({"to": stage.cleo.number, "text": "?"}))
            .and_then(Answer::good)?;
        Ok(quote.pointer("/recipient/status").and_then(Value::as_str) == Some("online"))
    })?;
    let acts = vec![
        chosen(
            stage,
            "im",
            "Which way will this go? Chat.",
            Expected { services: &["im"], charged: "0.00" },
        )?,
        chosen(
            stage,
            "sms",
            "Which way will this go? SMS.",
            Expected { services: &["sms"], charged: "0.12" },
        )?,
    ];
    stage.close_phone()?;
    Ok(acts)
}

/// Ben asks for the offer, sees it, and chooses.
fn chosen(stage: &Stage, service: &str, text: &str, expected: Expected) -> Result<Act, Failure> {
    let client = &stage.ben.client;
    let quote = client.post("/v1/quotes", &json!({"to": stage.cleo.number, "text": text}))?.good()?;
    let price = |wanted: &str| {
        let services = quote.get("services").and_then(Value::as_array).into_iter().flatten();
        let found = services.filter(|line| line.get("service").and_then(Value::as_str) == Some(wanted));
        found
            .filter_map(|line| line.pointer("/price/amount").and_then(Value::as_str))
            .next()
            .map(str::to_owned)
    };
    let shown = (price("im").as_deref(), price("sms").as_deref()) == (Some("0.00"), Some("0.12"));
    let id = stage.send(client, stage.cleo.number, text, &json!({"service": "ask"}))?;
    let parked = stage.message(&id)?.get("status").and_then(Value::as_str) == Some("offered");
    client.post(&format!("/v1/messages/{id}/choose"), &json!({"service": service}))?.good()?;
    let act = Act::new(stage.finish(&id, text)?, expected);
    Ok(act
        .and("Ben saw chat 0.00 and SMS 0.12 before he chose", shown)
        .and("the message waited for his choice", parked))
}

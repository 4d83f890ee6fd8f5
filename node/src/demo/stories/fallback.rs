//! Claim 1: the gate.

use crate::cli::Failure;
use crate::demo::cast::Stage;
use crate::demo::judge::{Act, Expected};
use serde_json::{Value, json};

pub(super) fn play(stage: &mut Stage) -> Result<Vec<Act>, Failure> {
    stage.close_phone()?;
    Ok(vec![not_dearer(stage)?, dearer(stage)?])
}

/// Anna pays 0.03 for either: the server may switch by itself.
fn not_dearer(stage: &Stage) -> Result<Act, Failure> {
    let text = "The train leaves at nine.";
    let id = stage.send(&stage.anna.client, stage.cleo.number, text, &json!({"service": "im"}))?;
    Ok(Act::new(stage.finish(&id, text)?, Expected { services: &["im", "sms"], charged: "0.03" }))
}

/// Ben chats for nothing and would pay 0.12 for an SMS: it is held, he is told, he consents.
fn dearer(stage: &Stage) -> Result<Act, Failure> {
    let text = "I will bring the tickets.";
    let id = stage.send(&stage.ben.client, stage.cleo.number, text, &json!({"service": "im"}))?;
    let asked = |message: &Value| message.get("consent_needed").is_some_and(Value::is_object);
    let held = stage.wait_message(&id, "the question whether an SMS may be used", asked)?;
    let told = held.pointer("/consent_needed/price/amount").and_then(Value::as_str) == Some("0.12");
    let unsent = stage.smsc.inbox().iter().all(|shown| shown.text != text);
    let consent = json!({"service": "sms", "max_price": {"amount": "0.12", "currency": "EUR"}});
    stage.ben.client.post(&format!("/v1/messages/{id}/choose"), &consent)?.good()?;
    let act = Act::new(stage.finish(&id, text)?, Expected { services: &["im", "sms"], charged: "0.12" });
    Ok(act
        .and("Ben was told 0.12 EUR before he was asked", told)
        .and("nothing was sent by SMS before he consented", unsent))
}

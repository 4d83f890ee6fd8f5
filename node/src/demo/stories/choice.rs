//! Claim 3: status and prices first, then the sender chooses; over HTTP and over SIP.

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
    let mut acts = vec![
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
    acts.push(from_sip(stage)?);
    acts.push(to_sip(stage)?);
    stage.close_phone()?;
    Ok(acts)
}

/// Dana's SIP client asks with OPTIONS, and chooses in the Request-URI.
fn from_sip(stage: &Stage) -> Result<Act, Failure> {
    let text = "Sent by SIP, shown by an app.";
    let offer: Value = serde_json::from_str(&stage.sip_phone.offer(stage.cleo.number)?).unwrap_or_default();
    let status = offer.pointer("/recipient/status").and_then(Value::as_str).unwrap_or_default().to_owned();
    let sent = stage.sip_phone.send(stage.cleo.number, text, "im")?;
    let header = |name: &str| sent.answer.header(name).unwrap_or_default();
    let (id, price) = (header("X-Switchback-Message-ID"), header("X-Switchback-Price"));
    let account = stage.finish(&id, text)?;
    let tick = stage.sip_phone.notified(&sent);
    Ok(Act::new(account, Expected { services: &["im"], charged: "0.03" })
        .told(format!("Dana's SIP client: OPTIONS said {status}; MESSAGE ;service=im was answered {}, X-Switchback-Price: {price}; notification: {}.", sent.answer.status, tick.unwrap_or("none")))
        .and("OPTIONS said that Cleo is online", status == "online")
        .and("the answer had the price", price == "0.03 EUR")
        .and("Dana's SIP client was notified", tick == Some("delivered")))
}

/// And is reached like any other client.
fn to_sip(stage: &Stage) -> Result<Act, Failure> {
    let text = "Sent by HTTP, shown by a SIP client.";
    let id = stage.send(&stage.ben.client, stage.dana.number, text, &json!({"service": "im"}))?;
    let account = stage.finish(&id, text)?;
    let shown = stage.sip_phone.times(text);
    Ok(Act::new(account, Expected { services: &["im"], charged: "0.00" })
        .told(format!("Dana's SIP client showed it {shown}x."))
        .and("Dana's SIP client showed it once", shown == 1))
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

//! Claims 4 and 5: switching back.

use crate::cli::Failure;
use crate::demo::cast::Stage;
use crate::demo::judge::{Act, Expected};
use serde_json::{Value, json};
use switchback_testkit::smsc::Phone as Handset;

/// Claim 4: once after the SMSC's failure receipt, once by taking the SMS back on the wire.
pub(super) fn to_chat(stage: &mut Stage) -> Result<Vec<Act>, Failure> {
    let failed = after_a_failure(stage)?;
    let withdrawn = by_cancel(stage)?;
    stage.smsc.set_phone(stage.cleo.number, Handset::Reachable);
    stage.close_phone()?;
    Ok(vec![failed, withdrawn])
}

fn attempt_is(n: usize, key: &'static str, value: &'static str) -> impl Fn(&Value) -> bool {
    move |message| message.pointer(&format!("/attempts/{n}/{key}")).and_then(Value::as_str) == Some(value)
}

/// The handset is off, so the SMSC gives up when the validity ends: a failure for now, not for good.
fn after_a_failure(stage: &mut Stage) -> Result<Act, Failure> {
    stage.close_phone()?;
    stage.smsc.set_phone(stage.cleo.number, Handset::Off);
    let text = "Are you on the platform?";
    let id = stage.send(&stage.anna.client, stage.cleo.number, text, &json!({"service": "im"}))?;
    stage.wait_message(&id, "the SMSC's failure receipt", attempt_is(1, "state", "ended"))?;
    stage.phone.open()?;
    let act =
        Act::new(stage.finish(&id, text)?, Expected { services: &["im", "sms", "im"], charged: "0.03" });
    Ok(act)
}

fn by_cancel(stage: &mut Stage) -> Result<Act, Failure> {
    stage.close_phone()?;
    stage.smsc.set_phone(stage.cleo.number, Handset::Pending);
    let before = stage.smsc.counts();
    let text = "I can see you!";
    let id = stage.send(&stage.anna.client, stage.cleo.number, text, &json!({"service": "im"}))?;
    stage.wait_message(&id, "the SMS with the SMSC", attempt_is(1, "state", "handed_over"))?;
    stage.phone.open()?;
    let account = stage.finish(&id, text)?;
    let cancelled = stage.smsc.counts().cancelled - before.cancelled;
    Ok(Act::new(account, Expected { services: &["im", "sms", "im"], charged: "0.03" })
        .and("the SMSC accepted one cancel_sm", cancelled == 1))
}

/// Claim 5: the recipient stays offline past the threshold.
pub(super) fn to_sms(stage: &mut Stage) -> Result<Vec<Act>, Failure> {
    stage.close_phone()?;
    stage.smsc.set_phone(stage.cleo.number, Handset::Off);
    let text = "Call me when you are home.";
    let id = stage.send(&stage.ben.client, stage.cleo.number, text, &json!({"service": "sms"}))?;
    stage.wait_message(&id, "the second attempt by chat", attempt_is(1, "service", "im"))?;
    stage.smsc.set_phone(stage.cleo.number, Handset::Reachable);
    let account = stage.finish(&id, text)?;
    Ok(vec![Act::new(account, Expected { services: &["sms", "im", "sms"], charged: "0.12" })])
}

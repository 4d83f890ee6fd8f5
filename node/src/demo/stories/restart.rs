//! Claim 2: the central store.

use crate::cli::Failure;
use crate::demo::cast::Stage;
use crate::demo::judge::{Act, Expected};
use serde_json::{Value, json};

pub(super) fn play(stage: &mut Stage) -> Result<Vec<Act>, Failure> {
    stage.close_phone()?;
    let text = "Every word of this was on disk before Anna's phone said sent: 0123456789 \u{e5}\u{e4}\u{f6}.";
    let id = stage.send(
        &stage.anna.client,
        stage.cleo.number,
        text,
        &json!({"service": "im", "fallback_after": 2}),
    )?;
    stage.wait_message(&id, "the first attempt", |message| {
        message.get("attempts").and_then(Value::as_array).is_some_and(|attempts| attempts.len() == 1)
    })?;
    stage.server.kill()?;
    let unsent = stage.smsc.inbox().iter().all(|shown| shown.text != text);
    stage.server.start_again()?;
    let account = stage.finish(&id, text)?;
    Ok(vec![
        Act::new(account, Expected { services: &["im", "sms"], charged: "0.03" })
            .and("it was killed before the second attempt", unsent),
    ])
}

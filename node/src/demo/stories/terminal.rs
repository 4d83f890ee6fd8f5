//! Claim 6: the sender's client.

use crate::cli::Failure;
use crate::demo::cast::Stage;
use crate::demo::judge::{Act, Expected};
use crate::http::Answer;
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

pub(super) fn play(stage: &mut Stage) -> Result<Vec<Act>, Failure> {
    stage.close_phone()?;
    let text = "Typed by hand, sent by whatever gets through.";
    let mut chat = Command::new(std::env::current_exe()?)
        .args(["chat", stage.cleo.number, "--url", &stage.server.url()])
        .env("SWITCHBACK_TOKEN", &stage.anna.token)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut keys =
        chat.stdin.take().ok_or_else(|| Failure::Failed("the terminal client has no input".into()))?;
    writeln!(keys, "/im\n{text}")?;
    let id = find(stage, text)?;
    let account = stage.finish(&id, text)?;
    // The input stays open until the end: the client shows the ticks as they come.
    drop(keys);
    let shown = String::from_utf8_lossy(&chat.wait_with_output()?.stdout).into_owned();
    let act = Act::new(account, Expected { services: &["im", "sms"], charged: "0.03" });
    let prices =
        shown.contains("Chat 0.03 EUR") && shown.contains("SMS 0.03 EUR") && shown.contains("offline");
    Ok(vec![
        act.and("the client showed status and prices", prices)
            .and("the client showed the message", shown.contains(text)),
    ])
}

/// The message that the client sent, found like anybody would: in the sender's list.
fn find(stage: &Stage, text: &str) -> Result<String, Failure> {
    let newest = || {
        let page = stage.anna.client.get("/v1/messages?limit=1").and_then(Answer::good)?;
        let id = page.pointer("/data/0/id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let said = if id.is_empty() { Value::Null } else { stage.message(&id)? };
        Ok::<_, Failure>((said.get("text").and_then(Value::as_str) == Some(text)).then_some(id))
    };
    stage.wait_for("the message typed in the terminal", || Ok(newest()?.is_some()))?;
    Ok(newest()?.unwrap_or_default())
}

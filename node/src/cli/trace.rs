//! `trace`: why a message went the way it went.

use super::send::line;
use super::{ClientArgs, Failure};
use crate::http::text;
use serde_json::Value;
use std::io::Write;
use std::process::ExitCode;

/// `trace`
#[derive(clap::Args)]
pub(crate) struct TraceArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The message's id, `msg_...`.
    id: String,
}

/// Explains one message.
pub(crate) fn trace(args: &TraceArgs) -> Result<ExitCode, Failure> {
    let client = args.client.client()?;
    let trace = client.get(&format!("/v1/messages/{}/trace", args.id))?.good()?;
    let mut out = std::io::stdout().lock();
    if args.client.json {
        writeln!(out, "{trace}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let message = client.get(&format!("/v1/messages/{}", args.id))?.good()?;
    writeln!(out, "{}", line(&message))?;
    for decision in trace.get("decisions").and_then(Value::as_array).into_iter().flatten() {
        writeln!(out, "{}  {}", text(decision, "at"), text(decision, "sentence"))?;
    }
    Ok(ExitCode::SUCCESS)
}

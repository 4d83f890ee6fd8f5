//! `messages`: a list, newest first.

use super::send::line;
use super::{ClientArgs, Failure};
use serde_json::Value;
use std::io::Write;
use std::process::ExitCode;

/// `messages`
#[derive(clap::Args)]
pub(crate) struct MessagesArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// Only in this status.
    #[arg(long)]
    status: Option<String>,
    /// Only to this recipient.
    #[arg(long)]
    to: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 20)]
    limit: u16,
}

/// Lists messages.
pub(crate) fn messages(args: &MessagesArgs) -> Result<ExitCode, Failure> {
    let mut path = format!("/v1/messages?limit={}", args.limit);
    for (key, value) in [("status", &args.status), ("to", &args.to)] {
        if let Some(value) = value {
            path.push_str(&format!("&{key}={}", value.replace('+', "%2B")));
        }
    }
    let page = args.client.client()?.get(&path)?.good()?;
    let mut out = std::io::stdout().lock();
    if args.client.json {
        writeln!(out, "{page}")?;
        return Ok(ExitCode::SUCCESS);
    }
    for message in page.get("data").and_then(Value::as_array).into_iter().flatten() {
        writeln!(out, "{}", line(message))?;
    }
    Ok(ExitCode::SUCCESS)
}

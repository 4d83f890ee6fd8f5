//! `who`: a recipient's status and what each service would cost.

use super::send::table;
use super::{ClientArgs, Failure};
use crate::http::text;
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;

/// `who`
#[derive(clap::Args)]
pub(crate) struct WhoArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The number or address.
    number: String,
}

/// Tells who a number is to us now.
pub(crate) fn who(args: &WhoArgs) -> Result<ExitCode, Failure> {
    let client = args.client.client()?;
    let address = args.number.replace('+', "%2B");
    let presence = client.get(&format!("/v1/presence/{address}"))?.good()?;
    let mut out = std::io::stdout().lock();
    // The operator's token has no payer and so no prices: the status alone is the answer then.
    let quote = client.post("/v1/quotes", &json!({"to": args.number, "text": "?"}))?.good().ok();
    if args.client.json {
        writeln!(out, "{}", json!({"presence": presence, "quote": quote}))?;
        return Ok(ExitCode::SUCCESS);
    }
    match quote {
        Some(quote) => write!(out, "{}", table(&quote))?,
        None => writeln!(out, "recipient  {}", text(&presence, "status"))?,
    }
    Ok(ExitCode::SUCCESS)
}

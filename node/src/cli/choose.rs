//! `choose`: the service of a message that waits for its sender, or consent to a dearer one.

use super::send::{line, money};
use super::{ClientArgs, Failure};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::process::ExitCode;

/// `choose`
#[derive(clap::Args)]
pub(crate) struct ChooseArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The message's id.
    id: String,
    /// The service: im, sms, mms.
    service: String,
    /// What the message may cost in all, as AMOUNT:CURRENCY; when not given, what you were told that it would.
    #[arg(long)]
    max_price: Option<String>,
}

/// Chooses, or consents.
pub(crate) fn choose(args: &ChooseArgs) -> Result<ExitCode, Failure> {
    let mut body = Map::from_iter([("service".to_owned(), json!(args.service))]);
    if let Some(price) = &args.max_price {
        body.insert("max_price".into(), money(price)?);
    }
    let path = format!("/v1/messages/{}/choose", args.id);
    let message = args.client.client()?.post(&path, &Value::Object(body))?.good()?;
    let mut out = std::io::stdout().lock();
    if args.client.json {
        writeln!(out, "{message}")?
    } else {
        writeln!(out, "{}", line(&message))?
    }
    Ok(ExitCode::SUCCESS)
}

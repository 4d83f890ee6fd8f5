//! `send` and `quote`: one message, from the command line.

use super::{ClientArgs, Failure};
use crate::http::{Client, text};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What is to be sent, for `send` and `quote`.
#[derive(clap::Args, Clone)]
struct Draft {
    /// The recipient: `+4670...`, `sip:...` or a short code.
    to: String,
    /// The text.
    text: String,
    /// Which service first: auto, im, sms, mms (send also: ask).
    #[arg(long, default_value = "auto")]
    service: String,
    /// `never`: do not change the service.
    #[arg(long, default_value = "auto")]
    fallback: String,
    /// What you would pay at most, as AMOUNT:CURRENCY, for example 0.10:EUR.
    #[arg(long)]
    max_price: Option<String>,
    /// One of your addresses.
    #[arg(long)]
    from: Option<String>,
    /// Where you are: home, wifi, a visited network such as 52001, or wifi@52001.
    #[arg(long)]
    origin: Option<String>,
}

impl Draft {
    fn body(&self) -> Result<Map<String, Value>, Failure> {
        let mut body = Map::new();
        body.insert("to".into(), json!(self.to));
        body.insert("text".into(), json!(self.text));
        body.insert("service".into(), json!(self.service));
        body.insert("fallback".into(), json!(self.fallback));
        if let Some(price) = &self.max_price {
            let (amount, currency) = price.split_once(':').ok_or_else(|| {
                Failure::Usage(format!("--max-price {price}: write AMOUNT:CURRENCY, for example 0.10:EUR"))
            })?;
            body.insert("max_price".into(), json!({"amount": amount, "currency": currency}));
        }
        for (name, said) in [("from", &self.from), ("origin", &self.origin)] {
            if let Some(said) = said {
                body.insert(name.into(), json!(said));
            }
        }
        Ok(body)
    }
}

/// `send`
#[derive(clap::Args)]
pub(crate) struct SendArgs {
    #[command(flatten)]
    client: ClientArgs,
    #[command(flatten)]
    draft: Draft,
    /// Wait this many seconds for the end and say how it went (exit code 1 when it was not delivered).
    #[arg(long)]
    wait: Option<u64>,
}

/// `quote`
#[derive(clap::Args)]
pub(crate) struct QuoteArgs {
    #[command(flatten)]
    client: ClientArgs,
    #[command(flatten)]
    draft: Draft,
}

/// Sends a message.
pub(crate) fn send(args: SendArgs) -> Result<ExitCode, Failure> {
    let client = args.client.client()?;
    let mut message = client.post("/v1/messages", &Value::Object(args.draft.body()?))?.good()?;
    if let Some(seconds) = args.wait {
        message = wait(&client, message, Duration::from_secs(seconds))?;
    }
    let mut out = std::io::stdout().lock();
    if args.client.json {
        writeln!(out, "{message}")?;
    } else {
        writeln!(out, "{}", line(&message))?;
    }
    let failed = matches!(status(&message), "failed" | "refused" | "expired" | "unknown" | "canceled");
    Ok(ExitCode::from(u8::from(failed)))
}

/// Waits for a final status, by asking again with growing pauses.
fn wait(client: &Client, mut message: Value, limit: Duration) -> Result<Value, Failure> {
    let (began, mut pause) = (Instant::now(), Duration::from_millis(20));
    let path = format!("/v1/messages/{}", text(&message, "id"));
    while matches!(status(&message), "accepted" | "offered" | "sending" | "waiting")
        && began.elapsed() < limit
    {
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(500));
        message = client.get(&path)?.good()?;
    }
    Ok(message)
}

/// Asks for a quote.
pub(crate) fn quote(args: QuoteArgs) -> Result<ExitCode, Failure> {
    let quote = args.client.client()?.post("/v1/quotes", &Value::Object(args.draft.body()?))?.good()?;
    let mut out = std::io::stdout().lock();
    if args.client.json {
        writeln!(out, "{quote}")?;
    } else {
        write!(out, "{}", table(&quote))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A quote as a small table for people.
pub(super) fn table(quote: &Value) -> String {
    let recipient = quote.get("recipient").cloned().unwrap_or_default();
    let since =
        recipient.get("since").and_then(Value::as_str).map_or_else(String::new, |at| format!(" since {at}"));
    let mut lines = format!("recipient  {}{since}\n", text(&recipient, "status"));
    for service in quote.get("services").and_then(Value::as_array).into_iter().flatten() {
        let units = service.get("units").and_then(Value::as_u64).unwrap_or(0);
        let reason = service
            .get("reason")
            .and_then(Value::as_str)
            .map_or_else(String::new, |reason| format!("  ({reason})"));
        let line = format!(
            "{:<10} {:<14} {units} {}{reason}\n",
            text(service, "service"),
            price(service.get("price")),
            text(service, "unit")
        );
        lines.push_str(&line);
    }
    lines.push_str(&format!("suggested  {}\n", text(quote, "suggested")));
    lines.push_str(&format!("at most    {}\n", price(quote.get("you_pay_at_most"))));
    lines
}

/// One message as one line for people.
pub(super) fn line(message: &Value) -> String {
    let by = message.get("service").and_then(Value::as_str).unwrap_or("-");
    format!(
        "{}  {:<10} {:<4} to {}  price {}",
        text(message, "id"),
        status(message),
        by,
        text(message, "to"),
        price(message.get("price"))
    )
}

/// A price for people.
pub(super) fn price(value: Option<&Value>) -> String {
    value.filter(|value| value.is_object()).map_or_else(
        || "unknown".into(),
        |value| format!("{} {}", text(value, "amount"), text(value, "currency")),
    )
}

pub(super) fn status(message: &Value) -> &str {
    text(message, "status")
}

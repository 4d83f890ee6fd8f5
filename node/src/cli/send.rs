//! `send` and `quote`: one message, from the command line.

use super::{ClientArgs, Failure};
use crate::http::{Answer, Client, text};
use crate::words;
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
            body.insert("max_price".into(), money(price)?);
        }
        for (name, said) in [("from", &self.from), ("origin", &self.origin)] {
            if let Some(said) = said {
                body.insert(name.into(), json!(said));
            }
        }
        Ok(body)
    }
}

/// What `--max-price` says.
pub(super) fn money(price: &str) -> Result<Value, Failure> {
    let (amount, currency) = price.split_once(':').ok_or_else(|| {
        Failure::Usage(format!("--max-price {price}: write AMOUNT:CURRENCY, for example 0.10:EUR"))
    })?;
    Ok(json!({"amount": amount, "currency": currency}))
}

/// `send`
#[derive(clap::Args)]
pub(crate) struct SendArgs {
    #[command(flatten)]
    client: ClientArgs,
    #[command(flatten)]
    draft: Draft,
    /// The quote that binds: you pay no more than it said, or nothing is sent (exit code 4).
    #[arg(long)]
    quote: Option<String>,
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
    let mut body = args.draft.body()?;
    if let Some(quote) = &args.quote {
        body.insert("quote".into(), json!(quote));
    }
    let mut message = accepted(client.post("/v1/messages", &Value::Object(body))?, args.client.json)?;
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

/// The message that was accepted; with a refusal goes the problem as it is, or the quote that it brings.
fn accepted(answer: Answer, as_json: bool) -> Result<Value, Failure> {
    let problem = answer.body.clone();
    let mut refused = match answer.good() {
        Ok(message) => return Ok(message),
        Err(refused) => refused,
    };
    if as_json {
        writeln!(std::io::stdout(), "{problem}")?;
    } else if let (Failure::Price(said), Some(quote)) = (&mut refused, problem.get("quote")) {
        said.push_str(&format!("\n{}{}", table(quote), binding(quote)));
    }
    Err(refused)
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
        writeln!(out, "{}{}", table(&quote), binding(&quote))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How a quote is held to.
fn binding(quote: &Value) -> String {
    format!("quote      {}, binds until {}", text(quote, "id"), text(quote, "valid_until"))
}

/// A quote as a small table for people.
pub(super) fn table(quote: &Value) -> String {
    let recipient = quote.get("recipient").cloned().unwrap_or_default();
    let since =
        recipient.get("since").and_then(Value::as_str).map_or_else(String::new, |at| format!(" since {at}"));
    let mut lines = format!("recipient  {}{since}\n", words::plain(text(&recipient, "status")));
    for service in quote.get("services").and_then(Value::as_array).into_iter().flatten() {
        let (name, cost, units) = (text(service, "service"), words::cost(service), words::units(service));
        let notes = words::notes(service).join("; ");
        let notes = if notes.is_empty() { notes } else { format!("({notes})") };
        let rest = [units, notes].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ");
        lines.push_str(&format!("{name:<10} {cost:<14} {rest}\n"));
    }
    for notice in words::notices(quote) {
        lines.push_str(&format!("note       {notice}\n"));
    }
    let Some(followed) = words::followed(quote, |name| name) else {
        return lines + "suggested  nothing: no service can take it\n";
    };
    let most = words::amount(quote.get("you_pay_at_most"));
    lines + &format!("suggested  {}\nthen       {followed}\nat most    {most}\n", text(quote, "suggested"))
}

/// One message as one line for people.
pub(super) fn line(message: &Value) -> String {
    let by = message.get("service").and_then(Value::as_str).unwrap_or("-");
    let needed = words::consent_needed(message).map_or_else(String::new, |(service, price)| {
        format!("  by {service} it would cost {} in all", words::amount(Some(price)))
    });
    format!(
        "{}  {:<10} {:<4} to {}  price {}{needed}",
        text(message, "id"),
        status(message),
        by,
        text(message, "to"),
        words::price(message.get("price"))
    )
}

pub(super) fn status(message: &Value) -> &str {
    text(message, "status")
}

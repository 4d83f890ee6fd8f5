//! `tariff explain`: every service's price and how it came about, for a payer as the server has it or for a new one on a
//! plan in files.

use super::{payer, size_of_text};
use crate::cli::{ClientArgs, Failure};
use crate::serve::Files;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use switchback_core::model::{
    AccountId, Address, Money, Origin, PayerId, PlanId, Price, RouteId, Service, Time,
};
use switchback_core::tariff::{Ask, Explanation, Payer, Plan, Size};

/// `tariff explain`
#[derive(clap::Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The payer, as the server has it.
    #[arg(long, conflicts_with_all = ["sim", "plan"])]
    payer: Option<String>,
    /// The payer behind a SIM, as the server has it.
    #[arg(long, conflicts_with = "plan")]
    sim: Option<String>,
    /// A new payer with plenty of money on this plan of the files given: no server is asked.
    #[arg(long, requires = "files")]
    plan: Option<String>,
    /// Files of the tariff, for --plan.
    files: Vec<PathBuf>,
    /// The recipient.
    #[arg(long)]
    to: String,
    /// The text.
    #[arg(long, conflicts_with = "media", required_unless_present = "media")]
    text: Option<String>,
    /// A file that is sent: its size in bytes counts.
    #[arg(long)]
    media: Option<PathBuf>,
    /// When, in RFC 3339; now when not given.
    #[arg(long)]
    at: Option<String>,
    /// Where it is sent from: home, wifi, a visited network like 52001, or wifi@52001.
    #[arg(long, default_value = "home")]
    origin: String,
    /// The account that sends it, for caps that count each account by itself.
    #[arg(long)]
    account: Option<String>,
    /// The route that it would take, for caps that count each route by itself.
    #[arg(long)]
    route: Option<String>,
}

/// Explains the price of a message by each service.
pub(super) fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let usage = |what: &str| Failure::Usage(what.to_owned());
    let recipient =
        Address::parse(&args.to).map_err(|_| usage("--to is no number, short code or SIP address"))?;
    let origin =
        Origin::parse(&args.origin).ok_or_else(|| usage("--origin is home, wifi, 52001 or wifi@52001"))?;
    let at = match &args.at {
        Some(text) => Time::parse(text).ok_or_else(|| usage("--at is a time like 2026-11-23T12:00:00Z"))?,
        None => Time::from_millis(now()),
    };
    let (size, file) = size(args)?;
    let (account, route) =
        (args.account.as_deref().map(AccountId::new), args.route.as_deref().map(RouteId::new));
    let (plan, payer) = of_whom(args, at)?;
    let mut out = std::io::stdout().lock();
    let mut shown = Vec::new();
    for service in Service::ALL {
        let segments = if service == Service::Sms { size.segments } else { 1 };
        let (size, recipient) = (Size { segments, ..size }, &recipient);
        let (account, route) = (account.as_ref(), route.as_ref());
        let ask = Ask { service, recipient, size, file, origin, account, route, at };
        if file && service == Service::Sms {
            continue;
        }
        let explanation = switchback_core::tariff::explain(&plan, &payer, &ask);
        if args.client.json {
            shown.push(as_json(service, &explanation));
        } else {
            writeln!(out, "{:<4} {}", service.as_str(), words(&explanation))?;
            for step in &explanation.steps {
                writeln!(out, "     {step}")?;
            }
        }
    }
    if args.client.json {
        writeln!(
            out,
            "{}",
            json!({"payer": payer.id.as_str(), "plan": plan.id.as_str(), "services": shown})
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(0)
}

fn size(args: &ExplainArgs) -> Result<(Size, bool), Failure> {
    if let Some(path) = &args.media {
        let meta = std::fs::metadata(path)
            .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))?;
        return Ok((Size { segments: 1, bytes: meta.len() }, true));
    }
    let size = size_of_text(args.text.as_deref().unwrap_or_default());
    let size = size.ok_or_else(|| Failure::Usage("the text is longer than SMS can be".into()))?;
    Ok((size, false))
}

/// The plan and the payer.
fn of_whom(args: &ExplainArgs, at: Time) -> Result<(Arc<Plan>, Payer), Failure> {
    if let Some(id) = &args.plan {
        let tariffs = Files::read(&args.files)?.parse()?;
        let plan = tariffs.plan(&PlanId::new(id), at).cloned();
        let plan =
            plan.ok_or_else(|| Failure::Usage(format!("the files have no plan {id} that is valid then")))?;
        let mut payer = Payer::open(PayerId::new("new"), &plan);
        payer.balance = Money::from_nanos(plan.currency, switchback_core::rows::AMOUNT_MAX);
        return Ok((plan, payer));
    }
    let client = args.client.client()?;
    let id = match (&args.payer, &args.sim) {
        (Some(payer), _) => payer.clone(),
        (None, Some(sim)) => {
            let sim = client.get(&format!("/v1/admin/sims/{sim}"))?.good()?;
            crate::http::text(&sim, "payer").to_owned()
        }
        (None, None) => {
            return Err(Failure::Usage("say who pays: --payer, --sim, or --plan with its files".into()));
        }
    };
    payer::of_server(&client, &id, at)
}

/// A price in words: never more certain than it is.
fn words(explanation: &Explanation) -> String {
    let priced = &explanation.priced;
    let units =
        format!("{} {}{}", priced.units, priced.unit.as_str(), if priced.units == 1 { "" } else { "s" });
    match priced.price {
        Price::Exact(money) => format!("{money} ({units})"),
        Price::Estimate(money) => format!("about {money} ({units})"),
        Price::List(money) => format!("up to {money} ({units})"),
        Price::NotOffered(why) => format!("not offered: {why}"),
        Price::Unknown(why) => format!("unknown: {why}"),
    }
}

fn as_json(service: Service, explanation: &Explanation) -> Value {
    let priced = &explanation.priced;
    let price = priced.price.as_next();
    let price = price.map(|money| json!({"amount": money.amount(), "currency": money.currency.as_str()}));
    json!({
        "service": service.as_str(), "kind": priced.price.kind(), "price": price, "units": priced.units,
        "unit": priced.unit.as_str(), "steps": explanation.steps,
    })
}

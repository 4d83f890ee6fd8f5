//! A payer and its plan as a running server has them, read from its HTTP API.

use crate::cli::Failure;
use crate::http::{Client, text};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;
use switchback_core::model::{Currency, Money, PayerId, PlanId, Time};
use switchback_core::tariff::{Bucket, Payer, Plan, Tariffs};

/// Asks for the payer and for all files of the tariff.
pub(super) fn of_server(client: &Client, id: &str, at: Time) -> Result<(Arc<Plan>, Payer), Failure> {
    let told = client.get(&format!("/v1/admin/payers/{id}"))?.good()?;
    let files = files(client)?;
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let tariffs = Tariffs::parse(&files).map_err(|error| Failure::Failed(error.to_string()))?;
    let name = text(&told, "plan");
    let plan = tariffs.plan(&PlanId::new(name), at).cloned();
    let plan = plan.ok_or_else(|| Failure::Failed(format!("the payer's plan {name} is not valid then")))?;
    let payer =
        payer(&told, id, &plan).ok_or_else(|| Failure::Failed("the server's answer is no payer".into()))?;
    Ok((plan, payer))
}

fn files(client: &Client) -> Result<BTreeMap<String, String>, Failure> {
    let mut files = BTreeMap::new();
    let mut cursor: Option<String> = None;
    loop {
        let after = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let page = client.get(&format!("/v1/admin/plans?limit=200{after}"))?.good()?;
        for file in page.get("data").and_then(Value::as_array).into_iter().flatten() {
            files.insert(text(file, "id").to_owned(), text(file, "text").to_owned());
        }
        cursor = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() {
            return Ok(files);
        }
    }
}

/// The payer of the answer, brought to the plan.
fn payer(told: &Value, id: &str, plan: &Plan) -> Option<Payer> {
    let mut payer = Payer::open(PayerId::new(id), plan);
    let currency = Currency::parse(text(told, "currency"))?;
    let money = |key: &str| {
        let amount = text(told.get(key)?, "amount");
        let parsed = Money::parse(amount.strip_prefix('-').unwrap_or(amount), currency).ok()?;
        let nanos = if amount.starts_with('-') { -parsed.nanos } else { parsed.nanos };
        Some(Money::from_nanos(currency, nanos))
    };
    (payer.balance, payer.credit_limit, payer.held) =
        (money("balance")?, money("credit_limit")?, money("held")?);
    payer.currency = currency;
    payer.barred = told.get("barred")?.as_bool()?;
    for bucket in told.get("allowances")?.as_array()? {
        let name = SmolStr::new(text(bucket, "id"));
        let Some(own) = payer.bucket(&name).cloned() else { continue };
        let number = |key: &str| bucket.get(key).and_then(Value::as_u64);
        let since = bucket.get("since").and_then(Value::as_str);
        let (amount, used, held) = (number("amount")?, number("used")?, number("held")?);
        let told = Bucket { id: name, amount, period: since.map_or(Some(0), period)?, used, held, ..own };
        payer.buckets.retain(|own| own.id != told.id);
        payer.buckets.push(told);
    }
    Some(payer)
}

/// The period that began on a day, or in a minute.
fn period(since: &str) -> Option<u32> {
    let (at, unit) = match Time::parse(since) {
        Some(day) => (day, 86_400_000),
        None => (Time::parse(&format!("{since}Z"))?, 60_000),
    };
    u32::try_from(at.as_millis().checked_div(unit)?).ok()
}

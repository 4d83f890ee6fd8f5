//! What the server says of prices, in words for people: the same on the command line and in the chat, and never surer
//! than it is.

use crate::http::text;
use serde_json::Value;

/// A price, as sure as it is.
pub(crate) fn price(value: Option<&Value>) -> String {
    format!("{}{}", sure(value), amount(value))
}

fn sure(price: Option<&Value>) -> &'static str {
    match price.map_or("", |price| text(price, "kind")) {
        "estimate" => "about ",
        "list" => "up to ",
        _ => "",
    }
}

/// An amount of money.
pub(crate) fn amount(value: Option<&Value>) -> String {
    value.filter(|value| value.is_object()).map_or_else(
        || "unknown".into(),
        |value| format!("{} {}", text(value, "amount"), text(value, "currency")),
    )
}

/// What one service of a quote costs.
pub(crate) fn cost(service: &Value) -> String {
    let available = service.get("available").and_then(Value::as_bool) == Some(true);
    match service.get("price").filter(|price| price.is_object()) {
        Some(known) => price(Some(known)),
        None if available => "price unknown".into(),
        None => "not possible".into(),
    }
}

/// How many units of it the message is; nothing when it is none.
pub(crate) fn units(service: &Value) -> String {
    match number(service, "units") {
        0 => String::new(),
        units => counted(units, text(service, "unit")),
    }
}

/// What else a sender should know of it: what is left of an allowance, when it is paid, why it can't be used.
pub(crate) fn notes(service: &Value) -> Vec<String> {
    let allowance = service.get("allowance").filter(|allowance| allowance.is_object());
    let left = allowance.map(|left| {
        let units = counted(number(left, "left_after"), text(left, "unit"));
        format!("{units} left of {}", text(left, "id"))
    });
    let balance = service.get("balance").filter(|balance| balance.is_object());
    let left = left.into_iter().chain(balance.and_then(funds));
    let paid = match text(service, "charge_on") {
        "submitted" => Some("paid at hand-over, given back if it is not delivered"),
        "kept_if_undelivered" => Some("paid even if it is not delivered"),
        "bearer" => Some("billed as data by the network"),
        _ => None,
    };
    let why = Some(text(service, "reason")).filter(|reason| !reason.is_empty());
    left.chain(paid.map(str::to_owned)).chain(why.map(plain)).collect()
}

/// What the payer has left, as a charging system says.
fn funds(balance: &Value) -> Option<String> {
    let low = if balance.get("low").and_then(Value::as_bool) == Some(true) { ": little" } else { "" };
    match balance.get("left").filter(|left| left.is_object()) {
        Some(left) => Some(format!("{} left{low}", price(Some(left)))),
        None if low.is_empty() => None,
        None => Some("little money is left".into()),
    }
}

/// What the money behind a quote has come to.
pub(crate) fn notices(quote: &Value) -> Vec<String> {
    let notices = quote.get("notices").and_then(Value::as_array).into_iter().flatten();
    let said = |notice: &Value| match text(notice, "type") {
        "payer.cap_reached" => {
            let (percent, cap) = (number(notice, "percent"), text(notice, "cap"));
            Some(format!("{percent} % of the cap {cap} are spent"))
        }
        "payer.balance_low" => Some("the balance is low".to_owned()),
        _ => None,
    };
    notices.filter_map(said).collect()
}

/// What a quote says of a service.
pub(crate) fn offered<'q>(quote: &'q Value, service: &str) -> Option<&'q Value> {
    quote.get("services")?.as_array()?.iter().find(|line| text(line, "service") == service)
}

/// What happens when the first service of a quote does not deliver, and why; `name` says how services are called.
pub(crate) fn followed(quote: &Value, name: fn(&str) -> &str) -> Option<String> {
    text(quote, "suggested").chars().next()?;
    let Some(fallback) = quote.get("fallback").filter(|fallback| fallback.is_object()) else {
        return Some("nothing follows: no other service can take it".into());
    };
    let to = text(fallback, "to");
    let sure = sure(offered(quote, to).and_then(|line| line.get("price")));
    let to = name(to);
    Some(match text(fallback, "why") {
        "within_limit" => format!("{to} follows by itself, since it costs no more"),
        "price_above_limit" => {
            format!("{to} follows only if you consent to {sure}{} in all", amount(fallback.get("consent")))
        }
        "price_unknown" => format!("{to} does not follow by itself: its price is not known"),
        "insufficient_funds" => format!("{to} does not follow: not enough funds"),
        "fallback_never" => format!("{to} does not follow, as you said"),
        why => format!("{to} does not follow by itself: {}", plain(why)),
    })
}

/// What has to be consented to before a message can go on, and for how much in all.
pub(crate) fn consent_needed(message: &Value) -> Option<(&str, &Value)> {
    let needed = message.get("consent_needed").filter(|needed| needed.is_object())?;
    Some((text(needed, "service"), needed.get("price").filter(|price| price.is_object())?))
}

/// A stable code in words.
pub(crate) fn plain(code: &str) -> String {
    code.replace('_', " ")
}

fn counted(number: u64, unit: &str) -> String {
    let (unit, plural) =
        if unit == "utf8_160" { ("block of 160 bytes", "blocks of 160 bytes") } else { (unit, "") };
    match (number, plural) {
        (1, _) => format!("1 {unit}"),
        (_, "") => format!("{number} {unit}s"),
        (_, plural) => format!("{number} {plural}"),
    }
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{cost, followed, notes, notices, units};
    use serde_json::{Value, json};

    fn line(price: Value, more: Value) -> Value {
        let mut line =
            json!({"service": "sms", "available": true, "price": price, "units": 1, "unit": "segment"});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line
    }

    #[test]
    fn a_price_is_never_surer_than_it_is() {
        let of =
            |kind: &str| cost(&line(json!({"amount": "0.0024", "currency": "EUR", "kind": kind}), json!({})));
        assert_eq!(
            [of("exact"), of("estimate"), of("list")],
            ["0.0024 EUR", "about 0.0024 EUR", "up to 0.0024 EUR"]
        );
        assert_eq!(cost(&line(Value::Null, json!({}))), "price unknown");
        assert_eq!(cost(&line(Value::Null, json!({"available": false}))), "not possible");
    }

    #[test]
    fn what_is_left_when_it_is_paid_and_why_not_are_told() {
        let left = json!({"allowance": {"id": "sms100", "left_after": 1, "unit": "segment"}});
        assert_eq!(notes(&line(Value::Null, left)), ["1 segment left of sms100"]);
        let of = |balance| notes(&line(Value::Null, json!({ "balance": balance })));
        let money = json!({"amount": "3.20", "currency": "EUR"});
        assert_eq!(of(json!({"left": money, "low": false})), ["3.20 EUR left"]);
        assert_eq!(of(json!({"left": money, "low": true})), ["3.20 EUR left: little"]);
        assert_eq!(of(json!({"left": null, "low": true})), ["little money is left"]);
        assert!(of(json!({"left": null, "low": false})).is_empty());
        let kept = json!({"charge_on": "kept_if_undelivered", "reason": "insufficient_funds"});
        assert_eq!(
            notes(&line(Value::Null, kept)),
            ["paid even if it is not delivered", "insufficient funds"]
        );
        assert!(notes(&line(Value::Null, json!({"charge_on": "delivered"}))).is_empty());
        assert_eq!(
            units(&line(Value::Null, json!({"units": 3, "unit": "utf8_160"}))),
            "3 blocks of 160 bytes"
        );
    }

    #[test]
    fn money_that_runs_out_is_told() {
        let cap = json!({"type": "payer.cap_reached", "cap": "roam50", "percent": 80});
        let quote = json!({"notices": [cap, {"type": "payer.balance_low"}, {"type": "payer.unheard_of"}]});
        assert_eq!(notices(&quote), ["80 % of the cap roam50 are spent", "the balance is low"]);
    }

    #[test]
    fn what_follows_is_told_with_its_reason() {
        let price = json!({"amount": "0.12", "currency": "EUR", "kind": "estimate"});
        let told = |fallback: Value| {
            let services = [line(price.clone(), json!({}))];
            followed(&json!({"suggested": "im", "services": services, "fallback": fallback}), |name| name)
                .unwrap()
        };
        let consent = json!({"amount": "0.15", "currency": "EUR"});
        let why = |why: &str| {
            told(
                json!({"to": "sms", "automatic": why == "within_limit", "why": why, "consent": consent.clone()}),
            )
        };
        assert_eq!(why("within_limit"), "sms follows by itself, since it costs no more");
        assert_eq!(why("price_above_limit"), "sms follows only if you consent to about 0.15 EUR in all");
        assert_eq!(why("insufficient_funds"), "sms does not follow: not enough funds");
        assert_eq!(told(Value::Null), "nothing follows: no other service can take it");
        assert_eq!(followed(&json!({"suggested": null, "fallback": null}), |name| name), None);
    }
}

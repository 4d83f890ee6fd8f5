//! The offer to a SIP client (claim 3): whether the recipient is there and what each service would cost, as a document
//! that a client shows before it chooses. It comes in the answer to OPTIONS, or in a MESSAGE when a choice is waited for.

use serde_json::{Value, json};
use switchback_core::model::{
    Address, Content, FallbackRule, MessageId, Money, Originator, Presence, Price, ServiceChoice,
};
use switchback_ports::{Quote, QuoteAsk, QuoteLine};

/// Its media type.
pub(super) const TYPE: &str = "application/vnd.switchback.offer+json";

/// What is asked for.
pub(super) fn ask(originator: Originator, recipient: Address, content: Content) -> QuoteAsk {
    QuoteAsk {
        originator,
        recipient,
        content,
        service: ServiceChoice::Auto,
        fallback: FallbackRule::Auto,
        max_price: None,
    }
}

/// The document; of a message that waits for a choice it names the message.
pub(super) fn document(quote: &Quote, to: &Address, message: Option<MessageId>) -> String {
    let (status, since) = match quote.presence {
        Presence::Online { .. } => ("online", None),
        Presence::Offline { since } => ("offline", Some(since.to_string())),
        Presence::NotAUser => ("not_a_user", None),
        Presence::Unknown => ("unknown", None),
    };
    let fallback = quote.fallback.as_ref().map(|fallback| {
        json!({"to": fallback.to.as_str(), "automatic": fallback.automatic, "why": fallback.why.as_str()})
    });
    let mut document = json!({
        "quote": quote.id.as_str(),
        "message": message.map(|id| id.to_string()),
        "to": to.to_string(),
        "valid_until": quote.valid_until.to_string(),
        "recipient": {"status": status, "since": since},
        "services": quote.lines.iter().map(line).collect::<Vec<_>>(),
        "suggested": quote.suggested.map(switchback_core::model::Service::as_str),
        "fallback": fallback,
        "you_pay_at_most": quote.you_pay_at_most.map(money),
    });
    without_nothing(&mut document);
    document.to_string()
}

/// Leaves out what is nothing: a datagram has little room.
fn without_nothing(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(without_nothing);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nothing),
        _ => {}
    }
}

fn line(line: &QuoteLine) -> Value {
    let price = match line.price {
        Price::Exact(amount) => Some((amount, "exact")),
        Price::Estimate(amount) => Some((amount, "estimate")),
        Price::List(amount) => Some((amount, "list")),
        Price::NotOffered(_) | Price::Unknown(_) => None,
    };
    let price = price.map(|(amount, kind)| {
        let mut shown = money(amount);
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("kind".into(), kind.into());
        }
        shown
    });
    json!({
        "service": line.service.as_str(),
        "available": line.available,
        "price": price,
        "units": line.units,
        "unit": line.unit.as_str(),
        "reason": line.reason.as_ref().map(smol_str::SmolStr::as_str),
    })
}

/// Money prints as amount and currency.
fn money(money: Money) -> Value {
    let text = money.to_string();
    let (amount, currency) = text.split_once(' ').unwrap_or((&text, ""));
    json!({"amount": amount, "currency": currency})
}

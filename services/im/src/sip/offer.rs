//! The offer to a SIP client (claim 3): whether the recipient is there and what each service would cost, as a document
//! that a client shows before it chooses. It comes in the answer to OPTIONS, or in a MESSAGE when a choice is waited for.

use serde_json::{Value, json};
use switchback_core::model::{
    Address, Content, FallbackRule, Message, Money, Originator, Presence, Service, ServiceChoice, Status,
};
use switchback_ports::{Quote, QuoteAsk, QuoteLine};

/// Its media type.
pub(super) const TYPE: &str = "application/vnd.switchback.offer+json";

/// An offer that is told to a message's sender: what they see binds what they then choose.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) document: String,
    /// The price of each service that has one.
    prices: Vec<(Service, Money)>,
}

impl Offer {
    /// The offer for a message that waits for its sender.
    pub(super) fn of(quote: &Quote, message: &Message) -> Self {
        let price = |line: &QuoteLine| Some((line.service, line.price.as_next()?));
        Self {
            document: document(quote, &message.recipient, Some(message)),
            prices: quote.lines.iter().filter_map(price).collect(),
        }
    }

    /// What a service was offered for.
    pub(super) fn price(&self, service: Service) -> Option<Money> {
        self.prices.iter().find(|(priced, _)| *priced == service).map(|(_, price)| *price)
    }
}

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

/// The document: of what would be sent, or of a message that waits for its sender.
pub(super) fn document(quote: &Quote, to: &Address, message: Option<&Message>) -> String {
    let (status, since) = match quote.presence {
        Presence::Online { .. } => ("online", None),
        Presence::Offline { since } => ("offline", Some(since.to_string())),
        Presence::NotAUser => ("not_a_user", None),
        Presence::Unknown => ("unknown", None),
    };
    let fallback = quote.fallback.as_ref().map(|fallback| {
        json!({
            "to": fallback.to.as_str(),
            "automatic": fallback.automatic,
            "why": fallback.why.as_str(),
            "consent": fallback.consent.map(money),
        })
    });
    let asks = message.map(|message| match (message.status, message.marks.price_rose) {
        (Status::Offered, true) => "price_rose",
        (Status::Offered, false) => "choice",
        _ => "consent",
    });
    let needed = message.and_then(Message::consent_needed);
    let needed =
        needed.map(|told| json!({"service": told.service.as_str(), "price": told.amount.map(money)}));
    // What a new message would do, and cost at most, says nothing of one that has begun.
    let begun = message.filter(|message| message.first.is_some());
    let (suggested, fallback) = if begun.is_some() { (None, None) } else { (quote.suggested, fallback) };
    let most = begun.map_or(quote.you_pay_at_most, Message::limit);
    let mut document = json!({
        "quote": quote.id.as_str(),
        "message": message.map(|message| message.id.to_string()),
        "asks": asks,
        "consent_needed": needed,
        "to": to.to_string(),
        "valid_until": quote.valid_until.to_string(),
        "recipient": {"status": status, "since": since},
        "services": quote.lines.iter().map(line).collect::<Vec<_>>(),
        "suggested": suggested.map(Service::as_str),
        "fallback": fallback,
        "you_pay_at_most": most.map(money),
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
    let price = line.price.as_next().map(|price| {
        let mut shown = money(price);
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("kind".into(), line.price.kind().into());
        }
        shown
    });
    let allowance = line.allowance.as_ref().map(
        |left| json!({"id": left.id.as_str(), "left_after": left.left_after, "unit": left.unit.as_str()}),
    );
    let balance =
        line.balance.map(|balance| json!({"left": balance.amount.map(money), "low": balance.is_low}));
    json!({
        "service": line.service.as_str(),
        "available": line.available,
        "price": price,
        "charge_on": line.charge_on,
        "units": line.units,
        "unit": line.unit.as_str(),
        "allowance": allowance,
        "balance": balance,
        "reason": line.reason.as_ref().map(smol_str::SmolStr::as_str),
    })
}

fn money(money: Money) -> Value {
    json!({"amount": money.amount(), "currency": money.currency.as_str()})
}

//! At what price a text goes: the one on the screen, or one that has to be asked for first and must not be dearer.

use super::state::Service;
use crate::words;
use serde_json::Value;
use switchback_core::model::{Currency, Money};

/// What the sender was shown when the text was sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Price {
    /// The price of this very text: its quote binds.
    Quoted(String),
    /// This quote, for another text or before the answer came; null: none yet.
    Shown(Value),
}

impl Price {
    /// That of a quote for this very text.
    pub(super) fn of(quote: &Value) -> Self {
        let id = quote.get("id").and_then(Value::as_str);
        id.map_or_else(|| Self::Shown(quote.clone()), |id| Self::Quoted(id.to_owned()))
    }
}

/// Whether a text would cost more than what was shown. Where nothing was shown, or a price is not known, nobody can say
/// so; the quote that it goes by binds all the same.
pub(super) fn is_dearer(fresh: &Value, shown: &Value, service: Service) -> bool {
    match (price(fresh, service), price(shown, service)) {
        (Some(fresh), Some(shown)) => !fresh.at_most(shown),
        _ => false,
    }
}

/// What the service costs by a quote; when the server chooses, what is paid at most.
fn price(quote: &Value, service: Service) -> Option<Money> {
    let price = match service {
        Service::Auto => quote.get("you_pay_at_most")?,
        named => {
            let line = words::offered(quote, named.name())?;
            // What cannot be sent is refused with a reason, which says more than its price.
            line.get("available").and_then(Value::as_bool).filter(|available| *available)?;
            line.get("price")?
        }
    };
    let currency = Currency::parse(price.get("currency")?.as_str()?)?;
    Money::parse(price.get("amount")?.as_str()?, currency).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn quote(sms: &str, most: &str) -> Value {
        let money = |amount: &str| json!({"amount": amount, "currency": "EUR"});
        let line = json!({"service": "sms", "available": sms != "100", "price": money(sms)});
        json!({"services": [line], "you_pay_at_most": money(most)})
    }

    #[test]
    fn a_named_service_is_held_to_its_own_price_and_the_server_to_the_most() {
        for (service, shown, fresh, dearer) in [
            (Service::Sms, quote("0.12", "0.12"), quote("0.12", "0.24"), false),
            (Service::Sms, quote("0.12", "0.12"), quote("0.24", "0.12"), true),
            (Service::Auto, quote("0.12", "0.12"), quote("0.24", "0.12"), false),
            (Service::Auto, quote("0.12", "0.12"), quote("0.12", "0.120000001"), true),
            (Service::Sms, quote("9.00", "0"), quote("10.00", "0"), true),
            (Service::Sms, quote("9.00", "0"), quote("100", "0"), false),
            (Service::Mms, quote("0.12", "0.12"), quote("0.24", "0.24"), false),
            (Service::Auto, Value::Null, quote("0.24", "0.24"), false),
        ] {
            assert_eq!(is_dearer(&fresh, &shown, service), dearer, "{service:?} {shown} {fresh}");
        }
    }
}

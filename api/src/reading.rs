//! Reading a request body with no server behind it: what an endpoint refuses before anything else is asked. For
//! whoever checks recorded requests, and for the fuzz targets.

use crate::dto::directory::{AccountIn, PlanIn, RouteIn, SimIn, SubscriberIn};
use crate::dto::submit::{ChooseIn, QuoteIn, ReceiptIn, SubmitIn};
use crate::explain;
use crate::problem::Problem;
use serde::de::DeserializeOwned;
use switchback_core::model::{Address, Originator, Owner, Time};

/// Which endpoint a body is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyOf {
    /// `POST /v1/messages`
    Message,
    /// `POST /v1/quotes`
    Quote,
    /// `POST /v1/messages/{id}/choose`
    Choice,
    /// `POST /v1/messages/{id}/receipts`
    Receipt,
    /// `PUT /v1/admin/subscribers/{id}`
    Subscriber,
    /// `PUT /v1/admin/sims/{id}`
    Sim,
    /// `PUT /v1/admin/accounts/{id}`
    Account,
    /// `PUT /v1/admin/plans/{id}`
    Plan,
    /// `PUT /v1/admin/routes/{id}`
    Route,
}

/// The problem document that `body` would be answered with at `now`, whoever sends it; nothing when it can be read.
#[must_use]
pub fn refusal_of(kind: BodyOf, body: &[u8], now: Time) -> Option<Vec<u8>> {
    read(kind, body, now).err().map(|problem| problem.to_json())
}

fn read(kind: BodyOf, body: &[u8], now: Time) -> Result<(), Problem> {
    match kind {
        BodyOf::Message => parsed::<SubmitIn>(body)?.read(now).map(drop),
        BodyOf::Quote => parsed::<QuoteIn>(body)?.read(|from| Ok(somebody(from.cloned()))).map(drop),
        BodyOf::Choice => parsed::<ChooseIn>(body)?.read().map(drop),
        BodyOf::Receipt => parsed::<ReceiptIn>(body).map(drop),
        BodyOf::Subscriber => parsed::<SubscriberIn>(body)?.entry("a", now).map(drop),
        BodyOf::Sim => parsed::<SimIn>(body)?.entry("a").map(drop),
        BodyOf::Account => parsed::<AccountIn>(body)?.entry("a").map(drop),
        BodyOf::Plan => parsed::<PlanIn>(body)?.entry("a").map(drop),
        BodyOf::Route => parsed::<RouteIn>(body)?.entry("a").map(drop),
    }
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| explain::refused::<T>(body, &error))
}

/// The sender comes from the credential, which a body has no part in.
fn somebody(from: Option<Address>) -> Originator {
    let nobody = Address::ShortCode("000".into());
    Originator { owner: Owner::Network, address: from.unwrap_or(nobody), payer: None }
}

#[cfg(test)]
mod tests {
    use super::{BodyOf, refusal_of};
    use switchback_core::model::Time;

    #[test]
    fn a_good_body_has_no_refusal_and_a_bad_one_names_its_field() {
        let refused = |kind, body: &str| refusal_of(kind, body.as_bytes(), Time::from_millis(0));
        assert_eq!(refused(BodyOf::Message, r#"{"to":"+46701234567","text":"hi"}"#), None);
        let told = refused(BodyOf::Quote, r#"{"to":"nobody at all","text":"hi"}"#).unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
        assert_eq!((&told["code"], &told["errors"][0]["field"]), (&"invalid_request".into(), &"to".into()));
        let told = refused(BodyOf::Choice, "{").unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
        assert_eq!(told["code"], "invalid_json");
    }
}

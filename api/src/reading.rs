//! Reading a request with no server behind it: what an endpoint refuses before anything else is asked. For
//! whoever checks recorded requests, and for the fuzz targets.

use crate::auth::idempotency_key;
use crate::cursor;
use crate::dto::directory::{AccountIn, PlanIn, RouteIn, SimIn, SubscriberIn};
use crate::dto::event::EventParams;
use crate::dto::filter::MessageParams;
use crate::dto::list::PageParams;
use crate::dto::submit::{ChooseIn, QuoteIn, ReceiptIn, Said, SubmitIn};
use crate::explain;
use crate::path;
use crate::problem::Problem;
use crate::query::params;
use axum::http::{HeaderValue, Uri};
use serde::de::DeserializeOwned;
use switchback_core::model::{Address, Origin, Originator, Owner, Time};

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

/// A part of a request that comes before its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartOf {
    /// The header `Idempotency-Key`.
    IdempotencyKey,
    /// The header `Last-Event-ID`.
    LastEventId,
    /// The query string of `GET /v1/messages`.
    Messages,
    /// The query string of `GET /v1/events`.
    Events,
    /// The query string of `GET /v1/conversations`.
    Conversations,
    /// A message's id in the path.
    MessagePath,
    /// An address in the path.
    AddressPath,
}

/// The problem document that `part` would be answered with; nothing when it can be read, or is nothing that HTTP lets
/// through.
#[must_use]
pub fn refusal_of_part(kind: PartOf, part: &[u8]) -> Option<Vec<u8>> {
    read_part(kind, part)?.err().map(|problem| problem.to_json())
}

fn read_part(kind: PartOf, part: &[u8]) -> Option<Result<(), Problem>> {
    let header = || HeaderValue::from_bytes(part).ok();
    let uri = || Uri::try_from([b"/?", part].concat()).ok();
    let text = || std::str::from_utf8(part).ok();
    Some(match kind {
        PartOf::IdempotencyKey => idempotency_key(&header()?).map(drop),
        PartOf::LastEventId => cursor::after(header()?.to_str().ok(), "Last-Event-ID").map(drop),
        PartOf::Messages => params(&uri()?).and_then(|params: MessageParams| params.read().map(drop)),
        PartOf::Events => params(&uri()?)
            .and_then(|params: EventParams| cursor::after(params.after.as_deref(), "after").map(drop)),
        PartOf::Conversations => {
            params(&uri()?).and_then(|params: PageParams| cursor::before(params.cursor.as_deref()).map(drop))
        }
        PartOf::MessagePath => path::message(text()?).map(drop),
        PartOf::AddressPath => path::address(text()?).map(drop),
    })
}

/// The problem document that `body` would be answered with at `now`, whoever sends it; nothing when it can be read.
#[must_use]
pub fn refusal_of(kind: BodyOf, body: &[u8], now: Time) -> Option<Vec<u8>> {
    read(kind, body, now).err().map(|problem| problem.to_json())
}

fn read(kind: BodyOf, body: &[u8], now: Time) -> Result<(), Problem> {
    match kind {
        BodyOf::Message => parsed::<SubmitIn>(body)?.read(now).map(drop),
        BodyOf::Quote => parsed::<QuoteIn>(body)?.read(|said| Ok(somebody(said))).map(drop),
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
fn somebody(said: &Said) -> Originator {
    let nobody = Address::ShortCode("000".into());
    let origin = said.origin.unwrap_or(Origin::HOME);
    Originator { owner: Owner::Network, address: said.from.clone().unwrap_or(nobody), payer: None, origin }
}

#[cfg(test)]
mod tests {
    use super::{BodyOf, PartOf, refusal_of, refusal_of_part};
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

    #[test]
    fn every_part_is_read_or_refused_with_its_code() {
        use PartOf::{
            AddressPath, Conversations, Events, IdempotencyKey, LastEventId, MessagePath, Messages,
        };
        let id = "msg_00000000000000000000000000";
        let cursor = "cursor=c_00000000000000000000000000";
        for (kind, good, bad, code) in [
            (IdempotencyKey, "\"7c1d\"", "a\"b", "invalid_idempotency_key"),
            (LastEventId, "7", "+7", "invalid_request"),
            (Messages, "to=%2B46701234567&status=read&limit=2", "statsu=read", "invalid_request"),
            (Events, "after=18446744073709551615", "after=18446744073709551616", "invalid_request"),
            (Conversations, cursor, "cursor=msg_1", "invalid_request"),
            (MessagePath, id, "msg_1", "not_found"),
            (AddressPath, "+46701234567", "+0", "invalid_request"),
        ] {
            let told = |part: &str| refusal_of_part(kind, part.as_bytes());
            assert_eq!(told(good), None, "{kind:?}");
            let told: serde_json::Value = serde_json::from_slice(&told(bad).unwrap()).unwrap();
            assert_eq!(told["code"], code, "{kind:?}");
        }
    }
}

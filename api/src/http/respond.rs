//! Answers that are a success, and the look-ups that several endpoints share.

use crate::auth::Who;
use crate::options::Api;
use crate::problem::Problem;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use switchback_core::model::{AccountId, Message, MessageId, Owner, SubscriberId};
use switchback_ports::{Answer, StoreFailure};

/// A success with a JSON body. What is said is somebody's own: no cache keeps it.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    // A struct of strings and numbers always serialises.
    let mut response = Response::new(Body::from(serde_json::to_vec(value).unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// 200 with a JSON body.
pub(crate) fn ok<T: Serialize>(value: &T) -> Response {
    json(StatusCode::OK, value)
}

/// 204.
pub(crate) fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// A list's answer.
pub(crate) async fn listed<T>(answer: Answer<Result<T, StoreFailure>>) -> Result<T, Problem> {
    Ok(answer.await??)
}

/// The message, when it is there and this token may see it; the two cases without are told alike.
pub(crate) async fn visible(api: &Api, who: &Who, id: MessageId) -> Result<Message, Problem> {
    let found = listed(api.intake.message(id)).await?;
    found.filter(|message| who.may_see(&message.originator.owner)).ok_or_else(Problem::not_found)
}

/// Whose lists are asked for: the token's own, or the one that the operator names (nothing: all).
///
/// A name given with a token that is not the operator's is refused: it would look as if it had been heeded.
pub(crate) fn whose(
    who: &Who,
    subscriber: Option<String>,
    account: Option<String>,
) -> Result<Option<Owner>, Problem> {
    let named = match (subscriber, account) {
        (Some(_), Some(_)) => return Err(Problem::field("account", "give subscriber or account, not both")),
        (Some(id), None) => Some(Owner::Subscriber(SubscriberId::new(id))),
        (None, Some(id)) => Some(Owner::Account(AccountId::new(id))),
        (None, None) => None,
    };
    match (who.owner(), named) {
        (Some(own), None) => Ok(Some(own)),
        (Some(own), Some(named)) if own == named => Ok(Some(own)),
        (Some(_), Some(_)) => Err(Problem::forbidden("this token sees only what is its own")),
        (None, named) => Ok(named),
    }
}

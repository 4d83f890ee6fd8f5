//! `/v1/admin/subscribers`: people.

use super::directory::{DirectoryParams, one, page, put};
use crate::auth::Operator;
use crate::body::Posted;
use crate::dto::directory::{SubscriberIn, SubscriberOut};
use crate::dto::list::List;
use crate::options::Api;
use crate::path::NamePath;
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::response::Response;
use switchback_ports::directory::{Entry, Kind};

fn show(entry: &Entry) -> Option<SubscriberOut> {
    if let Entry::Subscriber(entry) = entry { Some(entry.into()) } else { None }
}

/// List subscribers.
///
/// In order of id.
#[utoipa::path(
    get, path = "/v1/admin/subscribers", tag = "admin", operation_id = "listSubscribers",
    params(DirectoryParams),
    responses(
        (status = 200, description = "A page of subscribers", body = List<SubscriberOut>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    _: Operator,
    State(api): State<Api>,
    Params(params): Params<DirectoryParams>,
) -> Response {
    page(&api, Kind::Subscriber, &params, show)
}

/// Look at a subscriber.
#[utoipa::path(
    get, path = "/v1/admin/subscribers/{id}", tag = "admin", operation_id = "getSubscriber",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The subscriber", body = SubscriberOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
) -> Result<Response, Problem> {
    one(&api, Kind::Subscriber, &id, show)
}

/// Set up a subscriber, or replace it.
#[utoipa::path(
    put, path = "/v1/admin/subscribers/{id}", tag = "admin", operation_id = "putSubscriber",
    params(("id" = String, Path, description = "Its id")),
    request_body = SubscriberIn,
    responses(
        (status = 200, description = "The subscriber as it is now", body = SubscriberOut),
        (status = "default", description = "A problem: nothing was changed", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
    posted: Posted<SubscriberIn>,
) -> Result<Response, Problem> {
    // A person stays known since the first time: `offline_since` of somebody never seen is that moment.
    let known = api.intake.entry(Kind::Subscriber, &id);
    let created_at = match known {
        Some(Entry::Subscriber(entry)) => entry.created_at,
        _ => api.now(),
    };
    let entry = Entry::Subscriber(posted.value.entry(&id, created_at)?);
    put(&api, entry, show).await
}

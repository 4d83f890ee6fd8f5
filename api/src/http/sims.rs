//! `/v1/admin/sims`: subscriptions, by IMSI.

use super::directory::{DirectoryParams, one, page, put};
use crate::auth::Operator;
use crate::body::Posted;
use crate::dto::directory::{SimIn, SimOut};
use crate::dto::list::List;
use crate::options::Api;
use crate::path::NamePath;
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::response::Response;
use switchback_ports::directory::{Entry, Kind};

fn show(entry: &Entry) -> Option<SimOut> {
    if let Entry::Sim(entry) = entry { Some(entry.into()) } else { None }
}

/// List sims.
///
/// In order of id.
#[utoipa::path(
    get, path = "/v1/admin/sims", tag = "admin", operation_id = "listSims",
    params(DirectoryParams),
    responses(
        (status = 200, description = "A page of sims", body = List<SimOut>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    _: Operator,
    State(api): State<Api>,
    Params(params): Params<DirectoryParams>,
) -> Response {
    page(&api, Kind::Sim, &params, show)
}

/// Look at a SIM.
#[utoipa::path(
    get, path = "/v1/admin/sims/{id}", tag = "admin", operation_id = "getSim",
    params(("id" = String, Path, description = "The IMSI")),
    responses(
        (status = 200, description = "The SIM", body = SimOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
) -> Result<Response, Problem> {
    one(&api, Kind::Sim, &id, show)
}

/// Set up a SIM, or replace it.
#[utoipa::path(
    put, path = "/v1/admin/sims/{id}", tag = "admin", operation_id = "putSim",
    params(("id" = String, Path, description = "The IMSI")),
    request_body = SimIn,
    responses(
        (status = 200, description = "The SIM as it is now", body = SimOut),
        (status = "default", description = "A problem: nothing was changed", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
    posted: Posted<SimIn>,
) -> Result<Response, Problem> {
    let entry = Entry::Sim(posted.value.entry(&id)?);
    put(&api, entry, show).await
}

//! `/v1/admin/plans`: price rules, in TOML.

use super::directory::{DirectoryParams, one, page, put};
use crate::auth::Operator;
use crate::body::Posted;
use crate::dto::directory::{PlanIn, PlanOut};
use crate::dto::list::List;
use crate::options::Api;
use crate::path::NamePath;
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::response::Response;
use switchback_ports::directory::{Entry, Kind};

fn show(entry: &Entry) -> Option<PlanOut> {
    if let Entry::Plan(entry) = entry { Some(entry.into()) } else { None }
}

/// List plans.
///
/// In order of id.
#[utoipa::path(
    get, path = "/v1/admin/plans", tag = "admin", operation_id = "listPlans",
    params(DirectoryParams),
    responses(
        (status = 200, description = "A page of plans", body = List<PlanOut>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    _: Operator,
    State(api): State<Api>,
    Params(params): Params<DirectoryParams>,
) -> Response {
    page(&api, Kind::Plan, &params, show)
}

/// Look at a plan.
#[utoipa::path(
    get, path = "/v1/admin/plans/{id}", tag = "admin", operation_id = "getPlan",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The plan", body = PlanOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
) -> Result<Response, Problem> {
    one(&api, Kind::Plan, &id, show)
}

/// Set up a plan, or replace it.
#[utoipa::path(
    put, path = "/v1/admin/plans/{id}", tag = "admin", operation_id = "putPlan",
    params(("id" = String, Path, description = "Its id")),
    request_body = PlanIn,
    responses(
        (status = 200, description = "The plan as it is now", body = PlanOut),
        (status = "default", description = "A problem: nothing was changed", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
    posted: Posted<PlanIn>,
) -> Result<Response, Problem> {
    let entry = Entry::Plan(posted.value.entry(&id)?);
    put(&api, entry, show).await
}

//! `/v1/admin/routes`: ways out of a service, and whether they are bound.

use super::directory::{DirectoryParams, one, page, put};
use crate::auth::Operator;
use crate::body::Posted;
use crate::dto::directory::{RouteIn, RouteOut};
use crate::dto::list::List;
use crate::options::Api;
use crate::path::NamePath;
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::response::Response;
use switchback_ports::directory::{Entry, Kind};

fn show(api: &Api) -> impl Fn(&Entry) -> Option<RouteOut> + use<> {
    let states = api.intake.routes();
    move |entry| if let Entry::Route(entry) = entry { Some(RouteOut::new(entry, &states)) } else { None }
}

/// List routes.
///
/// In order of id.
#[utoipa::path(
    get, path = "/v1/admin/routes", tag = "admin", operation_id = "listRoutes",
    params(DirectoryParams),
    responses(
        (status = 200, description = "A page of routes", body = List<RouteOut>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    _: Operator,
    State(api): State<Api>,
    Params(params): Params<DirectoryParams>,
) -> Response {
    page(&api, Kind::Route, &params, show(&api))
}

/// Look at a route.
#[utoipa::path(
    get, path = "/v1/admin/routes/{id}", tag = "admin", operation_id = "getRoute",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The route", body = RouteOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
) -> Result<Response, Problem> {
    one(&api, Kind::Route, &id, show(&api))
}

/// Set up a route, or replace it.
#[utoipa::path(
    put, path = "/v1/admin/routes/{id}", tag = "admin", operation_id = "putRoute",
    params(("id" = String, Path, description = "Its id")),
    request_body = RouteIn,
    responses(
        (status = 200, description = "The route as it is now", body = RouteOut),
        (status = "default", description = "A problem: nothing was changed", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
    posted: Posted<RouteIn>,
) -> Result<Response, Problem> {
    let entry = Entry::Route(posted.value.entry(&id)?);
    put(&api, entry, show(&api)).await
}

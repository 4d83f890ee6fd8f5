//! `/v1/admin/accounts`: business customers.

use super::directory::{DirectoryParams, one, page, put};
use crate::auth::Operator;
use crate::body::Posted;
use crate::dto::directory::{AccountIn, AccountOut};
use crate::dto::list::List;
use crate::options::Api;
use crate::path::NamePath;
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::response::Response;
use switchback_ports::directory::{Entry, Kind};

fn show(entry: &Entry) -> Option<AccountOut> {
    if let Entry::Account(entry) = entry { Some(entry.into()) } else { None }
}

/// List accounts.
///
/// In order of id.
#[utoipa::path(
    get, path = "/v1/admin/accounts", tag = "admin", operation_id = "listAccounts",
    params(DirectoryParams),
    responses(
        (status = 200, description = "A page of accounts", body = List<AccountOut>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    _: Operator,
    State(api): State<Api>,
    Params(params): Params<DirectoryParams>,
) -> Response {
    page(&api, Kind::Account, &params, show)
}

/// Look at an account.
#[utoipa::path(
    get, path = "/v1/admin/accounts/{id}", tag = "admin", operation_id = "getAccount",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The account", body = AccountOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
) -> Result<Response, Problem> {
    one(&api, Kind::Account, &id, show)
}

/// Set up an account, or replace it.
#[utoipa::path(
    put, path = "/v1/admin/accounts/{id}", tag = "admin", operation_id = "putAccount",
    params(("id" = String, Path, description = "Its id")),
    request_body = AccountIn,
    responses(
        (status = 200, description = "The account as it is now", body = AccountOut),
        (status = "default", description = "A problem: nothing was changed", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
    posted: Posted<AccountIn>,
) -> Result<Response, Problem> {
    let entry = Entry::Account(posted.value.entry(&id)?);
    put(&api, entry, show).await
}

//! `/v1/admin/sip-users`: what SIP clients log in with.

use super::directory::{DirectoryParams, one, page, put};
use crate::auth::Operator;
use crate::body::Posted;
use crate::dto::directory::{SipUserIn, SipUserOut};
use crate::dto::list::List;
use crate::options::Api;
use crate::path::NamePath;
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::response::Response;
use switchback_ports::directory::{Entry, Kind};

fn show(entry: &Entry) -> Option<SipUserOut> {
    if let Entry::SipUser(entry) = entry { Some(entry.into()) } else { None }
}

/// List SIP logins.
///
/// In order of user name.
#[utoipa::path(
    get, path = "/v1/admin/sip-users", tag = "admin", operation_id = "listSipUsers",
    params(DirectoryParams),
    responses(
        (status = 200, description = "A page of SIP logins, without their passwords", body = List<SipUserOut>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    _: Operator,
    State(api): State<Api>,
    Params(params): Params<DirectoryParams>,
) -> Response {
    page(&api, Kind::SipUser, &params, show)
}

/// Look at a SIP login.
#[utoipa::path(
    get, path = "/v1/admin/sip-users/{id}", tag = "admin", operation_id = "getSipUser",
    params(("id" = String, Path, description = "Its user name")),
    responses(
        (status = 200, description = "The SIP login", body = SipUserOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
) -> Result<Response, Problem> {
    one(&api, Kind::SipUser, &id, show)
}

/// Set up a SIP login, or replace it.
///
/// The password is digested for this server's realm; clients that are registered stay so until they register again.
#[utoipa::path(
    put, path = "/v1/admin/sip-users/{id}", tag = "admin", operation_id = "putSipUser",
    params(("id" = String, Path, description = "Its user name")),
    request_body = SipUserIn,
    responses(
        (status = 200, description = "The SIP login as it is now", body = SipUserOut),
        (status = "default", description = "A problem: nothing was changed", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
    posted: Posted<SipUserIn>,
) -> Result<Response, Problem> {
    let entry = posted.value.entry(&id, &api.options.sip_realm, api.options.sip_md5)?;
    put(&api, Entry::SipUser(entry), show).await
}

//! `GET /v1/presence/{address}`: a recipient's status, as the asker may see it.

use super::respond::ok;
use crate::auth::Who;
use crate::dto::presence::PresenceOut;
use crate::options::Api;
use crate::path::AddressPath;
use crate::problem::{Problem, ProblemDoc};
use axum::extract::State;
use axum::response::Response;

/// See whether somebody is online.
///
/// Relative to this messaging system: a device is registered, or not. `unknown` where the recipient does not show it.
#[utoipa::path(
    get, path = "/v1/presence/{address}", tag = "presence", operation_id = "getPresence",
    params(("address" = String, Path, description = "The address, percent-encoded")),
    responses(
        (status = 200, description = "The status", body = PresenceOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get(
    State(api): State<Api>,
    Who(bearer): Who,
    AddressPath(address): AddressPath,
) -> Result<Response, Problem> {
    let recipient = api.intake.presence(&address, &bearer).into();
    Ok(ok(&PresenceOut { address: address.to_string(), recipient }))
}

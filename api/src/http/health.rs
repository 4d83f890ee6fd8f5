//! Health, metrics, the OpenAPI document, the pages of the error codes.

use super::respond::ok;
use crate::codes;
use crate::options::Api;
use crate::path::NamePath;
use crate::problem::{Problem, ProblemDoc};
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

/// A state in one word.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `alive`.
    status: &'static str,
}

/// Ready, and what follows behind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ready`.
    status: &'static str,
    /// How many events the charging records are behind; null when none are written.
    records_behind: Option<u64>,
}

fn plain(content_type: &'static str, bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// See whether the process lives.
#[utoipa::path(
    get, path = "/livez", tag = "operations", operation_id = "livez", security(()),
    responses((status = 200, description = "It answers", body = Health)),
)]
pub(crate) async fn livez() -> Response {
    ok(&Health { status: "alive" })
}

/// See whether messages are taken.
///
/// Recovered, store healthy, not stopping.
#[utoipa::path(
    get, path = "/readyz", tag = "operations", operation_id = "readyz", security(()),
    responses(
        (status = 200, description = "Messages are taken", body = Ready),
        (status = 503, description = "Not now", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn readyz(State(api): State<Api>) -> Result<Response, Problem> {
    api.intake.ready().map_err(|why| Problem::new(&codes::NOT_READY, why))?;
    Ok(ok(&Ready { status: "ready", records_behind: (api.options.records_behind)() }))
}

/// Read the metrics.
///
/// In the text exposition format; each says what it means and what to alert on.
#[utoipa::path(
    get, path = "/metrics", tag = "operations", operation_id = "metrics", security(()),
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain")),
)]
pub(crate) async fn metrics(State(api): State<Api>) -> Response {
    plain("text/plain; version=0.0.4; charset=utf-8", (api.options.metrics)().into())
}

/// Read this document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "operations", operation_id = "openapi", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object)),
)]
pub(crate) async fn openapi(State(api): State<Api>) -> Response {
    plain("application/json", api.openapi.clone())
}

/// Read about an error code.
#[utoipa::path(
    get, path = "/errors/{code}", tag = "operations", operation_id = "explainError", security(()),
    params(("code" = String, Path, description = "The `code` of a problem")),
    responses(
        (status = 200, description = "Its page", body = String, content_type = "text/markdown"),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn error_page(NamePath(code): NamePath) -> Result<Response, Problem> {
    let code = codes::find(&code).ok_or_else(Problem::not_found)?;
    Ok(plain("text/markdown; charset=utf-8", Bytes::from_static(code.page.as_bytes())))
}

//! `/v1/admin/records`: the charging records as the log gives them, for audits and exports.

use super::respond::ok;
use crate::auth::Operator;
use crate::cursor;
use crate::dto::record::{RecordsOut, RecordsParams, limit};
use crate::options::Api;
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use switchback_ports::Gone;

/// Read the charging records again, from the log.
///
/// In the log's order, with what the ledger charged and gave back in the same chapters: what `ledger audit` holds
/// against the record files. An answer reads a bounded number of chapters, which may have brought nothing.
#[utoipa::path(
    get, path = "/v1/admin/records", tag = "admin", operation_id = "listRecords",
    params(RecordsParams),
    responses(
        (status = 200, description = "A page of records", body = RecordsOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    _: Operator,
    State(api): State<Api>,
    Params(params): Params<RecordsParams>,
) -> Result<Response, Problem> {
    let after = cursor::after(params.after.as_deref(), "after")?.unwrap_or(0);
    let records = Arc::clone(&api.options.records);
    let page = tokio::task::spawn_blocking(move || records(after, limit(params.limit)));
    let page = page.await.map_err(|_| Gone)??;
    Ok(ok(&RecordsOut::of(page, after)))
}

//! What the resources of the directory have in common: pages in order of id, one by id, and putting.

use super::respond::ok;
use crate::dto::list::{List, limit};
use crate::options::Api;
use crate::problem::Problem;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use switchback_ports::directory::{Entry, Kind};
use utoipa::IntoParams;

/// Which page of the directory.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DirectoryParams {
    /// How many lines, 1 to 200; 50 when not given.
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of one kind, in order of id.
pub(crate) fn page<T: Serialize>(
    api: &Api,
    kind: Kind,
    params: &DirectoryParams,
    show: impl Fn(&Entry) -> Option<T>,
) -> Response {
    let mut entries: Vec<_> =
        api.intake.directory(kind).into_iter().map(|entry| (entry.key(), entry)).collect();
    entries.retain(|(key, _)| params.cursor.as_ref().is_none_or(|after| key.as_str() > after.as_str()));
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    let limit = limit(params.limit);
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    let next_cursor = entries.last().filter(|_| has_more).map(|(key, _)| key.to_string());
    let data = entries.iter().filter_map(|(_, entry)| show(entry)).collect();
    ok(&List { data, next_cursor, has_more, watermark: None })
}

/// One entry.
pub(crate) fn one<T: Serialize>(
    api: &Api,
    kind: Kind,
    id: &str,
    show: impl Fn(&Entry) -> Option<T>,
) -> Result<Response, Problem> {
    let shown = api.intake.entry(kind, id).as_ref().and_then(show).ok_or_else(Problem::not_found)?;
    Ok(ok(&shown))
}

/// Adds or replaces an entry; shows it as put.
pub(crate) async fn put<T: Serialize>(
    api: &Api,
    entry: Entry,
    show: impl Fn(&Entry) -> Option<T>,
) -> Result<Response, Problem> {
    let shown = show(&entry);
    api.intake.put(entry).await??;
    Ok(ok(&shown))
}

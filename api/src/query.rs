//! Query strings, read strictly: a filter with a slip of the pen is refused, never ignored.

use crate::explain;
use crate::options::Api;
use crate::problem::{FieldFault, Problem};
use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// The query string as `T`.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        params(&parts.uri).map(Self)
    }
}

/// Reads the query string of `uri`.
pub(crate) fn params<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    match Query::<T>::try_from_uri(uri) {
        Ok(Query(value)) => Ok(value),
        Err(rejection) => Err(explain_query::<T>(uri, &rejection)),
    }
}

fn explain_query<T: DeserializeOwned>(uri: &Uri, rejection: &dyn std::fmt::Display) -> Problem {
    let known = explain::fields_of::<T>();
    let given =
        Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default();
    let unknown: Vec<_> = given.iter().filter(|(name, _)| !known.contains(&name.as_str())).collect();
    if unknown.is_empty() {
        return Problem::field("query", rejection);
    }
    Problem::fields(
        unknown.iter().map(|(name, _)| FieldFault::new(name, explain::unknown(name, known))).collect(),
    )
}

//! The operations as the OpenAPI document lists them, for tests that must not forget one.

use axum::http::Method;
use serde_json::Value;

#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    /// With its parameters in braces.
    pub(crate) path: String,
    /// Statuses that the document names.
    pub(crate) statuses: Vec<String>,
    /// False: anybody may call it.
    pub(crate) wants_token: bool,
}

/// Every operation.
pub(crate) fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&switchback_api::openapi_document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, operation)| Operation {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase().parse().unwrap(),
            path: path.clone(),
            statuses: operation["responses"].as_object().unwrap().keys().cloned().collect(),
            wants_token: operation["security"].is_null(),
        })
    });
    each.collect()
}

impl Operation {
    /// Its path with every parameter replaced.
    pub(crate) fn path_with(&self, value: &str) -> String {
        let mut path = self.path.clone();
        while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(start..=end, value);
        }
        path
    }

    /// Whether `path` (without a query) is one of this operation.
    pub(crate) fn takes(&self, path: &str) -> bool {
        let (ours, theirs): (Vec<_>, Vec<_>) = (self.path.split('/').collect(), path.split('/').collect());
        ours.len() == theirs.len()
            && ours.iter().zip(&theirs).all(|(own, given)| own.starts_with('{') || own == given)
    }
}

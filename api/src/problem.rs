//! Problem documents (RFC 9457): the one form of every answer that is not a success.

use crate::codes::{self, Code};
use crate::dto::quote::QuoteOut;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use smol_str::SmolStr;
use switchback_ports::{Gone, Refusal, RefusalKind, StoreFailure};
use utoipa::ToSchema;

/// How many characters of a field's name or fault are told.
const SHOWN_MAX: usize = 300;
/// How many faults are told.
const FAULTS_MAX: usize = 20;

/// A problem, boxed: the way of success stays narrow.
#[derive(Debug)]
pub(crate) struct Problem(Box<ProblemDoc>);

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDoc {
    /// Where the code is explained, relative to this server: `/errors/` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// What this code means, the same in every answer.
    title: &'static str,
    /// The HTTP status, repeated.
    status: u16,
    /// What happened here, why, and what to do.
    detail: String,
    /// The stable name to match on.
    #[schema(value_type = String, example = "price_above_max")]
    code: SmolStr,
    /// True when the same request will never succeed; false when trying again may help.
    permanent: bool,
    /// Which fields are wrong, when fields are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldFault>,
    /// The fresh quote, when the price rose above the one that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<QuoteOut>,
    /// Seconds for the `Retry-After` header.
    #[serde(skip)]
    retry_after: Option<u16>,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldFault {
    /// The field, as a path: `max_price.amount`, `media[0].data`.
    pub(crate) field: String,
    /// What is wrong with it and what was expected.
    pub(crate) detail: String,
}

impl FieldFault {
    pub(crate) fn new(field: impl Into<String>, detail: impl std::fmt::Display) -> Self {
        // Bounded: a fault may quote what was sent, and what was sent may be long.
        let short = |text: String| text.chars().take(SHOWN_MAX).collect();
        Self { field: short(field.into()), detail: short(detail.to_string()) }
    }
}

impl Problem {
    /// A problem of a code in the table.
    pub(crate) fn new(code: &Code, detail: impl Into<String>) -> Self {
        Self(Box::new(ProblemDoc {
            kind: format!("/errors/{}", code.name),
            title: code.title,
            status: code.status,
            detail: detail.into(),
            code: SmolStr::new_static(code.name),
            permanent: code.permanent,
            errors: Vec::new(),
            quote: None,
            retry_after: (code.status == 503).then_some(1),
        }))
    }

    /// Fields that are wrong; the first [`FAULTS_MAX`] of them.
    pub(crate) fn fields(mut faults: Vec<FieldFault>) -> Self {
        faults.truncate(FAULTS_MAX);
        let detail =
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.detail)).collect::<Vec<_>>();
        let mut problem = Self::new(&codes::INVALID_REQUEST, detail.join("; "));
        problem.0.errors = faults;
        problem
    }

    /// One field that is wrong.
    pub(crate) fn field(field: impl Into<String>, detail: impl std::fmt::Display) -> Self {
        Self::fields(vec![FieldFault::new(field, detail)])
    }

    /// No such thing, or none that this caller may know of: the two are told alike.
    pub(crate) fn not_found() -> Self {
        Self::new(&codes::NOT_FOUND, "there is nothing here, or nothing that this token may see")
    }

    /// The credential may not do this.
    pub(crate) fn forbidden(detail: &str) -> Self {
        Self::new(&codes::FORBIDDEN, detail)
    }

    /// The HTTP status.
    pub(crate) const fn status(&self) -> u16 {
        self.0.status
    }

    /// Seconds after which to try again, where that is known.
    pub(crate) const fn retry_after(&self) -> Option<u16> {
        self.0.retry_after
    }

    /// The document's bytes.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // A struct of strings and numbers always serialises.
        serde_json::to_vec(&self.0).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::warn!(code = %self.0.code, status = self.0.status, "a request could not be served");
        }
        let mut response = Response::new(Body::from(self.to_json()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.0.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"switchback\""));
        }
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        if refusal.kind == RefusalKind::NotFound {
            return Self::not_found();
        }
        let (status, permanent, title) = match refusal.code.as_str() {
            // Another body under a known key is a mistake of the request (DESIGN section 7), whatever it conflicts with.
            "idempotency_key_reused" => told_as(RefusalKind::Invalid),
            _ => told_as(refusal.kind),
        };
        let known = codes::find(&refusal.code);
        let in_flight = refusal.code == codes::IDEMPOTENCY_KEY_IN_FLIGHT.name;
        Self(Box::new(ProblemDoc {
            kind: format!("/errors/{}", refusal.code),
            title: known.map_or(title, |code| code.title),
            status,
            detail: refusal.detail,
            permanent: known.map_or(permanent, |code| code.permanent),
            code: refusal.code,
            errors: Vec::new(),
            quote: refusal.quote.map(|quote| QuoteOut::from(&*quote)),
            retry_after: (status == 503 || in_flight).then_some(1),
        }))
    }
}

/// A refusal's kind in HTTP's own words: status, whether it is for good, and a title for a code without one.
const fn told_as(kind: RefusalKind) -> (u16, bool, &'static str) {
    match kind {
        RefusalKind::Invalid => (422, true, "The request makes no sense"),
        RefusalKind::Forbidden => (403, true, "Not allowed"),
        RefusalKind::NotFound => (404, true, "Nothing here"),
        RefusalKind::Conflict => (409, false, "It does not fit the present state"),
        RefusalKind::Payment => (402, false, "Money or the sender's own bound does not allow it"),
        RefusalKind::Unreachable => (422, true, "The recipient can't be reached"),
        RefusalKind::Overload => (503, false, "Too much at once"),
        RefusalKind::Unavailable => (503, false, "Not possible just now"),
    }
}

impl From<Gone> for Problem {
    fn from(gone: Gone) -> Self {
        Self::new(&codes::STOPPING, gone.to_string())
    }
}

impl From<StoreFailure> for Problem {
    fn from(failure: StoreFailure) -> Self {
        // What the store says is for the operator's log; the caller learns that it is not their fault.
        match &failure {
            StoreFailure::Behind => Self::new(&codes::LISTS_BEHIND, failure.to_string()),
            StoreFailure::Closed => Self::new(&codes::STOPPING, Gone.to_string()),
            StoreFailure::Stopped(_) | StoreFailure::Corrupt(_) => {
                tracing::error!(%failure, "the store failed");
                Self::new(&codes::STORE_FAILED, "the message store does not work; the operator has been told")
            }
        }
    }
}

//! Who asks: the bearer token, and what it may do. The sender's identity comes from here and never from a payload (I18).

use crate::codes;
use crate::options::Api;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use smol_str::SmolStr;
use switchback_core::model::Owner;
use switchback_ports::directory::Bearer;

/// Any valid token.
pub(crate) struct Who(pub(crate) Bearer);

/// A valid token of the operator.
pub(crate) struct Operator;

impl Who {
    /// Whose messages this token may see: its own; nothing = the operator, who sees all.
    pub(crate) fn owner(&self) -> Option<Owner> {
        match &self.0 {
            Bearer::Subscriber(id) => Some(Owner::Subscriber(id.clone())),
            Bearer::Account(id) => Some(Owner::Account(id.clone())),
            Bearer::Admin => None,
        }
    }

    /// True when this token may see what belongs to `owner`.
    pub(crate) fn may_see(&self, owner: &Owner) -> bool {
        self.owner().is_none_or(|own| own == *owner)
    }
}

fn bearer(api: &Api, headers: &HeaderMap) -> Result<Bearer, Problem> {
    let refuse = |detail: &str| Problem::new(&codes::UNAUTHORIZED, detail);
    let header = headers
        .get(AUTHORIZATION)
        .ok_or_else(|| refuse("this endpoint wants a token: Authorization: Bearer TOKEN"))?;
    let secret = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim())
        .ok_or_else(|| refuse("the Authorization header is not of the form Bearer TOKEN"))?;
    api.intake.bearer(secret).ok_or_else(|| refuse("this token is not known here, or was revoked"))
}

impl FromRequestParts<Api> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        bearer(api, &parts.headers).map(Self)
    }
}

impl FromRequestParts<Api> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        match bearer(api, &parts.headers)? {
            Bearer::Admin => Ok(Self),
            Bearer::Subscriber(_) | Bearer::Account(_) => {
                Err(Problem::forbidden("this endpoint is for the operator: use an admin token"))
            }
        }
    }
}

/// The `Idempotency-Key` header: bare, or quoted as the IETF draft has it.
pub(crate) struct IdempotencyHeader(pub(crate) Option<SmolStr>);

impl FromRequestParts<Api> for IdempotencyHeader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        parts.headers.get("idempotency-key").map(idempotency_key).transpose().map(Self)
    }
}

/// Reads the `Idempotency-Key` header.
pub(crate) fn idempotency_key(header: &HeaderValue) -> Result<SmolStr, Problem> {
    let text = header.to_str().map(str::trim).unwrap_or_default();
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let fits =
        (1..=255).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if !fits || bare.contains('"') {
        let detail = "Idempotency-Key is 1 to 255 printable ASCII characters, bare or in double quotes";
        return Err(Problem::new(&codes::INVALID_IDEMPOTENCY_KEY, detail));
    }
    Ok(SmolStr::new(bare))
}

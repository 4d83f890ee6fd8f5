//! `/v1/admin/tokens`: credentials.

use super::directory::{DirectoryParams, page};
use super::respond::{json, nothing};
use crate::auth::Operator;
use crate::body::Posted;
use crate::dto::list::List;
use crate::dto::token::{NewTokenOut, TokenIn, TokenOut, token_id};
use crate::options::Api;
use crate::path::NamePath;
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::fmt::Write as _;
use switchback_ports::directory::{Entry, Kind, Token};

fn show(entry: &Entry) -> Option<TokenOut> {
    if let Entry::Token(token) = entry { Some(token.into()) } else { None }
}

/// List tokens.
#[utoipa::path(
    get, path = "/v1/admin/tokens", tag = "admin", operation_id = "listTokens",
    params(DirectoryParams),
    responses(
        (status = 200, description = "A page of tokens, without their secrets", body = List<TokenOut>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    _: Operator,
    State(api): State<Api>,
    Params(params): Params<DirectoryParams>,
) -> Response {
    page(&api, Kind::Token, &params, show)
}

/// Make a token.
///
/// The secret is in this answer and nowhere else: only its hash is kept.
#[utoipa::path(
    post, path = "/v1/admin/tokens", tag = "admin", operation_id = "createToken",
    request_body = TokenIn,
    responses(
        (status = 201, description = "The token and its secret", body = NewTokenOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    _: Operator,
    State(api): State<Api>,
    posted: Posted<TokenIn>,
) -> Result<Response, Problem> {
    let secret = new_secret(&api);
    let token = posted.value.entry(&secret, api.now())?;
    let shown = NewTokenOut { token: (&token).into(), secret };
    api.intake.put(Entry::Token(token)).await??;
    Ok(json(StatusCode::CREATED, &shown))
}

/// 256 random bits behind a prefix that secret scanners can look for.
fn new_secret(api: &Api) -> String {
    let mut bytes = [0; 32];
    api.options.random.fill(&mut bytes);
    bytes.iter().fold(String::from("swb_"), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Revoke a token.
///
/// It is refused from the next request on; it stays in the list.
#[utoipa::path(
    delete, path = "/v1/admin/tokens/{id}", tag = "admin", operation_id = "revokeToken",
    params(("id" = String, Path, description = "The token's id, `tok_...`")),
    responses(
        (status = 204, description = "Revoked"),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn revoke(
    _: Operator,
    State(api): State<Api>,
    NamePath(id): NamePath,
) -> Result<Response, Problem> {
    let tokens = api.intake.directory(Kind::Token).into_iter();
    let mut tokens =
        tokens.filter_map(|entry| if let Entry::Token(token) = entry { Some(token) } else { None });
    let token = tokens.find(|token| token_id(token) == id).ok_or_else(Problem::not_found)?;
    api.intake.put(Entry::Token(Token { revoked: true, ..token })).await??;
    Ok(nothing())
}

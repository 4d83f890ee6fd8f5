//! `POST /v1/quotes`: prices before sending (R2).

use super::respond::ok;
use crate::auth::Who;
use crate::body::Posted;
use crate::dto::quote::QuoteOut;
use crate::dto::submit::QuoteIn;
use crate::options::Api;
use crate::problem::{Problem, ProblemDoc};
use axum::extract::State;
use axum::response::Response;

/// Ask for a quote.
///
/// The recipient's status, the price of each service for this sender now, and what would happen. A quote binds
/// upwards: a message submitted with its id never costs more.
#[utoipa::path(
    post, path = "/v1/quotes", tag = "quotes", operation_id = "createQuote",
    request_body = QuoteIn,
    responses(
        (status = 200, description = "The quote", body = QuoteOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(api): State<Api>,
    Who(bearer): Who,
    posted: Posted<QuoteIn>,
) -> Result<Response, Problem> {
    let ask = posted.value.read(|said| api.sender(&bearer, said))?;
    let quote = api.intake.quote(ask).await??;
    Ok(ok(&QuoteOut::from(&quote)))
}

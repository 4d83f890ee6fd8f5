//! `/v1/messages`: send, look at one, explain one, list.

use super::respond::{json, listed, ok, visible, whose};
use crate::auth::{IdempotencyHeader, Who};
use crate::body::Posted;
use crate::cursor;
use crate::dto::filter::MessageParams;
use crate::dto::list::{List, limit};
use crate::dto::message::MessageOut;
use crate::dto::submit::SubmitIn;
use crate::dto::trace::TraceOut;
use crate::options::Api;
use crate::path::MessagePath;
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use switchback_core::model::{DecisionRecord, Owner};
use switchback_ports::directory::Bearer;
use switchback_ports::{IdempotencyKey, MessageFilter, NamedQuote, Trace};

/// Send a message.
///
/// Answered when the message is on disk, with its id and p1, the price of the first service. With an
/// `Idempotency-Key` the same body sent again brings the same message and makes no second one.
#[utoipa::path(
    post, path = "/v1/messages", tag = "messages", operation_id = "createMessage",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable ASCII characters, kept for 24 hours")),
    request_body = SubmitIn,
    responses(
        (status = 202, description = "Accepted, on disk", body = MessageOut<'_>, headers(
            ("Location" = String, description = "Where the message is"),
            ("Idempotency-Replayed" = Option<String>, description = "`true` when the key was seen before and nothing new was made"),
        )),
        (status = "default", description = "A problem: nothing was made, reserved or charged", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(api): State<Api>,
    Who(bearer): Who,
    IdempotencyHeader(key): IdempotencyHeader,
    posted: Posted<SubmitIn>,
) -> Result<Response, Problem> {
    let digest = key.as_ref().map(|_| posted.digest());
    let ready = posted.value.read(api.now())?;
    let originator = api.sender(&bearer, &ready.said)?;
    let key = key
        .zip(digest)
        .map(|(key, digest)| (IdempotencyKey { owner: originator.owner.clone(), key }, digest));
    let quote = ready.quote.clone().map(|id| NamedQuote { id, parks: false });
    let submission = Box::new(ready.from(originator));
    let accepted = api.intake.submit(submission, quote, key).await??;
    let mut response = json(StatusCode::ACCEPTED, &MessageOut::from(&accepted.message));
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::try_from(format!("/v1/messages/{}", accepted.message.id)) {
        headers.insert(LOCATION, location);
    }
    if accepted.replayed {
        headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Look at a message.
///
/// Where it stands, every attempt, what was reserved or charged, and what it waits for.
#[utoipa::path(
    get, path = "/v1/messages/{id}", tag = "messages", operation_id = "getMessage",
    params(("id" = String, Path, description = "The message's id")),
    responses(
        (status = 200, description = "The message", body = MessageOut<'_>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get(
    State(api): State<Api>,
    who: Who,
    MessagePath(id): MessagePath,
) -> Result<Response, Problem> {
    let message = visible(&api, &who, id).await?;
    let content = listed(api.intake.content(id)).await?;
    let shown = MessageOut::from(&message);
    Ok(match &content {
        Some(content) => ok(&shown.with_content(content)),
        None => ok(&shown),
    })
}

/// Explain a message.
///
/// Every decision with its inputs, its reasons and a sentence; every event; every entry of the ledger. A sender sees
/// it with the recipient's privacy kept, the operator whole.
#[utoipa::path(
    get, path = "/v1/messages/{id}/trace", tag = "messages", operation_id = "traceMessage",
    params(("id" = String, Path, description = "The message's id")),
    responses(
        (status = 200, description = "The trace", body = TraceOut),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn trace(
    State(api): State<Api>,
    who: Who,
    MessagePath(id): MessagePath,
) -> Result<Response, Problem> {
    let message = visible(&api, &who, id).await?;
    let mut trace = listed(api.intake.trace(id)).await?;
    if who.0 != Bearer::Admin {
        trace = for_sender(trace, &message.originator.owner);
    }
    Ok(ok(&TraceOut::new(id, &trace)))
}

/// What the sender sees of a trace: the recipient's status as far as the recipient shows it, and no events of the
/// recipient's own stream.
fn for_sender(trace: Trace, sender: &Owner) -> Trace {
    Trace {
        decisions: trace.decisions.iter().map(DecisionRecord::for_sender).collect(),
        events: trace.events.into_iter().filter(|event| event.audience == *sender).collect(),
        ledger: trace.ledger,
    }
}

/// List messages.
///
/// Newest first. A token sees its own; the operator sees all, or those of one subscriber or account.
#[utoipa::path(
    get, path = "/v1/messages", tag = "messages", operation_id = "listMessages",
    params(MessageParams),
    responses(
        (status = 200, description = "A page of messages", body = List<MessageOut<'_>>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    who: Who,
    Params(params): Params<MessageParams>,
) -> Result<Response, Problem> {
    let (filter, before) = params.read()?;
    let filter = MessageFilter { owner: whose(&who, params.subscriber, params.account)?, ..filter };
    let page = listed(api.intake.messages(filter, before, limit(params.limit))).await?;
    let last = page.lines.last().map(|message| cursor::of_message(message.id));
    Ok(ok(&List {
        data: page.lines.iter().map(MessageOut::from).collect(),
        next_cursor: last.filter(|_| page.more),
        has_more: page.more,
        watermark: Some(page.watermark.to_string()),
    }))
}

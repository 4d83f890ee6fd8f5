//! `GET /v1/events`: the feed, gapless and replayable.

use super::respond::{listed, ok};
use crate::auth::Who;
use crate::cursor;
use crate::dto::event::{EventOut, EventParams};
use crate::dto::list::{List, limit};
use crate::options::Api;
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use switchback_core::model::EventKind;
use switchback_ports::{EventLine, IncomingMessage};

/// Read events.
///
/// Those of the token's own stream, in order, without gaps up to `watermark`; the operator reads all streams. Go on
/// with `next_cursor`, also when there is nothing more now.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", operation_id = "listEvents",
    params(EventParams),
    responses(
        (status = 200, description = "A page of events", body = List<EventOut>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    who: Who,
    Params(params): Params<EventParams>,
) -> Result<Response, Problem> {
    let after = cursor::after(params.after.as_deref(), "after")?.unwrap_or(0);
    let page = listed(api.intake.events(who.owner(), after, limit(params.limit))).await?;
    let next = page.lines.last().map_or(after, |line| line.cursor);
    let mut data = Vec::with_capacity(page.lines.len());
    for line in &page.lines {
        data.push(shown(&api, line, Some(line.cursor)).await?);
    }
    Ok(ok(&List {
        data,
        next_cursor: Some(next.to_string()),
        has_more: page.more,
        watermark: Some(page.watermark.to_string()),
    }))
}

/// The event; an incoming message brings what it says: at hand with its acceptance, else read from the store (claim 2).
pub(crate) async fn shown(api: &Api, line: &EventLine, cursor: Option<u64>) -> Result<EventOut, Problem> {
    let event = &line.event;
    let plain = EventOut::new(event, cursor);
    if let Some(incoming) = &line.incoming {
        return Ok(plain.incoming(incoming));
    }
    if !matches!(event.kind, EventKind::Incoming { .. }) {
        return Ok(plain);
    }
    let message = listed(api.intake.message(event.message)).await?;
    let content = listed(api.intake.content(event.message)).await?;
    Ok(match (message, content) {
        (Some(message), Some(content)) => plain.incoming(&IncomingMessage::of(&message, Arc::new(content))),
        // The message has been erased since: that it came stays true.
        _ => plain,
    })
}

//! `/v1/conversations`: the central store, for every device of a subscriber.

use super::respond::{listed, ok, whose};
use crate::auth::Who;
use crate::cursor;
use crate::dto::conversation::{ConversationLineOut, ConversationOut};
use crate::dto::list::{List, PageParams, limit};
use crate::options::Api;
use crate::path::AddressPath;
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::extract::State;
use axum::response::Response;
use smol_str::SmolStr;
use switchback_core::model::Owner;

/// Conversations are somebody's: the operator says whose.
fn owner(who: &Who, subscriber: Option<String>, account: Option<String>) -> Result<Owner, Problem> {
    whose(who, subscriber, account)?
        .ok_or_else(|| Problem::field("subscriber", "say whose: ?subscriber=ID or ?account=ID"))
}

/// List conversations.
///
/// The latest first: one for each address that was written to or heard from.
#[utoipa::path(
    get, path = "/v1/conversations", tag = "conversations", operation_id = "listConversations",
    params(PageParams),
    responses(
        (status = 200, description = "Conversations", body = List<ConversationOut>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    who: Who,
    Params(params): Params<PageParams>,
) -> Result<Response, Problem> {
    if params.cursor.is_some() {
        return Err(Problem::field("cursor", "this list has one page: raise limit to see more"));
    }
    let owner = owner(&who, params.subscriber, params.account)?;
    let page = listed(api.intake.conversations(owner, limit(params.limit))).await?;
    Ok(ok(&List {
        data: page.lines.into_iter().map(ConversationOut::from).collect::<Vec<_>>(),
        next_cursor: None,
        has_more: page.more,
        watermark: Some(page.watermark.to_string()),
    }))
}

/// Read a conversation.
///
/// Newest first, both ways.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/messages", tag = "conversations", operation_id = "listConversationMessages",
    params(("id" = String, Path, description = "The other end's address, percent-encoded"), PageParams),
    responses(
        (status = 200, description = "Lines of the conversation", body = List<ConversationLineOut>),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn messages(
    State(api): State<Api>,
    who: Who,
    AddressPath(with): AddressPath,
    Params(params): Params<PageParams>,
) -> Result<Response, Problem> {
    let before = cursor::before(params.cursor.as_deref())?;
    let owner = owner(&who, params.subscriber, params.account)?;
    let with = SmolStr::new(with.to_string());
    let page = listed(api.intake.conversation(owner, with, before, limit(params.limit))).await?;
    let last = page.lines.last().map(|line| cursor::of_message(line.message));
    Ok(ok(&List {
        data: page.lines.into_iter().map(ConversationLineOut::from).collect::<Vec<_>>(),
        next_cursor: last.filter(|_| page.more),
        has_more: page.more,
        watermark: Some(page.watermark.to_string()),
    }))
}

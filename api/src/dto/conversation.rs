//! Conversations: the central store as a chat client shows it.

use super::shown::Shown;
use super::words::{ServiceWord, StatusWord};
use serde::Serialize;
use smol_str::SmolStr;
use switchback_core::model::{MessageId, Time};
use switchback_ports::{ConversationLine, ConversationSummary};
use utoipa::ToSchema;

/// Everything said with one other address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Conversation)]
pub(crate) struct ConversationOut {
    /// Its id: the other end's address.
    #[schema(value_type = String, example = "+46701234567")]
    id: SmolStr,
    /// The other end.
    #[schema(value_type = String, example = "+46701234567")]
    with: SmolStr,
    /// The latest message.
    #[schema(value_type = String)]
    last: Shown<MessageId>,
    /// When that was accepted.
    #[schema(value_type = String, format = DateTime)]
    last_at: Shown<Time>,
    /// How many came in and were not read.
    unread: u64,
}

/// One line of a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConversationLine)]
pub(crate) struct ConversationLineOut {
    /// The message.
    #[schema(value_type = String)]
    message: Shown<MessageId>,
    /// True when the owner of the conversation sent it.
    outgoing: bool,
    /// The other end.
    #[schema(value_type = String)]
    with: SmolStr,
    /// The text.
    text: String,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Time>,
    /// Where it stands.
    status: StatusWord,
    /// The service of its last attempt.
    service: Option<ServiceWord>,
}

impl From<ConversationSummary> for ConversationOut {
    fn from(summary: ConversationSummary) -> Self {
        Self {
            id: summary.with.clone(),
            with: summary.with,
            last: Shown(summary.last),
            last_at: Shown(summary.last_at),
            unread: summary.unread,
        }
    }
}

impl From<ConversationLine> for ConversationLineOut {
    fn from(line: ConversationLine) -> Self {
        Self {
            message: Shown(line.message),
            outgoing: line.outgoing,
            with: line.with,
            text: line.text,
            at: Shown(line.at),
            status: line.status.into(),
            service: line.service.map(Into::into),
        }
    }
}

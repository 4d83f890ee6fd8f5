//! Lists of messages: the operator's, an owner's, and conversations. What a list finds is verified against the
//! message itself, so that a list's hashes never show anybody a stranger's message.

use crate::error::Fault;
use crate::feed::page;
use crate::lists::{owner_key, way};
use crate::look::{self, View};
use crate::record::id_of;
use rusqlite::params;
use smol_str::{SmolStr, ToSmolStr};
use std::collections::HashMap;
use switchback_core::model::{AttemptState, Content, Message, MessageId, Outcome, Owner};
use switchback_ports::{ConversationLine, ConversationSummary, MessageFilter, Page};

/// Messages that one call looks at, at most.
const LOOKED_AT: usize = 200_000;
/// The latest messages of an owner that conversations are gathered from.
const CONVERSING: usize = 2_000;
/// Rows that are fetched at once.
const CHUNK: usize = 256;

/// A page of messages, newest first.
pub(crate) fn messages(
    view: View<'_>,
    filter: &MessageFilter,
    before: Option<MessageId>,
    n: usize,
    watermark: u64,
) -> Result<Page<Message>, Fault> {
    let (mut before, mut found, mut looked) = (before, Vec::new(), 0);
    while found.len() <= n && looked < LOOKED_AT {
        let chunk = match &filter.owner {
            Some(owner) => owned(view, owner, before)?,
            None => newest(view, before)?,
        };
        let Some(last) = chunk.last() else { break };
        (before, looked) = (Some(last.0), looked + chunk.len());
        found.extend(chunk.into_iter().filter_map(|(_, message)| message).filter(|m| matches(filter, m)));
    }
    Ok(page(found, n, watermark))
}

/// Whether every part of the filter that is given matches.
fn matches(filter: &MessageFilter, message: &Message) -> bool {
    filter.owner.as_ref().is_none_or(|owner| *owner == message.originator.owner)
        && filter.to.as_ref().is_none_or(|to| *to == message.recipient)
        && filter.status.is_none_or(|status| status == message.status)
        && filter.service.is_none_or(|service| Some(service) == message.first)
        && filter.client_ref.as_ref().is_none_or(|given| Some(given) == message.client_ref.as_ref())
        && filter.accepted_after.is_none_or(|time| message.accepted_at >= time)
}

/// A bound above every id, or the id.
fn bound(before: Option<MessageId>) -> Vec<u8> {
    before.map_or_else(|| vec![0xff; 17], |id| id.to_bytes().to_vec())
}

/// The next messages of everybody.
fn newest(view: View<'_>, before: Option<MessageId>) -> Result<Vec<(MessageId, Option<Message>)>, Fault> {
    let sql = "SELECT id FROM open WHERE id < ?1 UNION ALL SELECT id FROM finished WHERE id < ?1 \
               ORDER BY 1 DESC LIMIT ?2";
    let mut statement = view.c.prepare_cached(sql)?;
    let mut rows = statement.query(params![bound(before), look::limit(CHUNK)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id = id_of(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        found.push((id, look::message(view, id)?));
    }
    Ok(found)
}

/// The next messages that an owner sent.
fn owned(
    view: View<'_>,
    owner: &Owner,
    before: Option<MessageId>,
) -> Result<Vec<(MessageId, Option<Message>)>, Fault> {
    let lines = lines(view, owner, before, CHUNK)?;
    let outgoing = |(id, way): (MessageId, i64)| {
        let message = if way & 1 == 1 { look::message(view, id)? } else { None };
        Ok((id, message))
    };
    lines.into_iter().map(outgoing).collect()
}

/// The next lines of an owner's list.
fn lines(
    view: View<'_>,
    owner: &Owner,
    before: Option<MessageId>,
    n: usize,
) -> Result<Vec<(MessageId, i64)>, Fault> {
    let sql = "SELECT id, way FROM message_list WHERE owner = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
    let mut statement = view.c.prepare_cached(sql)?;
    let mut rows = statement.query(params![owner_key(owner), bound(before), look::limit(n)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id = id_of(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        found.push((id, row.get(1)?));
    }
    Ok(found)
}

/// A message as a line of the owner's conversations: whether the owner sent it, and the other end. Nothing when it
/// is not the owner's, or came in and has not reached (nor may have reached) the owner.
fn line(message: &Message, owner: &Owner) -> Option<(bool, SmolStr)> {
    if message.originator.owner == *owner {
        return Some((true, message.recipient.to_smolstr()));
    }
    let Owner::Subscriber(own) = owner else { return None };
    let reached =
        message.delivered_at.is_some() || message.attempts.iter().any(|attempt| may_be_there(attempt.state));
    let incoming = message.recipient_subscriber.as_ref() == Some(own) && reached;
    incoming.then(|| (false, message.originator.address.to_smolstr()))
}

/// Whether an attempt in this state may have brought the message to the recipient.
const fn may_be_there(state: AttemptState) -> bool {
    matches!(
        state,
        AttemptState::HandedOver
            | AttemptState::Unknown
            | AttemptState::Ended(Outcome::Delivered | Outcome::Displayed)
    )
}

/// An owner's conversations, latest first.
pub(crate) fn conversations(
    view: View<'_>,
    owner: &Owner,
    n: usize,
    watermark: u64,
) -> Result<Page<ConversationSummary>, Fault> {
    let mut order: Vec<ConversationSummary> = Vec::new();
    let mut place: HashMap<SmolStr, usize> = HashMap::new();
    for (id, _) in lines(view, owner, None, CONVERSING)? {
        let Some(message) = look::message(view, id)? else { continue };
        let Some((outgoing, with)) = line(&message, owner) else { continue };
        let at = *place.entry(with.clone()).or_insert_with(|| {
            let last_at = message.accepted_at;
            order.push(ConversationSummary { with, last: id, last_at, unread: 0 });
            order.len() - 1
        });
        if let Some(summary) = order.get_mut(at) {
            summary.unread += u64::from(!outgoing && message.displayed_at.is_none());
        }
    }
    Ok(page(order, n, watermark))
}

/// Lines of one conversation, newest first.
pub(crate) fn conversation(
    view: View<'_>,
    (owner, with): (&Owner, &SmolStr),
    before: Option<MessageId>,
    n: usize,
    watermark: u64,
) -> Result<Page<ConversationLine>, Fault> {
    let (mut before, mut found, mut looked) = (before, Vec::new(), 0);
    while found.len() <= n && looked < LOOKED_AT {
        let chunk = lines(view, owner, before, CHUNK)?;
        let Some(last) = chunk.last() else { break };
        (before, looked) = (Some(last.0), looked + chunk.len());
        let ours = |way: i64| way == self::way(with, way & 1 == 1);
        for (id, _) in chunk.into_iter().filter(|(_, way)| ours(*way)) {
            let Some(message) = look::message(view, id)? else { continue };
            if let Some((outgoing, _)) = line(&message, owner).filter(|(_, other)| other == with) {
                found.push(spoken(view, &message, outgoing, with)?);
            }
        }
    }
    Ok(page(found, n, watermark))
}

fn spoken(
    view: View<'_>,
    message: &Message,
    outgoing: bool,
    with: &SmolStr,
) -> Result<ConversationLine, Fault> {
    let content: Option<Content> = look::content(view, message.id)?;
    Ok(ConversationLine {
        message: message.id,
        outgoing,
        with: with.clone(),
        text: content.map(|content| content.text).unwrap_or_default(),
        at: message.accepted_at,
        status: message.status,
        service: message.attempts.last().map(|attempt| attempt.service),
    })
}

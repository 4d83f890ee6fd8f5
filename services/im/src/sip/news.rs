//! What an event is to a device of its audience, and what is read before it is told.

use super::offer::{self, Offer};
use super::outbox::{Item, News};
use smol_str::SmolStr;
use std::sync::Arc;
use switchback_core::model::{AttemptState, EventKind, Message, MessageId, Outcome, Service, Status, Wants};
use switchback_ports::{Answer, EventLine, IncomingMessage, Intake, StoreFailure};
use wire_cpim::{DeliveryStatus, DisplayStatus, Imdn, InterworkingStatus};

/// What a thing is about, as it is told.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) letter: Arc<IncomingMessage>,
    /// When the thing is an offer.
    pub(super) offer: Option<Arc<Offer>>,
}

/// What an event is to a device of its audience; nothing for most.
const fn news_of(kind: &EventKind) -> Option<News> {
    match kind {
        EventKind::Incoming { attempt } => Some(News::Incoming { attempt: *attempt }),
        EventKind::AttemptHandedOver { attempt } => Some(News::HandedOver { attempt: *attempt }),
        EventKind::Delivered { .. } | EventKind::DeliveredLate { .. } => Some(News::Delivered),
        EventKind::Read => Some(News::Read),
        EventKind::Failed { .. } | EventKind::Expired => Some(News::NotDelivered),
        EventKind::Refused => Some(News::Refused),
        EventKind::Offered { .. } | EventKind::ConsentNeeded { .. } => Some(News::Offer),
        _ => None,
    }
}

pub(super) fn item(line: &EventLine) -> Option<Item> {
    let news = news_of(&line.event.kind)?;
    // By a later attempt it may be told again: whether it is to be is looked up.
    let is_first = !matches!(news, News::Incoming { attempt: 2.. });
    let letter = line.incoming.clone().filter(|_| is_first);
    Some(Item { cursor: line.cursor, message: line.event.message, news, letter })
}

/// Reads a message and its content; nothing when there is nothing to tell of it any more. `again`: the device may have
/// it.
///
/// # Errors
/// [`StoreFailure`] when it can't be known: `Behind` now, anything else for good.
pub(super) async fn read(
    intake: &dyn Intake,
    item: &Item,
    again: bool,
) -> Result<Option<About>, StoreFailure> {
    let Some(message) = listed(intake.message(item.message)).await? else { return Ok(None) };
    if !is_news(&message, item.news, again) {
        return Ok(None);
    }
    let Some(content) = listed(intake.content(item.message)).await? else { return Ok(None) };
    let offer = match item.news {
        News::Offer => {
            let asked = offer::ask(message.originator.clone(), message.recipient.clone(), content.clone());
            let Ok(Ok(quote)) = intake.quote(asked).await else { return Ok(None) };
            Some(Arc::new(Offer::of(&quote, &message)))
        }
        _ => None,
    };
    Ok(Some(About { letter: Arc::new(IncomingMessage::of(&message, Arc::new(content))), offer }))
}

/// What the store says; an engine that is gone says no more than one that is closed.
pub(super) async fn listed<T>(answer: Answer<Result<T, StoreFailure>>) -> Result<T, StoreFailure> {
    answer.await.unwrap_or(Err(StoreFailure::Closed))
}

/// Whether it is still so: what was taken back or has failed is not shown to anybody, what has been confirmed to nobody
/// who may have it, and of attempts only those by another service are news to a chat client.
fn is_news(message: &Message, news: News, again: bool) -> bool {
    match news {
        News::Incoming { attempt } => {
            let mut shown =
                message.attempts.iter().filter(|attempt| attempt.is_app() && is_shown(attempt.state));
            let again = again || shown.clone().any(|earlier| earlier.n < attempt);
            let confirmed = matches!(message.status, Status::Delivered | Status::Read);
            !(again && confirmed) && shown.any(|shown| shown.n >= attempt)
        }
        News::HandedOver { attempt } => {
            message.attempt(attempt).is_some_and(|attempt| attempt.service != Service::Im)
        }
        News::Offer => matches!(message.status, Status::Offered | Status::Waiting),
        News::Delivered | News::Read | News::NotDelivered | News::Refused => true,
    }
}

/// Whether what an attempt brought is to be seen by its recipient.
const fn is_shown(state: AttemptState) -> bool {
    matches!(
        state,
        AttemptState::HandedOver
            | AttemptState::Unknown
            | AttemptState::Ended(Outcome::Delivered | Outcome::Displayed)
    )
}

/// Whether its sender wants to know by what other service it went.
pub(super) fn wants_interworking(letter: &IncomingMessage) -> bool {
    letter.content.chat.as_deref().is_some_and(|chat| chat.wants.interworking)
}

/// The notification for its sender; nothing when it did not ask for one (RFC 5438, standards.md 5.6).
pub(super) fn notification(
    message: MessageId,
    news: News,
    letter: &IncomingMessage,
    domain: &str,
) -> Option<Imdn> {
    let chat = letter.content.chat.as_deref()?;
    let Wants { delivered, failed, displayed, interworking } = chat.wants;
    let (wanted, disposition) = match news {
        News::Incoming { .. } | News::Offer => return None,
        News::HandedOver { .. } => (
            interworking,
            wire_cpim::Disposition::Interworking(if letter.content.media.is_empty() {
                InterworkingStatus::LegacySms
            } else {
                InterworkingStatus::LegacyMms
            }),
        ),
        News::Delivered => (delivered, wire_cpim::Disposition::Delivery(DeliveryStatus::Delivered)),
        News::Read => (displayed, wire_cpim::Disposition::Display(DisplayStatus::Displayed)),
        News::NotDelivered => (failed, wire_cpim::Disposition::Delivery(DeliveryStatus::Failed)),
        News::Refused => (failed, wire_cpim::Disposition::Delivery(DeliveryStatus::Forbidden)),
    };
    let written = chat.written_at.clone().unwrap_or_else(|| SmolStr::new(letter.accepted_at.to_string()));
    tracing::trace!(%message, wanted, "a notification");
    wanted.then(|| Imdn {
        message_id: chat.imdn_id.to_string(),
        date_time: written.to_string(),
        recipient_uri: Some(super::words::uri_of(&letter.to, domain).to_string()),
        original_recipient_uri: None,
        subject: None,
        disposition,
    })
}

//! Events as JSON: a flat envelope with a dotted type, and `data` by type.

use super::message::{PeerCodeOut, shown_until};
use super::money::{MoneyOut, PriceOut};
use super::shown::Shown;
use super::words::{AttemptKindWord, FailWord, ServiceWord, WaitWord};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use switchback_core::model::{Event, EventKind, MessageId, Notice, Time, WithdrawCause};
use switchback_ports::IncomingMessage;
use utoipa::{IntoParams, ToSchema};

/// What happened to a message. `seq` is gapless within the message, `cursor` grows across all.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventOut {
    /// Its place in the feed, opaque; null inside a trace, and where an incoming message is told again.
    cursor: Option<String>,
    /// The message.
    #[schema(value_type = String)]
    message: Shown<MessageId>,
    /// Number within the message, from 1.
    seq: u32,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Time>,
    /// What happened, dotted: `message.accepted`, `attempt.started`, `message.incoming`, `payer.cap_reached` ...
    #[serde(rename = "type")]
    kind: &'static str,
    /// More, by type; names that do not belong to the type are left out.
    data: EventData,
}

/// What an event says besides its type.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct EventData {
    /// The attempt's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u16>,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<ServiceWord>,
    /// The route.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    /// Why the attempt was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<AttemptKindWord>,
    /// The price of an attempt; or what the message would cost in all by the dearer service that consent is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<PriceOut>,
    /// A copy may already be on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    may_duplicate: Option<bool>,
    /// The failure is for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    permanent: Option<bool>,
    /// The peer's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<PeerCodeOut>,
    /// Why it was asked back.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<CauseWord>,
    /// The peer says that it was delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    already_delivered: Option<bool>,
    /// The service before (`message.switched`), or the sender's address (`message.incoming`).
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The service now (`message.switched`, `message.reverted`), or the recipient's address (`message.incoming`).
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// What it waits for.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    what: Option<WaitWord>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Shown<Time>>,
    /// The amount charged or given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<MoneyOut>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<FailWord>,
    /// True when one of the recipient's devices has it, false when it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered: Option<bool>,
    /// The spending cap (`payer.cap_reached`).
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<String>,
    /// How much of it is charged, in percent: a share that the plan names.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
    /// The text (`message.incoming`).
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The media (`message.incoming`).
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<Vec<IncomingMedia>>,
}

/// A media part of an incoming message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncomingMedia {
    /// MIME type.
    content_type: String,
    /// File name.
    filename: String,
    /// The bytes, in base64.
    data: String,
}

/// Why an attempt was asked back.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WithdrawCause)]
pub(crate) enum CauseWord {
    /// Its deadline ran out and the next service would pass.
    Deadline,
    /// The recipient came online.
    Registration,
    /// The message expires.
    Expiry,
    /// The sender asked.
    Sender,
    /// Another attempt delivered.
    Superseded,
    /// The sender chose another service.
    Choice,
}

impl From<WithdrawCause> for CauseWord {
    fn from(cause: WithdrawCause) -> Self {
        match cause {
            WithdrawCause::Deadline => Self::Deadline,
            WithdrawCause::Registration => Self::Registration,
            WithdrawCause::Expiry => Self::Expiry,
            WithdrawCause::Sender => Self::Sender,
            WithdrawCause::Superseded => Self::Superseded,
            WithdrawCause::Choice => Self::Choice,
        }
    }
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventParams {
    /// The cursor after which to begin: the last one seen. From the beginning when not given.
    pub(crate) after: Option<String>,
    /// How many, 1 to 200; 50 when not given.
    pub(crate) limit: Option<usize>,
}

/// Which stream.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamParams {
    /// Registers this device of the subscriber for as long as the stream is open. Without it the stream only watches.
    pub(crate) device: Option<String>,
    /// The cursor after which to begin; the header `Last-Event-ID` goes before. Only new events when neither is given.
    pub(crate) after: Option<String>,
}

impl EventOut {
    /// The event; `cursor` is its place in the feed, if it comes from there.
    pub(crate) fn new(event: &Event, cursor: Option<u64>) -> Self {
        Self {
            cursor: cursor.map(|cursor| cursor.to_string()),
            message: Shown(event.message),
            seq: event.seq,
            at: Shown(event.at),
            kind: event.kind.name(),
            data: data_of(&event.kind),
        }
    }

    /// With what an incoming message says.
    pub(crate) fn incoming(mut self, incoming: &IncomingMessage) -> Self {
        self.data.from = Some(incoming.from.to_string());
        self.data.to = Some(incoming.to.to_string());
        self.data.text = Some(incoming.content.text.clone());
        let part = |part: &switchback_core::model::Media| IncomingMedia {
            content_type: part.content_type.to_string(),
            filename: part.filename.to_string(),
            data: STANDARD.encode(&part.data),
        };
        self.data.media = Some(incoming.content.media.iter().map(part).collect());
        self
    }

    /// The dotted type.
    pub(crate) const fn kind(&self) -> &'static str {
        self.kind
    }
}

fn data_of(kind: &EventKind) -> EventData {
    let none = EventData::default();
    match kind {
        EventKind::AttemptStarted { .. }
        | EventKind::AttemptDeferred { .. }
        | EventKind::AttemptHandedOver { .. }
        | EventKind::AttemptDelivered { .. }
        | EventKind::AttemptFailed { .. }
        | EventKind::AttemptRefused { .. }
        | EventKind::AttemptLocalFault { .. }
        | EventKind::AttemptUnknown { .. }
        | EventKind::AttemptWithdrawing { .. }
        | EventKind::AttemptWithdrawn { .. }
        | EventKind::AttemptWithdrawalFailed { .. } => attempt_data(kind),
        EventKind::Accepted
        | EventKind::Read
        | EventKind::Refused
        | EventKind::Expired
        | EventKind::Unknown
        | EventKind::Canceled => none,
        EventKind::Offered { until } => EventData { until: Some(Shown(*until)), ..none },
        EventKind::Switched { from, to } => {
            EventData { from: Some(from.to_string()), to: Some(to.to_string()), ..none }
        }
        EventKind::Reverted { to } => EventData { to: Some(to.to_string()), ..none },
        EventKind::Held { what, until } => {
            EventData { what: Some((*what).into()), until: shown_until(*what, *until).map(Shown), ..none }
        }
        EventKind::ConsentNeeded { service, amount } => {
            let price = amount.and_then(|money| PriceOut::of(switchback_core::model::Price::Exact(money)));
            EventData { service: Some((*service).into()), price, ..none }
        }
        EventKind::Chosen { service } | EventKind::Delivered { service } => {
            EventData { service: Some((*service).into()), ..none }
        }
        EventKind::Charged { attempt, amount } | EventKind::Refunded { attempt, amount } => {
            EventData { attempt: Some(*attempt), amount: Some((*amount).into()), ..none }
        }
        EventKind::Failed { reason } => EventData { reason: Some((*reason).into()), ..none },
        EventKind::ChargeInDoubt { attempt, .. }
        | EventKind::ChargeCleared { attempt }
        | EventKind::ChargeUncollected { attempt }
        | EventKind::DeliveredLate { attempt }
        | EventKind::Duplicate { attempt }
        | EventKind::Incoming { attempt } => EventData { attempt: Some(*attempt), ..none },
        EventKind::Notice(Notice::CapReached { cap, percent }) => {
            EventData { cap: Some(cap.to_string()), percent: Some(*percent), ..none }
        }
        EventKind::Notice(Notice::BalanceLow) => none,
        EventKind::IncomingSettled { delivered } => EventData { delivered: Some(*delivered), ..none },
    }
}

/// The data of an event about an attempt.
fn attempt_data(kind: &EventKind) -> EventData {
    let of = |attempt: u16| EventData { attempt: Some(attempt), ..EventData::default() };
    match kind {
        EventKind::AttemptStarted { attempt, service, route, kind, price, may_duplicate } => EventData {
            service: Some((*service).into()),
            route: route.as_ref().map(ToString::to_string),
            kind: Some((*kind).into()),
            price: PriceOut::of(*price),
            may_duplicate: Some(*may_duplicate),
            ..of(*attempt)
        },
        EventKind::AttemptDeferred { attempt }
        | EventKind::AttemptHandedOver { attempt }
        | EventKind::AttemptRefused { attempt }
        | EventKind::AttemptUnknown { attempt }
        | EventKind::AttemptWithdrawn { attempt } => of(*attempt),
        EventKind::AttemptDelivered { attempt, service } => {
            EventData { service: Some((*service).into()), ..of(*attempt) }
        }
        EventKind::AttemptFailed { attempt, permanent, code } => {
            EventData { permanent: Some(*permanent), code: code.map(Into::into), ..of(*attempt) }
        }
        EventKind::AttemptLocalFault { attempt, code } => {
            EventData { code: code.map(Into::into), ..of(*attempt) }
        }
        EventKind::AttemptWithdrawing { attempt, cause } => {
            EventData { cause: Some((*cause).into()), ..of(*attempt) }
        }
        EventKind::AttemptWithdrawalFailed { attempt, already_delivered } => {
            EventData { already_delivered: Some(*already_delivered), ..of(*attempt) }
        }
        _ => EventData::default(),
    }
}

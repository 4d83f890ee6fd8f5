//! A message as its sender and the operator see it.

use super::money::{MoneyOut, PriceOut};
use super::shown::Shown;
use super::words::{
    AttemptKindWord, AttemptStateWord, ChoiceWord, ContentWord, FailWord, FallbackWord, OutcomeWord,
    ServiceWord, StatusWord, WaitWord, WithdrawalWord,
};
use serde::Serialize;
use smol_str::SmolStr;
use switchback_core::charge::Slot;
use switchback_core::model::{
    Address, Attempt, Content, Message, MessageId, Origin, PeerCode, Time, Told, Wait, WaitFor,
};
use utoipa::ToSchema;

/// A message. One id, one thread, at most one charge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageOut<'a> {
    /// The one id of the whole flow.
    #[schema(value_type = String, example = "msg_01kaq7w2m0v5n8x3c6t9d1r4ef")]
    id: Shown<MessageId>,
    /// Where it stands.
    status: StatusWord,
    /// Why it failed, when it did.
    reason: Option<FailWord>,
    /// The address that the recipient sees.
    #[schema(value_type = String)]
    from: Shown<&'a Address>,
    /// Where the sender was: `home`, `wifi`, a visited network's code, or `wifi@` and that.
    #[schema(value_type = String, example = "home")]
    origin: Shown<Origin>,
    /// The recipient.
    #[schema(value_type = String, example = "+46701234567")]
    to: Shown<&'a Address>,
    /// The service of the latest attempt; before any, the first service, if chosen.
    service: Option<ServiceWord>,
    /// The service that went first.
    first_service: Option<ServiceWord>,
    /// The service that it fell back to, once it did.
    second_service: Option<ServiceWord>,
    /// What the sender asked for.
    requested: ChoiceWord,
    /// Whether the service may be changed.
    fallback: FallbackWord,
    /// Whether it may go back to the first service.
    revert: bool,
    /// Its class.
    class: &'a str,
    /// p1: the price of the first service, pinned when it was chosen; null when not known.
    price: Option<PriceOut>,
    /// The most that the sender can pay; null when neither the price nor a consent is known.
    you_pay_at_most: Option<MoneyOut>,
    /// What the sender agreed to beyond the price shown.
    max_price: Option<MoneyOut>,
    /// Text alone, or with media.
    kind: ContentWord,
    /// Payload bytes.
    bytes: u64,
    /// Every attempt, in order.
    attempts: Vec<AttemptOut<'a>>,
    /// What is reserved or charged now; null when nothing is.
    charge: Option<ChargeOut>,
    /// Charges that the plan keeps although undelivered.
    kept: Vec<MoneyOut>,
    /// What it waits for.
    wait: Option<WaitOut>,
    /// The dearer service that `choose` would consent to, and what the message would then cost.
    consent_needed: Option<ConsentOut>,
    /// The sender's own reference.
    client_ref: Option<&'a str>,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    accepted_at: Shown<Time>,
    /// When it ends; never extended.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Shown<Time>,
    /// When it was delivered.
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered_at: Option<Shown<Time>>,
    /// When it was read.
    #[schema(value_type = Option<String>, format = DateTime)]
    read_at: Option<Shown<Time>>,
    /// When a delivery was reported after another final status.
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered_late_at: Option<Shown<Time>>,
    /// The text; only where one message is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// The media parts without their bytes; only where one message is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<Vec<MediaLine<'a>>>,
}

/// A media part, without its bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MediaLine<'a> {
    /// MIME type.
    content_type: &'a str,
    /// File name.
    filename: &'a str,
    /// How many bytes.
    bytes: usize,
}

/// One try by one service and route.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptOut<'a> {
    /// Number within the message, from 1.
    n: u16,
    /// The service.
    service: ServiceWord,
    /// The route, when the service has routes.
    route: Option<&'a str>,
    /// Why it was made.
    kind: AttemptKindWord,
    /// Where it stands.
    state: AttemptStateWord,
    /// Its outcome, once it has ended.
    outcome: Option<OutcomeWord>,
    /// The price it was started at.
    price: Option<PriceOut>,
    /// When its intent was on disk.
    #[schema(value_type = String, format = DateTime)]
    started_at: Shown<Time>,
    /// When the next hop took it.
    #[schema(value_type = Option<String>, format = DateTime)]
    handed_over_at: Option<Shown<Time>>,
    /// When its outcome was recorded.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Shown<Time>>,
    /// When it counts as not delivered.
    #[schema(value_type = String, format = DateTime)]
    deadline: Shown<Time>,
    /// A copy may reach the recipient by another attempt.
    may_duplicate: bool,
    /// Whether and how it was asked back.
    withdrawal: Option<WithdrawalWord>,
    /// The last code that a peer gave, raw.
    code: Option<PeerCodeOut>,
}

/// A peer's own code, raw.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PeerCode)]
pub(crate) struct PeerCodeOut {
    /// `smpp` (command_status), `smpp_receipt` (err) or `sip` (status).
    kind: &'static str,
    /// The code.
    value: u32,
}

/// What is reserved or charged.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Charge)]
pub(crate) struct ChargeOut {
    /// `held` (reserved) or `charged`.
    state: ChargeState,
    /// The amount, a decimal string.
    amount: String,
    /// ISO 4217.
    #[schema(value_type = String)]
    currency: SmolStr,
    /// For which attempt.
    attempt: u16,
}

/// Reserved, or charged.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChargeState {
    /// Reserved; nothing is charged yet.
    Held,
    /// Charged.
    Charged,
}

/// What a message waits for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Wait)]
pub(crate) struct WaitOut {
    /// For what.
    #[serde(rename = "for")]
    what: WaitWord,
    /// Until when, if it is a matter of time.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Shown<Time>>,
}

/// A dearer service that the sender may consent to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsentNeeded)]
pub(crate) struct ConsentOut {
    /// The service.
    service: ServiceWord,
    /// What the message would then cost in all: the service's price, and what was charged already and is kept.
    /// Consent to it (`choose`) opens the way. Null when the price is not known.
    price: Option<MoneyOut>,
}

impl<'a> From<&'a Message> for MessageOut<'a> {
    fn from(message: &'a Message) -> Self {
        let service = message.attempts.last().map(|attempt| attempt.service).or(message.first);
        Self {
            id: Shown(message.id),
            status: message.status.into(),
            reason: message.fail_reason.map(Into::into),
            from: Shown(&message.originator.address),
            origin: Shown(message.originator.origin),
            to: Shown(&message.recipient),
            service: service.map(Into::into),
            first_service: message.first.map(Into::into),
            second_service: message.second.map(Into::into),
            requested: message.choice.into(),
            fallback: message.policy.fallback.into(),
            revert: message.policy.revert,
            class: message.policy.class.as_str(),
            price: message.p1.and_then(|pinned| PriceOut::of(pinned.price)),
            you_pay_at_most: message.limit().map(Into::into),
            max_price: message.consent.amount().map(Into::into),
            kind: message.content.kind.into(),
            bytes: message.content.bytes,
            attempts: message.attempts.iter().map(Into::into).collect(),
            charge: ChargeOut::of(message),
            kept: message.kept.iter().map(|money| (*money).into()).collect(),
            wait: message.wait.map(Into::into),
            consent_needed: message.consent_needed().map(Into::into),
            client_ref: message.client_ref.as_ref().map(|name| name.as_str()),
            accepted_at: Shown(message.accepted_at),
            expires_at: Shown(message.expires_at),
            delivered_at: message.delivered_at.map(Shown),
            read_at: message.displayed_at.map(Shown),
            delivered_late_at: message.delivered_late_at.map(Shown),
            text: None,
            media: None,
        }
    }
}

impl<'a> MessageOut<'a> {
    /// With what it carries.
    pub(crate) fn with_content(mut self, content: &'a Content) -> Self {
        let line = |part: &'a switchback_core::model::Media| MediaLine {
            content_type: &part.content_type,
            filename: &part.filename,
            bytes: part.data.len(),
        };
        self.text = Some(&content.text);
        self.media = Some(content.media.iter().map(line).collect());
        self
    }
}

impl<'a> From<&'a Attempt> for AttemptOut<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        Self {
            n: attempt.n,
            service: attempt.service.into(),
            route: attempt.route.as_ref().map(|route| route.as_str()),
            kind: attempt.kind.into(),
            state: attempt.state.into(),
            outcome: attempt.outcome().map(Into::into),
            price: PriceOut::of(attempt.price),
            started_at: Shown(attempt.started_at),
            handed_over_at: attempt.handed_over_at.map(Shown),
            ended_at: attempt.ended_at.map(Shown),
            deadline: Shown(attempt.deadline),
            may_duplicate: attempt.may_duplicate,
            withdrawal: WithdrawalWord::of(attempt.withdrawal),
            code: attempt.code.map(Into::into),
        }
    }
}

impl From<PeerCode> for PeerCodeOut {
    fn from(code: PeerCode) -> Self {
        let (kind, value) = match code {
            PeerCode::Smpp(value) => ("smpp", value),
            PeerCode::SmppReceipt(value) => ("smpp_receipt", value),
            PeerCode::Sip(value) => ("sip", u32::from(value)),
        };
        Self { kind, value }
    }
}

impl ChargeOut {
    fn of(message: &Message) -> Option<Self> {
        let (state, attempt, hold) = match &message.slot {
            Slot::Empty => return None,
            Slot::Held { attempt, hold } => (ChargeState::Held, *attempt, hold),
            Slot::Charged { attempt, hold } => (ChargeState::Charged, *attempt, hold),
        };
        if !message.is_amount_known(attempt, hold.amount) {
            return None;
        }
        let MoneyOut { amount, currency } = hold.amount.into();
        Some(Self { state, amount, currency, attempt })
    }
}

impl From<Wait> for WaitOut {
    fn from(wait: Wait) -> Self {
        Self { what: wait.what.into(), until: shown_until(wait.what, wait.until).map(Shown) }
    }
}

/// The moment a wait for the offline threshold ends would tell since when the recipient is offline: that is theirs to
/// show. The operator finds it in the trace.
pub(crate) fn shown_until(what: WaitFor, until: Option<Time>) -> Option<Time> {
    until.filter(|_| what != WaitFor::OfflineThreshold)
}

impl From<Told> for ConsentOut {
    fn from(told: Told) -> Self {
        Self { service: told.service.into(), price: told.amount.map(Into::into) }
    }
}

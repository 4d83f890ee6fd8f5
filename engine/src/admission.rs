//! From a submission to a message that could be accepted: class, policy, consent, bounds. Whether it is accepted is
//! asked of the core ([`switchback_core::decide::admit`]).

use crate::book::Book;
use crate::refuse::refusal;
use crate::shared::Shared;
use sha2::{Digest, Sha256};
use switchback_core::decide;
use switchback_core::model::{
    Address, Class, ClassName, Consent, Content, ContentSummary, FallbackRule, Message, MessageId,
    MessagePolicy, Money, Originator, Owner, ServiceChoice, Submission, Time, Timers,
};
use switchback_ports::{Refusal, RefusalKind, encode};

/// How long a submission may have been on its way to us: a life counted from its request is that much shorter here.
const TRAVEL_MS: u64 = 10_000;

/// What a message is made of, by the API or for a quote.
#[derive(Clone, Copy)]
pub(crate) struct Draft<'a> {
    pub(crate) id: MessageId,
    pub(crate) originator: &'a Originator,
    pub(crate) recipient: &'a Address,
    pub(crate) content: ContentSummary,
    pub(crate) choice: ServiceChoice,
    pub(crate) fallback: FallbackRule,
    pub(crate) revert: Option<bool>,
    pub(crate) max_price: Option<Money>,
    pub(crate) quoted: Option<Money>,
    pub(crate) expires_at: Option<Time>,
    pub(crate) fallback_after_ms: Option<u64>,
    pub(crate) class: Option<&'a ClassName>,
    pub(crate) now: Time,
}

impl<'a> Draft<'a> {
    /// The draft of a submission.
    pub(crate) const fn of(
        submission: &'a Submission,
        id: MessageId,
        content: ContentSummary,
        now: Time,
    ) -> Self {
        Self {
            id,
            originator: &submission.originator,
            recipient: &submission.recipient,
            content,
            choice: submission.service,
            fallback: submission.fallback,
            revert: submission.revert,
            max_price: submission.max_price,
            quoted: submission.quoted,
            expires_at: submission.expires_at,
            fallback_after_ms: submission.fallback_after_ms,
            class: submission.class.as_ref(),
            now,
        }
    }

    /// The message as it would be accepted.
    ///
    /// # Errors
    /// [`Refusal`] when class or life make no sense.
    pub(crate) fn message(self, shared: &Shared, book: &Book) -> Result<Message, Refusal> {
        let class = self.class(shared, book)?;
        let timers = &shared.options.timers;
        let policy = MessagePolicy {
            class: class.name.clone(),
            on_unknown: class.on_unknown,
            priority: class.priority,
            fallback: self.fallback,
            revert: shared.options.policy.revert && self.revert.unwrap_or(true),
            fallback_after_ms: self.fallback_after_ms.or(class.fallback_after_ms),
            t_off_ms: class.t_off_ms.unwrap_or(timers.t_off_ms),
        };
        let expires_at = match self.expires_at {
            Some(at) => within_life(at, self.now, timers)?,
            None => self.now.plus_millis(timers.expiry_ms),
        };
        Ok(Message {
            recipient_subscriber: book.by_address(self.recipient).map(|known| known.id.clone()),
            choice: self.choice,
            consent: Consent { own: self.max_price, standing: self.standing(book) },
            quoted: self.quoted,
            ..Message::accepted(
                self.id,
                self.originator.clone(),
                self.recipient.clone(),
                self.content,
                policy,
                self.now,
                expires_at,
            )
        })
    }

    /// The class asked for, else the account's, else `person`.
    fn class<'s>(&self, shared: &'s Shared, book: &Book) -> Result<&'s Class, Refusal> {
        let of_account = match &self.originator.owner {
            Owner::Account(id) => book.account(id).and_then(|account| account.class.clone()),
            Owner::Subscriber(_) | Owner::Network => None,
        };
        let name = self.class.cloned().or(of_account).unwrap_or_else(|| ClassName::new("person"));
        shared.options.classes.iter().find(|class| class.name == name).ok_or_else(|| {
            let known: Vec<&str> = shared.options.classes.iter().map(|class| class.name.as_str()).collect();
            let detail = format!("There is no message class {name}. Use one of: {}.", known.join(", "));
            refusal(RefusalKind::Invalid, "no_such_class", detail)
        })
    }

    fn standing(&self, book: &Book) -> Option<Money> {
        match &self.originator.owner {
            Owner::Subscriber(id) => book.subscriber(id).and_then(|known| known.max_price),
            Owner::Account(id) => book.account(id).and_then(|known| known.max_price),
            Owner::Network => None,
        }
    }
}

/// The end of life that was asked for, when the message would live as long as the operator allows.
fn within_life(at: Time, now: Time, timers: &Timers) -> Result<Time, Refusal> {
    if at <= now {
        let detail = "The message would have ended before it was accepted. Give a later `expires_at`.";
        return Err(refusal(RefusalKind::Invalid, "expires_in_the_past", detail));
    }
    let (least, most) = (timers.expiry_min_ms, timers.expiry_max_ms);
    let life = at.millis_since(now);
    if life.saturating_add(TRAVEL_MS) >= least && life <= most {
        return Ok(at);
    }
    let (least, most) = (least.div_ceil(1000), most / 1000);
    let detail =
        format!("A message lives {least} to {most} seconds. Give a `ttl` or an `expires_at` within that.");
    Err(refusal(RefusalKind::Invalid, "life_out_of_bounds", detail))
}

/// What a message remembers of its content; the digest is of the stored form (I2).
pub(crate) fn summary(content: &Content) -> ContentSummary {
    let digest: [u8; 32] = Sha256::digest(encode(content)).into();
    ContentSummary { kind: content.kind(), bytes: content.bytes(), digest }
}

/// What a quote is for: the content without its envelope, which a client that asks for a price has not made yet.
pub(crate) fn said(content: &Content, summary: &ContentSummary) -> [u8; 32] {
    if content.chat.is_none() {
        return summary.digest;
    }
    let bare = Content { chat: None, ..content.clone() };
    self::summary(&bare).digest
}

/// The core's refusal in the words of the intake: what kind, and what to do.
pub(crate) fn told(refused: decide::Refusal) -> Refusal {
    use decide::Refusal as Core;
    let (kind, advice) = match refused {
        Core::CannotCarry(_) => (RefusalKind::Invalid, "Shorten the content or choose another service."),
        Core::NotReachable(_) => (RefusalKind::Unreachable, "Choose another service or check the address."),
        Core::NotOffered(_) => (RefusalKind::Unreachable, "Choose another service."),
        Core::PriceUnknown(_) => {
            (RefusalKind::Payment, "Leave `max_price` out, choose another service, or try later.")
        }
        Core::PriceAboveMax { .. } => (RefusalKind::Payment, "Raise `max_price` or choose another service."),
        Core::InsufficientFunds(_) => (RefusalKind::Payment, "Top up or choose another service."),
        Core::PriceRose { .. } => (RefusalKind::Conflict, "Look at the new quote and submit again with it."),
        Core::NoCandidate => (RefusalKind::Unreachable, "Check the address and the content."),
        Core::NoThirdService => (RefusalKind::Conflict, "Choose one of the two services used so far."),
    };
    let mut reason = refused.to_string();
    if let Some(first) = reason.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    refusal(kind, refused.code(), format!("{reason}. {advice}"))
}

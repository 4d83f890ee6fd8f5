//! A way out of one service.

use std::sync::Arc;
use switchback_core::model::{
    Address, CannotCarry, Content, MessageId, PeerId, Priority, Reach, RouteId, Service, SubscriberId, Time,
};

/// A service's way out. No call blocks or waits; what happens comes back through [`crate::Intake::report`].
pub trait Transport: Send + Sync {
    /// Which service.
    fn service(&self) -> Service;

    /// How many segments and bytes this content is on the route that would be used now, measured by the code that
    /// will encode it, so that price and wire cannot disagree.
    fn measure(&self, content: &Content, to: &Address) -> Measure;

    /// Makes an attempt whose intent is durable.
    ///
    /// # Errors
    /// [`TransportFull`]: nothing was taken; the engine offers it again a little later (back-pressure is no outcome, R13).
    fn attempt(&self, order: AttemptOrder) -> Result<(), TransportFull>;

    /// Asks an attempt back (R10). The answer comes as a report; no answer is one too.
    fn withdraw(&self, order: WithdrawOrder);
}

/// What a content is on a service's route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Why it cannot go, if it cannot.
    pub cannot_carry: Option<CannotCarry>,
    /// Whether the address can be reached by this service (IM: the engine knows subscribers; the service, routes).
    pub reach: Reach,
    /// The route.
    pub route: Option<RouteId>,
    /// Wire parts: SMS segments; 1 otherwise.
    pub parts: u16,
    /// Bytes as the service counts them.
    pub bytes: u64,
}

/// An attempt to make.
#[derive(Clone, Debug)]
pub struct AttemptOrder {
    /// The message.
    pub message: MessageId,
    /// The attempt's number.
    pub attempt: u16,
    /// The route that it was measured and priced for.
    pub route: Option<RouteId>,
    /// The address that the recipient sees.
    pub from: Address,
    /// The recipient.
    pub to: Address,
    /// The recipient, when a subscriber of ours.
    pub subscriber: Option<SubscriberId>,
    /// The content, read from the store for every attempt after the first.
    pub content: Arc<Content>,
    /// How many parts it was priced as.
    pub parts: u16,
    /// When the message ends: nothing is left with a peer for longer.
    pub expires_at: Time,
    /// When the attempt counts as not delivered.
    pub deadline: Time,
    /// Who is served first.
    pub priority: Priority,
}

/// An attempt to ask back.
#[derive(Clone, Debug)]
pub struct WithdrawOrder {
    /// The message.
    pub message: MessageId,
    /// The attempt's number.
    pub attempt: u16,
    /// The route.
    pub route: Option<RouteId>,
    /// The address that the recipient saw.
    pub from: Address,
    /// The recipient.
    pub to: Address,
    /// The ids that the peer gave, one for each part; `None` where it gave none.
    pub peer_ids: Vec<Option<PeerId>>,
}

/// The transport's queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service's queue is full")]
pub struct TransportFull;

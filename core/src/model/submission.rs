//! What an originator asks, before we said yes.

use super::{Address, ClassName, ClientRef, Content, FallbackRule, Money, Originator, Service, Time};
use serde::{Deserialize, Serialize};

/// A parsed request to send. The originator comes from the credential, never from the payload (I18).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Who sends, as the credential says.
    pub originator: Originator,
    /// Who shall get it.
    pub recipient: Address,
    /// What it carries.
    pub content: Content,
    /// Which service first.
    pub service: ServiceChoice,
    /// Whether the service may be changed.
    pub fallback: FallbackRule,
    /// Whether it may go back; nothing = the server's policy.
    pub revert: Option<bool>,
    /// The price that was shown and is to bind: the first service's amount of an unexpired quote.
    pub quoted: Option<Money>,
    /// The sender's own bound.
    pub max_price: Option<Money>,
    /// Absolute end; nothing = the default life.
    pub expires_at: Option<Time>,
    /// Deadline of the first attempt in milliseconds.
    pub fallback_after_ms: Option<u64>,
    /// Message class; nothing = the account's, else `person`.
    pub class: Option<ClassName>,
    /// The sender's own reference.
    pub client_ref: Option<ClientRef>,
}

/// Which service the sender wants first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ServiceChoice {
    /// The policy of R3 chooses.
    Auto,
    /// The sender will choose from the offer: park it (R2).
    Ask,
    /// This one, or a refusal.
    Named(Service),
}

/// The sender's later choice: of a parked message's service, or consent to a dearer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Choice {
    /// The service to use next.
    pub service: Service,
    /// Replaces the consent (DESIGN section 3).
    pub max_price: Option<Money>,
}

//! A recipient's status, as the asker may see it.

use super::shown::Shown;
use serde::Serialize;
use switchback_core::model::{Presence, Time};
use utoipa::ToSchema;

/// Whether a recipient can be reached by chat now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecipientStatus)]
pub(crate) struct RecipientOut {
    /// The status.
    status: PresenceWord,
    /// Since when, for `online` and `offline`.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Shown<Time>>,
}

/// A status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Presence)]
pub(crate) enum PresenceWord {
    /// A device is registered.
    Online,
    /// No device is registered.
    Offline,
    /// Not a subscriber here.
    NotAUser,
    /// Not known, or not shown.
    Unknown,
}

/// The status of an address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PresenceOfAddress)]
pub(crate) struct PresenceOut {
    /// The address.
    pub(crate) address: String,
    /// Its status.
    #[serde(flatten)]
    pub(crate) recipient: RecipientOut,
}

impl From<Presence> for RecipientOut {
    fn from(presence: Presence) -> Self {
        let (status, since) = match presence {
            Presence::Online { registered_at } => (PresenceWord::Online, Some(registered_at)),
            Presence::Offline { since } => (PresenceWord::Offline, Some(since)),
            Presence::NotAUser => (PresenceWord::NotAUser, None),
            Presence::Unknown => (PresenceWord::Unknown, None),
        };
        Self { status, since: since.map(Shown) }
    }
}

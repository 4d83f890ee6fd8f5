//! The recipient's status relative to the messaging system (claim 3): registration, not mood.

use super::Time;
use serde::{Deserialize, Serialize};

/// Whether a recipient can be reached by chat now. The 30 s grace on loss is already in it: within the
/// grace a subscriber who lost the last registration is still `Online`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Presence {
    /// At least one usable registration of a device.
    Online {
        /// When the latest registration that brought the subscriber online was made.
        registered_at: Time,
    },
    /// No usable registration.
    Offline {
        /// The moment of loss (not the end of the grace); never seen: when the subscriber was created.
        since: Time,
    },
    /// Not a subscriber of ours and served by no SIP route.
    NotAUser,
    /// The answer did not come within the facts timer.
    Unknown,
}

impl Presence {
    /// True when at least one usable registration exists.
    #[must_use]
    pub const fn is_online(self) -> bool {
        matches!(self, Self::Online { .. })
    }

    /// The registration that brought the recipient online, while they are.
    #[must_use]
    pub const fn registration(self) -> Option<Time> {
        if let Self::Online { registered_at } = self { Some(registered_at) } else { None }
    }

    /// Since when the recipient is offline, if known to be.
    #[must_use]
    pub const fn offline_since(self) -> Option<Time> {
        if let Self::Offline { since } = self { Some(since) } else { None }
    }
}

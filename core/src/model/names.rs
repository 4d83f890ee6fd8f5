//! Identifiers given by people or peers, one type each so that none is taken for another.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;

macro_rules! name {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(SmolStr);

        impl $name {
            /// Wraps the text as it stands; bounds are checked where the text enters the system.
            #[must_use]
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(SmolStr::new(text))
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

name! {
    /// A person with a subscription.
    SubscriberId;
    /// A business customer with credentials.
    AccountId;
    /// Who is charged: the money account behind a SIM or an account.
    PayerId;
    /// A subscription, keyed by its IMSI.
    SimId;
    /// One registered client of a subscriber.
    DeviceId;
    /// One configured way out of a service.
    RouteId;
    /// A payer's set of price rules.
    PlanId;
    /// A message class (DESIGN section 3): `person`, `otp`, `alert`, `bulk` or a configured one.
    ClassName;
    /// The sender's own reference, at most 100 characters, echoed everywhere.
    ClientRef;
    /// The id a peer gave to what we handed it (an SMSC message id): opaque, at most 64 characters kept raw.
    PeerId;
}

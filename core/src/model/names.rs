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

impl PeerId {
    /// The id as people would compare it: without white space around it, leading zeros and `0x`, letters small (T1).
    /// For looking up only; what is said to the peer is the id as it gave it.
    #[must_use]
    pub fn folded(&self) -> Self {
        let text = self.0.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        let digits = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(rest) if !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_hexdigit()) => rest,
            _ => text,
        };
        let trimmed = match digits.trim_start_matches('0') {
            "" if !digits.is_empty() => "0",
            trimmed => trimmed,
        };
        if trimmed.bytes().any(|b| b.is_ascii_uppercase()) {
            Self(SmolStr::new(trimmed.to_ascii_lowercase()))
        } else if trimmed.len() == self.0.len() {
            self.clone()
        } else {
            Self(SmolStr::new(trimmed))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PeerId;

    #[test]
    fn spellings_of_one_id_fold_to_one() {
        for (raw, folded) in [
            ("00Ab", "ab"),
            ("0xAB", "ab"),
            ("0X00ab", "ab"),
            (" 17 \0", "17"),
            ("000", "0"),
            ("0x", "x"),
            ("", ""),
            ("Msg-7", "msg-7"),
        ] {
            assert_eq!(PeerId::new(raw).folded(), PeerId::new(folded), "{raw:?}");
        }
    }
}

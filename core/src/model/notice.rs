//! What a payer's side is told of its money before it runs out.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;

/// Something about the money behind a message that its sender should know.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Notice {
    /// What is charged under a spending cap has reached a share of it that the plan names in `notify`.
    CapReached {
        /// The cap's id in the plan; behind an `@` the account or route that it counts for alone.
        cap: SmolStr,
        /// The share, 1 to 100.
        percent: u8,
    },
    /// Less can be spent than the plan names in `low`.
    BalanceLow,
}

impl Notice {
    /// The dotted name of its event in the API.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CapReached { .. } => "payer.cap_reached",
            Self::BalanceLow => "payer.balance_low",
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CapReached { cap, percent } => write!(f, "{percent} % of the cap `{cap}` are spent"),
            Self::BalanceLow => f.write_str("the balance is low"),
        }
    }
}

//! The charging systems of the operator's that plans may name (R14).

use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::Arc;
use switchback_ports::Charging;

/// Who knows what a service costs that a charging system charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prices {
    /// It is asked before each decision that needs prices.
    Asked,
    /// The same, and what it does not tell is in the plan's copy of its rates: an estimate.
    AskedOrMirror,
    /// The plan has a copy of its rates: an estimate.
    Mirror,
    /// Nobody here.
    None,
}

impl Prices {
    /// Whether it is asked for them.
    #[must_use]
    pub const fn are_asked(self) -> bool {
        matches!(self, Self::Asked | Self::AskedOrMirror)
    }
}

/// A charging system.
#[derive(Clone)]
pub(crate) struct System {
    pub(crate) charging: Arc<dyn Charging>,
    pub(crate) prices: Prices,
}

/// All of them, by name.
pub(crate) type Systems = HashMap<SmolStr, System>;

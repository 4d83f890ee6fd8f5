//! What a price depends on whatever the service: to whom, from where and when, as a plan sees it. It is found out once,
//! and every service is priced by it.

use super::origin::Origins;
use super::place::Dests;
use super::plan::Plan;
use super::zone::Local;
use crate::model::{Address, Origin, Time};

/// A recipient, an origin and a moment, as a plan sees them.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    pub(super) plan: &'a Plan,
    pub(super) dests: Dests,
    pub(super) origins: Origins,
    pub(super) local: Local,
    /// The plan is valid then.
    pub(super) is_valid: bool,
}

impl<'a> Occasion<'a> {
    /// How the plan sees a message to `recipient`, sent from `origin` at `at`.
    #[must_use]
    pub fn of(plan: &'a Plan, recipient: &Address, origin: Origin, at: Time) -> Self {
        Self {
            plan,
            dests: Dests::of(plan, recipient, at),
            origins: Origins::of(plan, origin),
            local: plan.zone.local(at),
            is_valid: plan.is_valid(at),
        }
    }
}

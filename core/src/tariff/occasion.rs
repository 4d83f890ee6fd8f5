//! What a price depends on whatever the service: to whom, from where and when, as a plan sees it. It is found out once,
//! and every service is priced by it.

use super::origin::Origins;
use super::place::Dests;
use super::plan::Plan;
use super::zone::Local;
use crate::model::{AccountId, Address, Origin, Time};

/// A recipient, an origin and a moment, as a plan sees them.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    pub(super) plan: &'a Plan,
    pub(super) recipient: &'a Address,
    pub(super) account: Option<&'a AccountId>,
    pub(super) at: Time,
    pub(super) dests: Dests,
    pub(super) origins: Origins,
    pub(super) local: Local,
    /// The plan is valid then.
    pub(super) is_valid: bool,
}

impl<'a> Occasion<'a> {
    /// How the plan sees a message to `recipient`, sent from `origin` at `at`, by no account.
    #[must_use]
    pub fn of(plan: &'a Plan, recipient: &'a Address, origin: Origin, at: Time) -> Self {
        Self {
            plan,
            recipient,
            account: None,
            at,
            dests: Dests::of(plan, recipient, at),
            origins: Origins::of(plan, origin),
            local: plan.zone.local(at),
            is_valid: plan.is_valid(at),
        }
    }

    /// The same, sent by that account.
    #[must_use]
    pub fn by(self, account: Option<&'a AccountId>) -> Self {
        Self { account, ..self }
    }
}

//! R6: what a closed gate means when nothing is left to try: the sender is asked, for a while.

use super::case::Case;
use super::gate::Closed;
use crate::model::{Decision, FailReason, Reason, Status, Step, Wait, WaitFor};

impl Case<'_> {
    /// After a permanent failure: 30 s for the sender's consent to a dearer service, then `failed`; at once
    /// when there is none to consent to. Never while the fate of another attempt is unknown: then it is not
    /// known to have failed.
    pub(super) fn consent_or_fail(&self, closed: Closed, why: Vec<Reason>) -> Decision {
        if self.any_unknown() {
            let wait = Wait { what: WaitFor::Report, until: None };
            return self.hold(wait, closed.look, closed.told, why);
        }
        let asked_until =
            self.message.wait.filter(|wait| wait.what == WaitFor::Consent).and_then(|wait| wait.until);
        if closed.told.is_none() {
            let reason =
                if asked_until.is_some() { FailReason::ConsentNotGiven } else { FailReason::Undeliverable };
            return fail(reason, why);
        }
        let until = asked_until.unwrap_or_else(|| self.now.plus_millis(self.timers.choice_ms));
        if asked_until.is_some() && self.now >= until {
            return fail(FailReason::ConsentNotGiven, why);
        }
        self.hold(Wait { what: WaitFor::Consent, until: Some(until) }, None, closed.told, why)
    }
}

/// The message failed.
pub(super) const fn fail(reason: FailReason, reasons: Vec<Reason>) -> Decision {
    Decision { step: Step::Finish { status: Status::Failed, reason: Some(reason) }, reasons }
}

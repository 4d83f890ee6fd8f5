//! R13: an outage of our own is never blamed on a recipient. For a while after it deadlines, offline times and
//! registrations say more about us than about them, so no service is changed by the server itself.
//!
//! The other half of R13 is where the fault is seen: a fault of ours ends an attempt as `LocalFault`, which
//! [`super::ended`] answers with a retry by the same service; back-pressure is no report at all; and a route
//! that has been down for 60 s is reported by its service as a temporary failure.

use super::case::Case;
use crate::model::Time;

impl Case<'_> {
    /// The end of the guard, while it lasts.
    pub(super) fn our_outage(&self) -> Option<Time> {
        self.facts.guard_until.filter(|until| self.now < *until)
    }
}

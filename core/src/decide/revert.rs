//! R7 and R8 (claims 4 and 5): when the message may go back to its first service.

use super::case::Case;
use crate::model::{Needs, Presence, Reason, Service, Time, WaitFor};

/// Whether the condition of the revert holds.
pub(super) enum Back {
    /// It holds: back to this service.
    Now(Service),
    /// Not yet; it may, for this reason, not before then.
    When(WaitFor, Option<Time>),
    /// It will not.
    Never,
}

impl Case<'_> {
    /// R7 for IM, R8 for SMS and MMS; R9 allows one revert, and none to a service that failed for good.
    pub(super) fn back(&self, why: &mut Vec<Reason>) -> Result<Back, Needs> {
        let Some(first) = self.message.first else { return Ok(Back::Never) };
        if let Some(reason) = self.no_revert(first) {
            why.push(reason);
            return Ok(Back::Never);
        }
        let presence = self.presence()?;
        why.push(status_of(presence));
        Ok(if first == Service::Im {
            back_to_im(presence)
        } else {
            self.back_to_cellular(first, presence, why)
        })
    }

    /// Why the message will not be reverted whatever the recipient does.
    pub(super) fn no_revert(&self, first: Service) -> Option<Reason> {
        if !self.message.policy.revert {
            Some(Reason::RevertOff)
        } else if self.message.marks.reverts > 0 {
            Some(Reason::RevertsUsed)
        } else if self.is_out(first) {
            Some(Reason::FailedForGood(first))
        } else {
            None
        }
    }

    /// R8: `now >= max(offline_since + t_off, first_attempt_ended + min_gap)`. The gap keeps the service that
    /// has just failed from being repeated at once for somebody who has been offline for days.
    fn back_to_cellular(&self, first: Service, presence: Presence, why: &mut Vec<Reason>) -> Back {
        let Some(since) = presence.offline_since() else {
            return Back::When(WaitFor::OfflineThreshold, None);
        };
        let ended = self.first_service_ended().plus_millis(self.timers.min_gap_ms);
        let threshold = since.plus_millis(self.message.policy.t_off_ms).max(ended);
        if self.now < threshold {
            why.push(Reason::OfflineUntil(threshold));
            return Back::When(WaitFor::OfflineThreshold, Some(threshold));
        }
        why.push(Reason::OfflineLongEnough);
        Back::Now(first)
    }

    /// When the last attempt by the first service ended, or became unknown.
    fn first_service_ended(&self) -> Time {
        let first = self.message.attempts.iter().rfind(|attempt| Some(attempt.service) == self.message.first);
        first.map_or(self.message.accepted_at, |first| {
            first.ended_at.or(first.unknown_at).unwrap_or(first.started_at)
        })
    }
}

/// R7: a registered device is enough.
const fn back_to_im(presence: Presence) -> Back {
    if presence.is_online() { Back::Now(Service::Im) } else { Back::When(WaitFor::Registration, None) }
}

/// The recipient's status as a reason.
pub(super) const fn status_of(presence: Presence) -> Reason {
    match presence {
        Presence::Online { .. } => Reason::RecipientOnline,
        Presence::Offline { since } => Reason::RecipientOffline(since),
        Presence::NotAUser => Reason::RecipientNotAUser,
        Presence::Unknown => Reason::RecipientUnknown,
    }
}

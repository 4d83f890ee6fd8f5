//! What a new attempt looks like, whatever the rule that starts it.

use super::case::Case;
use super::deadline;
use crate::model::{AttemptKind, Offer, Presence, Service, Settlement, Start};

/// The attempt of this kind by this offer, as it would start now. Its plan (route, parts) is the one that was
/// priced.
pub(super) fn attempt(case: &Case<'_>, kind: AttemptKind, offer: &Offer, presence: Presence) -> Start {
    let deferred = offer.service == Service::Im && !presence.is_online();
    let deadline = if deferred {
        deadline::in_own_queue(case.message, kind, presence, case.timers, case.now)
    } else {
        deadline::from_hand_over(case.message, kind, offer.service, case.timers, case.now)
    };
    Start {
        kind,
        service: offer.service,
        route: offer.route.clone(),
        parts: offer.parts.max(1),
        price: offer.price,
        charge_on: offer.charge_on,
        // The packet core bills a bearer's bytes: nothing of it is ours to reserve.
        hold: offer.hold.clone().filter(|_| offer.settlement == Settlement::Server),
        external: offer.external.clone(),
        deferred,
        deadline,
        may_duplicate: may_duplicate(case, offer.service),
        registration: presence.registration(),
    }
}

/// R11: beside an open attempt another copy may arrive. Not so for an IM beside an IM: both carry the same
/// imdn.Message-ID, and a device shows them once.
fn may_duplicate(case: &Case<'_>, service: Service) -> bool {
    case.open().any(|open| open.service != Service::Im || service != Service::Im)
}

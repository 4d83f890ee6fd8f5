//! What `decide` is told of the world: the recipient's status and what each service would cost now.

use super::{ByService, ChargeOn, PlanVersion, Presence, Price, RouteId, Service, Settlement, Time, Unit};
use crate::charge::{External, Hold};
use serde::{Deserialize, Serialize};

/// The facts at one moment. A part that is `None` has not been gathered: `decide` asks for it by
/// [`super::Needs`] when, and only when, its answer depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// The recipient's status.
    pub presence: Option<Presence>,
    /// What each service would cost and whether it can carry and reach; priced with this message's own
    /// reservation counted as free, since the commit that starts the next attempt frees it.
    pub offers: Option<Offers>,
    /// The plan that priced them, for the record alone: no rule reads it.
    pub plan: Option<PlanVersion>,
    /// R13: nothing is blamed on a recipient before this moment (our own outage and its guard).
    pub guard_until: Option<Time>,
}

/// One offer a service.
pub type Offers = ByService<Offer>;

/// What one service can do for this message now.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Offer {
    /// The service.
    pub service: Service,
    /// Why the content cannot go by this service, if it cannot.
    pub cannot_carry: Option<CannotCarry>,
    /// Whether the recipient can be reached by it at all.
    pub reach: Reach,
    /// The route that the plan was measured for.
    pub route: Option<RouteId>,
    /// How many units the message is on that route: fixed for the attempt before it is priced.
    pub units: u64,
    /// What a unit is.
    pub unit: Unit,
    /// How many wire parts (SMS segments) the attempt has; 1 for the others.
    pub parts: u16,
    /// The marginal price now.
    pub price: Price,
    /// Whether the payer can pay it.
    pub funds: Funds,
    /// When it is charged.
    pub charge_on: ChargeOn,
    /// Who debits.
    pub settlement: Settlement,
    /// What a reservation of this price would take; nothing when nothing is reserved (bearer, unknown).
    pub hold: Option<Hold>,
    /// Whom the reservation is made with, when not with our own ledger.
    pub external: Option<External>,
}

/// Why a service cannot carry a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CannotCarry {
    /// Media by a text service.
    Media,
    /// More segments or bytes than the service's limit.
    TooLong,
    /// The service is not set up here.
    NoService,
}

/// Whether a recipient can be reached by a service at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reach {
    /// Yes.
    Yes,
    /// IM: not a subscriber, and no SIP route serves the address. SMS/MMS: not a number.
    NoAddress,
    /// No route of that service is configured for the address.
    NoRoute,
    /// Every route is down since this moment.
    Down(Time),
}

/// Whether the payer can pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Funds {
    /// Yes, or nothing is to be paid.
    Enough,
    /// No.
    Short,
}

impl Offer {
    /// An offer that says no: the service cannot be used, for this reason.
    #[must_use]
    pub const fn unavailable(service: Service, cannot_carry: Option<CannotCarry>, reach: Reach) -> Self {
        Self {
            service,
            cannot_carry,
            reach,
            route: None,
            units: 0,
            unit: Unit::Message,
            parts: 1,
            price: Price::Unknown(super::UnknownPrice::NoRate),
            funds: Funds::Enough,
            charge_on: ChargeOn::Delivered,
            settlement: Settlement::Server,
            hold: None,
            external: None,
        }
    }

    /// True when the service can carry the content and reach the recipient (a route that is down for a
    /// while still counts: the attempt waits, R13).
    #[must_use]
    pub const fn can_deliver(&self) -> bool {
        self.cannot_carry.is_none() && matches!(self.reach, Reach::Yes | Reach::Down(_))
    }
}

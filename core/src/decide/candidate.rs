//! R3: which services may be the first, and why not. Acceptance asks the same questions as the decision, so
//! that a refusal at the door and a choice behind it cannot disagree.

use super::case::Case;
use crate::model::{
    Choice, Facts, Funds, Message, Money, Offers, Presence, Price, Reach, Reason, Service, ServiceChoice,
    Status, Time, Timers,
};

/// Why a submission or a choice is refused: nothing is stored, reserved or charged (R1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// The service cannot carry the content.
    #[error("{} cannot carry this content", .0.spoken())]
    CannotCarry(Service),
    /// The recipient cannot be reached by it.
    #[error("the recipient cannot be reached by {}", .0.spoken())]
    NotReachable(Service),
    /// The sender's plan does not sell it here.
    #[error("the plan does not offer {} here", .0.spoken())]
    NotOffered(Service),
    /// Its price is not known, and the sender set a bound.
    #[error("the price of {} is not known now", .0.spoken())]
    PriceUnknown(Service),
    /// Its price is above the sender's bound.
    #[error("{service} costs {price}, more than {max}", service = .service.spoken())]
    PriceAboveMax {
        /// The service.
        service: Service,
        /// Its price now; of a later attempt with what the message has cost already and keeps.
        price: Money,
        /// The bound.
        max: Money,
    },
    /// The payer is short of funds.
    #[error("not enough funds for {}", .0.spoken())]
    InsufficientFunds(Service),
    /// The price rose above the quote (R2).
    #[error("{service} costs {price} now, more than the quoted {quoted}", service = .service.spoken())]
    PriceRose {
        /// The service.
        service: Service,
        /// Its price now.
        price: Money,
        /// The quote.
        quoted: Money,
    },
    /// No service can take it.
    #[error("no service can take this message")]
    NoCandidate,
    /// The message has used two services already, and this is neither (R5).
    #[error("a message goes by two services at most")]
    NoThirdService,
}

impl Refusal {
    /// The stable code of problem documents.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CannotCarry(_) => "cannot_carry",
            Self::NotReachable(_) => "not_reachable",
            Self::NotOffered(_) => "not_offered",
            Self::PriceUnknown(_) => "price_unknown",
            Self::PriceAboveMax { .. } => "price_above_max",
            Self::InsufficientFunds(_) => "insufficient_funds",
            Self::PriceRose { .. } => "price_rose",
            Self::NoCandidate => "no_candidate",
            Self::NoThirdService => "no_third_service",
        }
    }

    /// How near a miss it is: the nearest tells the sender most about what to change.
    const fn nearness(self) -> u8 {
        match self {
            Self::NoCandidate | Self::NoThirdService => 0,
            Self::CannotCarry(_) => 1,
            Self::NotReachable(_) => 2,
            Self::NotOffered(_) => 3,
            Self::PriceUnknown(_) => 4,
            Self::PriceAboveMax { .. } => 5,
            Self::InsufficientFunds(_) => 6,
            Self::PriceRose { .. } => 7,
        }
    }
}

/// Which bound a first service's price must keep.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    /// The message's own `max_price` alone: the sender named the service.
    Own,
    /// The consent, standing or own: the policy chooses.
    Consent,
    /// The quote, and within it the consent: the policy chooses for a message that was quoted a price.
    Quote,
}

/// R3 at the door: whether a submission can be accepted now.
///
/// # Errors
/// The refusal that the originator is told; of several, the nearest miss.
pub fn admit(message: &Message, offers: &Offers, presence: Presence) -> Result<(), Refusal> {
    let (facts, timers) = (Facts::default(), Timers::default());
    let case = Case { message, facts: &facts, timers: &timers, now: message.accepted_at };
    let service = match message.choice {
        ServiceChoice::Named(service) => case.candidate(service, offers, Bound::Own).map(|()| service),
        // Asked or not, something must be there to choose from.
        ServiceChoice::Auto | ServiceChoice::Ask => case
            .policy(presence, offers, Bound::Consent, &mut Vec::new())
            .ok_or_else(|| case.nearest_miss(offers)),
    }?;
    let quote = message.quoted.filter(|_| message.choice != ServiceChoice::Ask);
    match (quote, offers.get(service).price.as_first()) {
        (None, _) => Ok(()),
        (Some(quoted), Some(price)) if price.at_most(quoted) => Ok(()),
        (Some(quoted), Some(price)) => Err(Refusal::PriceRose { service, price, quoted }),
        // What is not known is not known to be within the quote.
        (Some(_), None) => Err(Refusal::PriceUnknown(service)),
    }
}

/// Whether a `choose` can do anything now: the service can take the message and its price is within the bound.
///
/// # Errors
/// The refusal that the sender is told; the message stays as it is.
pub fn check_choice(message: &Message, choice: Choice, offers: &Offers, now: Time) -> Result<(), Refusal> {
    let mut chosen = message.clone();
    chosen.consent.own = message.consent_after(choice);
    let (facts, timers) = (Facts::default(), Timers::default());
    let case = Case { message: &chosen, facts: &facts, timers: &timers, now };
    if message.status == Status::Offered || message.first.is_none() {
        return case.candidate(choice.service, offers, Bound::Own);
    }
    chosen_later(&case, choice.service, offers)
}

fn chosen_later(case: &Case<'_>, service: Service, offers: &Offers) -> Result<(), Refusal> {
    let used = [case.message.first, case.message.second];
    if used.iter().all(Option::is_some) && !used.contains(&Some(service)) {
        return Err(Refusal::NoThirdService);
    }
    let mut why = Vec::new();
    if matches!(case.gate(service, offers.get(service), &mut why), super::gate::Gate::Open) {
        return Ok(());
    }
    Err(match why.last() {
        Some(Reason::CannotCarry(_)) => Refusal::CannotCarry(service),
        Some(Reason::NotOffered(_)) => Refusal::NotOffered(service),
        Some(Reason::PriceUnknown(_)) => Refusal::PriceUnknown(service),
        Some(Reason::InsufficientFunds(_) | Reason::NotPayable(..)) => Refusal::InsufficientFunds(service),
        Some(Reason::PriceHigher { p2, committed, limit, .. }) => {
            let price = committed.checked_add(*p2).unwrap_or(*p2);
            Refusal::PriceAboveMax { service, price, max: limit.unwrap_or(Money::zero(p2.currency)) }
        }
        _ => Refusal::NotReachable(service),
    })
}

impl Case<'_> {
    /// R3: the service can carry the content, reach the recipient, and its price is within bound and funds.
    pub(super) fn candidate(&self, service: Service, offers: &Offers, bound: Bound) -> Result<(), Refusal> {
        let offer = offers.get(service);
        if offer.cannot_carry.is_some() {
            return Err(Refusal::CannotCarry(service));
        }
        if !offer.can_deliver() {
            return Err(Refusal::NotReachable(service));
        }
        if !offer.price.is_offered() {
            return Err(Refusal::NotOffered(service));
        }
        let max = match bound {
            Bound::Own => self.message.consent.own,
            Bound::Consent => self.message.consent.amount(),
            Bound::Quote => self.message.quoted.map(|quoted| match self.message.consent.amount() {
                Some(consent) if consent.at_most(quoted) => consent,
                _ => quoted,
            }),
        };
        // An unknown price is a candidate only where there is no bound.
        match (max, offer.price.as_first()) {
            (Some(_), None) => return Err(Refusal::PriceUnknown(service)),
            (Some(max), Some(price)) if !price.at_most(max) => {
                return Err(Refusal::PriceAboveMax { service, price, max });
            }
            _ => {}
        }
        if offer.funds == Funds::Short { Err(Refusal::InsufficientFunds(service)) } else { Ok(()) }
    }

    /// R3's policy: IM when the recipient is online; else the cheapest of SMS and MMS; else IM, held.
    pub(super) fn policy(
        &self,
        presence: Presence,
        offers: &Offers,
        bound: Bound,
        why: &mut Vec<Reason>,
    ) -> Option<Service> {
        let mut is_candidate = |service: Service| match self.candidate(service, offers, bound) {
            Ok(()) => true,
            Err(refusal) => {
                why.extend(refusal.reason());
                false
            }
        };
        let im = is_candidate(Service::Im);
        let cellular = [Service::Sms, Service::Mms].map(|service| is_candidate(service).then_some(service));
        let rank = |service: &Service| self.rank(*service, offers);
        let chosen = if im && presence.is_online() {
            Some(Service::Im)
        } else {
            cellular.into_iter().flatten().min_by_key(rank).or_else(|| im.then_some(Service::Im))
        };
        why.extend(chosen.map(Reason::PolicyChose));
        chosen
    }

    /// Cheaper is better, an unknown price ranks as the dearest, SMS comes before MMS; but a route that has
    /// been down for a while comes last.
    fn rank(&self, service: Service, offers: &Offers) -> (bool, bool, i128, Service) {
        let offer = offers.get(service);
        let down = matches!(offer.reach, Reach::Down(since) if self.now >= since.plus_millis(self.timers.route_down_ms));
        let price = offer.price.as_first();
        (down, price.is_none(), price.map_or(0, |price| price.nanos), service)
    }

    /// R2: the fresh price of the service is not within the binding quote.
    pub(super) fn above_quote(&self, service: Service, offers: &Offers) -> bool {
        let price: Price = offers.get(service).price;
        let within = |quoted: Money| price.as_first().is_some_and(|price| price.at_most(quoted));
        self.message.quoted.is_some_and(|quoted| !within(quoted))
    }

    fn nearest_miss(&self, offers: &Offers) -> Refusal {
        let refusals = Service::ALL
            .into_iter()
            .filter_map(|service| self.candidate(service, offers, Bound::Consent).err());
        refusals.max_by_key(|refusal| refusal.nearness()).unwrap_or(Refusal::NoCandidate)
    }
}

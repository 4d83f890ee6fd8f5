//! Gathering facts: the recipient's status and what each service would cost now. Facts, never rules: what they
//! mean is decided in the core.

use crate::book::Book;
use crate::shared::Shared;
use std::sync::Arc;
use switchback_core::charge::{Hold, Slot};
use switchback_core::model::{
    Address, ByService, ChargeOn, Content, Currency, Funds, Message, Money, Offer, Offers, Origin,
    PlanVersion, Presence, Price, Reach, Service, SubscriberId, Time, UnknownPrice,
};
use switchback_core::tariff::{AllowanceLeft, Ask, Payer, Plan, Priced, Size, price};
use switchback_ports::{Measure, Transport};

/// Who would pay, as far as is known.
#[derive(Clone, Copy)]
pub(crate) enum Purse<'a> {
    /// Nobody: it came in from another network.
    Nobody,
    /// A payer whose plan is not set up.
    NoPlan,
    /// A payer with its plan; `own` is what this message holds already and would give back.
    Of {
        /// The payer.
        payer: &'a Payer,
        /// Its plan.
        plan: &'a Plan,
        /// This message's own reservation, or the charge that the next attempt refunds.
        own: Option<&'a Hold>,
    },
}

impl Purse<'_> {
    /// The plan that prices.
    pub(crate) fn plan(self) -> Option<PlanVersion> {
        match self {
            Self::Nobody | Self::NoPlan => None,
            Self::Of { plan, .. } => Some(plan.named()),
        }
    }
}

/// What is asked about.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    /// To whom.
    pub(crate) recipient: &'a Address,
    /// The recipient, when a subscriber of ours.
    pub(crate) subscriber: Option<&'a SubscriberId>,
    /// What.
    pub(crate) content: &'a Content,
    /// From where.
    pub(crate) origin: Origin,
    /// When.
    pub(crate) at: Time,
}

/// An offer with the allowance that it would use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowances(pub(crate) ByService<Option<AllowanceLeft>>);

/// The own reservation of a message that counts as free for its next attempt: what is held, or what is charged
/// and refunded in the commit that starts the next attempt (section 3, R14).
pub(crate) fn own_hold(message: &Message) -> Option<&Hold> {
    match &message.slot {
        Slot::Held { hold, .. } => Some(hold),
        Slot::Charged { attempt, hold } => {
            let refundable = message.attempt(*attempt).is_some_and(|attempt| {
                matches!(attempt.charge_on, ChargeOn::Submitted { kept_if_undelivered: false, .. })
            });
            refundable.then_some(hold)
        }
        Slot::Empty => None,
    }
}

impl Shared {
    /// The recipient's status.
    pub(crate) fn status_of(
        &self,
        recipient: &Address,
        subscriber: Option<&SubscriberId>,
        book: &Book,
        now: Time,
    ) -> Presence {
        match subscriber {
            Some(id) => {
                let created = book.subscriber(id).map_or(Time::from_millis(0), |known| known.created_at);
                self.presence.status(id, created, now)
            }
            None => {
                let served = self.transport(Service::Im).is_some_and(|im| {
                    matches!(im.measure(&Content::text(""), recipient).reach, Reach::Yes | Reach::Down(_))
                });
                if served { Presence::Unknown } else { Presence::NotAUser }
            }
        }
    }

    /// What each service would cost and whether it can carry and reach.
    pub(crate) fn offers(&self, question: Question<'_>, purse: Purse<'_>) -> (Offers, Allowances) {
        let mut allowances = Allowances::default();
        let offers = ByService::from_fn(|service| {
            let (offer, allowance) = self.offer(service, question, purse);
            *allowances.0.get_mut(service) = allowance;
            offer
        });
        (offers, allowances)
    }

    fn offer(
        &self,
        service: Service,
        question: Question<'_>,
        purse: Purse<'_>,
    ) -> (Offer, Option<AllowanceLeft>) {
        let Some(transport) = self.transport(service) else {
            let none = Some(switchback_core::model::CannotCarry::NoService);
            return (Offer::unavailable(service, none, Reach::NoRoute), None);
        };
        let measure = self.measure(&transport, service, question);
        let size = Size { segments: u64::from(measure.parts.max(1)), bytes: measure.bytes };
        let file = !question.content.media.is_empty();
        let Question { recipient, origin, at, .. } = question;
        let ask = Ask { service, recipient, size, file, origin, at };
        let mut offer = Offer::unavailable(service, measure.cannot_carry, measure.reach);
        offer.route = measure.route;
        offer.parts = measure.parts.max(1);
        match purse {
            Purse::Nobody if service == Service::Im => offer.price = Price::Exact(Money::zero(Currency::EUR)),
            Purse::Nobody => offer.price = Price::Unknown(UnknownPrice::NoPayer),
            Purse::NoPlan => offer.price = Price::Unknown(UnknownPrice::NoPlan),
            Purse::Of { payer, plan, own } => {
                let priced = match own {
                    Some(own) => price(plan, payer.without(own), &ask),
                    None => price(plan, payer, &ask),
                };
                return priced_offer(offer, priced);
            }
        }
        offer.funds = Funds::Enough;
        (offer, None)
    }

    /// The service's own measure, with what only the engine knows: subscribers of ours are reached by the app
    /// channel, and routes may be down.
    fn measure(&self, transport: &Arc<dyn Transport>, service: Service, question: Question<'_>) -> Measure {
        let mut measure = transport.measure(question.content, question.recipient);
        if service == Service::Im && question.subscriber.is_some() {
            measure.reach = Reach::Yes;
            measure.route = None;
        } else {
            measure.reach = self.routes.reach(measure.reach, measure.route.as_ref());
        }
        measure
    }
}

fn priced_offer(offer: Offer, priced: Priced) -> (Offer, Option<AllowanceLeft>) {
    let offer = Offer {
        units: priced.units,
        unit: priced.unit,
        price: priced.price,
        funds: priced.funds,
        charge_on: priced.charge_on,
        settlement: priced.settlement,
        hold: priced.hold,
        ..offer
    };
    (offer, priced.allowance)
}

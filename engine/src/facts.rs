//! Gathering facts: the recipient's status and what each service would cost now. Facts, never rules: what they
//! mean is decided in the core.

use crate::book::Book;
use crate::charging::Prices;
use crate::locks::read;
use crate::shared::Shared;
use std::sync::Arc;
use switchback_core::charge::{Hold, Slot};
use switchback_core::model::{
    Address, ByService, ChargeOn, Content, Currency, Funds, Message, Money, Notice, Offer, Offers,
    Originator, PlanVersion, Presence, Price, Reach, Service, SubscriberId, Time, UnknownPrice,
};
use switchback_core::tariff::{AllowanceLeft, Occasion, Payer, Plan, Priced, Size};
use switchback_ports::{BalanceLeft, Measure, Transport};

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

    /// What the sender should know of the money.
    pub(crate) fn standing(self, originator: &Originator, now: Time) -> Vec<Notice> {
        match self {
            Self::Nobody | Self::NoPlan => Vec::new(),
            Self::Of { payer, plan, .. } => payer.standing(plan, originator.owner.account(), now),
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
    /// Who sends it, and from where.
    pub(crate) originator: &'a Originator,
    /// When.
    pub(crate) at: Time,
    /// What the charging system said that it costs, once it was asked.
    pub(crate) quoted: Option<&'a Quoted>,
}

/// What a charging system said of each service; nothing where it did not answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quoted(pub(crate) ByService<Option<Said>>);

/// What a charging system said of a message by one service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    /// What it costs.
    pub(crate) price: Price,
    /// What the payer has left, which is shown and no more.
    pub(crate) balance: Option<BalanceLeft>,
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

    /// What each service would cost and whether it can carry and reach. Nothing when a charging system knows the prices
    /// and was not asked yet.
    pub(crate) fn offers(&self, question: Question<'_>, purse: Purse<'_>) -> Option<(Offers, Allowances)> {
        if question.quoted.is_none() && self.must_ask(purse) {
            return None;
        }
        let mut allowances = Allowances::default();
        let Question { recipient, originator, at, .. } = question;
        let account = originator.owner.account();
        let occasion = match purse {
            Purse::Of { plan, .. } => Some(Occasion::of(plan, recipient, originator.origin, at).by(account)),
            Purse::Nobody | Purse::NoPlan => None,
        };
        let offers = ByService::from_fn(|service| {
            let (offer, allowance) = self.offer(service, question, purse, occasion.as_ref());
            *allowances.0.get_mut(service) = allowance;
            offer
        });
        Some((offers, allowances))
    }

    fn must_ask(&self, purse: Purse<'_>) -> bool {
        let Purse::Of { plan: Plan { external: Some(external), .. }, .. } = purse else { return false };
        read(&self.charging).get(&external.system).is_some_and(|system| system.prices.are_asked())
    }

    /// How big a message is by a service that could take it.
    pub(crate) fn measured(&self, service: Service, message: &Message, content: &Content) -> Option<Measure> {
        let question = Question {
            recipient: &message.recipient,
            subscriber: message.recipient_subscriber.as_ref(),
            content,
            originator: &message.originator,
            at: message.accepted_at,
            quoted: None,
        };
        let measure = self.measure(&self.transport(service)?, service, question);
        let reached = matches!(measure.reach, Reach::Yes | Reach::Down(_));
        (measure.cannot_carry.is_none() && reached).then_some(measure)
    }

    fn offer(
        &self,
        service: Service,
        question: Question<'_>,
        purse: Purse<'_>,
        occasion: Option<&Occasion<'_>>,
    ) -> (Offer, Option<AllowanceLeft>) {
        let Some(transport) = self.transport(service) else {
            let none = Some(switchback_core::model::CannotCarry::NoService);
            return (Offer::unavailable(service, none, Reach::NoRoute), None);
        };
        let measure = self.measure(&transport, service, question);
        let size = Size { segments: u64::from(measure.parts.max(1)), bytes: measure.bytes };
        let file = !question.content.media.is_empty();
        let mut offer = Offer::unavailable(service, measure.cannot_carry, measure.reach);
        offer.route = measure.route;
        offer.parts = measure.parts.max(1);
        match (purse, occasion) {
            (Purse::Of { payer, own, .. }, Some(occasion)) => {
                let purse = own.map_or_else(|| payer.into(), |own| payer.without(own));
                let priced = occasion.price(purse, service, size, file, offer.route.as_ref());
                let (mut offer, allowance) = priced_offer(offer, priced);
                self.charged_outside(&mut offer, payer.currency, question.quoted);
                return (offer, allowance);
            }
            (Purse::Nobody, _) if service == Service::Im => {
                offer.price = Price::Exact(Money::zero(Currency::EUR));
            }
            (Purse::Nobody, _) => offer.price = Price::Unknown(UnknownPrice::NoPayer),
            (Purse::NoPlan | Purse::Of { .. }, _) => offer.price = Price::Unknown(UnknownPrice::NoPlan),
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

impl Shared {
    /// The price of an offer that a charging system charges. What is expected to be held is that price: nothing, while
    /// nobody knows it.
    fn charged_outside(&self, offer: &mut Offer, currency: Currency, quoted: Option<&Quoted>) {
        let Some(external) = &offer.external else { return };
        let prices = read(&self.charging).get(&external.system).map(|system| system.prices);
        let is_offered = offer.price.is_offered();
        let said = quoted.and_then(|quoted| quoted.0.get(offer.service).map(|said| said.price));
        match prices {
            Some(Prices::Mirror) => {}
            Some(Prices::AskedOrMirror) if said == Some(Price::Unknown(UnknownPrice::NotTold)) => {}
            Some(Prices::Asked | Prices::AskedOrMirror) if is_offered => {
                offer.price = said.unwrap_or(Price::Unknown(UnknownPrice::NoAnswer));
            }
            Some(Prices::None) if is_offered => offer.price = Price::Unknown(UnknownPrice::NotTold),
            None if is_offered => offer.price = Price::Unknown(UnknownPrice::NoPlan),
            Some(Prices::Asked | Prices::AskedOrMirror | Prices::None) | None => {}
        }
        let amount = offer.price.as_next().unwrap_or_else(|| Money::zero(currency));
        offer.hold = offer.price.is_offered().then(|| Hold { amount, taken: Vec::new() });
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
        external: priced.external,
        ..offer
    };
    (offer, priced.allowance)
}

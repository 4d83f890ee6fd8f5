//! The marginal price: what the payer's charges would grow by, were this message sent by this service now.

use super::amount;
use super::buckets::{Buckets, Covered};
use super::each::Whose;
use super::explain::Told;
use super::occasion::Occasion;
use super::payer::Purse;
use super::place::Dests;
use super::plan::{Plan, Sold, UnknownNetwork};
use super::rates::{Dest, Rate};
use crate::charge::{External, Hold, Taken};
use crate::model::{
    AccountId, Address, ChargeOn, Funds, Money, NotOffered, Origin, Price, RouteId, Service, Settlement,
    Time, Unit, UnknownPrice,
};
use smol_str::SmolStr;

/// What is to be priced.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The service.
    pub service: Service,
    /// Who shall get it.
    pub recipient: &'a Address,
    /// How big it is on the route it would take, as the service that will encode it measured.
    pub size: Size,
    /// IM: it carries a file, which a plan may price by itself.
    pub file: bool,
    /// Where it is sent from.
    pub origin: Origin,
    /// The account that sends it, if one does.
    pub account: Option<&'a AccountId>,
    /// The route it would take, if it is known.
    pub route: Option<&'a RouteId>,
    /// When.
    pub at: Time,
}

impl<'a> Ask<'a> {
    /// A text sent from the home network.
    #[must_use]
    pub const fn from_home(service: Service, recipient: &'a Address, size: Size, at: Time) -> Self {
        Self { service, recipient, size, file: false, origin: Origin::HOME, account: None, route: None, at }
    }
}

/// How big a message is; the plan chooses what of it counts. A message is always one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// SMS segments; 1 for the other services.
    pub segments: u64,
    /// Bytes of payload, without the plan's overhead.
    pub bytes: u64,
}

/// A price with all that a reservation and a quote need of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// The price.
    pub price: Price,
    /// Whether the payer can pay it.
    pub funds: Funds,
    /// What a reservation would take; nothing when nothing is reserved (bearer, not offered, unknown).
    pub hold: Option<Hold>,
    /// When it is charged.
    pub charge_on: ChargeOn,
    /// Who debits.
    pub settlement: Settlement,
    /// Whom a reservation is made with, when not with our own ledger.
    pub external: Option<External>,
    /// What a unit is.
    pub unit: Unit,
    /// How many units the message has, overhead included.
    pub units: u64,
    /// The first allowance that it uses.
    pub allowance: Option<AllowanceLeft>,
    /// The pass that it would be the first to use, whose fee is in the price.
    pub pass: Option<SmolStr>,
    /// True: an allowance is used up, and what costs nothing more is carried slower.
    pub degraded: bool,
}

/// What an allowance has left once the message is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowanceLeft {
    /// The allowance's id in the plan.
    pub id: SmolStr,
    /// Units left.
    pub left_after: u64,
    /// What it counts.
    pub unit: Unit,
}

/// What this message would cost this payer now. Charging what this quotes is to reserve [`Priced::hold`].
///
/// Who asks for several services makes the [`Occasion`] once.
#[must_use]
pub fn price<'a>(plan: &Plan, payer: impl Into<Purse<'a>>, ask: &Ask<'_>) -> Priced {
    let on = Occasion::of(plan, ask.recipient, ask.origin, ask.at).by(ask.account);
    on.price(payer, ask.service, ask.size, ask.file, ask.route)
}

impl Occasion<'_> {
    /// What a message of that size would cost this payer on this occasion; `file`: it carries one; `route`: it would take
    /// that, if it is known.
    ///
    /// The amount is `charge(payer + message) - charge(payer)`, rounded once: what the units cost that no allowance covers,
    /// at the level of volume that the payer has reached, with the fee of a pass that the message is the first to use, and
    /// no more than a cap leaves. What is reserved counts as charged.
    #[must_use]
    pub fn price<'p>(
        &self,
        payer: impl Into<Purse<'p>>,
        service: Service,
        size: Size,
        file: bool,
        route: Option<&RouteId>,
    ) -> Priced {
        self.work(payer.into(), service, size, file, route, &mut |_| ())
    }

    /// The price; `tell` hears how it comes about.
    pub(super) fn work(
        &self,
        purse: Purse<'_>,
        service: Service,
        size: Size,
        file: bool,
        route: Option<&RouteId>,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Priced {
        Case { on: self, purse, service, size, route, sold: Sold::of(service, file) }.work(tell)
    }
}

impl Plan {
    fn without_price(&self, price: Price) -> Priced {
        Priced {
            price,
            funds: Funds::Enough,
            hold: None,
            charge_on: ChargeOn::Delivered,
            settlement: Settlement::Server,
            external: None,
            unit: Unit::Message,
            units: 1,
            allowance: None,
            pass: None,
            degraded: false,
        }
    }
}

/// One question to one plan.
pub(super) struct Case<'a> {
    pub(super) on: &'a Occasion<'a>,
    pub(super) purse: Purse<'a>,
    pub(super) service: Service,
    pub(super) size: Size,
    pub(super) route: Option<&'a RouteId>,
    pub(super) sold: Sold,
}

impl<'a> Case<'a> {
    pub(super) const fn whose(&self) -> Whose<'a> {
        Whose { recipient: self.on.recipient, account: self.on.account, route: self.route }
    }

    fn work(&self, tell: &mut impl FnMut(Told<'_>)) -> Priced {
        let Occasion { plan, dests, is_valid, .. } = self.on;
        let payer = self.purse.payer;
        if payer.plan != plan.id || payer.currency != plan.currency || !is_valid {
            return plan.without_price(Price::Unknown(UnknownPrice::NoPlan));
        }
        if payer.barred {
            return plan.without_price(Price::NotOffered(NotOffered::Barred));
        }
        let sells = plan.rates.get(Sold::of(self.service, false));
        let doubtful = dests.in_doubt && sells.tells_networks_apart();
        match (doubtful, plan.unknown_network) {
            (false, _) | (true, UnknownNetwork::Offnet) => self.priced(dests, tell),
            (true, UnknownNetwork::Unknown) => match self.row(dests, &mut |_| ()) {
                Some(exact) if exact.dest > Dest::Onnet => self.priced(dests, tell),
                _ => plan.without_price(Price::Unknown(UnknownPrice::NoNetwork)),
            },
            (true, UnknownNetwork::Worst) => {
                tell(Told::Doubt);
                let own = self.priced(&dests.certain(Dest::Onnet), tell);
                let other = self.priced(&dests.certain(Dest::Offnet), tell);
                match (own.price.as_next(), other.price.as_next()) {
                    (Some(cheap), Some(dear)) if cheap.at_most(dear) => other,
                    (Some(_), None) => other,
                    _ => own,
                }
            }
        }
    }

    /// The row that prices the message: destination first, then origin, then hour, the exact before the general; of those
    /// that are left the one that came into force last.
    fn row(&self, dests: &Dests, tell: &mut impl FnMut(Told<'_>)) -> Option<&'a Rate> {
        let day = self.on.plan.kind_of_day(self.on.local.day);
        let mut sold = Some(self.sold);
        while let Some(kind) = sold {
            let rates = self.on.plan.rates.get(kind);
            for dest in dests.list() {
                let rows = rates.to(*dest);
                for origin in self.on.origins.all() {
                    let mut always = None;
                    for row in rows.iter().filter(|row| row.origin == *origin) {
                        if !row.valid.contains(&self.on.at) {
                            tell(Told::OtherTime { row });
                            continue;
                        }
                        let band = row.band.and_then(|band| self.on.plan.bands.get(usize::from(band)));
                        match band {
                            None => always = always.or(Some(row)),
                            Some(band) if band.holds(day, self.on.local.minute) => {
                                tell(Told::Row { row, sold: kind });
                                return Some(row);
                            }
                            Some(band) => tell(Told::OtherHours { row, band: &band.id }),
                        }
                    }
                    if let Some(row) = always {
                        tell(Told::Row { row, sold: kind });
                        return Some(row);
                    }
                }
                tell(Told::NoRow { dest: *dest, sold: kind, elsewhere: rows });
            }
            sold = (kind == Sold::ImFile).then_some(Sold::Im);
        }
        None
    }

    fn priced(&self, dests: &Dests, tell: &mut impl FnMut(Told<'_>)) -> Priced {
        let mut priced = self.on.plan.without_price(Price::Unknown(UnknownPrice::NoRate));
        tell(Told::Asked { dests: dests.list(), origins: self.on.origins.all() });
        let Some(rate) = self.row(dests, tell) else { return priced };
        let units = match rate.unit {
            Unit::Segment => self.size.segments,
            Unit::Byte => self.size.bytes.saturating_add(rate.overhead),
            Unit::Utf8x160 => self.size.bytes.div_ceil(160).max(1),
            Unit::Message | Unit::Nano | Unit::Conversation => 1,
        };
        (priced.charge_on, priced.settlement, priced.unit, priced.units) =
            (rate.charge_on, rate.settlement, rate.unit, units);
        priced.external = self.on.plan.external.clone().filter(|_| rate.settlement == Settlement::Server);
        if !rate.offered {
            priced.price = Price::NotOffered(NotOffered::Plan);
            return priced;
        }
        match self.settle(rate, dests, units, &mut priced, tell) {
            Ok((amount, taken)) => self.known(rate, amount, taken, &mut priced),
            Err(price) => {
                (priced.price, priced.allowance, priced.pass, priced.degraded) = (price, None, None, false);
            }
        }
        priced
    }

    /// The amount, rounded, and what is taken from the payer's buckets for it; or why there is none.
    fn settle(
        &self,
        rate: &Rate,
        dests: &Dests,
        units: u64,
        priced: &mut Priced,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Result<(i128, Vec<Taken>), Price> {
        let none = Price::Unknown(UnknownPrice::NoRate);
        if rate.settlement == Settlement::Bearer {
            // Allowances, passes and caps of the bearer are counted where it is billed.
            let amount =
                amount::charge(self.on.plan, rate, units, self.size.bytes, 0, 0, tell).ok_or(none)?;
            return Ok((amount, Vec::new()));
        }
        let mut buckets = Buckets::new(self, rate, dests);
        let units = buckets.conversation(units, tell)?;
        priced.units = units;
        let fee = buckets.passes(priced, tell)?;
        let Covered { mut open, degraded } = buckets.cover(units, priced, tell)?;
        priced.degraded = degraded;
        if degraded {
            open = 0;
        }
        let counted = buckets.counted(open)?;
        let amount =
            amount::charge(self.on.plan, rate, open, self.size.bytes, counted, fee, tell).ok_or(none)?;
        let amount = buckets.caps(amount, tell)?;
        buckets.balances(amount, tell)?;
        Ok((amount, buckets.taken))
    }

    fn known(&self, rate: &Rate, amount: i128, taken: Vec<Taken>, priced: &mut Priced) {
        let money = Money::from_nanos(self.on.plan.currency, amount);
        // A bearer counts its own overhead and rounds whole sessions, so bytes are a guess; a price a message is not.
        // What a charging system of the operator's will say is another guess.
        let guess = self.on.plan.external.is_some()
            || rate.by_session
            || rate.settlement == Settlement::Bearer && rate.unit == Unit::Byte;
        priced.price = if guess { Price::Estimate(money) } else { Price::Exact(money) };
        if rate.settlement == Settlement::Server {
            priced.funds = if self.purse.can_pay(amount) { Funds::Enough } else { Funds::Short };
            priced.hold = Some(Hold { amount: money, taken });
        }
    }
}

//! A plan: the price rules of one kind of subscription, as read from one TOML file and the tables it names.

use super::calendar::Per;
use super::each::Each;
use super::example::Example;
use super::numbers::{Country, Numbers};
use super::prefixes::Prefixes;
use super::rates::{Dest, From, Rate, Rates};
use super::zone::{Local, Zone};
use crate::charge::External;
use crate::model::{Currency, PlanId, PlanVersion, Service, Time, Unit};
use crate::rows::Fault;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The most units that a message may have, or an allowance hold: 2^48 (256 TiB as bytes).
pub(super) const UNITS_MAX: u64 = 1 << 48;

/// The balance of what is in no other.
pub const MAIN_BALANCE: &str = "main";

/// A plan. Made by [`Plan::parse`] and [`super::Tariffs::parse`] only, which refuse what is ambiguous.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name.
    pub id: PlanId,
    /// Its version, as its author numbers it; kept with every decision.
    pub version: u32,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// How many decimals a charge has, 0 to 9.
    pub charge_decimals: u8,
    /// How a charge is brought to these decimals, once a message and service.
    pub rounding: Rounding,
    /// Who charges, when not our own ledger.
    pub external: Option<External>,
    /// From when it is valid; nothing: always.
    pub valid_from: Option<Time>,
    /// Until when (exclusive): its own date, or that of the version after it.
    pub valid_to: Option<Time>,
    /// How far below zero a new payer's balance may go, in nano-units.
    pub(super) credit_limit: i128,
    /// What a payer is told of once less can be spent, in nano-units.
    pub(super) low: Option<i128>,
    /// The order in which balances are spent, `main` being what no other is; empty: there is no other.
    pub(super) balances: Vec<Balance>,
    /// The clock of its bands, days and months.
    pub(super) zone: Zone,
    /// What is known of numbers; shared with other plans.
    pub(super) numbers: Arc<Numbers>,
    /// Its own classes of numbers, by number.
    pub(super) classes: Vec<SmolStr>,
    pub(super) prefixes: Prefixes,
    pub(super) short_codes: BTreeMap<SmolStr, u32>,
    pub(super) country: Option<Country>,
    /// Networks that count as on-net, by number; empty: the plan makes no difference.
    pub(super) onnet: Vec<bool>,
    pub(super) unknown_network: UnknownNetwork,
    pub(super) bands: Vec<Band>,
    /// Days that no weekday's band holds on, ascending.
    pub(super) holidays: Vec<u32>,
    pub(super) rates: SoldRates,
    /// When rows of prices come into force and go out of it, ascending.
    pub(super) dates: Vec<Time>,
    /// In the order in which they are used up.
    pub(super) allowances: Vec<Allowance>,
    pub(super) passes: Vec<Pass>,
    pub(super) caps: Vec<Cap>,
    /// Counters of prices by volume.
    pub(super) volumes: Vec<Volume>,
    /// Counters of conversations.
    pub(super) conversations: Vec<SmolStr>,
    /// What its author says that messages cost.
    pub(super) examples: Vec<Example>,
}

impl Plan {
    /// Its id and version, for records.
    #[must_use]
    pub fn named(&self) -> PlanVersion {
        PlanVersion { id: self.id.clone(), version: self.version }
    }
}

/// How an exact price is brought to the plan's decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Away from zero.
    Up,
    /// To the nearest; a half goes up.
    HalfUp,
    /// To the nearest; a half goes to the even neighbour.
    HalfEven,
    /// Towards zero.
    Down,
}

/// What a number's network is taken for where numbers are portable and nobody has looked this one up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnknownNetwork {
    Offnet,
    /// The dearer of on-net and off-net.
    Worst,
    /// The price is unknown.
    Unknown,
}

/// What a row of prices is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sold {
    Im,
    /// A file by IM; where a plan has no row for it, it is IM.
    ImFile,
    Sms,
    Mms,
}

impl Sold {
    pub(super) const ALL: [Self; 4] = [Self::Im, Self::ImFile, Self::Sms, Self::Mms];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Im => "im",
            Self::ImFile => "im_file",
            Self::Sms => "sms",
            Self::Mms => "mms",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sold| sold.as_str() == text)
    }

    /// True when a message sold as this falls under `of`: a file by IM is IM too.
    pub(super) fn falls_under(self, of: Self) -> bool {
        self == of || (self, of) == (Self::ImFile, Self::Im)
    }

    /// What a message by that service is sold as.
    pub(super) const fn of(service: Service, file: bool) -> Self {
        match service {
            Service::Im if file => Self::ImFile,
            Service::Im => Self::Im,
            Service::Sms => Self::Sms,
            Service::Mms => Self::Mms,
        }
    }
}

/// The rows of prices, by what they sell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SoldRates {
    pub(super) im: Rates,
    pub(super) im_file: Rates,
    pub(super) sms: Rates,
    pub(super) mms: Rates,
}

impl SoldRates {
    pub(super) const fn get(&self, sold: Sold) -> &Rates {
        match sold {
            Sold::Im => &self.im,
            Sold::ImFile => &self.im_file,
            Sold::Sms => &self.sms,
            Sold::Mms => &self.mms,
        }
    }

    pub(super) const fn get_mut(&mut self, sold: Sold) -> &mut Rates {
        match sold {
            Sold::Im => &mut self.im,
            Sold::ImFile => &mut self.im_file,
            Sold::Sms => &mut self.sms,
            Sold::Mms => &mut self.mms,
        }
    }
}

/// Which messages an allowance, pass or cap is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) services: Vec<Sold>,
    /// Nothing: to anywhere.
    pub(super) dests: Option<Vec<Dest>>,
    /// Nothing: from anywhere.
    pub(super) origins: Option<Vec<From>>,
}

impl Scope {
    pub(super) fn sells(&self, sold: Sold) -> bool {
        self.services.iter().any(|service| sold.falls_under(*service))
    }

    pub(super) fn reaches(&self, dests: &[Dest]) -> bool {
        self.dests.as_ref().is_none_or(|own| own.iter().any(|dest| dests.contains(dest)))
    }

    pub(super) fn starts_at(&self, origins: &[From]) -> bool {
        self.origins.as_ref().is_none_or(|own| own.iter().any(|origin| origins.contains(origin)))
    }
}

/// Units that cost nothing as long as some are left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) id: SmolStr,
    pub(super) scope: Scope,
    pub(super) unit: Unit,
    pub(super) amount: u64,
    pub(super) per: Per,
    /// Unused units that the next period has beside its own, at most.
    pub(super) rollover: u64,
    /// The bucket of those: none when nothing rolls over.
    pub(super) carried: Option<SmolStr>,
    pub(super) split: Split,
    /// Units that one unit of a service burns, where it is not one.
    pub(super) weights: Vec<(Sold, u64)>,
    pub(super) overage: Overage,
    /// It is used only while a pass that grants it lasts.
    pub(super) only_by_pass: bool,
    pub(super) priority: u32,
    /// Where it stands in the file, for errors.
    pub(super) line: usize,
}

impl Allowance {
    pub(super) fn weight(&self, sold: Sold) -> u64 {
        self.weights.iter().find(|(of, _)| sold.falls_under(*of)).map_or(1, |(_, weight)| *weight)
    }
}

/// What happens when fewer units are left than the message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// What is left is used, the rest is paid.
    Segments,
    /// The allowance is left alone.
    Whole,
}

/// What becomes of units that an allowance covers no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overage {
    /// They are paid.
    Charge,
    /// The service is not sold until the next period.
    Block,
    /// They cost nothing, and the service is worse.
    Throttle,
}

/// A fee that the first message of a period triggers, and what it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    pub(super) id: SmolStr,
    pub(super) trigger: Scope,
    pub(super) fee: i128,
    pub(super) per: Per,
    /// Allowances that cover what triggers the pass while it lasts, by place in the plan.
    pub(super) grants: Vec<usize>,
    pub(super) line: usize,
}

/// A part of a payer's money that is spent in its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Balance {
    pub(super) id: SmolStr,
    /// Where it stands in the file, for errors.
    pub(super) line: usize,
}

impl Balance {
    pub(super) fn is_main(&self) -> bool {
        self.id == MAIN_BALANCE
    }
}

/// Units of a period that a price by volume is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Volume {
    pub(super) id: SmolStr,
    pub(super) unit: Unit,
    pub(super) per: Per,
}

/// The most that is charged in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cap {
    pub(super) id: SmolStr,
    pub(super) each: Each,
    pub(super) scope: Scope,
    /// Nano-units.
    pub(super) amount: u64,
    pub(super) per: Per,
    pub(super) then: Then,
    /// The bucket of what the period may take beyond it, once somebody agreed to that; nothing: nobody can.
    pub(super) raised: Option<SmolStr>,
    /// Shares of it, in percent, that somebody is told of once they are charged; ascending.
    pub(super) notify: Vec<u8>,
    /// The bucket of which of these was told; nothing: there are none.
    pub(super) told: Option<SmolStr>,
    pub(super) line: usize,
}

impl Cap {
    /// True for the id of the cap, and of what was told of it.
    fn has(&self, id: &str) -> bool {
        self.id == id || self.told.as_deref() == Some(id)
    }
}

/// What happens at a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The rest of the period costs nothing more.
    Free,
    /// What would pass the cap is not sold.
    Block,
}

/// Hours of some days of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) id: SmolStr,
    /// Bit 0 is Monday, bit 6 Sunday, bit 7 a holiday.
    pub(super) days: u8,
    /// Minute of the day; `to` is exclusive. From above `to`: the hours at both ends of the day.
    pub(super) from: u16,
    pub(super) to: u16,
    pub(super) line: usize,
}

impl Band {
    /// True at that minute of a day of that kind (a bit of [`Self::days`]).
    pub(super) const fn holds(&self, day: u8, minute: u16) -> bool {
        let hours = if self.from < self.to {
            self.from <= minute && minute < self.to
        } else {
            self.from <= minute || minute < self.to
        };
        self.days & day != 0 && hours
    }

    /// True when there is a minute of which both hold.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let edges = [self.from, other.from, 0];
        self.days & other.days != 0
            && edges.iter().any(|minute| self.holds(u8::MAX, *minute) && other.holds(u8::MAX, *minute))
    }
}

impl Plan {
    /// True while the plan is valid.
    #[must_use]
    pub fn is_valid(&self, at: Time) -> bool {
        self.valid_from.is_none_or(|from| from <= at) && self.valid_to.is_none_or(|to| at < to)
    }

    /// How long a counter lasts; nothing when there is none of that name, or it counts conversations.
    pub(super) fn per(&self, id: &str) -> Option<Per> {
        let allowance = self.allowances.iter().find(|allowance| allowance.id == id).map(|of| of.per);
        let pass = || self.passes.iter().find(|pass| pass.id == id).map(|of| of.per);
        let cap = || self.caps.iter().find(|cap| cap.has(id)).map(|of| of.per);
        let volume = || self.volumes.iter().find(|volume| volume.id == id).map(|of| of.per);
        allowance.or_else(pass).or_else(cap).or_else(volume)
    }

    /// For whom a counter counts; nothing when there is none of that name.
    pub(super) fn each(&self, id: &str) -> Option<Each> {
        let cap = self.caps.iter().find(|cap| cap.has(id)).map(|cap| cap.each);
        let conversation = self.conversations.iter().any(|known| known == id).then_some(Each::Recipient);
        cap.or(conversation).or_else(|| self.per(id).map(|_| Each::Payer))
    }

    /// The bucket of what a cap is raised by, and how long it lasts.
    pub(super) fn raisable(&self, cap: &str) -> Option<(&SmolStr, Per)> {
        let cap = self.caps.iter().find(|known| known.id == cap)?;
        Some((cap.raised.as_ref()?, cap.per))
    }

    /// The balances beside the main one.
    pub(super) fn named_balances(&self) -> impl Iterator<Item = &Balance> {
        self.balances.iter().filter(|balance| !balance.is_main())
    }

    /// What the author says that messages cost.
    #[must_use]
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// The kind of a day, as a bit of [`Band::days`].
    pub(super) fn kind_of_day(&self, day: u32) -> u8 {
        if self.holidays.binary_search(&day).is_ok() {
            return 1 << 7;
        }
        // Day 4 was a Monday.
        1_u8.checked_shl(day.wrapping_add(3) % 7).unwrap_or(0)
    }

    /// Until when nothing but what the payer does itself changes a price that is asked at `at`: the next edge of a
    /// band, the end of a period, a date of a row, or the end of the plan.
    #[must_use]
    pub fn steady_until(&self, at: Time) -> Option<Time> {
        let local = self.zone.local(at);
        let next_day = local.day.saturating_add(1);
        let edges = self.bands.iter().flat_map(|band| [band.from, band.to]);
        let edge = edges.filter(|edge| *edge > local.minute).map(|minute| Local { day: local.day, minute });
        let midnight = (!self.bands.is_empty()).then_some(Local::midnight(next_day));
        let periods = (self.allowances.iter().map(|allowance| allowance.per))
            .chain(self.passes.iter().map(|pass| pass.per))
            .chain(self.caps.iter().map(|cap| cap.per));
        let periods = periods.filter_map(|per| per.end(local));
        let first = edge.chain(midnight).chain(periods).min_by_key(|local| (local.day, local.minute));
        let first = first.map(|local| self.zone.moment(local)).filter(|moment| *moment > at);
        let date = self.dates.get(self.dates.partition_point(|date| *date <= at)).copied();
        first.into_iter().chain(date).chain(self.valid_to).min()
    }

    /// How many rows of prices the plan has.
    #[must_use]
    pub fn rows(&self) -> usize {
        Sold::ALL.into_iter().map(|sold| self.rates.get(sold).rows().len()).sum()
    }

    /// The row that stands on that line, for errors that name two.
    pub(super) fn place_of(&self, rate: &Rate) -> String {
        match &rate.file {
            Some(file) => format!("line {} of {file}", rate.line),
            None => format!("line {}", rate.line),
        }
    }
}

/// Why a plan was refused: everything that is wrong with it, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    /// The faults; at least one, at most 50.
    pub faults: Vec<Fault>,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.faults.iter().enumerate().try_for_each(|(i, fault)| {
            let end = if i == 0 { "" } else { "\n" };
            write!(f, "{end}line {}: {}", fault.line, fault.message)
        })
    }
}

impl std::error::Error for PlanError {}

//! A plan: the price rules of one kind of subscription, as read from one TOML file.

use super::prefixes::Prefixes;
use crate::model::{Address, ByService, ChargeOn, Currency, PlanId, Service, Settlement, Unit};
use crate::rows::Fault;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt;

/// The most units that a message may have, or an allowance hold: 2^48 (256 TiB as bytes).
pub(super) const UNITS_MAX: u64 = 1 << 48;

/// A plan. Made by [`Plan::parse`] only, which refuses what is ambiguous.
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
    /// Destination classes, by number.
    pub(super) classes: Vec<SmolStr>,
    pub(super) prefixes: Prefixes,
    pub(super) short_codes: BTreeMap<SmolStr, u16>,
    /// Sorted by destination, `any` (`None`) first.
    pub(super) rates: ByService<Vec<Rate>>,
    /// In the order in which they are used up.
    pub(super) allowances: Vec<Allowance>,
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

/// One row of prices; amounts in nano-units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// The destination class; `None` = any.
    pub(super) dest: Option<u16>,
    pub(super) unit: Unit,
    pub(super) tariff: Tariff,
    pub(super) setup: i128,
    pub(super) min: i128,
    pub(super) max: Option<i128>,
    /// Bytes added to the payload, for a rate by volume.
    pub(super) overhead: u64,
    pub(super) settlement: Settlement,
    pub(super) charge_on: ChargeOn,
    pub(super) offered: bool,
    /// Where it stands in the file, for errors.
    pub(super) line: usize,
}

/// How the body of a price is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tariff {
    /// `price` for every `per` units, in whole steps.
    Steps { step: u64, price: i128, per: u64 },
    /// The whole message by its size in bytes; ascending.
    Tiers(Vec<Tier>),
}

/// A whole-message size tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tier {
    /// The largest size in bytes.
    pub(super) upto: u64,
    pub(super) price: i128,
}

/// Units that cost nothing as long as some are left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) id: SmolStr,
    pub(super) services: Vec<Service>,
    /// Destination classes; `None` = any.
    pub(super) dests: Option<Vec<u16>>,
    pub(super) unit: Unit,
    pub(super) amount: u64,
    pub(super) per: Per,
    pub(super) split: Split,
    pub(super) priority: u32,
    /// Where it stands in the file, for errors.
    pub(super) line: usize,
}

/// How long an allowance lasts before it is full again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Per {
    Day,
    Month,
    /// Never full again.
    Once,
}

/// What happens when fewer units are left than the message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// What is left is used, the rest is paid.
    Segments,
    /// The allowance is left alone.
    Whole,
}

impl Plan {
    /// The destination class of a recipient: an exact short code, or the longest prefix of a number.
    pub(super) fn class_of(&self, recipient: &Address) -> Option<u16> {
        match recipient {
            Address::E164(digits) => self.prefixes.class_of(digits),
            Address::ShortCode(code) => self.short_codes.get(code).copied(),
            Address::Alphanumeric(_) | Address::Sip(_) => None,
        }
    }

    /// The row for a service and destination class: that class's own, else `any`.
    pub(super) fn rate(&self, service: Service, class: Option<u16>) -> Option<&Rate> {
        let rows = self.rates.get(service);
        let row = |dest: Option<u16>| rows.binary_search_by_key(&dest, |rate| rate.dest).ok();
        rows.get(class.and_then(|class| row(Some(class))).or_else(|| row(None))?)
    }
}

impl Allowance {
    /// True when it covers this service to this destination class.
    pub(super) fn covers(&self, service: Service, class: Option<u16>) -> bool {
        self.services.contains(&service)
            && self.dests.as_ref().is_none_or(|dests| class.is_some_and(|class| dests.contains(&class)))
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

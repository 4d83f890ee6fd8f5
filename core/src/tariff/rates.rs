//! The rows of prices, found by destination, origin and hour. A price list of a hundred thousand rows costs a look-up
//! no more than a few comparisons of small keys.

use super::calendar::Per;
use super::numbers::{Country, KINDS};
use super::plan::Plan;
use crate::model::{ChargeOn, Settlement, Time, Unit};
use smol_str::{SmolStr, format_smolstr};
use std::cmp::Reverse;
use std::ops::Range;

/// Where a message goes, as a row of prices names it; the later goes before the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Dest {
    Any,
    /// A destination zone, abroad.
    Zone(u16),
    /// The plan's own country.
    National,
    Country(Country),
    Offnet,
    Onnet,
    Network(u16),
    /// A kind of numbers with prices of its own.
    Special(u8),
    /// A class of the plan's own: an exact number or short code, or its longest prefix.
    Class(u32),
}

impl Dest {
    /// A bit for each kind, so that a look-up passes over kinds that no row has.
    const fn bit(self) -> u16 {
        match self {
            Self::Any => 1,
            Self::Zone(_) => 1 << 1,
            Self::National => 1 << 2,
            Self::Country(_) => 1 << 3,
            Self::Offnet => 1 << 4,
            Self::Onnet => 1 << 5,
            Self::Network(_) => 1 << 6,
            Self::Special(_) => 1 << 7,
            Self::Class(_) => 1 << 8,
        }
    }

    /// As a plan writes it.
    pub(super) fn name(self, plan: &Plan) -> SmolStr {
        let of = |names: &[SmolStr], n: usize| names.get(n).map_or("?", SmolStr::as_str).to_owned();
        match self {
            Self::Any => SmolStr::new_static("any"),
            Self::Zone(zone) => format_smolstr!("intl:{}", of(&plan.numbers.zones, usize::from(zone))),
            Self::National => SmolStr::new_static("national"),
            Self::Country(country) => format_smolstr!("country:{}", String::from_utf8_lossy(&country)),
            Self::Offnet => SmolStr::new_static("offnet"),
            Self::Onnet => SmolStr::new_static("onnet"),
            Self::Network(network) => {
                let network = plan.numbers.networks.get(usize::from(network));
                format_smolstr!("net:{}", network.map_or("?", |network| network.id.as_str()))
            }
            Self::Special(kind) => {
                format_smolstr!("special:{}", KINDS.get(usize::from(kind)).copied().unwrap_or("?"))
            }
            Self::Class(class) => {
                SmolStr::new(of(&plan.classes, usize::try_from(class).unwrap_or(usize::MAX)))
            }
        }
    }
}

/// Where the sender is, as a row of prices names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum From {
    Any,
    /// In any visited network.
    Roaming,
    Home,
    /// In a visited network of that roaming zone.
    Zone(u16),
    /// On Wi-Fi, wherever.
    Wifi,
}

impl From {
    /// As a plan writes it.
    pub(super) fn name(self, plan: &Plan) -> SmolStr {
        match self {
            Self::Any => SmolStr::new_static("any"),
            Self::Roaming => SmolStr::new_static("roam:*"),
            Self::Home => SmolStr::new_static("home"),
            Self::Zone(zone) => {
                let zone = plan.numbers.roaming.get(usize::from(zone));
                format_smolstr!("roam:{}", zone.map_or("?", SmolStr::as_str))
            }
            Self::Wifi => SmolStr::new_static("wifi"),
        }
    }
}

/// How long a row without dates is in force.
pub(super) const ALWAYS: Range<Time> = Time::from_millis(0)..Time::from_millis(u64::MAX);

/// One row of prices; amounts in nano-units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// Its name, if it has one: that of its counter, for a price by volume.
    pub(super) id: Option<SmolStr>,
    pub(super) dest: Dest,
    pub(super) origin: From,
    /// Place in the plan's bands; nothing: at all hours.
    pub(super) band: Option<u16>,
    /// When it is in force; of several rows that are, the one that began last goes before the others.
    pub(super) valid: Range<Time>,
    pub(super) unit: Unit,
    pub(super) tariff: Tariff,
    pub(super) setup: i128,
    pub(super) min: i128,
    pub(super) max: Option<i128>,
    /// Bytes added to the payload, for a rate by volume.
    pub(super) overhead: u64,
    /// The bearer rounds a session to its steps, so that a message is priced by the byte, as an estimate.
    pub(super) by_session: bool,
    pub(super) settlement: Settlement,
    pub(super) charge_on: ChargeOn,
    pub(super) offered: bool,
    /// The table it stands in, when that is not the plan's own file.
    pub(super) file: Option<SmolStr>,
    /// Where it stands in its file, for errors and explanations.
    pub(super) line: usize,
}

impl Rate {
    /// The counter that the row shares with those of its id.
    pub(super) fn counter(&self) -> Option<&SmolStr> {
        let counts = matches!(self.tariff, Tariff::Volume { .. }) || self.unit == Unit::Conversation;
        self.id.as_ref().filter(|_| counts)
    }
}

/// How the body of a price is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tariff {
    /// `price` for every `per` units, in whole steps.
    Steps { step: u64, price: i128, per: u64 },
    /// The whole message by its size in bytes; ascending.
    Tiers(Vec<Tier>),
    /// At the price of the level that the units of the period have reached; the first level is from 0. `whole`: all units
    /// of a message at the level of its last one, else each at its own.
    Volume { levels: Vec<Level>, per: Per, whole: bool },
}

/// A whole-message size tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tier {
    /// The largest size in bytes.
    pub(super) upto: u64,
    pub(super) price: i128,
}

/// A level of a price by volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// Units of the period that come before it.
    pub(super) from: u64,
    pub(super) price: i128,
}

/// The rows of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rates {
    /// By destination, origin, date (the last one first), band and line.
    rows: Vec<Rate>,
    /// The destination of each row, apart from the rest of it so that a search stays in few cache lines.
    dests: Vec<Dest>,
    /// The kinds of destination that there are.
    kinds: u16,
}

impl Rates {
    pub(super) fn push(&mut self, rate: Rate) {
        self.rows.push(rate);
    }

    /// Brings the rows into their order; nothing is found before.
    pub(super) fn sort(&mut self) {
        self.rows.sort_by(|a, b| {
            let key = |of: &Rate| (of.dest, of.origin, Reverse(of.valid.start), of.band);
            key(a).cmp(&key(b)).then_with(|| (&a.file, a.line).cmp(&(&b.file, b.line)))
        });
        self.dests = self.rows.iter().map(|rate| rate.dest).collect();
        self.kinds = self.dests.iter().fold(0, |kinds, dest| kinds | dest.bit());
    }

    pub(super) fn rows(&self) -> &[Rate] {
        &self.rows
    }

    /// True when some row depends on whether a number is of an own network.
    pub(super) const fn tells_networks_apart(&self) -> bool {
        self.kinds & (Dest::Onnet.bit() | Dest::Offnet.bit()) != 0
    }

    /// The rows to that destination.
    pub(super) fn to(&self, dest: Dest) -> &[Rate] {
        if self.kinds & dest.bit() == 0 {
            return &[];
        }
        let first = self.dests.partition_point(|other| *other < dest);
        let rest = self.rows.get(first..).unwrap_or_default();
        let count =
            self.dests.get(first..).unwrap_or_default().iter().take_while(|other| **other == dest).count();
        rest.get(..count).unwrap_or_default()
    }
}

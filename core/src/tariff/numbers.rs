//! Whose a number is: its country, kind, network and zone, and which roaming zone a visited network is in. Shared by
//! all plans; read from tables that an operator keeps ([`super::numbers_read`]).

use super::prefixes::Prefixes;
use crate::model::{Address, Plmn, Time};
use smol_str::SmolStr;
use std::collections::HashMap;

/// Kinds of numbers; those after the first two have prices of their own (`special:KIND`).
pub(super) const KINDS: [&str; 7] =
    ["mobile", "fixed", "premium", "shortcode", "m2m", "satellite", "tollfree"];

/// How many of [`KINDS`] are ordinary.
const ORDINARY: u8 = 2;

/// A country by the two letters of ISO 3166.
pub(super) type Country = [u8; 2];

/// What is known of numbers and networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) networks: Vec<Network>,
    pub(super) network_ids: HashMap<SmolStr, u16>,
    /// Networks by MCC and MNC.
    pub(super) plmns: HashMap<Plmn, u16>,
    /// Prefixes; each stands for one of [`Self::blocks`].
    pub(super) prefixes: Prefixes,
    pub(super) blocks: Vec<Block>,
    /// Numbers that have left the network of their prefix.
    pub(super) ported: HashMap<u64, Ported>,
    /// Names of destination zones.
    pub(super) zones: Vec<SmolStr>,
    pub(super) country_zones: HashMap<Country, u16>,
    /// Countries where numbers keep their digits when they change networks.
    pub(super) portable: Vec<Country>,
    /// Names of roaming zones.
    pub(super) roaming: Vec<SmolStr>,
    /// Where a visited country or network is.
    pub(super) visited: HashMap<Visited, Whereabouts>,
}

/// A network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Network {
    pub(super) id: SmolStr,
    pub(super) group: SmolStr,
    pub(super) country: Option<Country>,
    pub(super) zone: Option<u16>,
}

/// What is known of all numbers that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Block {
    pub(super) country: Option<Country>,
    /// Place in [`KINDS`].
    pub(super) kind: u8,
    pub(super) network: Option<u16>,
    pub(super) zone: Option<u16>,
}

/// Where a number has moved to, and until when that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ported {
    pub(super) network: u16,
    pub(super) until: Option<Time>,
}

/// A visited country (MCC) or network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Visited {
    Country(u16),
    Network(Plmn),
}

/// Whether a visited network counts as home, or which roaming zone it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whereabouts {
    Home,
    Zone(u16),
}

/// What is known of one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) country: Option<Country>,
    /// Place in [`KINDS`], for kinds with prices of their own.
    pub(super) special: Option<u8>,
    pub(super) network: Option<u16>,
    pub(super) zone: Option<u16>,
    /// The network may have changed: numbers are portable there and nobody has looked this one up.
    pub(super) in_doubt: bool,
}

impl Numbers {
    /// What is known of a recipient: an exact ported entry goes before the prefix.
    pub(super) fn place(&self, recipient: &Address, at: Time) -> Place {
        let Address::E164(digits) = recipient else { return Place::default() };
        if self.blocks.is_empty() && self.ported.is_empty() {
            return Place::default();
        }
        let block =
            self.prefixes.class_of(digits).and_then(|block| self.blocks.get(usize::try_from(block).ok()?));
        let ported = |digits: &str| self.ported.get(&digits.parse::<u64>().ok()?);
        let moved = if self.ported.is_empty() { None } else { ported(digits) };
        let moved =
            moved.filter(|ported| ported.until.is_none_or(|until| at < until)).map(|ported| ported.network);
        let network = moved.or_else(|| block.and_then(|block| block.network));
        let of_network = network.and_then(|network| self.networks.get(usize::from(network)));
        let country = block.and_then(|block| block.country).or_else(|| of_network.and_then(|n| n.country));
        let zone = block.and_then(|block| block.zone).or_else(|| of_network.and_then(|network| network.zone));
        let kind = block.map(|block| block.kind);
        Place {
            country,
            special: kind.filter(|kind| *kind >= ORDINARY),
            network,
            zone: zone.or_else(|| self.country_zones.get(&country?).copied()),
            in_doubt: moved.is_none()
                && kind.is_some_and(|kind| kind < ORDINARY)
                && country.is_some_and(|country| self.portable.contains(&country)),
        }
    }

    /// Where a visited network is; nothing when no table says so.
    pub(super) fn whereabouts(&self, plmn: Plmn) -> Option<Whereabouts> {
        let exact = self.visited.get(&Visited::Network(plmn));
        exact.or_else(|| self.visited.get(&Visited::Country(plmn.mcc()))).copied()
    }
}

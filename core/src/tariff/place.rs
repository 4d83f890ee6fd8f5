//! A recipient as the rows of a plan name it: from an exact number to anywhere.

use super::plan::{Plan, UnknownNetwork};
use super::rates::Dest;
use crate::model::{Address, Time};

/// What a recipient is to a plan, the most exact first; `Any` is the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dests {
    list: [Dest; 8],
    len: usize,
    /// Whether the number is of an own network depends on a network that nobody knows for sure.
    pub(super) in_doubt: bool,
}

impl Dests {
    pub(super) fn of(plan: &Plan, recipient: &Address, at: Time) -> Self {
        let mut dests = Self { list: [Dest::Any; 8], len: 0, in_doubt: false };
        let class = match recipient {
            Address::E164(digits) => plan.prefixes.class_of(digits),
            Address::ShortCode(code) => plan.short_codes.get(code).copied(),
            Address::Alphanumeric(_) | Address::Sip(_) => None,
        };
        let place = plan.numbers.place(recipient, at);
        let national = plan.country.is_some() && place.country == plan.country;
        dests.push(class.map(Dest::Class));
        dests.push(place.special.map(Dest::Special));
        dests.push(place.network.map(Dest::Network));
        // On-net and off-net are words for numbers of the own country, where the plan names it.
        let known = place.network.is_some() || place.country.is_some();
        if !plan.onnet.is_empty() && known && (national || plan.country.is_none()) {
            dests.in_doubt = place.in_doubt;
            let own = place.network.and_then(|network| plan.onnet.get(usize::from(network)).copied());
            let side = if own == Some(true) { Dest::Onnet } else { Dest::Offnet };
            // In doubt the plan says what it is taken for; see `certain`.
            dests.push(
                (!place.in_doubt || plan.unknown_network == UnknownNetwork::Offnet)
                    .then_some(if place.in_doubt { Dest::Offnet } else { side }),
            );
        }
        dests.push(place.country.map(Dest::Country));
        dests.push(national.then_some(Dest::National));
        dests.push(place.zone.filter(|_| !national).map(Dest::Zone));
        dests.len = dests.len.saturating_add(1);
        dests
    }

    fn push(&mut self, dest: Option<Dest>) {
        if let (Some(dest), Some(slot)) = (dest, self.list.get_mut(self.len)) {
            *slot = dest;
            self.len = self.len.saturating_add(1);
        }
    }

    pub(super) fn list(&self) -> &[Dest] {
        self.list.get(..self.len).unwrap_or_default()
    }

    /// The same recipient, its network taken as known to be own or not.
    pub(super) fn certain(&self, side: Dest) -> Self {
        let mut dests = Self { list: [Dest::Any; 8], len: 0, in_doubt: false };
        let (exact, rest) = self.list().split_at(self.list().partition_point(|dest| *dest > Dest::Onnet));
        exact.iter().chain([&side]).chain(rest).for_each(|dest| dests.push(Some(*dest)));
        dests
    }
}

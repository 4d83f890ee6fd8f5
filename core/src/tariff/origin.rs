//! Where a sender is, as the rows of a plan name it: from Wi-Fi to anywhere.

use super::numbers::Whereabouts;
use super::plan::Plan;
use super::rates::From;
use crate::model::Origin;

/// An origin as the rows of a plan name it, the most exact first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origins {
    list: [From; 4],
    /// 1 when the first of them is Wi-Fi.
    wifi: usize,
    /// Where the place begins: behind Wi-Fi; `Any` is the last.
    end: usize,
}

impl Origins {
    pub(super) fn of(plan: &Plan, origin: Origin) -> Self {
        let mut list = [From::Any; 4];
        let place: &[From] = match origin.visited.map(|plmn| plan.numbers.whereabouts(plmn)) {
            None | Some(Some(Whereabouts::Home)) => &[From::Home],
            Some(Some(Whereabouts::Zone(zone))) => &[From::Zone(zone), From::Roaming],
            // Abroad somewhere that no table names.
            Some(None) => &[From::Roaming],
        };
        let wifi: &[From] = if origin.wifi { &[From::Wifi] } else { &[] };
        for (slot, from) in list.iter_mut().zip(wifi.iter().chain(place)) {
            *slot = *from;
        }
        Self { list, wifi: wifi.len(), end: wifi.len().saturating_add(place.len()) }
    }

    /// All of them, for rows.
    pub(super) fn all(&self) -> &[From] {
        self.list.get(..=self.end).unwrap_or_default()
    }

    /// Where it counts as sent from, once a row is found: Wi-Fi for a row of Wi-Fi, the place for a row of a place, and
    /// for a row of anywhere both.
    pub(super) fn counted(&self, row: From) -> &[From] {
        let range = match row {
            From::Wifi => 0..self.wifi,
            From::Any => 0..self.end,
            From::Roaming | From::Home | From::Zone(_) => self.wifi..self.end,
        };
        self.list.get(range).unwrap_or_default()
    }

    /// What a pass may be triggered by: chat over Wi-Fi uses no visited network.
    pub(super) fn triggering(&self, row: From, is_im: bool) -> &[From] {
        let wifi = row == From::Wifi || (row == From::Any && is_im && self.wifi > 0);
        let range = if wifi { 0..self.wifi } else { self.wifi..self.end };
        self.list.get(range).unwrap_or_default()
    }
}

//! Charging records: what was tried, what came of it and what it cost, in files for a billing system.
//!
//! A projection of the store's log and of nothing else: the same log gives the same records with the same numbers,
//! whether they are followed as they happen, made again after a crash, or exported years later. Formatting is pure;
//! files are handled in one place, and a thread of its own follows the log behind the commits.

mod export;
mod files;
mod following;
mod form;
mod keeping;
mod making;
mod money;
mod page;
mod reading;
mod record;
mod settings;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use export::{RecordsCommand, records};
pub(crate) use following::Brought;
pub(crate) use keeping::{Keeper, Standing};
pub(crate) use making::Maker;
pub(crate) use page::{Pages, Source, Walk, signed};
pub(crate) use reading::Lines;
pub(crate) use record::Record;
pub(crate) use settings::{Form, Limits, NODE, Settings};
pub(crate) use words::{CHARGE_CLEARED, CHARGE_IN_DOUBT, CHARGE_UNCOLLECTED};

use smol_str::SmolStr;

impl Maker {
    /// One that makes records as a configuration wants them.
    pub(crate) fn of(settings: Option<&Settings>) -> Self {
        let node = settings.map_or(SmolStr::new_static(NODE), |settings| settings.node.clone());
        Self { node, mask: settings.is_some_and(|settings| settings.mask) }
    }
}

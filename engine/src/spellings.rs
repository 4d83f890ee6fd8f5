//! How the receipts of a route spell ids (T1): learned from receipts that can mean one attempt only.
//!
//! Some SMSCs answer in hexadecimal and report in decimal, or the reverse, and short ids fit both ways: `16` is also
//! what `10` is in hexadecimal. A service names every way of reading an id in its own place; here it is counted which
//! way fitted alone. Once that is known the other ways count no more, so that a receipt that comes before its answer
//! does not fall on an older message. It is learned anew at each start.

use crate::locks::lock;
use std::collections::HashMap;
use std::sync::Mutex;
use switchback_core::model::{PeerId, RouteId};

/// So many more receipts fitted one way than any other: it is known.
const KNOWN_AFTER: u8 = 8;
/// Receipts that fit more than one attempt kept in mind for each route until the way is known; they are parked in
/// the store, and what is beyond this is looked at again at the next start.
const UNCLEAR_MAX: usize = 1024;

/// What is known of every route.
#[derive(Debug, Default)]
pub(crate) struct Spellings {
    routes: Mutex<HashMap<RouteId, Habit>>,
}

#[derive(Debug, Default)]
struct Habit {
    /// The place of the way that leads.
    place: usize,
    /// By how many.
    lead: u8,
    /// Names of receipts that fitted more than one attempt.
    unclear: Vec<Vec<PeerId>>,
}

impl Spellings {
    /// The place of the one way that counts, once it is known.
    pub(crate) fn known(&self, route: &RouteId) -> Option<usize> {
        let routes = lock(&self.routes);
        routes.get(route).filter(|habit| habit.lead >= KNOWN_AFTER).map(|habit| habit.place)
    }

    /// A receipt fitted in this way alone. When the way is known by it: the receipts that were unclear until then.
    pub(crate) fn fitted(&self, route: &RouteId, place: usize) -> Vec<Vec<PeerId>> {
        let mut routes = lock(&self.routes);
        let habit = routes.entry(route.clone()).or_default();
        if habit.lead >= KNOWN_AFTER {
            return Vec::new();
        }
        if habit.lead == 0 {
            habit.place = place;
        }
        if habit.place != place {
            habit.lead -= 1;
            return Vec::new();
        }
        habit.lead += 1;
        if habit.lead < KNOWN_AFTER {
            return Vec::new();
        }
        tracing::info!(%route, place, "the spelling of ids in this route's receipts is known: 0 as answered, 1 decimal of it, 2 hexadecimal of it");
        std::mem::take(&mut habit.unclear)
    }

    /// A receipt fits more than one attempt: it is looked at again when the way is known. When another loop has found
    /// out meanwhile: the way.
    pub(crate) fn unclear(&self, route: &RouteId, names: Vec<PeerId>) -> Option<usize> {
        let mut routes = lock(&self.routes);
        let habit = routes.entry(route.clone()).or_default();
        if habit.lead >= KNOWN_AFTER {
            return Some(habit.place);
        }
        if habit.unclear.len() < UNCLEAR_MAX {
            habit.unclear.push(names);
        }
        None
    }
}

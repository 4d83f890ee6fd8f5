//! Which routes are up: what services tell of their links, for prices, candidates and the operator.

use crate::locks::{read, write};
use std::collections::BTreeMap;
use std::sync::RwLock;
use switchback_core::model::{Reach, RouteId};
use switchback_ports::{RouteChange, RouteState};

/// Routes that services may tell of: far more than anybody configures (I20).
const ROUTES_MAX: usize = 10_000;

/// The state of every route that a service told of.
#[derive(Debug, Default)]
pub(crate) struct Routes(RwLock<BTreeMap<RouteId, RouteChange>>);

impl Routes {
    /// Takes a change; a repeated one keeps the moment of the first.
    pub(crate) fn change(&self, change: RouteChange) {
        let mut routes = write(&self.0);
        if routes.len() >= ROUTES_MAX && !routes.contains_key(&change.route) {
            tracing::warn!("a route more than can be kept was ignored");
            return;
        }
        match routes.get_mut(&change.route) {
            Some(known) if known.state == change.state => known.why = change.why,
            _ => {
                routes.insert(change.route.clone(), change);
            }
        }
    }

    /// What a route's state makes of a service's own word on reach.
    pub(crate) fn reach(&self, measured: Reach, route: Option<&RouteId>) -> Reach {
        let (Reach::Yes, Some(route)) = (measured, route) else { return measured };
        match read(&self.0).get(route) {
            Some(known) if known.state == RouteState::Down => Reach::Down(known.since),
            _ => Reach::Yes,
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<RouteChange> {
        read(&self.0).values().cloned().collect()
    }
}

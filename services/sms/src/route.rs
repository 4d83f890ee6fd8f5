//! One route: what the engine's threads see of it (its lane and whether it is up), and the task that works for it.
//!
//! ```text
//!   engine threads --orders, withdrawals--> Mailbox --> Worker (one task a route) <--SMPP--> SMSC
//!   engine threads --"durable", by Settle-^                  |
//!   Intake <-------------------- reports, arrivals ----------+
//! ```

mod backoff;
mod deliveries;
mod flights;
mod link;
mod mailbox;
mod pace;
mod parts;
mod reassembly;
mod recalls;
mod reporter;
mod submits;
mod unsent;
mod worker;

pub(crate) use backoff::Jitter;
pub(crate) use mailbox::Mailbox;
pub(crate) use worker::{Shared, Worker};

use crate::options::RouteSettings;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use switchback_core::model::{Reach, RouteId, Time};

/// What is shared between the service, which any thread calls, and the route's one task.
#[derive(Debug)]
pub(crate) struct Route {
    /// Its name; never changes.
    pub(crate) id: RouteId,
    /// Orders in, and the news that something is durable.
    pub(crate) mailbox: Mailbox,
    settings: Mutex<Arc<RouteSettings>>,
    /// When it went down, in milliseconds; [`UP`] while bound.
    down_since: AtomicU64,
}

/// No moment is this late.
const UP: u64 = u64::MAX;

impl Route {
    /// A route that is down until its session is bound.
    pub(crate) fn new(settings: RouteSettings, lane_orders: usize, now: Time) -> Self {
        Self {
            id: settings.id.clone(),
            mailbox: Mailbox::new(lane_orders),
            settings: Mutex::new(Arc::new(settings)),
            down_since: AtomicU64::new(now.as_millis()),
        }
    }

    /// Up, or down since when.
    pub(crate) fn reach(&self) -> Reach {
        match self.down_since.load(Ordering::Relaxed) {
            UP => Reach::Yes,
            since => Reach::Down(Time::from_millis(since)),
        }
    }

    /// True while bound.
    pub(crate) fn is_up(&self) -> bool {
        self.down_since.load(Ordering::Relaxed) == UP
    }

    pub(crate) fn set_up(&self) {
        self.down_since.store(UP, Ordering::Relaxed);
    }

    pub(crate) fn set_down(&self, now: Time) {
        self.down_since.store(now.as_millis().min(UP - 1), Ordering::Relaxed);
    }

    pub(crate) fn settings(&self) -> Arc<RouteSettings> {
        Arc::clone(&self.settings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace_settings(&self, settings: RouteSettings) {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
        self.mailbox.rebind();
    }
}

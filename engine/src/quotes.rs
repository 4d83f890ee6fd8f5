//! Quotes that bind upwards for a while (R2): remembered in memory, bounded, forgotten with a restart (a quote
//! that is not found is refused as expired, so that nobody pays a price that was never shown).

use crate::locks::lock;
use smol_str::SmolStr;
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use switchback_core::model::{Address, ByService, Money, Owner, PayerId, Service, Time};

/// What a quote promised, and to whom for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    /// Who was promised.
    pub(crate) owner: Owner,
    /// Who would pay.
    pub(crate) payer: Option<PayerId>,
    /// For a message to this address.
    pub(crate) recipient: Address,
    /// With this content.
    pub(crate) digest: [u8; 32],
    /// The price of each service.
    pub(crate) amounts: ByService<Option<Money>>,
    /// The service that the policy would have used.
    pub(crate) suggested: Option<Service>,
    /// Until when.
    pub(crate) valid_until: Time,
}

/// The bounded table of promises.
#[derive(Debug)]
pub(crate) struct Quotes {
    table: Mutex<Table>,
    max: usize,
}

#[derive(Debug, Default)]
struct Table {
    promises: HashMap<SmolStr, Promise>,
    /// In the order of making, which is the order of ending.
    order: VecDeque<(Time, SmolStr)>,
}

impl Quotes {
    pub(crate) fn new(max: usize) -> Self {
        Self { table: Mutex::default(), max }
    }

    /// Remembers a promise; the oldest gives way when there are too many.
    pub(crate) fn keep(&self, id: SmolStr, promise: Promise) {
        let mut table = lock(&self.table);
        while table.order.len() >= self.max.max(1) {
            let Some((_, oldest)) = table.order.pop_front() else { break };
            table.promises.remove(&oldest);
        }
        table.order.push_back((promise.valid_until, id.clone()));
        table.promises.insert(id, promise);
    }

    /// The promise of that id, while it holds.
    pub(crate) fn find(&self, id: &str, now: Time) -> Option<Promise> {
        lock(&self.table).promises.get(id).filter(|promise| now < promise.valid_until).cloned()
    }

    /// Forgets what has ended.
    pub(crate) fn sweep(&self, now: Time) {
        let mut table = lock(&self.table);
        while table.order.front().is_some_and(|(until, _)| *until <= now) {
            let Some((_, oldest)) = table.order.pop_front() else { break };
            table.promises.remove(&oldest);
        }
    }
}

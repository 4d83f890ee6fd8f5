//! The real store behind a gate: a commit can be held, or made to fail, at a chosen moment. It changes nothing else.

use crate::scene::PATIENCE;
use smol_str::SmolStr;
use std::sync::{Arc, Condvar, Mutex};
use switchback_core::model::{
    Content, Message, MessageId, Owner, PayerId, PeerId, Report, RouteId, SubscriberId, Time,
};
use switchback_core::tariff::Payer;
use switchback_ports::directory::{Entry, Kind};
use switchback_ports::{
    Chapter, Committed, Conflict, ConversationLine, ConversationSummary, DeviceRow, EventLine,
    IdempotencyKey, IdempotencyRecord, LedgerTotals, MessageFilter, Page, PeerRef, RefusalRecord, Store,
    StoreFailure, StoreTotals, Unit, Write,
};
use switchback_sqlite::SqliteStore;

/// What happens to commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Nothing.
    #[default]
    Pass,
    /// A commit that parks a receipt waits here.
    HoldParks,
    /// A commit with an idempotency key waits here.
    HoldKeys,
    /// The lists are behind.
    Behind,
    /// The disk is gone.
    Broken,
}

pub(crate) struct Gate {
    store: Arc<SqliteStore>,
    rule: Mutex<(Rule, usize)>,
    bell: Condvar,
    /// What happens after the next look at a message.
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Gate {
    pub(crate) fn new(store: Arc<SqliteStore>) -> Self {
        Self { store, rule: Mutex::default(), bell: Condvar::new(), meanwhile: Mutex::default() }
    }

    pub(crate) fn set(&self, rule: Rule) {
        self.rule.lock().unwrap().0 = rule;
        self.bell.notify_all();
    }

    /// What is to happen when a message has been looked at, before the next one is.
    pub(crate) fn after_a_look(&self, happens: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::new(happens));
    }

    /// How many commits were held or refused.
    pub(crate) fn met(&self) -> usize {
        self.rule.lock().unwrap().1
    }
}

fn any(units: &[Unit], meant: impl Fn(&Write) -> bool) -> bool {
    units.iter().flat_map(|unit| &unit.writes).any(meant)
}

impl Store for Gate {
    fn commit(&self, units: Vec<Unit>) -> Result<Vec<Result<Committed, Conflict>>, StoreFailure> {
        let mut rule = self.rule.lock().unwrap();
        let held = rule.0;
        let met = match held {
            Rule::Pass => false,
            Rule::HoldParks => any(&units, |write| matches!(write, Write::Park { .. })),
            Rule::HoldKeys => any(&units, |write| matches!(write, Write::Key(..))),
            Rule::Behind | Rule::Broken => true,
        };
        rule.1 += usize::from(met);
        match held {
            Rule::Behind => return Err(StoreFailure::Behind),
            Rule::Broken => return Err(StoreFailure::Stopped("no space left on device".into())),
            // Bounded, so that a test that fails also ends.
            _ if met => drop(self.bell.wait_timeout_while(rule, PATIENCE, |rule| rule.0 == held).unwrap()),
            _ => drop(rule),
        }
        self.store.commit(units)
    }

    fn message(&self, id: MessageId) -> Result<Option<Message>, StoreFailure> {
        let seen = self.store.message(id);
        let happens = self.meanwhile.lock().unwrap().take();
        if let Some(happens) = happens {
            happens();
        }
        seen
    }

    fn content(&self, id: MessageId) -> Result<Option<Content>, StoreFailure> {
        self.store.content(id)
    }

    fn by_idempotency_key(
        &self,
        key: &IdempotencyKey,
        now: Time,
    ) -> Result<Option<IdempotencyRecord>, StoreFailure> {
        self.store.by_idempotency_key(key, now)
    }

    fn by_peer_id(&self, route: &RouteId, id: &PeerId) -> Result<Option<PeerRef>, StoreFailure> {
        self.store.by_peer_id(route, id)
    }

    fn parked(&self, route: &RouteId, id: &PeerId) -> Result<Vec<Report>, StoreFailure> {
        self.store.parked(route, id)
    }

    fn waiting_for(&self, recipient: &SubscriberId) -> Result<Vec<MessageId>, StoreFailure> {
        self.store.waiting_for(recipient)
    }

    fn due(&self, now: Time, n: usize) -> Result<Vec<(Time, MessageId)>, StoreFailure> {
        self.store.due(now, n)
    }

    fn next_due(&self) -> Result<Option<Time>, StoreFailure> {
        self.store.next_due()
    }

    fn open_messages(&self, after: Option<MessageId>, n: usize) -> Result<Vec<Message>, StoreFailure> {
        self.store.open_messages(after, n)
    }

    fn payer(&self, id: &PayerId) -> Result<Option<Payer>, StoreFailure> {
        self.store.payer(id)
    }

    fn devices(&self) -> Result<Vec<DeviceRow>, StoreFailure> {
        self.store.devices()
    }

    fn directory(&self, kind: Kind) -> Result<Vec<Entry>, StoreFailure> {
        self.store.directory(kind)
    }

    fn story(&self, id: MessageId) -> Result<Vec<Chapter>, StoreFailure> {
        self.store.story(id)
    }

    fn chapters(&self, after: u64, n: usize) -> Result<Vec<Chapter>, StoreFailure> {
        self.store.chapters(after, n)
    }

    fn events(
        &self,
        audience: Option<&Owner>,
        after: u64,
        n: usize,
    ) -> Result<Page<EventLine>, StoreFailure> {
        self.store.events(audience, after, n)
    }

    fn messages(
        &self,
        filter: &MessageFilter,
        before: Option<MessageId>,
        n: usize,
    ) -> Result<Page<Message>, StoreFailure> {
        self.store.messages(filter, before, n)
    }

    fn conversations(&self, owner: &Owner, n: usize) -> Result<Page<ConversationSummary>, StoreFailure> {
        self.store.conversations(owner, n)
    }

    fn conversation(
        &self,
        owner: &Owner,
        with: &SmolStr,
        before: Option<MessageId>,
        n: usize,
    ) -> Result<Page<ConversationLine>, StoreFailure> {
        self.store.conversation(owner, with, before, n)
    }

    fn refusals(&self, n: usize) -> Result<Vec<RefusalRecord>, StoreFailure> {
        self.store.refusals(n)
    }

    fn ledger_totals(&self) -> Result<LedgerTotals, StoreFailure> {
        self.store.ledger_totals()
    }

    fn totals(&self) -> Result<StoreTotals, StoreFailure> {
        self.store.totals()
    }

    fn fill(&self, units: Vec<Unit>) -> Result<(), StoreFailure> {
        self.store.fill(units)
    }

    fn close(&self) {
        self.store.close();
    }
}

//! What stands in the engine's place: it writes down what it hears, and lets a test decide when something is
//! durable.

use smol_str::SmolStr;
use std::sync::Mutex;
use std::time::Duration;
use switchback_core::model::{
    Address, Choice, Content, DeviceId, Message, MessageId, Originator, Owner, PayerId, Presence, Report,
    ReportKind, Submission, SubscriberId, Target, Time,
};
use switchback_core::tariff::Payer;
use switchback_ports::directory::{Bearer, Entry, Kind, SipUser};
use switchback_ports::{
    Accepted, Answer, Arrival, CancelOutcome, Clock, ConversationLine, ConversationSummary, DeviceReceipt,
    DeviceRow, Done, EventLine, IdempotencyKey, Intake, LedgerTotals, MessageFilter, NamedQuote, Overloaded,
    Page, PayerChange, Quote, QuoteAsk, Refusal, RefusalKind, RefusalRecord, RouteChange, RouteState,
    StoreFailure, StoreTotals, Subscription, Trace, answer,
};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long anything may take that a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Recorder {
    heard: Mutex<Heard>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) reports: Vec<Report>,
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) routes: Vec<RouteChange>,
    /// What waits for a test to say that it is durable.
    pub(crate) held: Vec<Done>,
    /// Keep what is handed in undurable until the test says otherwise.
    pub(crate) hold: bool,
    /// Take nothing.
    pub(crate) overloaded: bool,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self { heard: Mutex::default(), changed: watch::Sender::new(0) }
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Heard) -> T) -> T {
        look(&mut self.heard.lock().unwrap())
    }

    /// Waits until `look` finds what it looks for.
    pub(crate) async fn until<T>(&self, what: &str, look: impl Fn(&mut Heard) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        let found = timeout(PATIENCE, async {
            loop {
                if let Some(found) = self.with(&look) {
                    return found;
                }
                changed.changed().await.unwrap();
            }
        });
        match found.await {
            Ok(found) => found,
            Err(_) => panic!("{what} did not come; heard: {:#?}", self.with(|heard| heard.reports.clone())),
        }
    }

    /// Waits for the next report (counting from 0) of this part of a message and gives what it says.
    pub(crate) async fn said(&self, of: (MessageId, u16, u16), nth: usize) -> Report {
        let (message, attempt, part) = of;
        let target = Target::Attempt { message, attempt, part };
        let what = format!("report {nth} of {target:?}");
        self.until(&what, |heard| heard.reports.iter().filter(|r| r.target == target).nth(nth).cloned()).await
    }

    pub(crate) async fn kind(&self, of: (MessageId, u16, u16), nth: usize) -> ReportKind {
        self.said(of, nth).await.kind
    }

    pub(crate) async fn route_is(&self, state: RouteState) {
        self.until("the route's state", |heard| {
            heard.routes.last().filter(|change| change.state == state).map(|_| ())
        })
        .await;
    }

    /// Says of the oldest held hand-in whether it is durable.
    pub(crate) fn settle(&self, durable: bool) {
        let done = self.with(|heard| heard.held.remove(0));
        done(durable);
    }

    fn note(&self, done: Done, write: impl FnOnce(&mut Heard)) -> Result<(), Overloaded> {
        let done = self.with(|heard| {
            if heard.overloaded {
                return Err(Overloaded);
            }
            write(heard);
            if heard.hold {
                heard.held.push(done);
                return Ok(None);
            }
            Ok(Some(done))
        })?;
        if let Some(done) = done {
            done(true);
        }
        self.changed.send_modify(|n| *n += 1);
        Ok(())
    }
}

fn nobody<T>() -> Answer<T> {
    answer().1
}

impl Intake for Recorder {
    fn report(&self, report: Report, done: Done) -> Result<(), Overloaded> {
        self.note(done, |heard| heard.reports.push(report))
    }

    fn arrive(&self, arrival: Arrival, done: Done) -> Result<(), Overloaded> {
        self.note(done, |heard| heard.arrivals.push(arrival))
    }

    fn route_changed(&self, change: RouteChange) {
        self.with(|heard| heard.routes.push(change));
        self.changed.send_modify(|n| *n += 1);
    }

    fn quote(&self, _: QuoteAsk) -> Answer<Result<Quote, Refusal>> {
        nobody()
    }
    fn submit(
        &self,
        _: Box<Submission>,
        _: Option<NamedQuote>,
        _: Option<(IdempotencyKey, [u8; 32])>,
    ) -> Answer<Result<Accepted, Refusal>> {
        nobody()
    }
    fn choose(&self, _: MessageId, _: Option<Owner>, _: Choice) -> Answer<Result<Message, Refusal>> {
        nobody()
    }
    fn cancel(&self, _: MessageId, _: Option<Owner>) -> Answer<Result<CancelOutcome, Refusal>> {
        nobody()
    }
    fn receipt(&self, _: DeviceReceipt) -> Answer<Result<(), Refusal>> {
        nobody()
    }
    fn register(&self, _: SubscriberId, _: DeviceId) -> Answer<Result<Vec<EventLine>, Refusal>> {
        nobody()
    }
    fn deregister(&self, _: SubscriberId, _: DeviceId, _: SmolStr) {}
    fn keep(&self, _: SubscriberId, _: DeviceId, _: Vec<u8>) -> Answer<Result<(), Refusal>> {
        nobody()
    }
    fn devices(&self) -> Answer<Result<Vec<DeviceRow>, StoreFailure>> {
        nobody()
    }
    fn device_count(&self, _: &SubscriberId) -> usize {
        0
    }
    fn sip_user(&self, _: &str) -> Option<SipUser> {
        None
    }
    fn subscriber_of(&self, _: &Address) -> Option<SubscriberId> {
        None
    }
    fn addresses_of(&self, _: &SubscriberId) -> Vec<Address> {
        Vec::new()
    }
    fn message_of(&self, _: IdempotencyKey) -> Answer<Result<Option<MessageId>, StoreFailure>> {
        nobody()
    }
    fn subscribe(&self, _: Option<Owner>) -> Subscription {
        Subscription { from_cursor: 0, events: tokio::sync::mpsc::channel(1).1 }
    }
    fn bearer(&self, _: &str) -> Option<Bearer> {
        None
    }
    fn originator(&self, _: &Bearer, _: Option<&Address>) -> Result<Originator, Refusal> {
        let (code, detail) = ("not_here".into(), "not here".into());
        Err(Refusal { kind: RefusalKind::NotFound, code, detail, quote: None })
    }
    fn presence(&self, _: &Address, _: &Bearer) -> Presence {
        Presence::Unknown
    }
    fn put_all(&self, _: Vec<Entry>) -> Answer<Result<(), Refusal>> {
        nobody()
    }
    fn put_payer(&self, _: PayerId, _: PayerChange) -> Answer<Result<Payer, Refusal>> {
        nobody()
    }
    fn directory(&self, _: Kind) -> Vec<Entry> {
        Vec::new()
    }
    fn payer(&self, _: &PayerId) -> Answer<Result<Option<Payer>, StoreFailure>> {
        nobody()
    }
    fn routes(&self) -> Vec<RouteChange> {
        Vec::new()
    }
    fn message(&self, _: MessageId) -> Answer<Result<Option<Message>, StoreFailure>> {
        nobody()
    }
    fn content(&self, _: MessageId) -> Answer<Result<Option<Content>, StoreFailure>> {
        nobody()
    }
    fn trace(&self, _: MessageId) -> Answer<Result<Trace, StoreFailure>> {
        nobody()
    }
    fn messages(
        &self,
        _: MessageFilter,
        _: Option<MessageId>,
        _: usize,
    ) -> Answer<Result<Page<Message>, StoreFailure>> {
        nobody()
    }
    fn events(&self, _: Option<Owner>, _: u64, _: usize) -> Answer<Result<Page<EventLine>, StoreFailure>> {
        nobody()
    }
    fn conversations(&self, _: Owner, _: usize) -> Answer<Result<Page<ConversationSummary>, StoreFailure>> {
        nobody()
    }
    fn conversation(
        &self,
        _: Owner,
        _: SmolStr,
        _: Option<MessageId>,
        _: usize,
    ) -> Answer<Result<Page<ConversationLine>, StoreFailure>> {
        nobody()
    }
    fn entry(&self, _: Kind, _: &str) -> Option<Entry> {
        None
    }
    fn refusals(&self, _: usize) -> Answer<Result<Vec<RefusalRecord>, StoreFailure>> {
        nobody()
    }
    fn ledger_totals(&self) -> Answer<Result<LedgerTotals, StoreFailure>> {
        nobody()
    }
    fn totals(&self) -> Answer<Result<StoreTotals, StoreFailure>> {
        nobody()
    }
    fn ready(&self) -> Result<(), SmolStr> {
        Ok(())
    }
}

/// The wall clock: deadlines in these tests are far away or over.
pub(crate) struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Time::from_millis(u64::try_from(since.as_millis()).unwrap())
    }
}

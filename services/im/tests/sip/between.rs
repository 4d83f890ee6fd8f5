//! Between the server and the engine: passes everything on, and holds answers back or swallows what comes live when a
//! test says so, so that what crosses on the wire crosses here in the order that the test wants.

use smol_str::SmolStr;
use std::sync::Arc;
use switchback_core::model::Content;
use switchback_core::model::{
    Address, Choice, DeviceId, Message, MessageId, Originator, Owner, PayerId, Presence, Report, Submission,
    SubscriberId,
};
use switchback_core::tariff::Payer;
use switchback_engine::Engine;
use switchback_ports::directory::{Bearer, Entry, Kind, SipUser};
use switchback_ports::{
    Accepted, Answer, Arrival, CancelOutcome, ConversationLine, ConversationSummary, DeviceReceipt,
    DeviceRow, Done, EventLine, IdempotencyKey, Intake, LedgerTotals, MessageFilter, NamedQuote, Overloaded,
    Page, PayerChange, Quote, QuoteAsk, Refusal, RefusalRecord, RouteChange, StoreFailure, StoreTotals,
    Subscription, Trace, answer,
};
use tokio::sync::{mpsc, watch};

/// What is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Nothing,
    /// What registrations find unconfirmed.
    Registrations,
    /// What look-ups of messages find.
    LookUps,
}

/// What a test says; the same one over crashes.
pub(crate) struct Gate {
    holds: watch::Sender<Held>,
    waiting: watch::Sender<usize>,
    deaf: watch::Sender<bool>,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        let (holds, waiting) = (watch::Sender::new(Held::Nothing), watch::Sender::new(0));
        Arc::new(Self { holds, waiting, deaf: watch::Sender::new(false) })
    }

    /// From now on such answers wait.
    pub(crate) fn hold(&self, what: Held) {
        self.holds.send_replace(what);
    }

    /// Some such answer is there, and waits.
    pub(crate) async fn something_waits(&self) {
        self.waiting.subscribe().wait_for(|waiting| *waiting > 0).await.unwrap();
    }

    /// What waits goes on.
    pub(crate) fn release(&self) {
        self.waiting.send_replace(0);
        self.holds.send_replace(Held::Nothing);
    }

    /// From now on nothing that comes live is heard.
    pub(crate) fn deafen(&self) {
        self.deaf.send_replace(true);
    }

    /// The stream of what comes live ends, as for one who was too slow for it.
    pub(crate) fn cut_off(&self) {
        self.deaf.send_replace(false);
    }

    fn pass<T: Send + 'static>(self: &Arc<Self>, what: Held, asked: Answer<T>) -> Answer<T> {
        let mut holds = self.holds.subscribe();
        if *holds.borrow() != what {
            return asked;
        }
        let ((responder, later), gate) = (answer(), Arc::clone(self));
        tokio::spawn(async move {
            let Ok(found) = asked.await else { return };
            gate.waiting.send_modify(|waiting| *waiting += 1);
            holds.wait_for(|held| *held != what).await.unwrap();
            responder.give(found);
        });
        later
    }
}

/// The engine, behind the gate.
pub(crate) struct Between {
    pub(crate) engine: Engine,
    pub(crate) gate: Arc<Gate>,
}

type Listed<T> = Answer<Result<T, StoreFailure>>;
type Asked<T> = Answer<Result<T, Refusal>>;

macro_rules! passed_on {
    ($(fn $name:ident(&self $(, $given:ident: $kind:ty)*) $(-> $back:ty)?;)*) => {
        $(fn $name(&self $(, $given: $kind)*) $(-> $back)? { self.engine.$name($($given),*) })*
    };
}

impl Intake for Between {
    fn register(&self, subscriber: SubscriberId, device: DeviceId) -> Asked<Vec<EventLine>> {
        self.gate.pass(Held::Registrations, self.engine.register(subscriber, device))
    }

    fn message(&self, id: MessageId) -> Listed<Option<Message>> {
        self.gate.pass(Held::LookUps, self.engine.message(id))
    }

    fn subscribe(&self, audience: Option<Owner>) -> Subscription {
        let mut live = self.engine.subscribe(audience);
        let (from_cursor, mut deaf) = (live.from_cursor, self.gate.deaf.subscribe());
        let (sender, events) = mpsc::channel(1024);
        tokio::spawn(async move {
            let mut was_deaf = false;
            loop {
                tokio::select! {
                    biased;
                    changed = deaf.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        let is_deaf = *deaf.borrow_and_update();
                        if std::mem::replace(&mut was_deaf, is_deaf) && !is_deaf {
                            return;
                        }
                    }
                    line = live.events.recv() => {
                        let Some(line) = line else { return };
                        if !was_deaf && sender.send(line).await.is_err() {
                            return;
                        }
                    }
                }
            }
        });
        Subscription { from_cursor, events }
    }

    passed_on! {
        fn quote(&self, ask: QuoteAsk) -> Asked<Quote>;
        fn submit(&self, submission: Box<Submission>, quote: Option<NamedQuote>, key: Option<(IdempotencyKey, [u8; 32])>) -> Asked<Accepted>;
        fn choose(&self, id: MessageId, who: Option<Owner>, choice: Choice) -> Asked<Message>;
        fn cancel(&self, id: MessageId, who: Option<Owner>) -> Asked<CancelOutcome>;
        fn receipt(&self, receipt: DeviceReceipt) -> Asked<()>;
        fn report(&self, report: Report, done: Done) -> Result<(), Overloaded>;
        fn arrive(&self, arrival: Arrival, done: Done) -> Result<(), Overloaded>;
        fn deregister(&self, subscriber: SubscriberId, device: DeviceId, why: SmolStr);
        fn keep(&self, subscriber: SubscriberId, device: DeviceId, kept: Vec<u8>) -> Asked<()>;
        fn devices(&self) -> Listed<Vec<DeviceRow>>;
        fn device_count(&self, subscriber: &SubscriberId) -> usize;
        fn sip_user(&self, user: &str) -> Option<SipUser>;
        fn subscriber_of(&self, address: &Address) -> Option<SubscriberId>;
        fn addresses_of(&self, subscriber: &SubscriberId) -> Vec<Address>;
        fn message_of(&self, key: IdempotencyKey) -> Listed<Option<MessageId>>;
        fn route_changed(&self, change: RouteChange);
        fn bearer(&self, secret: &str) -> Option<Bearer>;
        fn originator(&self, bearer: &Bearer, from: Option<&Address>) -> Result<Originator, Refusal>;
        fn presence(&self, of: &Address, asker: &Bearer) -> Presence;
        fn put_all(&self, entries: Vec<Entry>) -> Asked<()>;
        fn put_payer(&self, payer: PayerId, change: PayerChange) -> Asked<Payer>;
        fn directory(&self, kind: Kind) -> Vec<Entry>;
        fn entry(&self, kind: Kind, key: &str) -> Option<Entry>;
        fn payer(&self, id: &PayerId) -> Listed<Option<Payer>>;
        fn routes(&self) -> Vec<RouteChange>;
        fn content(&self, id: MessageId) -> Listed<Option<Content>>;
        fn trace(&self, id: MessageId) -> Listed<Trace>;
        fn messages(&self, filter: MessageFilter, before: Option<MessageId>, n: usize) -> Listed<Page<Message>>;
        fn events(&self, audience: Option<Owner>, after: u64, n: usize) -> Listed<Page<EventLine>>;
        fn conversations(&self, owner: Owner, n: usize) -> Listed<Page<ConversationSummary>>;
        fn conversation(&self, owner: Owner, with: SmolStr, before: Option<MessageId>, n: usize) -> Listed<Page<ConversationLine>>;
        fn refusals(&self, n: usize) -> Listed<Vec<RefusalRecord>>;
        fn ledger_totals(&self) -> Listed<LedgerTotals>;
        fn totals(&self) -> Listed<StoreTotals>;
        fn ready(&self) -> Result<(), SmolStr>;
    }
}

//! The way in: every call is handed to the thread that owns its matter; none blocks.

use crate::desk::Errand;
use crate::engine::Engine;
use crate::in_flight::HeldKey;
use crate::locks::read;
use crate::refuse::{key_in_flight, overloaded, refusal};
use crate::work::{CommandWork, PayerWork, QuoteWork, SubmitAnswer, SubmitWork, Work};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::sync::Arc;
use switchback_core::model::{
    Address, Choice, Content, DeviceId, FallbackRule, Message, MessageId, Origin, Originator, Owner, PayerId,
    Presence, Report, Service, ServiceChoice, Shard, Submission, SubscriberId,
};
use switchback_core::tariff::Payer;
use switchback_ports::directory::{Bearer, Entry, Kind, SipUser};
use switchback_ports::{
    Accepted, Answer, Arrival, CancelOutcome, ConversationLine, ConversationSummary, DeviceReceipt,
    DeviceRow, Done, EventLine, IdempotencyKey, Intake, KEPT_MAX, LedgerTotals, MessageFilter, NamedQuote,
    Overloaded, Page, PayerChange, Quote, QuoteAsk, Refusal, RefusalKind, RefusalRecord, RouteChange,
    StoreFailure, StoreTotals, Subscription, Trace, answer,
};

/// An answer that may be a refusal.
type Asked<T> = Answer<Result<T, Refusal>>;
/// An answer of a query.
type Listed<T> = Answer<Result<T, StoreFailure>>;

/// Most lines of one page, whatever is asked for (I20).
const PAGE_MAX: usize = 1000;

impl Engine {
    /// Hands work to a loop, or refuses it.
    fn hand(&self, index: usize, work: Work) {
        let shared = self.shared();
        if let Err(work) = shared.send(index, work) {
            shared.counters.overloads.one();
            work.refuse(overloaded());
        }
    }

    fn command(&self, work: CommandWork) {
        let index = self.shared().loop_of_message(work.id());
        let work = Work::Command(Box::new(work));
        match self.shared().health.refusal() {
            Some(refused) => work.refuse(refused),
            None => self.hand(index, work),
        }
    }

    /// Holds the key of a submission, if it has one, until that is answered.
    ///
    /// # Errors
    /// Another submission holds it.
    fn hold_key(&self, key: Option<(IdempotencyKey, [u8; 32])>) -> Result<Option<HeldKey>, ()> {
        key.map(|key| self.shared().in_flight.hold(key).ok_or(())).transpose()
    }

    /// The shard of a submission: its payer's; without a payer, its recipient's.
    fn shard_of(originator: &Originator, recipient: &Address) -> Shard {
        originator
            .payer
            .as_ref()
            .map_or_else(|| Shard::of(&recipient.to_string()), |payer| Shard::of(payer.as_str()))
    }
}

impl Intake for Engine {
    fn quote(&self, ask: QuoteAsk) -> Asked<Quote> {
        let (responder, later) = answer();
        let index = self.shared().loop_of(Self::shard_of(&ask.originator, &ask.recipient));
        let work = Work::Quote(Box::new(QuoteWork { ask, answer: responder }));
        match self.shared().health.refusal() {
            Some(refused) => work.refuse(refused),
            None => self.hand(index, work),
        }
        later
    }

    fn submit(
        &self,
        mut submission: Box<Submission>,
        quote: Option<NamedQuote>,
        key: Option<(IdempotencyKey, [u8; 32])>,
    ) -> Asked<Accepted> {
        let (responder, later) = answer();
        if let Some(refused) = self.shared().health.refusal() {
            responder.give(Err(refused));
            return later;
        }
        let Ok(key) = self.hold_key(key) else {
            responder.give(Err(key_in_flight()));
            return later;
        };
        let shard = Self::shard_of(&submission.originator, &submission.recipient);
        let content = Arc::new(std::mem::replace(&mut submission.content, Content::text("")));
        let answer = SubmitAnswer::Sender(responder);
        let work = SubmitWork { submission: *submission, content, quote, key, shard, answer };
        self.hand(self.shared().loop_of(shard), Work::Submit(Box::new(work)));
        later
    }

    fn choose(&self, id: MessageId, who: Option<Owner>, choice: Choice) -> Asked<Message> {
        let (responder, later) = answer();
        self.command(CommandWork::Choose { id, who, choice, answer: responder });
        later
    }

    fn cancel(&self, id: MessageId, who: Option<Owner>) -> Asked<CancelOutcome> {
        let (responder, later) = answer();
        self.command(CommandWork::Cancel { id, who, answer: responder });
        later
    }

    fn receipt(&self, receipt: DeviceReceipt) -> Asked<()> {
        let (responder, later) = answer();
        self.command(CommandWork::Receipt { receipt, answer: responder });
        later
    }

    fn report(&self, report: Report, done: Done) -> Result<(), Overloaded> {
        if !self.shared().health.takes_reports() {
            return Err(Overloaded);
        }
        self.shared().take_report(report, done).map_err(|()| Overloaded)
    }

    fn arrive(&self, arrival: Arrival, done: Done) -> Result<(), Overloaded> {
        let shared = self.shared();
        if shared.health.ready().is_err() {
            return Err(Overloaded);
        }
        let shard = Shard::of(&arrival.to.to_string());
        let known = read(&shared.book).by_address(&arrival.to).is_some();
        let originator =
            Originator { owner: Owner::Network, address: arrival.from, payer: None, origin: Origin::HOME };
        if !known {
            // A peer that repeats it would only be refused again: it is told that this is settled.
            let refused =
                refusal(RefusalKind::NotFound, "no_such_recipient", "No subscriber has this address.");
            shared.counters.refuse(&refused.code);
            shared.errand(Errand::Refused(Box::new(RefusalRecord {
                at: shared.clock.now(),
                owner: Owner::Network,
                recipient: Some(arrival.to),
                code: refused.code,
            })));
            done(true);
            return Ok(());
        }
        // The same arrival again is the same key; a peer's name for it is unique on its route only.
        let name = Sha256::digest(format!("{}\n{}", arrival.route, arrival.once).as_bytes());
        let key: SmolStr = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let body: [u8; 32] = Sha256::digest(arrival.content.text.as_bytes()).into();
        let Ok(key) = self.hold_key(Some((IdempotencyKey { owner: Owner::Network, key }, body))) else {
            return Err(Overloaded);
        };
        let submission = Submission {
            originator,
            recipient: arrival.to,
            content: Content::text(""),
            service: ServiceChoice::Named(Service::Im),
            // Nobody pays for another way: it waits for the recipient.
            fallback: FallbackRule::Never,
            revert: None,
            quoted: None,
            max_price: None,
            expires_at: None,
            fallback_after_ms: None,
            class: None,
            client_ref: None,
        };
        let work = SubmitWork {
            submission,
            content: Arc::new(arrival.content),
            quote: None,
            key,
            shard,
            answer: SubmitAnswer::Peer(done),
        };
        shared.send(shared.loop_of(shard), Work::Submit(Box::new(work))).map_err(|_| {
            shared.counters.overloads.one();
            Overloaded
        })
    }

    fn register(&self, subscriber: SubscriberId, device: DeviceId) -> Asked<Vec<EventLine>> {
        let (responder, later) = answer();
        self.shared().errand(Errand::Register { subscriber, device, answer: responder });
        later
    }

    fn deregister(&self, subscriber: SubscriberId, device: DeviceId, why: SmolStr) {
        let at = self.shared().clock.now();
        self.shared().errand(Errand::Lost { subscriber, device, at, why });
    }

    fn keep(&self, subscriber: SubscriberId, device: DeviceId, kept: Vec<u8>) -> Asked<()> {
        let (responder, later) = answer();
        if kept.len() > KEPT_MAX {
            responder.give(Err(refusal(
                RefusalKind::Invalid,
                "device_keeps_too_much",
                "What is to be kept with the device is too long. Register with shorter addresses.",
            )));
            return later;
        }
        self.shared().errand(Errand::Keep { subscriber, device, kept, answer: responder });
        later
    }

    fn devices(&self) -> Listed<Vec<DeviceRow>> {
        self.shared().pool.ask(|store| store.devices())
    }

    fn device_count(&self, subscriber: &SubscriberId) -> usize {
        self.shared().presence.devices(subscriber)
    }

    fn sip_user(&self, user: &str) -> Option<SipUser> {
        read(&self.shared().book).sip_user(user).cloned()
    }

    fn subscriber_of(&self, address: &Address) -> Option<SubscriberId> {
        read(&self.shared().book).by_address(address).map(|known| known.id.clone())
    }

    fn addresses_of(&self, subscriber: &SubscriberId) -> Vec<Address> {
        read(&self.shared().book)
            .subscriber(subscriber)
            .map_or_else(Vec::new, |known| known.addresses.clone())
    }

    fn message_of(&self, key: IdempotencyKey) -> Listed<Option<MessageId>> {
        let now = self.shared().clock.now();
        self.shared()
            .pool
            .ask(move |store| Ok(store.by_idempotency_key(&key, now)?.map(|record| record.message)))
    }

    fn route_changed(&self, change: RouteChange) {
        self.shared().routes.change(change);
    }

    fn subscribe(&self, audience: Option<Owner>) -> Subscription {
        self.shared().hub.subscribe(audience)
    }

    fn bearer(&self, secret: &str) -> Option<Bearer> {
        // Looked up by hash: what a timing could tell is about the hash, not the secret.
        let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        read(&self.shared().book).bearer(&hash)
    }

    fn originator(&self, bearer: &Bearer, from: Option<&Address>) -> Result<Originator, Refusal> {
        read(&self.shared().book).originator(bearer, from)
    }

    fn presence(&self, of: &Address, asker: &Bearer) -> Presence {
        let shared = self.shared();
        let book = read(&shared.book);
        let known = book.by_address(of);
        let own = known.is_some_and(|known| *asker == Bearer::Subscriber(known.id.clone()));
        if known.is_some_and(|known| known.hide_presence) && !own && *asker != Bearer::Admin {
            return Presence::Unknown;
        }
        shared.status_of(of, known.map(|known| &known.id), &book, shared.clock.now())
    }

    fn put_all(&self, entries: Vec<Entry>) -> Asked<()> {
        let (responder, later) = answer();
        crate::desk::put(self.shared(), entries, responder);
        later
    }

    fn put_payer(&self, payer: PayerId, change: PayerChange) -> Asked<Payer> {
        let (responder, later) = answer();
        let index = self.shared().loop_of(Shard::of(payer.as_str()));
        let work = Work::Payer(Box::new(PayerWork { id: payer, change, answer: responder }));
        match self.shared().health.refusal() {
            Some(refused) => work.refuse(refused),
            None => self.hand(index, work),
        }
        later
    }

    fn directory(&self, kind: Kind) -> Vec<Entry> {
        read(&self.shared().book).entries(kind)
    }

    fn entry(&self, kind: Kind, key: &str) -> Option<Entry> {
        read(&self.shared().book).entry(kind, key)
    }

    fn payer(&self, id: &PayerId) -> Listed<Option<Payer>> {
        let id = id.clone();
        self.shared().pool.ask(move |store| store.payer(&id))
    }

    fn routes(&self) -> Vec<RouteChange> {
        self.shared().routes.all()
    }

    fn message(&self, id: MessageId) -> Listed<Option<Message>> {
        self.shared().pool.ask(move |store| store.message(id))
    }

    fn content(&self, id: MessageId) -> Listed<Option<Content>> {
        self.shared().pool.ask(move |store| store.content(id))
    }

    fn trace(&self, id: MessageId) -> Listed<Trace> {
        self.shared().pool.ask(move |store| {
            Ok(Trace {
                decisions: store.decisions(id)?,
                events: store.message_events(id)?,
                ledger: store.message_ledger(id)?,
            })
        })
    }

    fn messages(&self, filter: MessageFilter, before: Option<MessageId>, n: usize) -> Listed<Page<Message>> {
        self.shared().pool.ask(move |store| store.messages(&filter, before, n.min(PAGE_MAX)))
    }

    fn events(&self, audience: Option<Owner>, after: u64, n: usize) -> Listed<Page<EventLine>> {
        self.shared().pool.ask(move |store| store.events(audience.as_ref(), after, n.min(PAGE_MAX)))
    }

    fn conversations(&self, owner: Owner, n: usize) -> Listed<Page<ConversationSummary>> {
        self.shared().pool.ask(move |store| store.conversations(&owner, n.min(PAGE_MAX)))
    }

    fn conversation(
        &self,
        owner: Owner,
        with: SmolStr,
        before: Option<MessageId>,
        n: usize,
    ) -> Listed<Page<ConversationLine>> {
        self.shared().pool.ask(move |store| store.conversation(&owner, &with, before, n.min(PAGE_MAX)))
    }

    fn refusals(&self, n: usize) -> Listed<Vec<RefusalRecord>> {
        self.shared().pool.ask(move |store| store.refusals(n.min(PAGE_MAX)))
    }

    fn ledger_totals(&self) -> Listed<LedgerTotals> {
        self.shared().pool.ask(|store| store.ledger_totals())
    }

    fn totals(&self) -> Listed<StoreTotals> {
        self.shared().pool.ask(|store| store.totals())
    }

    fn ready(&self) -> Result<(), SmolStr> {
        self.shared().health.ready()
    }
}

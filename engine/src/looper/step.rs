//! One step of one message: take in what happened, decide until it rests, and make the unit that says so.

use super::seats::PayerSeat;
use super::settle::{Pending, Reply};
use super::{Job, Looper};
use crate::facts::{Purse, Question, Quoted, own_hold};
use crate::locks::read;
use crate::refuse::{from_store, our_fault};
use crate::shared::Shared;
use crate::work::{Poke, Work};
use std::sync::Arc;
use switchback_core::lifecycle::{self, Changes};
use switchback_core::model::{
    Content, EventKind, Facts, Input, Message, MessageId, PlanVersion, Presence, Time,
};
use switchback_ports::{Expect, IncomingMessage, StoreFailure, Unit, Write};

/// Most rounds of gathering facts: each need is answered at once, so a third would be a fault of ours.
const ROUNDS: usize = 4;

/// A message being stepped.
pub(super) struct Step<'a> {
    pub(super) shared: &'a Shared,
    pub(super) now: Time,
    pub(super) message: &'a mut Message,
    pub(super) payer: Option<&'a mut PayerSeat>,
    /// The content, once it was needed: handed in at acceptance, else read from the store (claim 2).
    pub(super) content: Option<Arc<Content>>,
    pub(super) changes: Changes,
    /// How many of the ledger entries the payer has taken.
    pub(super) applied: usize,
    /// True when the payer's state was read for a price.
    pub(super) priced: bool,
    /// Prices that a charging system was asked for, once it was.
    pub(super) quoted: Option<Quoted>,
}

/// Why a step could not be made.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The store could not be read.
    Store(StoreFailure),
    /// A fault of ours; it has been logged.
    Fault,
    /// The prices are those of a charging system, which has not been asked yet.
    Unquoted,
}

impl From<StoreFailure> for Trouble {
    fn from(failure: StoreFailure) -> Self {
        Self::Store(failure)
    }
}

impl<'a> Step<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        now: Time,
        message: &'a mut Message,
        payer: Option<&'a mut PayerSeat>,
    ) -> Self {
        Self {
            shared,
            now,
            message,
            payer,
            content: None,
            changes: Changes::default(),
            applied: 0,
            priced: false,
            quoted: None,
        }
    }

    /// Takes in what happened.
    pub(super) fn absorb(&mut self, input: &Input) {
        lifecycle::absorb(self.message, input, &self.shared.options.timers, self.now, &mut self.changes);
    }

    /// Decides and applies until the message rests, gathering facts as they are needed.
    pub(super) fn advance(&mut self) -> Result<(), Trouble> {
        self.advance_with(Facts { guard_until: self.shared.guard(self.now), ..Facts::default() })
    }

    /// The same with facts that were gathered already.
    pub(super) fn advance_with(&mut self, mut facts: Facts) -> Result<(), Trouble> {
        for _ in 0..ROUNDS {
            let timers = &self.shared.options.timers;
            let rested = lifecycle::advance(self.message, &facts, timers, self.now, &mut self.changes);
            self.settle_payer()?;
            match rested {
                Ok(()) => return Ok(()),
                Err(needs) => {
                    if needs.presence && facts.presence.is_none() {
                        facts.presence = Some(self.status());
                    }
                    if needs.offers && facts.offers.is_none() {
                        facts.offers = Some(self.offers()?);
                        facts.plan = self.plan();
                    }
                }
            }
        }
        tracing::error!(message = %self.message.id, "facts were asked for again and again");
        Err(Trouble::Fault)
    }

    /// The recipient's status.
    pub(super) fn status(&self) -> Presence {
        let book = read(&self.shared.book);
        self.shared.status_of(
            &self.message.recipient,
            self.message.recipient_subscriber.as_ref(),
            &book,
            self.now,
        )
    }

    /// What each service would cost now, with this message's own reservation counted as free.
    pub(super) fn offers(&mut self) -> Result<switchback_core::model::Offers, Trouble> {
        let content = self.content()?;
        self.priced = true;
        let question = Question {
            recipient: &self.message.recipient,
            subscriber: self.message.recipient_subscriber.as_ref(),
            content: &content,
            originator: &self.message.originator,
            at: self.now,
            quoted: self.quoted.as_ref(),
        };
        let purse = purse(self.message, self.payer.as_deref(), own_hold(self.message));
        self.shared.offers(question, purse).map(|(offers, _)| offers).ok_or(Trouble::Unquoted)
    }

    /// The plan that prices them.
    pub(super) fn plan(&self) -> Option<PlanVersion> {
        purse(self.message, self.payer.as_deref(), None).plan()
    }

    fn content(&mut self) -> Result<Arc<Content>, Trouble> {
        if let Some(content) = &self.content {
            return Ok(Arc::clone(content));
        }
        let stored = self.shared.store.content(self.message.id)?;
        let Some(content) = stored.map(Arc::new) else {
            tracing::error!(message = %self.message.id, "the store has no content for an open message");
            return Err(Trouble::Fault);
        };
        self.content = Some(Arc::clone(&content));
        Ok(content)
    }

    /// The payer takes the ledger's new entries at once, so that the next price sees them.
    fn settle_payer(&mut self) -> Result<(), Trouble> {
        let new = self.changes.ledger.get(self.applied..).unwrap_or_default();
        let Some(seat) = self.payer.as_deref_mut() else {
            // Without a payer nothing is reserved: IM is free to the network.
            return Ok(());
        };
        let mut notices = Vec::new();
        for entry in new {
            if let Err(error) = seat.payer.apply(entry) {
                tracing::error!(message = %self.message.id, %error, kind = ?entry.kind, "the payer did not take an entry");
                return Err(Trouble::Fault);
            }
            if let Some(plan) = &seat.plan {
                notices.extend(seat.payer.notices(plan, entry));
            }
        }
        for notice in notices {
            lifecycle::notice(self.message, notice, self.now, &mut self.changes);
        }
        self.applied = self.changes.ledger.len();
        Ok(())
    }
}

/// Who would pay for a message.
pub(super) fn purse<'p>(
    message: &Message,
    payer: Option<&'p PayerSeat>,
    own: Option<&'p switchback_core::charge::Hold>,
) -> Purse<'p> {
    match (message.originator.payer.is_some(), payer) {
        (false, _) => Purse::Nobody,
        (true, Some(seat)) => match &seat.plan {
            Some(plan) => Purse::Of { payer: &seat.payer, plan, own },
            None => Purse::NoPlan,
        },
        (true, None) => Purse::NoPlan,
    }
}

impl Looper {
    /// Steps a message that exists: takes the inputs in, decides, and queues the unit. `forget` drops parked
    /// receipts in the same unit.
    pub(super) fn step(
        &mut self,
        job: Job,
        id: MessageId,
        inputs: &[Input],
        reply: Reply,
        forget: Vec<Write>,
    ) {
        let before = match self.seats.message(id, &*self.shared.store) {
            Ok(Some(message)) => message.clone(),
            Ok(None) => return self.settle_unknown(job, id),
            Err(failure) => return self.trouble(job, id, Trouble::Store(failure)),
        };
        let shared = Arc::clone(&self.shared);
        let watch =
            before.recipient_subscriber.as_ref().map(|who| (who.clone(), shared.presence.generation(who)));
        let mut message = before.clone();
        if let Err(trouble) = self.load_payer(&before) {
            return self.trouble(job, id, trouble);
        }
        let seat = match &before.originator.payer {
            Some(payer) => self.seats.payer(payer, &*shared.store).ok().flatten(),
            None => None,
        };
        let stored = seat.as_ref().map(|seat| seat.stored);
        let mut step = Step::new(&shared, shared.clock.now(), &mut message, seat);
        step.quoted.clone_from(&job.quoted);
        for input in inputs {
            step.absorb(input);
        }
        if let Err(trouble) = step.advance() {
            return self.trouble(job, id, trouble);
        }
        let (changes, content, priced) = (step.changes, step.content, step.priced);
        let unchanged = message == before && changes == Changes::default() && forget.is_empty();
        if unchanged && !self.seats.is_dirty(id) {
            return self.finish_unchanged(job, &message, reply, watch);
        }
        let expects = vec![Expect::Message { id, version: Some(before.version) }];
        let mut unit = Unit { shard: id.shard(), epoch: crate::EPOCH, expects, writes: Vec::new() };
        if !unchanged {
            message.version = before.version.saturating_add(1);
        }
        let mut pending = Pending::new(job, &message, reply, watch);
        pending.content = content;
        if !unchanged {
            unit.writes.push(Write::Message(Box::new(message.clone())));
        }
        unit.writes.extend(forget);
        pending.expect_peer_id(&before, &message, &mut unit);
        self.queue_unit(unit, pending, message, changes, stored.filter(|_| priced));
    }

    /// Completes a unit with what changed, and takes the message and payer as they will be.
    pub(super) fn queue_unit(
        &mut self,
        mut unit: Unit,
        mut pending: Pending,
        message: Message,
        changes: Changes,
        priced_at: Option<Option<u64>>,
    ) {
        let id = message.id;
        if let Some(payer) = &message.originator.payer
            && let Ok(Some(seat)) = self.seats.payer(payer, &*self.shared.store)
        {
            let moved = !changes.ledger.is_empty();
            // A price relied on the payer as it was: the store checks that it still was so.
            if moved || priced_at.is_some() {
                unit.expects.push(Expect::Payer { id: payer.clone(), version: seat.stored });
            }
            if moved {
                unit.writes.push(Write::Payer(Box::new(seat.payer.clone())));
                seat.stored = Some(seat.payer.version);
                pending.payer = Some(payer.clone());
            }
        }
        if !changes.records.is_empty() {
            unit.writes.push(Write::Decisions(id, changes.records));
        }
        if !changes.events.is_empty() {
            unit.writes.push(Write::Events(changes.events.clone()));
        }
        if !changes.ledger.is_empty() {
            unit.writes.push(Write::Ledger(changes.ledger));
        }
        if changes.events.iter().any(|event| matches!(event.kind, EventKind::Incoming { .. })) {
            pending.incoming = self.incoming(&message, pending.content.clone());
        }
        pending.events = changes.events;
        pending.effects = changes.effects;
        pending.due = message.due;
        self.seats.put(message);
        self.turn.units.push(unit);
        self.turn.pending.push(pending);
    }

    /// What a message says, for live readers: a device that is back takes thousands, and each would be asked for again.
    /// A store that can't say so now will, when a reader asks.
    fn incoming(&self, message: &Message, at_hand: Option<Arc<Content>>) -> Option<Arc<IncomingMessage>> {
        let content = match at_hand {
            Some(content) => content,
            None => Arc::new(self.shared.store.content(message.id).ok().flatten()?),
        };
        Some(Arc::new(IncomingMessage::of(message, content)))
    }

    /// Makes sure that the payer of a message is seated with its present plan.
    pub(super) fn load_payer(&mut self, message: &Message) -> Result<(), Trouble> {
        let Some(id) = &message.originator.payer else { return Ok(()) };
        let shared = Arc::clone(&self.shared);
        if let Some(seat) = self.seats.payer(id, &*shared.store)? {
            let (book, now) = (read(&shared.book), shared.clock.now());
            seat.adopt(book.plan(&seat.payer.plan.clone(), now), now);
        }
        Ok(())
    }

    /// Nothing changed and nothing is under way: what is in the store says it all already.
    fn finish_unchanged(
        &mut self,
        job: Job,
        message: &Message,
        reply: Reply,
        watch: Option<(switchback_core::model::SubscriberId, u64)>,
    ) {
        let now = self.shared.clock.now();
        let due_still = !message.is_settled() && message.due.is_some_and(|due| due <= now);
        if due_still && matches!(job.work, Work::Poke(_, Poke::Dispatched)) {
            tracing::error!(message = %message.id, "a message is due and nothing can be done");
        }
        self.done_with_poke(&job.work, due_still);
        let pending = Pending::new(job, message, reply, watch);
        self.watch_again(&pending, message.is_settled());
        self.answer(pending);
    }

    /// There is no such message: a report of it is settled, for asking again would not help.
    fn settle_unknown(&mut self, job: Job, id: MessageId) {
        self.done_with_poke(&job.work, false);
        match job.work {
            Work::Report(work) => {
                tracing::warn!(message = %id, "a report of a message that is not known was ignored");
                if let Some(done) = work.done {
                    done(true);
                }
            }
            work => work.refuse(crate::refuse::no_such_message()),
        }
    }

    /// The step could not be made: nothing of it counts.
    pub(super) fn trouble(&mut self, job: Job, id: MessageId, trouble: Trouble) {
        let payer = self.seats.known(id).and_then(|message| message.originator.payer.clone());
        self.seats.drop_message(id);
        if let Some(payer) = payer {
            self.seats.drop_payer(&payer);
        }
        if !matches!(trouble, Trouble::Unquoted) {
            self.done_with_poke(&job.work, true);
        }
        match trouble {
            Trouble::Unquoted => self.quote_first(job, id),
            Trouble::Store(failure) => {
                if failure != StoreFailure::Behind {
                    self.shared.health.fail(&failure.to_string());
                }
                job.work.refuse(from_store(&failure));
            }
            Trouble::Fault => job.work.refuse(our_fault()),
        }
    }

    /// The prices that the step lacks are asked for; then it is made.
    fn quote_first(&mut self, job: Job, id: MessageId) {
        let shared = Arc::clone(&self.shared);
        let known = self.seats.message(id, &*shared.store).map(|message| message.cloned());
        let known = known.and_then(|message| Ok(message.zip(shared.store.content(id)?)));
        match known {
            Ok(Some((message, content))) => match self.load_payer(&message) {
                Ok(()) => self.ask_prices(job, &message, &content, shared.clock.now()),
                Err(trouble) => self.trouble(job, id, trouble),
            },
            Ok(None) => self.settle_unknown(job, id),
            Err(failure) => self.trouble(job, id, Trouble::Store(failure)),
        }
    }

    /// A charging system answered.
    pub(super) fn claimed(&mut self, job: Job) {
        let Work::Claimed(work) = &job.work else { return };
        let input = Input::Claimed { attempt: work.attempt, order: work.order, answer: work.answer };
        let id = work.message;
        self.step(job, id, &[input], Reply::Nothing, Vec::new());
    }

    /// Looks at a message again.
    pub(super) fn poke(&mut self, job: Job) {
        let Work::Poke(id, poke) = &job.work else { return };
        let input = if matches!(poke, Poke::Recovered(_)) { Input::Recovered } else { Input::Poked };
        let id = *id;
        self.step(job, id, &[input], Reply::Nothing, Vec::new());
    }
}

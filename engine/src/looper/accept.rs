//! Acceptance (R1): one commit with message, content, decision, reservation and the first attempt's intent, or a
//! refusal that leaves nothing behind.

use super::settle::{Pending, Reply};
use super::step::{Step, Trouble};
use super::{Job, Looper};
use crate::admission::{Draft, said, summary, told};
use crate::facts::Quoted;
use crate::in_flight::HeldKey;
use crate::locks::read;
use crate::refuse::{from_store, our_fault, refusal};
use crate::work::{SubmitAnswer, SubmitWork, Work};
use std::sync::Arc;
use switchback_core::decide::{self, admit};
use switchback_core::lifecycle;
use switchback_core::model::{ContentSummary, Facts, Message, Money, Service, ServiceChoice, Time};
use switchback_ports::{Expect, IdempotencyRecord, Refusal, RefusalKind, Unit, Write};

/// Until when a name is known that lives as long as its message, which is not deleted: what a store's integers hold.
const KEPT: Time = Time::from_millis(i64::MAX.cast_unsigned());

impl Looper {
    /// Accepts or refuses a submission.
    pub(super) fn accept(&mut self, mut job: Job) {
        let Work::Submit(work) = &mut job.work else { return };
        let now = self.shared.clock.now();
        let message = match self.draft(work, now) {
            Ok(message) => message,
            Err(refused) => return self.refuse_submission(job, refused, now),
        };
        match self.start(work, message.clone(), job.quoted.as_ref(), now) {
            Ok(started) => self.queue_acceptance(job, started, now),
            Err(Halt::Unquoted) => {
                let content = Arc::clone(&work.content);
                self.ask_prices(job, &message, &content, now);
            }
            Err(Halt::Refused(refused)) => self.refuse_submission(job, refused, now),
        }
    }

    /// The message that is asked for, with the price that binds.
    fn draft(&self, work: &mut SubmitWork, now: Time) -> Result<Message, Refusal> {
        if let Some(refused) = self.shared.health.refusal() {
            return Err(refused);
        }
        if work.content.text.is_empty() && work.content.media.is_empty() {
            return Err(refusal(
                RefusalKind::Invalid,
                "empty",
                "The message is empty. Give a text or media.",
            ));
        }
        let content = summary(&work.content);
        if let Some(quote) = &work.quote {
            work.submission.quoted = Some(self.quoted(&quote.id, work, &content, now)?);
        }
        let id = self.shared.ids.next(now, work.shard);
        let book = read(&self.shared.book);
        let mut message = Draft::of(&work.submission, id, content, now).message(&self.shared, &book)?;
        message.client_ref.clone_from(&work.submission.client_ref);
        Ok(message)
    }

    /// The price that an unexpired quote promised for this very message.
    fn quoted(
        &self,
        id: &str,
        work: &SubmitWork,
        content: &ContentSummary,
        now: Time,
    ) -> Result<Money, Refusal> {
        let promise = self.shared.quotes.find(id, now).ok_or_else(quote_expired)?;
        let asked = &work.submission;
        let same = promise.owner == asked.originator.owner
            && promise.payer == asked.originator.payer
            && promise.recipient == asked.recipient
            && promise.digest == said(&work.content, content);
        if !same {
            let detail = "The quote was for another message. Ask for a quote of this one.";
            return Err(refusal(RefusalKind::Conflict, "quote_mismatch", detail));
        }
        let service: Option<Service> = match asked.service {
            ServiceChoice::Named(service) => Some(service),
            ServiceChoice::Auto | ServiceChoice::Ask => promise.suggested,
        };
        let amount = service.and_then(|service| *promise.amounts.get(service));
        amount.ok_or_else(|| {
            let detail =
                "The quote gave no price for this service. Submit without it, or choose another service.";
            refusal(RefusalKind::Conflict, "quote_without_price", detail)
        })
    }

    /// Asks the core whether it may be accepted, and lets it decide the first step.
    fn start(
        &mut self,
        work: &SubmitWork,
        mut message: Message,
        quoted: Option<&Quoted>,
        now: Time,
    ) -> Result<Started, Halt> {
        let generation = message
            .recipient_subscriber
            .as_ref()
            .map(|who| (who.clone(), self.shared.presence.generation(who)));
        self.load_payer(&message)?;
        let shared = Arc::clone(&self.shared);
        let seat = match &message.originator.payer {
            Some(payer) => self.seats.payer(payer, &*shared.store).map_err(Trouble::Store)?,
            None => None,
        };
        let stored = seat.as_ref().map(|seat| seat.stored);
        let parks = work.quote.as_ref().is_some_and(|quote| quote.parks);
        let mut step = Step::new(&shared, now, &mut message, seat);
        step.content = Some(Arc::clone(&work.content));
        step.quoted = quoted.cloned();
        let presence = step.status();
        let offers = step.offers()?;
        match admit(step.message, &offers, presence) {
            // The core sees it again by the quote, and parks it.
            Err(decide::Refusal::PriceRose { .. }) if parks => {}
            admitted => admitted.map_err(told)?,
        }
        lifecycle::accepted(step.message, now, &mut step.changes);
        let facts = Facts {
            presence: Some(presence),
            offers: Some(offers),
            plan: step.plan(),
            guard_until: shared.guard(now),
        };
        let outcome = step.advance_with(facts);
        let changes = step.changes;
        if let Err(trouble) = outcome {
            // The payer may have taken entries already: it is read again.
            if let Some(id) = &message.originator.payer {
                self.seats.drop_payer(id);
            }
            return Err(trouble.into());
        }
        Ok(Started { message, changes, stored, watch: generation })
    }

    fn queue_acceptance(&mut self, job: Job, started: Started, now: Time) {
        let Started { message, changes, stored, watch } = started;
        let Work::Submit(work) = &job.work else { return };
        let id = message.id;
        let mut unit = Unit {
            shard: work.shard,
            epoch: crate::EPOCH,
            expects: vec![Expect::Message { id, version: None }],
            writes: Vec::with_capacity(7),
        };
        if let Some(HeldKey { key, body, .. }) = &work.key {
            unit.expects.push(Expect::KeyAbsent(key.clone()));
            // A chat message is asked for by its sender's name for it as long as it is kept: a notification may come
            // after weeks.
            let until = match &work.content.chat {
                Some(_) => KEPT,
                None => now.plus_millis(self.shared.options.timers.idempotency_ms),
            };
            unit.writes.push(Write::Key(key.clone(), IdempotencyRecord { body: *body, message: id, until }));
        }
        unit.writes.push(Write::Message(Box::new(message.clone())));
        unit.writes.push(Write::Content(id, Box::new(work.content.as_ref().clone())));
        // The first attempt uses the content at hand; every later one reads the store (claim 2).
        let content = Some(Arc::clone(&work.content));
        let mut pending = Pending::new(job, &message, Reply::Message(Box::new(message.clone())), watch);
        pending.content = content;
        self.queue_unit(unit, pending, message, changes, stored);
    }

    /// A refusal; but a key that was answered before gets its stored answer, whatever the facts are now.
    fn refuse_submission(&mut self, job: Job, mut refused: Refusal, now: Time) {
        let Work::Submit(work) = &job.work else { return };
        if let Some(held) = &work.key {
            match self.shared.store.by_idempotency_key(&held.key, now) {
                Ok(Some(record)) => return self.replay(job, record),
                Ok(None) => {}
                Err(failure) => refused = from_store(&failure),
            }
        }
        if refused.code == "price_rose" {
            refused.quote = self.fresh_quote(work, job.quoted.as_ref(), now).map(Box::new);
        }
        let peer = matches!(work.answer, SubmitAnswer::Peer(_));
        let ours = matches!(refused.kind, RefusalKind::Overload | RefusalKind::Unavailable);
        if !ours {
            self.note_refusal(&work.submission.originator, &work.submission.recipient, &refused);
        }
        match job.work {
            // A peer network that repeats what can never be accepted would only be refused again.
            Work::Submit(work) if peer && !ours => work.tell(Err(refused), true),
            work => work.refuse(refused),
        }
    }
}

/// A submission that can be committed.
struct Started {
    message: Message,
    changes: lifecycle::Changes,
    stored: Option<Option<u64>>,
    watch: Option<(switchback_core::model::SubscriberId, u64)>,
}

/// Why a submission is not accepted now.
pub(super) enum Halt {
    /// It is refused.
    Refused(Refusal),
    /// The prices are those of a charging system, which has not been asked yet.
    Unquoted,
}

impl From<Refusal> for Halt {
    fn from(refused: Refusal) -> Self {
        Self::Refused(refused)
    }
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Store(failure) => Self::Refused(from_store(&failure)),
            Trouble::Fault => Self::Refused(our_fault()),
            Trouble::Unquoted => Self::Unquoted,
        }
    }
}

fn quote_expired() -> Refusal {
    let detail = "The quote is unknown or has ended. Ask for a new one and submit with it.";
    refusal(RefusalKind::Conflict, "quote_expired", detail)
}

//! After the commit: answers, effects, events; or, for a refused unit, deciding again.

use super::{Job, Looper, TRIES};
use crate::hub::Told;
use crate::refuse::contended;
use crate::work::{CommandWork, MatchWork, Poke, Work};
use std::sync::Arc;
use switchback_core::lifecycle::Effect;
use switchback_core::model::{
    Content, Event, EventKind, Message, MessageId, PayerId, PeerId, ReportKind, RouteId, Status,
    SubscriberId, Target, Time, Withdrawal,
};
use switchback_core::tariff::Payer;
use switchback_ports::{CancelOutcome, Committed, Conflict, Expect, IncomingMessage, Unit};

/// What a unit of the batch will mean once it is durable.
pub(super) struct Pending {
    pub(super) job: Job,
    pub(super) message: Option<MessageId>,
    pub(super) payer: Option<PayerId>,
    pub(super) events: Vec<Event>,
    pub(super) effects: Vec<Effect>,
    /// The content for the effects and for live readers, when it is at hand.
    pub(super) content: Option<Arc<Content>>,
    /// The message that comes in, for live readers.
    pub(super) incoming: Option<Arc<IncomingMessage>>,
    pub(super) reply: Reply,
    /// The recipient and the generation of its registrations when the step began.
    pub(super) watch: Option<(SubscriberId, u64)>,
    /// A peer's id that this unit makes known.
    pub(super) peer_id: Option<(RouteId, PeerId)>,
    pub(super) due: Option<Time>,
    /// It is final, and nothing is owed to a charging system.
    pub(super) is_final: bool,
    /// How a cancel stands after this unit.
    pub(super) cancel: Option<CancelOutcome>,
}

/// What is answered once the unit is durable.
pub(super) enum Reply {
    /// Nothing but the word that it is done.
    Nothing,
    /// The message as it is then.
    Message(Box<Message>),
    /// The payer as it is then.
    Payer(Box<Payer>),
    /// Receipts that were parked under these names, one list a receipt, have been taken in.
    Unparked(Vec<Vec<PeerId>>),
    /// A receipt was parked under these names.
    Parked {
        /// The route.
        route: RouteId,
        /// Candidate spellings.
        ids: Vec<PeerId>,
    },
}

impl Pending {
    pub(super) fn new(job: Job, message: &Message, reply: Reply, watch: Option<(SubscriberId, u64)>) -> Self {
        let wants_message =
            matches!(&job.work, Work::Command(work) if matches!(**work, CommandWork::Choose { .. }));
        Self {
            job,
            message: Some(message.id),
            payer: None,
            events: Vec::new(),
            effects: Vec::new(),
            content: None,
            incoming: None,
            reply: if wants_message { Reply::Message(Box::new(message.clone())) } else { reply },
            watch,
            peer_id: None,
            due: message.due,
            is_final: message.is_settled(),
            cancel: cancel_outcome(message),
        }
    }

    /// A unit that is about no message.
    pub(super) const fn aside(job: Job, reply: Reply) -> Self {
        Self {
            job,
            message: None,
            payer: None,
            events: Vec::new(),
            effects: Vec::new(),
            content: None,
            incoming: None,
            reply,
            watch: None,
            peer_id: None,
            due: None,
            is_final: false,
            cancel: None,
        }
    }

    /// The operator hears of money that runs out.
    fn log_notices(&self) {
        for event in &self.events {
            if let (EventKind::Notice(notice), Some(payer)) = (&event.kind, &self.payer) {
                tracing::info!(%payer, %notice, "a payer's money comes to a mark");
            }
        }
    }

    /// When the unit makes a peer's id known, no other open message may have it on that route.
    pub(super) fn expect_peer_id(&mut self, before: &Message, after: &Message, unit: &mut Unit) {
        let Work::Report(work) = &self.job.work else { return };
        let (Target::Attempt { attempt, part, .. }, ReportKind::HandedOver { peer_id: Some(peer_id) }) =
            (&work.report.target, &work.report.kind)
        else {
            return;
        };
        let known = |message: &Message| {
            let part = message.attempt(*attempt)?.parts.get(usize::from(*part))?;
            (part.peer_id.as_ref() == Some(peer_id)).then_some(())
        };
        let route = after.attempt(*attempt).and_then(|attempt| attempt.route.clone());
        if let (None, Some(()), Some(route)) = (known(before), known(after), route) {
            unit.expects.push(Expect::PeerIdAbsent { route: route.clone(), id: peer_id.clone() });
            self.peer_id = Some((route, peer_id.clone()));
        }
    }
}

/// How a cancel stands; nothing while a withdrawal is under way.
fn cancel_outcome(message: &Message) -> Option<CancelOutcome> {
    match message.status {
        Status::Delivered | Status::Read => Some(CancelOutcome::AlreadyDelivered),
        Status::Canceled => Some(CancelOutcome::Withdrawn),
        status if status.is_final() => Some(CancelOutcome::Unknown),
        _ => {
            let asked = message
                .attempts
                .iter()
                .any(|attempt| matches!(attempt.withdrawal, Withdrawal::Asked { .. }) && attempt.is_live());
            (!asked).then_some(CancelOutcome::Unknown)
        }
    }
}

impl Looper {
    /// Goes through the units of a commit in order.
    pub(super) fn settle(&mut self, pending: Vec<Pending>, results: Vec<Result<Committed, Conflict>>) {
        let mut ranges = Vec::with_capacity(pending.len());
        let mut durable = Vec::with_capacity(pending.len());
        for (mut pending, result) in pending.into_iter().zip(results) {
            match result {
                Ok(committed) => {
                    self.shared.counters.changes(&pending.events);
                    pending.log_notices();
                    if !pending.events.is_empty() {
                        let events = std::mem::take(&mut pending.events);
                        let told = Told { events, incoming: pending.incoming.take() };
                        ranges.push((committed.first_cursor, told));
                    }
                    durable.push(pending);
                }
                Err(conflict) => self.conflict(pending, conflict),
            }
        }
        self.shared.hub.publish(ranges);
        for pending in durable {
            self.after_commit(pending);
        }
    }

    fn after_commit(&mut self, mut pending: Pending) {
        if let Some(due) = pending.due.filter(|_| !pending.is_final) {
            self.shared.dispatcher.hint(due);
        }
        if let Some(id) = pending.message {
            for effect in std::mem::take(&mut pending.effects) {
                self.carry_out(id, effect, pending.content.as_ref());
            }
            if let Some((route, peer)) = pending.peer_id.take().map(|(route, peer)| (route, peer.folded()))
                && self.shared.parked.may_hold(&peer)
            {
                self.queue_own(Work::Match(Box::new(MatchWork { message: id, route, id: peer })));
            }
            if let Some(outcome) = pending.cancel {
                for answer in self.waiting_cancels.remove(&id).into_iter().flatten() {
                    answer.give(Ok(outcome));
                }
            }
            if pending.is_final {
                self.seats.drop_message(id);
            }
        }
        self.done_with_poke(&pending.job.work, false);
        self.watch_again(&pending, pending.is_final);
        self.answer(pending);
    }

    /// The recipient came or went while this was decided: look again. The other half of this is that a
    /// registration changes the table before it looks up who waits, so one of the two always sees the other.
    pub(super) fn watch_again(&mut self, pending: &Pending, is_final: bool) {
        if let (Some((who, generation)), Some(id), false) = (&pending.watch, pending.message, is_final)
            && self.shared.presence.generation(who) != *generation
        {
            self.queue_own(Work::Poke(id, Poke::Changed));
        }
    }

    /// The store refused a unit: what is remembered is dropped, and the input is decided again.
    fn conflict(&mut self, pending: Pending, conflict: Conflict) {
        self.shared.counters.conflicts.one();
        self.forget(&pending);
        let mut job = pending.job;
        match (&job.work, conflict) {
            (Work::Submit(_), Conflict::Key(record)) => return self.replay(job, *record),
            (Work::Report(_), Conflict::PeerId) => {
                tracing::warn!(
                    "a peer gave an id that another open message has: its receipts will not be matched"
                );
                job.without_peer_id = true;
            }
            (_, Conflict::Lease) => {
                self.shared.health.fail("the shard belongs to another node now");
                return job.work.refuse(crate::refuse::our_fault());
            }
            _ => {}
        }
        job.tries = job.tries.saturating_add(1);
        if job.tries < TRIES {
            self.again.push_back(job);
        } else {
            self.shared.counters.gave_up.one();
            tracing::error!("an input was given up after too many conflicts");
            self.done_with_poke(&job.work, true);
            job.work.refuse(contended());
        }
    }
}

//! Answering whoever waits, once the unit is durable (R1, I13).

use super::settle::{Pending, Reply};
use super::{Job, Looper, WAITING_CANCELS};
use crate::desk::Errand;
use crate::refuse::refusal;
use crate::work::{CommandWork, Poke, Work};
use std::sync::atomic::Ordering;
use switchback_core::model::{Address, Originator};
use switchback_ports::{Accepted, CancelOutcome, IdempotencyRecord, Refusal, RefusalKind, RefusalRecord};

impl Looper {
    /// Tells whoever waits.
    pub(super) fn answer(&mut self, pending: Pending) {
        match (pending.job.work, pending.reply) {
            (Work::Submit(work), Reply::Message(message)) => {
                self.shared.counters.accepted.one();
                work.tell(Ok(Accepted { message: *message, replayed: false }), true);
            }
            (Work::Report(work), reply) => {
                if let Some(done) = work.done {
                    done(true);
                }
                if let Reply::Parked { route, ids } = reply {
                    self.look_again_for_parked(&route, &ids);
                }
            }
            (Work::Command(work), reply) => self.answer_command(*work, reply, pending.cancel),
            (Work::Payer(work), Reply::Payer(payer)) => work.answer.give(Ok(*payer)),
            (Work::Poke(_, Poke::Recovered(left)), _) => {
                left.fetch_sub(1, Ordering::SeqCst);
            }
            (Work::Match(_), Reply::Unparked(names)) => {
                for ids in &names {
                    self.shared.parked.forget(ids);
                }
            }
            (
                Work::Submit(_)
                | Work::Quote(_)
                | Work::Match(_)
                | Work::Payer(_)
                | Work::Poke(..)
                | Work::Claimed(_)
                | Work::Wake,
                _,
            ) => {}
        }
    }

    fn answer_command(&mut self, work: CommandWork, reply: Reply, cancel: Option<CancelOutcome>) {
        match (work, reply) {
            (CommandWork::Choose { answer, .. }, Reply::Message(message)) => answer.give(Ok(*message)),
            (CommandWork::Choose { answer, .. }, _) => answer.give(Err(crate::refuse::our_fault())),
            (CommandWork::Cancel { id, answer, .. }, _) => match cancel {
                Some(outcome) => answer.give(Ok(outcome)),
                None if self.waiting_cancels.len() < WAITING_CANCELS => {
                    self.waiting_cancels.entry(id).or_default().push(answer);
                }
                None => answer.give(Ok(CancelOutcome::Unknown)),
            },
            (CommandWork::Receipt { answer, .. }, _) => answer.give(Ok(())),
        }
    }

    /// The key is known: the same body gets the stored answer, another one is refused (I6).
    pub(super) fn replay(&self, job: Job, record: IdempotencyRecord) {
        let Work::Submit(work) = job.work else { return };
        let same = work.key.as_ref().is_some_and(|held| held.body == record.body);
        let outcome = if same {
            match self.shared.store.message(record.message) {
                Ok(Some(message)) => Ok(Accepted { message, replayed: true }),
                Ok(None) => Err(crate::refuse::our_fault()),
                Err(failure) => Err(crate::refuse::from_store(&failure)),
            }
        } else {
            Err(key_reused())
        };
        self.shared.counters.replayed.one();
        // A peer that sends the same name with another text has been answered before: it must not repeat it.
        work.tell(outcome, true);
    }

    /// Notes a refusal for the operator, without waiting for it.
    pub(super) fn note_refusal(&self, originator: &Originator, recipient: &Address, refused: &Refusal) {
        self.shared.counters.refuse(&refused.code);
        self.shared.errand(Errand::Refused(Box::new(RefusalRecord {
            at: self.shared.clock.now(),
            owner: originator.owner.clone(),
            recipient: Some(recipient.clone()),
            code: refused.code.clone(),
        })));
    }
}

fn key_reused() -> Refusal {
    let detail = "This Idempotency-Key was used with another request. Use a new key for a new message.";
    refusal(RefusalKind::Conflict, "idempotency_key_reused", detail)
}

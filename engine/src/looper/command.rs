//! What a sender or a recipient's device asks of one message: choose, cancel, confirm.

use super::accept::Halt;
use super::settle::Reply;
use super::step::{Step, Trouble};
use super::{Job, Looper};
use crate::admission::told;
use crate::facts::Quoted;
use crate::refuse::{from_store, no_such_message, our_fault, refusal};
use crate::work::{CommandWork, Work};
use std::sync::Arc;
use switchback_core::decide::check_choice;
use switchback_core::model::{Choice, Input, Message, Owner, ReportKind};
use switchback_ports::{DeviceReceipt, Disposition, Refusal, RefusalKind};

impl Looper {
    /// Carries out a command.
    pub(super) fn command(&mut self, job: Job) {
        let Work::Command(work) = &job.work else { return };
        let id = work.id();
        match self.input_of(work, job.quoted.as_ref()) {
            Ok(Some(input)) => self.step(job, id, &[input], Reply::Nothing, Vec::new()),
            // Canceled or delivered already: the answer is known.
            Ok(None) => self.step(job, id, &[Input::Poked], Reply::Nothing, Vec::new()),
            Err(Halt::Unquoted) => self.trouble(job, id, Trouble::Unquoted),
            Err(Halt::Refused(refused)) => job.work.refuse(refused),
        }
    }

    /// What happened, as the core takes it in; or a refusal.
    fn input_of(&mut self, work: &CommandWork, quoted: Option<&Quoted>) -> Result<Option<Input>, Halt> {
        let shared = Arc::clone(&self.shared);
        let message =
            self.seats.message(work.id(), &*shared.store).map_err(|failure| from_store(&failure))?;
        let message = message.ok_or_else(no_such_message)?.clone();
        match work {
            CommandWork::Choose { who, choice, .. } => {
                allowed(&message, who.as_ref())?;
                if message.status.is_final() {
                    let detail =
                        format!("The message is {} already. Send a new one.", message.status.as_str());
                    return Err(refusal(RefusalKind::Conflict, "message_final", detail).into());
                }
                self.check(message, *choice, quoted)?;
                Ok(Some(Input::Chosen(*choice)))
            }
            CommandWork::Cancel { who, .. } => {
                allowed(&message, who.as_ref())?;
                Ok((!message.status.is_final()).then_some(Input::Cancel))
            }
            CommandWork::Receipt { receipt, .. } => Ok(confirmation(&message, receipt).map(Some)?),
        }
    }

    /// Asks the core whether the choice can do anything now.
    fn check(&mut self, mut message: Message, choice: Choice, quoted: Option<&Quoted>) -> Result<(), Halt> {
        self.load_payer(&message).map_err(|_| our_fault())?;
        let shared = Arc::clone(&self.shared);
        let seat = match &message.originator.payer {
            Some(payer) => self.seats.payer(payer, &*shared.store).map_err(|failure| from_store(&failure))?,
            None => None,
        };
        let now = shared.clock.now();
        let mut step = Step::new(&shared, now, &mut message, seat);
        step.quoted = quoted.cloned();
        let offers = step.offers()?;
        Ok(check_choice(&message, choice, &offers, now).map_err(told)?)
    }
}

fn allowed(message: &Message, who: Option<&Owner>) -> Result<(), Refusal> {
    if who.is_none_or(|who| *who == message.originator.owner) { Ok(()) } else { Err(no_such_message()) }
}

/// A device's word is the report of the IM attempt that it was told of.
fn confirmation(message: &Message, receipt: &DeviceReceipt) -> Result<Input, Refusal> {
    if message.recipient_subscriber.as_ref() != Some(&receipt.subscriber) {
        return Err(no_such_message());
    }
    let told = message.attempts.iter().filter(|attempt| attempt.is_app() && attempt.handed_over_at.is_some());
    let open = told.clone().rev().find(|attempt| attempt.outcome().is_none());
    let attempt = open.or_else(|| told.clone().next_back()).ok_or_else(no_such_message)?;
    let kind = match receipt.disposition {
        Disposition::Delivered => ReportKind::Delivered,
        Disposition::Displayed => ReportKind::Displayed,
    };
    Ok(Input::Report { attempt: attempt.n, part: 0, kind, code: None })
}

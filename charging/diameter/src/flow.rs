//! An order under way: from one request to the next, until it can be told.

use crate::charging::Shared;
use crate::link::{Came, Request};
use crate::translate::{Told, outcome};
use std::sync::Arc;
use switchback_ports::{ChargeOrder, ChargeOutcome, ChargeTold};
use wire_diameter::avp::Group;
use wire_diameter::credit::{
    CreditControlAnswer, Dialogue, Ended, Heard, Next, Operation, Refusal, Step, Suspicion, Units,
};
use wire_diameter::{AvpWriter, Message};

/// An order under way.
pub(crate) struct Flow {
    pub(crate) shared: Arc<Shared>,
    pub(crate) order: ChargeOrder,
    pub(crate) operation: Operation,
    pub(crate) session_id: String,
    pub(crate) units: Units,
    pub(crate) dialogue: Dialogue,
    /// The request of the last step, and the peer that it went to.
    pub(crate) last: Option<(u32, usize)>,
    pub(crate) asker: Asker,
}

/// Who wants to know.
pub(crate) enum Asker {
    /// Who gave the order.
    Port(ChargeTold),
    /// Nobody but us: it is asked to see how it answers.
    Probe,
}

impl Asker {
    /// Tells what came of an order that was never asked.
    pub(crate) fn tell(self, outcome: ChargeOutcome) {
        match self {
            Self::Port(told) => told(outcome),
            Self::Probe => {}
        }
    }
}

impl Flow {
    /// Asks a step.
    pub(crate) fn ask(mut self, step: Step, repeated: bool, elsewhere: bool) {
        let last = self.last.filter(|_| elsewhere);
        let Some(peer) = self.shared.peer(last.map(|(_, peer)| peer)) else {
            self.heard(&Heard::NotSent);
            return;
        };
        let end_to_end = match last {
            Some((end_to_end, _)) => end_to_end,
            None => self.shared.end_to_end(),
        };
        let mut avps = Vec::with_capacity(512);
        let mut writer = AvpWriter::new(&mut avps);
        let told = Told::of(&self.order);
        let charge = told.charge(&self.order, &self.session_id, self.units);
        self.shared.profile.write(&charge, step, &mut writer);
        if writer.finish().is_err() {
            self.end(&Ended::Refused(Refusal::OurFault(wire_diameter::ResultCode::INVALID_MESSAGE_LENGTH)));
            return;
        }
        self.last = Some((end_to_end, peer));
        let shared = Arc::clone(&self.shared);
        let request = Request { avps, end_to_end, repeated };
        shared.ask(peer, request, Box::new(move |came| self.came(&came)));
    }

    fn came(self, came: &Came) {
        match came {
            Came::Answer(octets) => {
                let read = Message::parse(octets).and_then(|message| CreditControlAnswer::read(message.avps));
                match read {
                    Ok(answer) => {
                        self.heard(&Heard::Answer(&answer));
                    }
                    Err(fault) => {
                        tracing::warn!(%fault, "an answer of the charging system cannot be read");
                        self.heard(&Heard::Unreadable);
                    }
                }
            }
            Came::Lost { left } => self.heard(&Heard::Lost { left: *left }),
        }
    }

    fn heard(mut self, heard: &Heard<'_, '_>) {
        match self.dialogue.hear(heard) {
            Next::Ask { step, repeated, elsewhere } => self.ask(step, repeated, elsewhere),
            Next::End(ended) => self.end(&ended),
        }
    }

    fn end(self, ended: &Ended) {
        match ended {
            Ended::Granted(_) => {}
            Ended::Refused(Refusal::NotSupported(code)) if matches!(self.operation, Operation::Quote(_)) => {
                self.shared.cannot_quote(*code);
            }
            Ended::Refused(Refusal::OurFault(code)) => {
                tracing::error!(%code, operation = ?self.operation, "the charging system does not understand us");
            }
            Ended::Refused(refusal) => {
                tracing::debug!(?refusal, operation = ?self.operation, "refused by the charging system");
            }
            Ended::Unknown(suspicion) => log_suspicion(*suspicion, self.operation, &self.session_id),
        }
        match self.asker {
            Asker::Port(told) => told(outcome(&self.order, self.operation, ended, self.shared.clock.now())),
            Asker::Probe => self.shared.probed(ended),
        }
    }
}

/// The session's id is the one thing by which both sides can find out what happened.
fn log_suspicion(suspicion: Suspicion, operation: Operation, session: &str) {
    tracing::warn!(?suspicion, ?operation, session, "it is not known what the charging system did");
}

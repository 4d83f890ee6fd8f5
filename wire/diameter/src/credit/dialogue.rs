//! One thing that is wanted of a charging system, step by step: which request, what its answer means, what then. Never
//! a blind resend: what may have been done is repeated only where twice is as once.

use super::answer::CreditControlAnswer;
use super::client::Step;
use super::judge::{Grant, Judgement, Refusal, Suspicion, Terms, judge};
use super::units::Units;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A price; nothing stays held or is charged.
    Quote(Quoting),
    /// A reservation.
    Reserve,
    /// The end of a reservation: charged. One that has run out is made anew before, within the terms.
    Commit,
    /// The end of a reservation: given back.
    Release,
    /// A charge without a reservation.
    Debit,
    /// A charge given back.
    Refund,
}

/// How a price is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quoting {
    /// By asking: a list price, which looks at no balance (RFC 8506 6.1).
    PriceEnquiry,
    /// By a reservation with advice of charge that is given back at once.
    Advice,
    /// By a reservation whose answer tells cost and funds, given back at once.
    ReserveProbe,
}

/// What came of a request.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'a, 'm> {
    /// An answer.
    Answer(&'a CreditControlAnswer<'m>),
    /// Something that can't be read.
    Unreadable,
    /// No answer. `left`: whether any of its octets left us.
    Lost {
        /// Whether it can have had an effect.
        left: bool,
    },
    /// Nobody could be asked.
    NotSent,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send the request of this step.
    Ask {
        /// Which.
        step: Step,
        /// It may have been sent before, with the same end-to-end identifier: set the T flag.
        repeated: bool,
        /// Prefer another peer than the last time.
        elsewhere: bool,
    },
    /// This is how it ended.
    End(Ended),
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Done.
    Granted(Grant),
    /// Not done, for sure.
    Refused(Refusal),
    /// Nobody knows. A reservation may be held (releasing it is harmless), a charge may have been taken.
    Unknown(Suspicion),
}

/// Behind the Session-Id of a session that is made in place of one that has run out.
const RENEWED: &str = ".n";

/// A dialogue under way.
#[derive(Debug, Clone)]
pub struct Dialogue {
    operation: Operation,
    session_id: String,
    units: Units,
    terms: Terms,
    step: Step,
    /// This step has been sent once already; `true` when that may have had an effect.
    again: Option<bool>,
    /// What it will have been when the reservation is given back.
    then: Option<Ended>,
    /// The reservation had run out, and another one is made in its place.
    renews: bool,
}

impl Dialogue {
    /// A dialogue, and its first step.
    #[must_use]
    pub fn new(operation: Operation, session_id: &str, units: Units, terms: Terms) -> (Self, Step) {
        let step = match operation {
            Operation::Quote(Quoting::PriceEnquiry) => Step::PriceEnquiry,
            Operation::Quote(Quoting::Advice) => Step::Reserve { advice: true },
            Operation::Quote(Quoting::ReserveProbe) | Operation::Reserve => Step::Reserve { advice: false },
            Operation::Commit => Step::Commit,
            Operation::Release => Step::Release,
            Operation::Debit => Step::Debit,
            Operation::Refund => Step::Refund,
        };
        let session_id = session_id.to_owned();
        (Self { operation, session_id, units, terms, step, again: None, then: None, renews: false }, step)
    }

    /// The session that the last step is of: that which it began with, or the one that is made in its place.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.session_id
    }

    /// The step that was asked last.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// Hears what came of the last step.
    #[must_use]
    pub fn hear(&mut self, heard: &Heard<'_, '_>) -> Next {
        match heard {
            Heard::Answer(answer) => {
                self.judged(judge(self.step, &self.session_id, &self.units, &self.terms, answer))
            }
            // It was answered, so it was done or refused; nobody knows which.
            Heard::Unreadable => self.unknown(Suspicion::Unreadable),
            Heard::Lost { left: true } => self.lost(),
            Heard::Lost { left: false } => self.elsewhere(false),
            Heard::NotSent => self.nobody(),
        }
    }

    fn judged(&mut self, judgement: Judgement) -> Next {
        match judgement {
            Judgement::Done(grant) => self.done(grant),
            Judgement::GiveBack(refusal) => self.give_back(Ended::Refused(refusal)),
            // The first time may have ended the session.
            Judgement::Refused(Refusal::SessionGone) if self.again == Some(true) => {
                self.end(Ended::Unknown(Suspicion::GoneAfterRepeat))
            }
            Judgement::Refused(Refusal::SessionGone)
                if self.step == Step::Commit && !self.renews && self.terms.at_most.is_some() =>
            {
                self.renew()
            }
            Judgement::Refused(refusal) => self.end(Ended::Refused(refusal)),
            Judgement::Elsewhere => self.elsewhere(false),
            Judgement::Unknown(suspicion) => self.unknown(suspicion),
        }
    }

    fn done(&mut self, grant: Grant) -> Next {
        if let (Operation::Quote(_), Step::Reserve { .. }) = (self.operation, self.step) {
            let told =
                if grant.nanos.is_some() { Ended::Granted(grant) } else { Ended::Refused(Refusal::NoPrice) };
            // Nothing is held where nothing is charged.
            return if grant.free { self.end(told) } else { self.give_back(told) };
        }
        match (self.operation, self.step) {
            // Nothing was taken, so it was not charged.
            (Operation::Commit, Step::Reserve { .. }) if grant.free => {
                self.end(Ended::Refused(Refusal::SessionGone))
            }
            (Operation::Commit, Step::Reserve { .. }) => self.ask(Step::Commit),
            _ => self.end(Ended::Granted(grant)),
        }
    }

    /// The session has ended by itself, and nothing was taken: another one is opened for the same, to be ended at once.
    fn renew(&mut self) -> Next {
        self.renews = true;
        self.session_id.push_str(RENEWED);
        self.ask(Step::Reserve { advice: false })
    }

    const fn ask(&mut self, step: Step) -> Next {
        self.step = step;
        self.again = None;
        Next::Ask { step, repeated: false, elsewhere: false }
    }

    /// No answer, and the request may have arrived.
    fn lost(&mut self) -> Next {
        if self.step.is_harmless_twice() || self.terms.deduplicates {
            return self.elsewhere(true);
        }
        self.unknown(Suspicion::NoAnswer)
    }

    /// Once more, if it was not once more already.
    fn elsewhere(&mut self, may_have_arrived: bool) -> Next {
        match self.again {
            None => {
                self.again = Some(may_have_arrived);
                Next::Ask { step: self.step, repeated: may_have_arrived, elsewhere: true }
            }
            Some(before) if before || may_have_arrived => self.unknown(Suspicion::NoAnswer),
            Some(_) => self.end(Ended::Refused(Refusal::Unavailable)),
        }
    }

    fn nobody(&self) -> Next {
        match self.again {
            Some(true) => self.end(Ended::Unknown(Suspicion::NoAnswer)),
            _ => self.end(Ended::Refused(Refusal::Unavailable)),
        }
    }

    /// Nobody knows. A reservation that was only made to see its price is given back all the same.
    fn unknown(&mut self, suspicion: Suspicion) -> Next {
        let ended = Ended::Unknown(suspicion);
        match (self.operation, self.step) {
            (Operation::Quote(_), Step::Reserve { .. }) => self.give_back(ended),
            // Whatever is held, nothing is charged.
            (Operation::Commit, Step::Reserve { .. }) => self.give_back(Ended::Refused(Refusal::SessionGone)),
            _ => self.end(ended),
        }
    }

    fn give_back(&mut self, then: Ended) -> Next {
        self.then = Some(then);
        self.ask(Step::Release)
    }

    /// A reservation that could not be given back for sure makes a refusal unsure; a price remains a price, and what was
    /// only held was not charged.
    fn end(&self, ended: Ended) -> Next {
        Next::End(match (self.then, ended) {
            (None, ended) => ended,
            (Some(then), Ended::Granted(_)) => then,
            (Some(then), _) if matches!(self.operation, Operation::Quote(_) | Operation::Commit) => then,
            (Some(_), Ended::Unknown(suspicion)) => Ended::Unknown(suspicion),
            (Some(_), Ended::Refused(_)) => Ended::Unknown(Suspicion::NoAnswer),
        })
    }
}

//! An order under way: from one call to the next, until it can be told.

use crate::answer::{Meaning, codes, cost, granted, meaning};
use crate::charging::Shared;
use crate::link::Came;
use crate::request::{self, Method, origin_id, units};
use std::sync::Arc;
use switchback_core::model::Money;
use switchback_ports::{ChargeDone, ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep, ChargeTold};

/// An order under way. Each of its steps ends in one of the next, or tells.
pub(crate) struct Flow {
    pub(crate) shared: Arc<Shared>,
    pub(crate) order: ChargeOrder,
    pub(crate) told: ChargeTold,
}

impl Flow {
    /// Asks what it would cost. Nothing moves by this, so whatever goes wrong is a refusal.
    pub(crate) fn price(self) {
        let units = units(&self.order);
        self.call(Method::AccountCost, units, move |flow, came| match came {
            Came::Result(result) => match cost(&result, units, flow.shared.options.currency) {
                Some(price) => flow.priced(price),
                None => flow.refuse(ChargeRefusal::NoPrice),
            },
            Came::Error(error) => match meaning(&error) {
                Meaning::Refused(refusal) => flow.refuse(refusal),
                Meaning::Unclear => flow.refuse(ChargeRefusal::NoPrice),
            },
            Came::Lost | Came::NotSent => flow.refuse(ChargeRefusal::Unreachable),
        });
    }

    fn priced(self, price: Money) {
        if self.order.step == ChargeStep::Quote {
            return self.done(Some(price));
        }
        match self.order.at_most {
            Some(limit) if !price.at_most(limit) => self.refuse(ChargeRefusal::PriceAbove(price)),
            _ => self.reserve(price),
        }
    }

    /// Opens a session, which debits. Whatever it may have debited is given back before a refusal is told.
    fn reserve(self, price: Money) {
        let units = units(&self.order);
        self.call(Method::InitiateSession, units, move |flow, came| match came {
            Came::Result(result) => match granted(&result) {
                Some(granted) if granted == i64::from(units) => flow.done(Some(price)),
                Some(granted) if (0..i64::from(units)).contains(&granted) => {
                    flow.give_back(ChargeRefusal::InsufficientFunds);
                }
                Some(_) => flow.give_back(ChargeRefusal::WrongGrant),
                None => flow.unknown("an answer that says no MaxUsage"),
            },
            Came::Error(error) => match meaning(&error) {
                Meaning::Refused(refusal) => flow.give_back(refusal),
                // Among them EXISTS: what another order opened is not this one's to give back.
                Meaning::Unclear => flow.unknown(&codes(&error)),
            },
            Came::Lost => flow.unknown("no answer"),
            Came::NotSent => flow.refuse(ChargeRefusal::Unreachable),
        });
    }

    /// Ends the session that was refused: CGRateS keeps one whose debit failed.
    fn give_back(self, refusal: ChargeRefusal) {
        self.call(Method::TerminateSession, 0, move |flow, came| match came {
            Came::Result(_) => flow.refuse(refusal),
            Came::Error(error) if meaning(&error) != Meaning::Unclear => flow.refuse(refusal),
            Came::Error(error) => flow.unknown(&codes(&error)),
            Came::Lost | Came::NotSent => flow.unknown("a refused session may still be open"),
        });
    }

    /// Ends the session with so many units used: all is a charge, none gives all back.
    pub(crate) fn end(self, used: u16) {
        self.call(Method::TerminateSession, used, move |flow, came| match came {
            Came::Result(_) => {
                if used > 0 && flow.shared.options.records {
                    record(&flow.shared, flow.order.clone(), used);
                }
                flow.done(None);
            }
            Came::Error(error) => match meaning(&error) {
                // There is nothing to give back.
                Meaning::Refused(_) if used == 0 => flow.done(None),
                Meaning::Refused(refusal) => flow.refuse(refusal),
                Meaning::Unclear => flow.unknown(&codes(&error)),
            },
            Came::Lost => flow.unknown("no answer"),
            Came::NotSent => flow.refuse(ChargeRefusal::Unreachable),
        });
    }

    fn call(self, method: Method, usage: u16, then: impl FnOnce(Self, Came) + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        let id = shared.link.another();
        match request::write(method, id, &self.order, usage, &shared.options) {
            Some(octets) => shared.link.ask(id, octets, Box::new(move |came| then(self, came))),
            None => self.refuse(ChargeRefusal::UnknownPayer),
        }
    }

    fn done(self, price: Option<Money>) {
        (self.told)(ChargeOutcome::Done(ChargeDone { price, ..ChargeDone::default() }));
    }

    pub(crate) fn refuse(self, refusal: ChargeRefusal) {
        if refusal == ChargeRefusal::OurFault {
            tracing::error!(step = ?self.order.step, "CGRateS does not understand us");
        }
        (self.told)(ChargeOutcome::Refused(refusal));
    }

    /// The session's id is the one thing by which both sides can find out what happened.
    fn unknown(self, why: &str) {
        let session = origin_id(&self.order);
        tracing::warn!(why, step = ?self.order.step, session, "it is not known what CGRateS did");
        (self.told)(ChargeOutcome::Unknown);
    }
}

/// Has a call detail record made. The charge stands without it, so nobody waits for it.
fn record(shared: &Arc<Shared>, order: ChargeOrder, used: u16) {
    let told: ChargeTold = Box::new(|_| {});
    let flow = Flow { shared: Arc::clone(shared), order, told };
    flow.call(Method::ProcessCdr, used, |flow, came| {
        let why = match came {
            Came::Result(_) => return,
            Came::Error(error) => codes(&error),
            Came::Lost | Came::NotSent => "no answer".to_owned(),
        };
        let session = origin_id(&flow.order);
        tracing::warn!(why, session, "it is not known whether CGRateS made a record of a charge");
    });
}

//! A charging system as the scenarios see it: orders come, answers go, and what it holds and charged can be looked at.

use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use switchback_core::charge::{ClaimAnswer, ClaimState, External, Hold, IfDown, LedgerKind, Unpaid};
use switchback_core::model::{Currency, Input, Money, Offer};

/// What it has of each attempt.
#[derive(Clone, Debug, Default)]
pub(crate) struct System {
    pub(crate) held: BTreeSet<u16>,
    pub(crate) charged: BTreeMap<u16, u32>,
    /// The server knows that it does each order once.
    pub(crate) does_once: bool,
    /// Orders given since they were last told.
    pub(crate) orders: Vec<(u16, LedgerKind)>,
}

/// What becomes of an order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pays {
    /// Done, at the price that was expected or at this one.
    Yes(Option<Money>),
    /// Never charged there.
    Free,
    /// Not done.
    No(Unpaid),
    /// No answer: it was done all the same, or not.
    Silent(bool),
}

/// The offer is charged by a charging system.
pub(crate) fn outside(offer: &mut Offer, if_down: IfDown) {
    offer.external = Some(External { system: "ocs".into(), if_down });
    if offer.hold.is_none() && offer.price.is_offered() {
        offer.hold = Some(Hold { amount: Money::zero(Currency::EUR), taken: Vec::new() });
    }
}

impl World {
    /// The order that waits for an answer.
    pub(crate) fn asked(&self) -> Option<(u16, LedgerKind)> {
        self.message.attempts.iter().find_map(|attempt| match attempt.claim.as_ref()?.state {
            ClaimState::Asked { order, .. } => Some((attempt.n, order)),
            _ => None,
        })
    }

    /// A reservation that costs more than the attempt may is given back.
    fn within_the_limit(&self, attempt: u16, pays: Pays) -> Pays {
        let attempt = self.message.attempt(attempt).unwrap();
        let expected = attempt.claim.as_ref().unwrap().hold.amount;
        let Pays::Yes(said) = pays else { return pays };
        let price = said.unwrap_or(expected);
        match self.message.may_cost(attempt.service, expected.currency) {
            Some(most) if !price.at_most(most) => Pays::No(Unpaid::TooDear(price)),
            _ => pays,
        }
    }

    /// The charging system does the order, or not, and answers it, or not.
    pub(crate) fn pay(&mut self, pays: Pays) {
        let Some((attempt, order)) = self.asked() else { return };
        let pays = if order == LedgerKind::Reserve { self.within_the_limit(attempt, pays) } else { pays };
        let mut answer = match pays {
            Pays::Yes(price) => ClaimAnswer::Done { price, is_free: false },
            Pays::Free => ClaimAnswer::Done { price: None, is_free: order == LedgerKind::Reserve },
            Pays::No(why) => ClaimAnswer::Refused(why),
            Pays::Silent(_) => ClaimAnswer::Unknown { does_once: self.system.does_once },
        };
        let system = &mut self.system;
        if matches!(pays, Pays::No(Unpaid::NotHeld)) {
            // It had run out.
            system.held.remove(&attempt);
        }
        if matches!(pays, Pays::Yes(_) | Pays::Silent(true)) {
            match order {
                LedgerKind::Reserve => drop(system.held.insert(attempt)),
                LedgerKind::Release if !system.held.remove(&attempt) => {
                    if !matches!(answer, ClaimAnswer::Unknown { .. }) {
                        answer = ClaimAnswer::Refused(Unpaid::NotHeld);
                    }
                }
                LedgerKind::Commit => {
                    // It does each order once.
                    let is_new = system.held.remove(&attempt);
                    *system.charged.entry(attempt).or_default() += u32::from(is_new);
                }
                LedgerKind::Refund => drop(system.charged.remove(&attempt)),
                LedgerKind::Release | LedgerKind::Keep => {}
            }
        }
        self.hear(&Input::Claimed { attempt, order, answer });
    }
}

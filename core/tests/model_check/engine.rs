//! The imperative shell as small as it can be: gather facts, decide, apply, move the payer; until the rules rest.

use crate::claims::{self, Claim};
use crate::scenario::{Scenario, other};
use crate::world::{State, World};
use switchback_core::charge::{LedgerKind, Slot};
use switchback_core::decide::decide;
use switchback_core::lifecycle::{self, Changes};
use switchback_core::model::{
    ByService, CannotCarry, ChargeOn, Decision, Facts, Input, Needs, Offer, Offers, Reach, RouteId, Service,
    Step,
};
use switchback_core::tariff::{Ask, Purse, Size, price};

/// More decisions in a row than any rule needs: then the rules run in a circle.
const DECISIONS_MAX: usize = 16;

/// Takes in what happened and carries out what is decided about it; false for a report that changed nothing.
pub(crate) fn drive(world: &World, before: Option<&State>, state: &mut State, input: &Input) -> bool {
    let mut changes = Changes::default();
    lifecycle::absorb(&mut state.message, input, &world.timers, state.now, &mut changes);
    let report = matches!(input, Input::Report { .. });
    if report && before.is_some_and(|before| before.message == state.message) {
        return false;
    }
    settle(state, &mut changes);
    let mut facts = Facts::default();
    for _ in 0..DECISIONS_MAX {
        let decision = decided(world, state, &mut facts);
        let before = matches!(decision.step, Step::Start(_)).then(|| state.message.clone());
        lifecycle::apply(&mut state.message, &decision, &facts, &world.timers, state.now, &mut changes);
        settle(state, &mut changes);
        if let (Step::Start(start), Some(before)) = (&decision.step, before) {
            claims::at_start(&before, start, state);
        }
        if decision.step.is_rest() {
            return true;
        }
    }
    state.broken.add(Claim::I3);
    true
}

/// The decision, once it has the facts that it asks for: each at most once between two rests.
fn decided(world: &World, state: &State, facts: &mut Facts) -> Decision {
    for _ in 0..3 {
        let decision = decide(&state.message, facts, &world.timers, state.now);
        let Step::Need(needs) = decision.step else { return decision };
        gather(&world.scenarios[state.scenario], state, needs, facts);
    }
    panic!("a fact was asked for again: {facts:?}");
}

fn gather(scenario: &Scenario, state: &State, needs: Needs, facts: &mut Facts) {
    if needs.presence {
        facts.presence = Some(state.presence);
    }
    if needs.offers {
        facts.offers = Some(offers(scenario, state));
    }
}

fn offers(scenario: &Scenario, state: &State) -> Offers {
    let plan = &scenario.plans[usize::from(state.exchanged)];
    let own = match &state.message.slot {
        Slot::Held { hold, .. } => Some(hold),
        Slot::Charged { attempt, hold } => {
            let charge_on = state.message.attempt(*attempt).map(|attempt| attempt.charge_on);
            let refunded = matches!(charge_on, Some(ChargeOn::Submitted { kept_if_undelivered: false, .. }));
            refunded.then_some(hold)
        }
        Slot::Empty => None,
    };
    let purse: Purse<'_> = own.map_or_else(|| Purse::from(&state.payer), |own| state.payer.without(own));
    ByService::from_fn(|service| {
        if service != scenario.first && service != other(scenario.first) {
            return Offer::unavailable(service, Some(CannotCarry::NoService), Reach::NoRoute);
        }
        let size = Size { segments: 1, bytes: 40 };
        let ask = Ask::from_home(service, &state.message.recipient, size, state.now);
        let priced = price(plan, purse, &ask);
        Offer {
            service,
            cannot_carry: None,
            reach: Reach::Yes,
            route: match service {
                Service::Im => (!scenario.app).then(|| RouteId::new("sip")),
                Service::Sms | Service::Mms => Some(RouteId::new("smsc")),
            },
            units: priced.units,
            unit: priced.unit,
            parts: 1,
            price: priced.price,
            funds: priced.funds,
            charge_on: priced.charge_on,
            settlement: priced.settlement,
            hold: priced.hold,
            external: None,
        }
    })
}

/// The payer takes the ledger entries of the commit; one that does not fit is a broken promise.
fn settle(state: &mut State, changes: &mut Changes) {
    for entry in changes.ledger.drain(..) {
        if state.payer.apply(&entry).is_err() {
            state.broken.add(match entry.kind {
                LedgerKind::Reserve => Claim::I14,
                LedgerKind::Release => Claim::I9,
                LedgerKind::Commit | LedgerKind::Refund | LedgerKind::Keep => Claim::I7,
            });
        }
    }
}

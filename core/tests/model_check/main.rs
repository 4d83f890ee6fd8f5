//! Model check: one message through the shipped rules, in every order of everything that may happen to it.
//!
//! The walk is exhaustive within its bounds: all answers to every attempt, in time, late, doubled and out of
//! order; withdrawals answered each way; registrations and losses; crashes; prices that change; the sender's
//! choices; and time, which moves only to where the message itself asked to be looked at. The rules, the charge
//! slot and the payer are the shipped ones; this test only asks, and checks the invariants of every state.
//!
//! In release it walks everything; a debug build, being slow, only a small part, unless `SWITCHBACK_MODEL_FULL` is set.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test builds is known to be sound; a panic is its failure"
)]

mod claims;
mod engine;
mod normal;
mod scenario;
mod world;

use normal::Counted;
use scenario::Scenario;
use stateright::{Checker, HasDiscoveries, Model, Path};
use std::time::Instant;
use world::{Action, State, World};

/// What the full walk must reach at least.
const STATES_MIN: usize = 1_000_000;

/// Walks until everything has been seen, or an invariant is broken.
#[test]
fn every_reachable_state_keeps_the_invariants() {
    let full = !cfg!(debug_assertions) || std::env::var_os("SWITCHBACK_MODEL_FULL").is_some();
    let world = World { scenarios: scenario::all(full), timers: scenario::timers(), counted: Counted::new() };
    let started = Instant::now();
    let checker = world.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let unique = checker.model().counted.unique();
    println!(
        "states: {unique} unique (explored {}, transitions {}, depth {}, {:.1} s)",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        started.elapsed().as_secs_f32()
    );
    let found = checker.discoveries();
    for (name, path) in &found {
        println!("broken: {name}\n{}", walk(checker.model(), path.clone()));
    }
    assert!(found.is_empty(), "broken invariants: {:?}", found.keys());
    assert!(!full || unique >= STATES_MIN, "the walk is smaller than {STATES_MIN} states");
}

/// The path to a broken invariant, as a person reads it.
fn walk(world: &World, path: Path<State, Action>) -> String {
    let mut told = String::new();
    for (state, action) in path.into_vec() {
        if told.is_empty() {
            let Scenario { first, prices, on_unknown, charge_on, online, app, .. } =
                &world.scenarios[state.scenario];
            told = format!(
                "first {first}, prices {prices:?}, {on_unknown:?}, {charge_on:?}, online {online}, app {app}\n"
            );
        }
        let message = &state.message;
        let attempts: Vec<String> = message
            .attempts
            .iter()
            .map(|a| {
                format!(
                    "{}:{} {:?} {:?} {:?} dup={} dl={}",
                    a.n, a.service, a.kind, a.state, a.withdrawal, a.may_duplicate, a.deadline
                )
            })
            .collect();
        told.push_str(&format!(
            "{} {} due {:?} {:?} slot {:?} kept {} balance {} held {}\n    {}\n  -> {action:?}\n",
            state.now,
            message.status.as_str(),
            message.due.map(|due| due.to_string()),
            message.wait,
            message.slot.holder().map(|holder| (holder, message.slot.charged())),
            message.kept.len(),
            state.payer.balance,
            state.payer.held,
            attempts.join("\n    ")
        ));
    }
    told
}

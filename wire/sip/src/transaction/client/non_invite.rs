//! The non-INVITE client transaction (RFC 3261 17.1.2).

use super::{Deed, Input};
use crate::transaction::step::Step;
use crate::transaction::timer::{LAST, Timer};

/// Where any other request of ours stands.
///
/// ```text
///              request sent
///                  │
///                  ▼
///             ┌────────┐ E: again
///             │ Trying │──────────── F, flow lost: given up ────┐
///             └─┬────┬─┘                                        │
///               │    │ 1xx: to the user                         │
///               │    ▼                                          │
///   200-699: to │  ┌────────────┐ E: again, each T2             │
///      the user │  │ Proceeding │ 1xx: to the user              │
///               │  │            │── F, flow lost: given up ─────┤
///               │  └─┬──────────┘                               │
///               ▼    ▼                                          │
///           ┌───────────┐                                       │
///           │ Completed │ answers: absorbed                     │
///           └─────┬─────┘                                       │
///                 │ K                                           │
///                 ▼                                             ▼
///             Terminated ◀──────────────────────────────────────┘
///
///   On a reliable flow E never runs and K takes no time.
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

pub(super) const fn start(reliable: bool) -> Step<State, Deed> {
    let trying = Step::to(State::Trying, Deed::Nothing).until(Timer::F);
    if reliable { trying } else { trying.repeating(Timer::E(0)) }
}

pub(super) const fn step(state: State, input: Input, reliable: bool) -> Step<State, Deed> {
    match (state, input) {
        (State::Trying, Input::Timer(Timer::E(n))) => {
            Step::to(state, Deed::Repeat).repeating(Timer::E(Timer::doubled(n)))
        }
        (State::Proceeding, Input::Timer(Timer::E(_))) => {
            Step::to(state, Deed::Repeat).repeating(Timer::E(LAST))
        }
        (State::Trying, Input::Unsent) => Step::to(State::Terminated, Deed::NeverSent),
        (State::Trying | State::Proceeding, Input::Timer(Timer::F) | Input::Lost) => {
            Step::to(State::Terminated, Deed::GiveUp)
        }
        (State::Trying | State::Proceeding, Input::Response(status)) => {
            if status.is_provisional() {
                // E runs on: only what follows it is T2.
                Step::to(State::Proceeding, Deed::Tell)
            } else if reliable {
                Step::to(State::Terminated, Deed::Answer)
            } else {
                Step::to(State::Completed, Deed::Answer).until(Timer::K)
            }
        }
        (State::Completed, Input::Timer(Timer::K)) => Step::to(State::Terminated, Deed::Nothing),
        _ => Step::to(state, Deed::Nothing),
    }
}

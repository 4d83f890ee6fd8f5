//! The INVITE client transaction (RFC 3261 17.1.1, with the Accepted state of RFC 6026 7.2 and the proxy's timer C).

use super::{Deed, Input};
use crate::transaction::step::Step;
use crate::transaction::timer::Timer;

/// Where an INVITE of ours stands.
///
/// ```text
///                      INVITE sent
///                          │
///                          ▼
///                     ┌─────────┐ A: again
///                     │ Calling │──────────── B, flow lost: given up ─────┐
///                     └─┬──┬──┬─┘                                         │
///                       │  │  │ 1xx: to the user                          │
///            300-699:   │  │  ▼                                           │
///   acknowledged and    │  │ ┌────────────┐ 1xx: to the user              │
///        to the user    │  │ │ Proceeding │── C, flow lost, or B after ───┤
///        ┌──────────────┴──│─┴──────────┬─┘   a CANCEL: given up          │
///        ▼                 └─────┬──────┘                                 │
///   ┌───────────┐                ▼ 2xx: to the user                       │
///   │ Completed │ 300-699:   ┌──────────┐                                 │
///   │           │ ACK again  │ Accepted │ 2xx: to the user                │
///   └────┬──────┘            └────┬─────┘                                 │
///        │ D                      │ M                                     │
///        ▼                        ▼                                       ▼
///   Terminated ◀──────────────────┴───────────────────────────────────────┘
///
///   On a reliable flow A never runs and D takes no time.
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Calling,
    Proceeding { canceled: bool },
    Completed,
    Accepted,
    Terminated,
}

pub(super) const fn start(reliable: bool) -> Step<State, Deed> {
    let calling = Step::to(State::Calling, Deed::Nothing).until(Timer::B);
    if reliable { calling } else { calling.repeating(Timer::A(0)) }
}

pub(super) const fn step(state: State, input: Input, reliable: bool) -> Step<State, Deed> {
    match (state, input) {
        (State::Calling, Input::Timer(Timer::A(n))) => {
            Step::to(state, Deed::Repeat).repeating(Timer::A(Timer::doubled(n)))
        }
        (State::Calling, Input::Unsent) => Step::to(State::Terminated, Deed::NeverSent),
        (State::Calling | State::Proceeding { .. }, Input::Lost | Input::Timer(Timer::B | Timer::C)) => {
            Step::to(State::Terminated, Deed::GiveUp)
        }
        // It has 64 times T1 for its 487, however often it rings (9.1).
        (State::Proceeding { canceled: false }, Input::Cancel) => {
            Step::to(State::Proceeding { canceled: true }, Deed::Nothing).until(Timer::B)
        }
        (State::Calling | State::Proceeding { .. }, Input::Response(status)) => match status.0 {
            ..=199 => match state {
                State::Proceeding { canceled: true } => Step::to(state, Deed::Tell),
                _ => Step::to(State::Proceeding { canceled: false }, Deed::Tell).until(Timer::C),
            },
            200..=299 => Step::to(State::Accepted, Deed::Answer).until(Timer::M),
            _ if reliable => Step::to(State::Terminated, Deed::Acknowledge),
            _ => Step::to(State::Completed, Deed::Acknowledge).until(Timer::D),
        },

        (State::Completed, Input::Response(status)) if status.0 >= 300 => Step::to(state, Deed::Repeat),
        (State::Completed, Input::Timer(Timer::D)) => Step::to(State::Terminated, Deed::Nothing),

        (State::Accepted, Input::Response(status)) if status.is_success() => Step::to(state, Deed::Tell),
        (State::Accepted, Input::Timer(Timer::M)) => Step::to(State::Terminated, Deed::Nothing),

        _ => Step::to(state, Deed::Nothing),
    }
}

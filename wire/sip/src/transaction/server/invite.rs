//! The INVITE server transaction (RFC 3261 17.2.1, with the Accepted state of RFC 6026 7.1).

use super::{Deed, Input};
use crate::transaction::step::Step;
use crate::transaction::timer::Timer;

/// Where an INVITE of somebody else stands.
///
/// ```text
///                    INVITE: to the user
///                        │
///                        ▼
///                 ┌────────────┐  INVITE: the last answer again
///                 │ Proceeding │  101-199 from the user: send
///                 │            │  200 ms without an answer: 100
///                 └─┬───┬────┬─┘  CANCEL: to the user, once
///   300-699: send   │   │    │  2xx: send
///        ┌──────────┘   │    └────────────┐
///        ▼              │ forgotten       ▼
///   ┌───────────┐       │           ┌──────────┐  INVITE: absorbed
///   │ Completed │ INVITE, G: again  │ Accepted │  ACK: to the user
///   └─┬───────┬─┘       │           └────┬─────┘  2xx: send
///     │ ACK   │ H       │                │ L
///     ▼       │         │                │
///   ┌───────────┐       │                │
///   │ Confirmed │ INVITE, ACK: absorbed  │
///   └─┬─────────┘       │                │
///     │ I     │         ▼                ▼
///     └───────┴───▶ Terminated ◀─────────┘      On a reliable flow G never runs and I takes no time.
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Proceeding { canceled: bool },
    Completed,
    Confirmed,
    Accepted,
    Terminated,
}

pub(super) const fn start() -> Step<State, Deed> {
    let proceeding = State::Proceeding { canceled: false };
    Step::to(proceeding, Deed::Tell).until(Timer::Forgotten).repeating(Timer::Trying)
}

pub(super) const fn step(state: State, input: Input, reliable: bool) -> Step<State, Deed> {
    match (state, input) {
        (State::Proceeding { .. }, Input::Request) => Step::to(state, Deed::Repeat),
        (State::Proceeding { .. }, Input::Timer(Timer::Trying)) => Step::to(state, Deed::Trying).quiet(),
        (State::Proceeding { canceled: false }, Input::Cancel) => {
            Step::to(State::Proceeding { canceled: true }, Deed::Tell)
        }
        (State::Proceeding { .. }, Input::Timer(Timer::Forgotten)) => {
            Step::to(State::Terminated, Deed::Unanswered)
        }
        (State::Proceeding { .. }, Input::Answer(status)) => match status.0 {
            100..=199 => Step::to(state, Deed::Keep).until(Timer::Forgotten),
            200..=299 => Step::to(State::Accepted, Deed::Send).until(Timer::L),
            300..=699 => {
                let completed = Step::to(State::Completed, Deed::Keep).until(Timer::H);
                if reliable { completed } else { completed.repeating(Timer::G(0)) }
            }
            _ => Step::to(state, Deed::Refuse),
        },

        (State::Completed, Input::Request) => Step::to(state, Deed::Repeat),
        (State::Completed, Input::Timer(Timer::G(n))) => {
            Step::to(state, Deed::Repeat).repeating(Timer::G(Timer::doubled(n)))
        }
        (State::Completed, Input::Timer(Timer::H)) => Step::to(State::Terminated, Deed::Unacknowledged),
        (State::Completed, Input::Ack) if reliable => Step::to(State::Terminated, Deed::Nothing),
        (State::Completed, Input::Ack) => Step::to(State::Confirmed, Deed::Nothing).until(Timer::I),

        (State::Confirmed, Input::Timer(Timer::I)) => Step::to(State::Terminated, Deed::Nothing),

        (State::Accepted, Input::Ack) => Step::to(state, Deed::Tell),
        (State::Accepted, Input::Answer(status)) if status.is_success() => Step::to(state, Deed::Send),
        (State::Accepted, Input::Timer(Timer::L)) => Step::to(State::Terminated, Deed::Nothing),

        (_, Input::Answer(_)) => Step::to(state, Deed::Refuse),
        _ => Step::to(state, Deed::Nothing),
    }
}

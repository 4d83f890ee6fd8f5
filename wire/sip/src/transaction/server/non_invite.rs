//! The non-INVITE server transaction (RFC 3261 17.2.2), provisional answers as RFC 4320 4.1 has them.

use super::{Deed, Input};
use crate::status::StatusCode;
use crate::transaction::step::Step;
use crate::transaction::timer::Timer;

/// Where any other request of somebody else stands.
///
/// ```text
///              request: to the user
///                  │
///                  ▼
///             ┌────────┐
///             │ Trying │ request: absorbed
///             └─┬────┬─┘
///               │    │ 3.5 s without an answer: 100 (by us, never by the user)
///               │    ▼
///               │  ┌────────────┐
///   final: send │  │ Proceeding │ request: the 100 again
///               │  └─┬────────┬─┘
///               ▼    ▼ final  │ 32 s without an answer: the client has given up
///           ┌───────────┐     │
///           │ Completed │ request: the same answer again
///           └─────┬─────┘     │
///                 │ J         │                       On a reliable flow J takes no time.
///                 ▼           ▼
///                  Terminated
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Trying,
    Proceeding,
    /// Nothing but the answer is left of it, see [`Answered`](super::Answered): no machine is asked any more.
    Completed,
    Terminated,
}

pub(super) const fn start() -> Step<State, Deed> {
    Step::to(State::Trying, Deed::Tell).until(Timer::LateTrying)
}

pub(super) const fn step(state: State, input: Input, reliable: bool) -> Step<State, Deed> {
    match (state, input) {
        (State::Proceeding, Input::Request) => Step::to(state, Deed::Repeat),
        (State::Trying, Input::Timer(Timer::LateTrying)) => {
            Step::to(State::Proceeding, Deed::Trying).until(Timer::TooLate)
        }
        (State::Trying | State::Proceeding, Input::Timer(Timer::TooLate)) => {
            Step::to(State::Terminated, Deed::Unanswered)
        }
        (State::Trying | State::Proceeding, Input::Answer(status)) => match status {
            // Whoever waits has timed out by itself, and would take it for the next hop's (RFC 4320 4.2).
            StatusCode::REQUEST_TIMEOUT => Step::to(state, Deed::Refuse),
            StatusCode(200..=699) if reliable => Step::to(State::Terminated, Deed::Send),
            StatusCode(200..=699) => Step::to(State::Completed, Deed::Keep).until(Timer::J),
            _ => Step::to(state, Deed::Refuse),
        },
        (_, Input::Answer(_)) => Step::to(state, Deed::Refuse),
        _ => Step::to(state, Deed::Nothing),
    }
}

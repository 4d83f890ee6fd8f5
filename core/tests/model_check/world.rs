//! One message in a hostile world: what peers, devices, the sender, the clock and crashes may do to it, in any
//! order. What is done about it is decided by the shipped rules alone.

use crate::claims::{self, Broken, Claim};
use crate::engine;
use crate::normal::Counted;
use crate::scenario::{LIFE, S, START, Scenario, cents, other};
use stateright::{Model, Property};
use std::hash::{Hash, Hasher};
use switchback_core::model::{
    Attempt, AttemptState, Choice, FailureClass, Input, Message, Presence, ReportKind, Time, Timers,
    Withdrawal, WithdrawalAnswer,
};
use switchback_core::tariff::Payer;

/// The message, its payer, and the world around them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) scenario: usize,
    pub(crate) message: Message,
    pub(crate) payer: Payer,
    pub(crate) presence: Presence,
    pub(crate) now: Time,
    /// The prices of the two services have been exchanged.
    pub(crate) exchanged: bool,
    pub(crate) left: Left,
    pub(crate) broken: Broken,
}

/// How often the world may still do what it could otherwise do for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    pub(crate) flaps: u8,
    /// Choices of another service, and cancellations.
    pub(crate) wishes: u8,
    pub(crate) exchanges: u8,
    /// What is heard of an attempt after the next one has started, or after the end.
    pub(crate) late: u8,
}

/// What may happen next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// A peer or a device says something about an attempt: in time, late, again, or out of order.
    Report(u16, ReportKind),
    /// The recipient registers, or the last registration is lost, a second after whatever was before.
    Flap,
    /// Nothing happens until the message is due.
    Wait,
    /// The process dies and is back at once.
    Crash,
    /// The process dies and is back when the message's life has ended.
    LongCrash,
    /// The two services exchange their prices.
    Exchange,
    /// The sender chooses the service that is not the first, or the first again, with or without a bound.
    Choose(Choice),
    /// The sender wants it back.
    Cancel,
}

pub(crate) struct World {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) timers: Timers,
    pub(crate) counted: Counted,
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let start = |(scenario, at): (usize, &Scenario)| {
            let mut state = State {
                scenario,
                message: at.message(),
                payer: at.payer(),
                presence: at.presence(),
                now: START,
                exchanged: false,
                left: at.left,
                broken: Broken::default(),
            };
            engine::drive(self, None, &mut state, &Input::Poked);
            state
        };
        self.scenarios.iter().enumerate().map(start).collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.counted.add(state);
        for attempt in &state.message.attempts {
            let heard = words(state, attempt).into_iter();
            actions.extend(heard.map(|kind| Action::Report(attempt.n, kind)));
        }
        if state.message.status.is_final() {
            if state.left.late > 0 {
                actions.extend([Action::Crash, Action::Cancel]);
            }
            return;
        }
        actions.extend([Action::Wait, Action::Crash]);
        if state.now < START.plus_millis(LIFE) {
            actions.push(Action::LongCrash);
        }
        if state.left.flaps > 0 {
            actions.push(Action::Flap);
        }
        let Scenario { first, prices, .. } = &self.scenarios[state.scenario];
        if state.left.exchanges > 0 && prices[0] != prices[1] {
            actions.push(Action::Exchange);
        }
        if state.left.wishes > 0 {
            let choose = |service, max_price| Action::Choose(Choice { service, max_price });
            actions.extend([
                choose(other(*first), Some(cents(2))),
                choose(other(*first), None),
                choose(*first, Some(cents(2))),
            ]);
            actions.push(Action::Cancel);
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        let older = matches!(action, Action::Report(n, _) if usize::from(n) < before.message.attempts.len());
        if older || before.message.status.is_final() {
            state.left.late -= 1;
        }
        let input = match action {
            Action::Report(attempt, kind) => Input::Report { attempt, part: 0, kind, code: None },
            Action::Flap => {
                state.left.flaps -= 1;
                state.now = state.now.plus_millis(S);
                state.presence = match state.presence {
                    Presence::Online { .. } => Presence::Offline { since: state.now },
                    _ => Presence::Online { registered_at: state.now },
                };
                Input::Poked
            }
            Action::Wait => {
                state.now = state.message.due.filter(|due| *due > state.now)?;
                Input::Poked
            }
            Action::Crash => Input::Recovered,
            Action::LongCrash => {
                state.now = START.plus_millis(LIFE);
                Input::Recovered
            }
            Action::Exchange => {
                state.left.exchanges -= 1;
                state.exchanged = !state.exchanged;
                return Some(state);
            }
            Action::Choose(choice) => {
                state.left.wishes -= 1;
                Input::Chosen(choice)
            }
            Action::Cancel => {
                state.left.wishes = state.left.wishes.saturating_sub(1);
                Input::Cancel
            }
        };
        if !engine::drive(self, Some(before), &mut state, &input) {
            // A report that says nothing new: the message is as it was, and has rested.
            return None;
        }
        if !claims::absorbs(before, &state) {
            state.broken.add(Claim::I12);
        }
        Some(state)
    }

    fn within_boundary(&self, state: &State) -> bool {
        state.message.attempts.len() <= self.scenarios[state.scenario].attempts_max
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "I3 a message always knows when it is looked at next, and is final by expiry + 60 s",
                |_, state: &State| claims::ends(state) && !state.broken.has(Claim::I3),
            ),
            Property::always("I4 no attempt beside a live or unknown one, but by R11", |_, state: &State| {
                !state.broken.has(Claim::I4)
            }),
            Property::always(
                "I7 charges less refunds are 0 or one price, and what the plan keeps, within the limit",
                |world: &Self, state: &State| {
                    claims::charged_once(state, &world.scenarios[state.scenario])
                        && !state.broken.has(Claim::I7)
                },
            ),
            Property::always("I9 no orphan reservation", |_, state: &State| {
                claims::nothing_orphaned(state) && !state.broken.has(Claim::I9)
            }),
            Property::always("I12 final states absorb", |_, state: &State| !state.broken.has(Claim::I12)),
            Property::always("I14 no attempt with committed + price > limit", |_, state: &State| {
                !state.broken.has(Claim::I14)
            }),
        ]
    }
}

/// What may be heard of an attempt. Of the last one anything, as often as anybody likes; of an older one, or after
/// the end, so much as the world may still say late.
fn words(state: &State, attempt: &Attempt) -> Vec<ReportKind> {
    use FailureClass::{Local, Permanent, Refused, Temporary};
    use WithdrawalAnswer as Answer;
    let message = &state.message;
    let in_time = usize::from(attempt.n) == message.attempts.len() && !message.status.is_final();
    // Of what has not left us nobody can say anything.
    if attempt.state == AttemptState::Deferred || (!in_time && state.left.late == 0) {
        return Vec::new();
    }
    let mut words =
        vec![ReportKind::HandedOver { peer_id: None }, ReportKind::Delivered, ReportKind::Displayed];
    if attempt.outcome().is_some() {
        words.push(ReportKind::Failed(Temporary));
        return words;
    }
    words.extend([ReportKind::NoAnswer, ReportKind::Withdrawn, ReportKind::Unclear]);
    words.extend([Temporary, Permanent, Refused, Local].map(ReportKind::Failed));
    if attempt.withdrawal != Withdrawal::None {
        let answers = [Answer::Withdrawn, Answer::AlreadyDelivered, Answer::Refused, Answer::Unknown];
        words.extend(answers.map(ReportKind::Withdrawal));
    }
    words
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        crate::normal::explored(self, hasher);
    }
}

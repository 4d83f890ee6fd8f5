//! Requests of others: the table's side of the two server machines.

mod invite;
mod non_invite;
mod request;

use core::num::NonZeroU64;
use std::collections::HashSet;

use bytes::Bytes;

use super::Transactions;
use super::key::{Key, Pass};
use super::lanes::{Due, Wake};
use super::limits::Counters;
use super::output::Output;
use super::own;
use super::step::Step;
use super::timer::Timer;
use crate::status::StatusCode;

/// What merged requests are told by, of all that are here.
pub(super) type Merges = HashSet<NonZeroU64, Pass>;

/// A request that is not answered, or an INVITE.
#[derive(Debug)]
pub(super) struct Server<F> {
    state: State,
    flow: F,
    reliable: bool,
    /// As it came, until it is answered: a 100 may have to be made from it.
    request: Bytes,
    /// The last answer, when it may have to be sent again.
    answer: Box<[u8]>,
    merge: Option<NonZeroU64>,
    pub(super) due: Due,
}

/// A request, INVITE apart, that was answered over an unreliable flow, until timer J: the Completed state.
#[derive(Debug)]
pub(super) struct Answered {
    answer: Box<[u8]>,
    merge: Option<NonZeroU64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Invite(invite::State),
    NonInvite(non_invite::State),
}

/// What a server machine is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    /// The request came again.
    Request,
    Ack,
    Cancel,
    /// The user answers.
    Answer(StatusCode),
    Timer(Timer),
}

/// What a server machine wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Nothing,
    /// Send the user's answer.
    Send,
    /// Send the user's answer and keep it.
    Keep,
    /// Send the kept answer again, if there is one.
    Repeat,
    /// Make a 100, send it and keep it.
    Trying,
    /// Hand it to the user.
    Tell,
    /// The user can't say this now.
    Refuse,
    /// The user never answered.
    Unanswered,
    /// The peer never acknowledged.
    Unacknowledged,
}

impl State {
    const fn is_over(self) -> bool {
        matches!(
            self,
            Self::Invite(invite::State::Terminated) | Self::NonInvite(non_invite::State::Terminated)
        )
    }

    fn step(self, input: Input, reliable: bool) -> Step<Self, Deed> {
        match self {
            Self::Invite(state) => invite::step(state, input, reliable).map(Self::Invite),
            Self::NonInvite(state) => non_invite::step(state, input, reliable).map(Self::NonInvite),
        }
    }
}

impl<F> Server<F> {
    fn held(&self) -> usize {
        self.request.len().saturating_add(self.answer.len())
    }
}

impl<F: Clone + Eq> Transactions<F> {
    pub(super) fn server_timer(&mut self, timer: Timer, wake: Wake, out: &mut Vec<Output<F>>) {
        if self.servers.get(&wake.key).is_some_and(|server| server.due.is(timer, wake.at)) {
            self.drive_server(wake.key, Input::Timer(timer), &Bytes::new(), out);
        }
    }

    /// Puts an input to the machine of an open transaction and does what it says, but for what only the caller can.
    /// `None`: there is no such transaction.
    fn drive_server(
        &mut self,
        key: Key,
        input: Input,
        answer: &Bytes,
        out: &mut Vec<Output<F>>,
    ) -> Option<Deed> {
        let server = self.servers.get_mut(&key)?;
        let step = server.state.step(input, server.reliable);
        let held = server.held();
        let octets = match step.deed {
            Deed::Send | Deed::Keep => {
                server.request = Bytes::new();
                let kept = if step.deed == Deed::Keep { answer.as_ref() } else { &[] };
                server.answer = Box::from(kept);
                Some(answer.clone())
            }
            Deed::Trying => {
                let trying = own::trying(&server.request);
                server.answer = trying.as_deref().map_or_else(Box::default, Box::from);
                trying
            }
            Deed::Repeat => {
                if matches!(input, Input::Timer(_)) {
                    Counters::count(&mut self.counters.repeated);
                }
                (!server.answer.is_empty()).then(|| Bytes::copy_from_slice(&server.answer))
            }
            Deed::Unanswered => {
                Counters::count(&mut self.counters.unanswered);
                None
            }
            Deed::Unacknowledged => {
                Counters::count(&mut self.counters.unacknowledged);
                None
            }
            Deed::Nothing | Deed::Tell | Deed::Refuse => None,
        };
        out.extend(octets.map(|octets| Output::Send { flow: server.flow.clone(), octets, of: None }));
        server.state = step.next;
        server.due.set(step.repeat, step.end, key, self.now, &mut self.lanes);
        self.kept.servers = self.kept.servers.saturating_sub(held).saturating_add(server.held());
        self.settle(key, step.next);
        Some(step.deed)
    }

    /// Takes a transaction out that is over, or of which its answer is enough.
    fn settle(&mut self, key: Key, state: State) {
        let completed = state == State::NonInvite(non_invite::State::Completed);
        if !completed && !state.is_over() {
            return;
        }
        let Some(server) = self.servers.remove(&key) else { return };
        self.kept.servers = self.kept.servers.saturating_sub(server.held());
        if completed {
            self.keep(key, Answered { answer: server.answer, merge: server.merge });
        } else if let Some(merge) = server.merge {
            self.merges.remove(&merge);
        }
    }

    fn keep(&mut self, key: Key, answered: Answered) {
        self.kept.servers = self.kept.servers.saturating_add(answered.answer.len());
        self.answered.insert(key, answered);
    }

    /// Timer J.
    pub(super) fn forget(&mut self, key: Key) {
        let Some(answered) = self.answered.remove(&key) else { return };
        self.kept.servers = self.kept.servers.saturating_sub(answered.answer.len());
        if let Some(merge) = answered.merge {
            self.merges.remove(&merge);
        }
    }

    fn has_server_room(&self) -> bool {
        let transactions = self.servers.len().saturating_add(self.answered.len());
        self.limits.servers.has_room(transactions, self.kept.servers)
    }
}

//! Requests of others: the table's side of the two server machines.

mod invite;
mod non_invite;

use core::num::NonZeroU64;
use core::time::Duration;
use std::collections::HashSet;

use bytes::Bytes;

use super::Transactions;
use super::key::{Key, Pass};
use super::lanes::{Due, Wake};
use super::limits::Counters;
use super::output::{NotTaken, Output, ServerId};
use super::own;
use super::step::Step;
use super::timer::Timer;
use crate::message::Message;
use crate::method::Method;
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

/// The methods whose CANCEL finds something that it can't cancel (9.2).
const NOT_CANCELED: [Method<'_>; 11] = [
    Method::Message,
    Method::Register,
    Method::Options,
    Method::Subscribe,
    Method::Notify,
    Method::Publish,
    Method::Bye,
    Method::Refer,
    Method::Info,
    Method::Prack,
    Method::Update,
];

impl<F: Clone + Eq> Transactions<F> {
    /// Answers a request: `octets` is the whole response, its status is `status`. A provisional answer of an INVITE may
    /// be followed by others; a 2xx of one is said again, by calling this again, until its ACK comes (RFC 3261
    /// 13.3.1.4).
    ///
    /// # Errors
    /// [`NotTaken::Over`], [`NotTaken::Status`]: nothing was sent.
    pub fn respond(
        &mut self,
        id: ServerId,
        status: StatusCode,
        octets: &Bytes,
        now: Duration,
        out: &mut Vec<Output<F>>,
    ) -> Result<(), NotTaken> {
        self.advance(now);
        match self.drive_server(id.0, Input::Answer(status), octets, out) {
            None => Err(NotTaken::Over),
            Some(Deed::Refuse) => Err(NotTaken::Status(status)),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn request_received(
        &mut self,
        message: Message,
        flow: F,
        reliable: bool,
        out: &mut Vec<Output<F>>,
    ) {
        match message.method() {
            Method::Ack => return self.ack_received(message, flow, out),
            Method::Cancel => return self.cancel_received(&message, flow, reliable, out),
            _ => {}
        }
        let key = self.keys.family(&message).key(message.method());
        if self.absorbed(key, &flow, out) {
            return;
        }
        let merge = self.keys.merge(&message);
        if merge.is_some_and(|merge| self.merges.contains(&merge)) {
            Counters::count(&mut self.counters.merged);
            return self.refuse(&message, flow, StatusCode::LOOP_DETECTED, key, out);
        }
        if !self.has_server_room() {
            Counters::count(&mut self.counters.refused);
            return self.refuse(&message, flow, StatusCode::SERVICE_UNAVAILABLE, key, out);
        }
        self.merges.extend(merge);
        let mut due = Due::NONE;
        let (state, start) = if message.method() == Method::Invite {
            let start = invite::start();
            (State::Invite(start.next), start.map(State::Invite))
        } else {
            let start = non_invite::start();
            (State::NonInvite(start.next), start.map(State::NonInvite))
        };
        due.set(start.repeat, start.end, key, self.now, &mut self.lanes);
        let request = message.octets().clone();
        self.kept.servers = self.kept.servers.saturating_add(request.len());
        let (answer, flow_of) = (Box::default(), flow.clone());
        self.servers.insert(key, Server { state, flow: flow_of, reliable, request, answer, merge, due });
        out.push(Output::Request { id: ServerId(key), to_tag: self.keys.to_tag(key), message, flow });
    }

    /// Whether a request is here already. If so it is answered as before, or not yet.
    fn absorbed(&mut self, key: Key, flow: &F, out: &mut Vec<Output<F>>) -> bool {
        if let Some(answered) = self.answered.get(&key) {
            let octets = Bytes::copy_from_slice(&answered.answer);
            out.push(Output::Send { flow: flow.clone(), octets, of: None });
        } else if self.drive_server(key, Input::Request, &Bytes::new(), out).is_none() {
            return false;
        }
        Counters::count(&mut self.counters.absorbed);
        true
    }

    fn ack_received(&mut self, message: Message, flow: F, out: &mut Vec<Output<F>>) {
        let key = self.keys.family(&message).key(Method::Ack);
        match (self.drive_server(key, Input::Ack, &Bytes::new(), out), message.to_tag()) {
            (Some(Deed::Tell), _) => out.push(Output::Ack { message, flow }),
            (Some(_), _) => Counters::count(&mut self.counters.absorbed),
            (None, None) => Counters::count(&mut self.counters.stray_acks),
            // With the branch of its INVITE and our tag: of a failure of which nothing is kept.
            (None, Some(tag)) if tag == self.keys.to_tag(key).as_ref() => {
                Counters::count(&mut self.counters.absorbed);
            }
            (None, Some(_)) => out.push(Output::Ack { message, flow }),
        }
    }

    fn cancel_received(&mut self, message: &Message, flow: F, reliable: bool, out: &mut Vec<Output<F>>) {
        let family = self.keys.family(message);
        let key = family.key(Method::Cancel);
        if self.absorbed(key, &flow, out) {
            return;
        }
        let invite = family.key(Method::Invite);
        let (found, told) = match self.drive_server(invite, Input::Cancel, &Bytes::new(), out) {
            Some(deed) => (Some(invite), deed == Deed::Tell),
            None => {
                let here = |key: &Key| self.servers.contains_key(key) || self.answered.contains_key(key);
                (NOT_CANCELED.iter().map(|method| family.key(*method)).find(here), false)
            }
        };
        let status = if found.is_some() { StatusCode::OK } else { StatusCode::NO_TRANSACTION };
        // The answers to a request and to its CANCEL have the same tag (9.2).
        let tag = self.keys.to_tag(found.unwrap_or(key));
        let Some(octets) = own::answer(message, status, &tag, None) else { return };
        if !reliable && self.has_server_room() {
            self.keep(key, Answered { answer: Box::from(octets.as_ref()), merge: None });
            self.lanes.set(Timer::J, key, self.now);
        }
        out.push(Output::Send { flow, octets, of: None });
        if told {
            out.push(Output::Cancel { of: ServerId(invite) });
        }
    }

    /// Answers without keeping anything: should the request come again, so does the answer.
    fn refuse(&self, message: &Message, flow: F, status: StatusCode, key: Key, out: &mut Vec<Output<F>>) {
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(self.limits.retry_after);
        if let Some(octets) = own::answer(message, status, &self.keys.to_tag(key), retry_after) {
            out.push(Output::Send { flow, octets, of: None });
        }
    }

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

//! Requests of ours: the table's side of the two client machines.

mod invite;
mod non_invite;

use core::time::Duration;

use bytes::Bytes;

use super::Transactions;
use super::key::Key;
use super::lanes::{Due, Wake};
use super::limits::Counters;
use super::output::{ClientId, NotTaken, Outgoing, Output, Verdict};
use super::own;
use super::step::Step;
use super::timer::Timer;
use crate::message::Message;
use crate::method::Method;
use crate::status::StatusCode;

/// A request of ours, until nothing more can come of it.
#[derive(Debug)]
pub(super) struct Client<F> {
    state: State,
    token: u64,
    flow: F,
    reliable: bool,
    /// Whether it was given to the flow more than once.
    repeated: bool,
    /// The request, as long as it may have to be sent again or acknowledged; then the ACK.
    kept: Bytes,
    pub(super) due: Due,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Invite(invite::State),
    NonInvite(non_invite::State),
}

/// What a client machine is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Response(StatusCode),
    Timer(Timer),
    /// A CANCEL of it goes out.
    Cancel,
    /// Nothing of it was ever written.
    Unsent,
    /// Its flow is lost.
    Lost,
}

/// What a client machine wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Nothing,
    /// Send what is kept again.
    Repeat,
    /// Hand the answer to the user; more may come.
    Tell,
    /// It ends with this answer.
    Answer,
    /// It ends with this answer, which is acknowledged.
    Acknowledge,
    /// It ends unanswered.
    GiveUp,
    /// It ends before it began.
    NeverSent,
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

impl<F: Clone + Eq> Transactions<F> {
    /// Sends a request. It comes to exactly one [`Output::Ended`]. An ACK of a 2xx is no transaction: it is sent without
    /// asking here.
    ///
    /// # Errors
    /// [`NotTaken::Full`], [`NotTaken::Unfit`]: nothing was sent, nothing will be said.
    pub fn request(
        &mut self,
        request: Outgoing<'_, F>,
        now: Duration,
        out: &mut Vec<Output<F>>,
    ) -> Result<ClientId, NotTaken> {
        self.advance(now);
        let Outgoing { token, method, branch, octets, flow, reliable } = request;
        let key = self.keys.client(branch, method);
        if method == Method::Ack || self.clients.contains_key(&key) {
            return Err(NotTaken::Unfit);
        }
        if !self.limits.clients.has_room(self.clients.len(), self.kept.clients) {
            return Err(NotTaken::Full);
        }
        if method == Method::Cancel {
            self.drive_client(self.keys.client(branch, Method::Invite), Input::Cancel, None, out);
        }
        let start = if method == Method::Invite {
            invite::start(reliable).map(State::Invite)
        } else {
            non_invite::start(reliable).map(State::NonInvite)
        };
        let mut due = Due::NONE;
        due.set(start.repeat, start.end, key, self.now, &mut self.lanes);
        let again = !reliable || method == Method::Invite;
        let kept = if again { octets.clone() } else { Bytes::new() };
        self.kept.clients = self.kept.clients.saturating_add(kept.len());
        let id = ClientId(key);
        out.push(Output::Send { flow: flow.clone(), octets, of: Some(id) });
        let client = Client { state: start.next, token, flow, reliable, repeated: false, kept, due };
        self.clients.insert(key, client);
        Ok(id)
    }

    /// A request of ours was never written, not one octet: its flow ended, could not be opened, or had no room. Say so
    /// for every [`Output::Send`] that did not leave before [`flow_lost`](Self::flow_lost), which ends what did.
    pub fn unsent(&mut self, id: ClientId, out: &mut Vec<Output<F>>) {
        // An earlier attempt may have left: the timers go on.
        if self.clients.get(&id.0).is_some_and(|client| !client.repeated) {
            self.drive_client(id.0, Input::Unsent, None, out);
        }
    }

    /// A flow is lost (17.1.4): what was sent by it and is not answered ends as [`Verdict::Silent`]. Requests of others
    /// stay: an answer goes nowhere then, but they may come again by another flow.
    pub fn flow_lost(&mut self, flow: &F, out: &mut Vec<Output<F>>) {
        self.flows_lost(|it| it == flow, out);
    }

    /// As [`flow_lost`](Self::flow_lost) for all flows that `lost` says: one walk over the open requests, however many
    /// flows are lost together.
    pub fn flows_lost(&mut self, lost: impl Fn(&F) -> bool, out: &mut Vec<Output<F>>) {
        let keys = self.clients.iter().filter(|(_, client)| lost(&client.flow)).map(|(key, _)| *key);
        for key in keys.collect::<Vec<_>>() {
            self.drive_client(key, Input::Lost, None, out);
        }
    }

    pub(super) fn response_received(&mut self, message: Message, out: &mut Vec<Output<F>>) {
        let via = message.via();
        let key = via.branch().map(|branch| self.keys.client(branch, message.method()));
        let found = message
            .status()
            .zip(key)
            .and_then(|(status, key)| self.drive_client(key, Input::Response(status), Some(message), out));
        if found.is_none() {
            Counters::count(&mut self.counters.stray_responses);
        }
    }

    pub(super) fn client_timer(&mut self, timer: Timer, wake: Wake, out: &mut Vec<Output<F>>) {
        if self.clients.get(&wake.key).is_some_and(|client| client.due.is(timer, wake.at)) {
            self.drive_client(wake.key, Input::Timer(timer), None, out);
        }
    }

    /// Puts an input to the machine of a request and does what it says. `None`: there is no such request.
    fn drive_client(
        &mut self,
        key: Key,
        input: Input,
        message: Option<Message>,
        out: &mut Vec<Output<F>>,
    ) -> Option<()> {
        let client = self.clients.get_mut(&key)?;
        let step = client.state.step(input, client.reliable);
        let held = client.kept.len();
        let (id, token) = (ClientId(key), client.token);
        let ended = |verdict| Output::Ended { token, verdict };
        match (step.deed, message) {
            (Deed::Nothing, Some(_)) => Counters::count(&mut self.counters.absorbed),
            (Deed::Repeat, message) => {
                // Of a request of ours, or of the ACK of a failure that came again.
                let of = message.is_none().then_some(id);
                client.repeated |= of.is_some();
                Counters::count(if of.is_some() {
                    &mut self.counters.repeated
                } else {
                    &mut self.counters.absorbed
                });
                if !client.kept.is_empty() {
                    out.push(Output::Send { flow: client.flow.clone(), octets: client.kept.clone(), of });
                }
            }
            (Deed::Tell, Some(message)) => out.push(Output::Response { id, token, message }),
            (Deed::Answer, Some(message)) => {
                client.kept = Bytes::new();
                out.push(ended(Verdict::Answered(message)));
            }
            (Deed::Acknowledge, Some(message)) => {
                client.kept = own::ack(&client.kept, &message).unwrap_or_default();
                if !client.kept.is_empty() {
                    out.push(Output::Send {
                        flow: client.flow.clone(),
                        octets: client.kept.clone(),
                        of: None,
                    });
                }
                out.push(ended(Verdict::Answered(message)));
            }
            (Deed::GiveUp, _) => out.push(ended(Verdict::Silent)),
            (Deed::NeverSent, _) => out.push(ended(Verdict::NeverSent)),
            (Deed::Nothing | Deed::Tell | Deed::Answer | Deed::Acknowledge, None) => {}
        }
        client.state = step.next;
        client.due.set(step.repeat, step.end, key, self.now, &mut self.lanes);
        self.kept.clients = self.kept.clients.saturating_sub(held).saturating_add(client.kept.len());
        if step.next.is_over()
            && let Some(client) = self.clients.remove(&key)
        {
            self.kept.clients = self.kept.clients.saturating_sub(client.kept.len());
        }
        Some(())
    }
}

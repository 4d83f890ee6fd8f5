//! What comes from peers and from the user about requests of others.

use core::time::Duration;

use bytes::Bytes;

use super::{Answered, Deed, Input, Server, State, invite, non_invite};
use crate::message::Message;
use crate::method::Method;
use crate::status::StatusCode;
use crate::transaction::key::Key;
use crate::transaction::lanes::Due;
use crate::transaction::limits::Counters;
use crate::transaction::output::{NotTaken, Output, ServerId};
use crate::transaction::timer::Timer;
use crate::transaction::{Transactions, own};

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

    pub(in crate::transaction) fn request_received(
        &mut self,
        message: Message,
        flow: F,
        reliable: bool,
        out: &mut Vec<Output<F>>,
    ) {
        let cseq = message.cseq();
        match cseq.method {
            Method::Ack => return self.ack_received(message, flow, out),
            Method::Cancel => return self.cancel_received(&message, flow, reliable, out),
            _ => {}
        }
        let key = self.keys.family(&message).key(cseq.method);
        if self.absorbed(key, &flow, reliable, out) {
            return;
        }
        let merge = self.keys.merge(&message, cseq);
        if merge.is_some_and(|merge| self.merges.contains(&merge)) {
            Counters::count(&mut self.counters.merged);
            return self.refuse(&message, flow, StatusCode::LOOP_DETECTED, key, out);
        }
        if !self.has_server_room() {
            Counters::count(&mut self.counters.refused);
            return self.refuse(&message, flow, StatusCode::SERVICE_UNAVAILABLE, key, out);
        }
        self.merges.extend(merge);
        let start = if cseq.method == Method::Invite {
            invite::start().map(State::Invite)
        } else {
            non_invite::start().map(State::NonInvite)
        };
        let mut due = Due::NONE;
        due.set(start.repeat, start.end, key, self.now, &mut self.lanes);
        let server = Server {
            state: start.next,
            flow: flow.clone(),
            reliable,
            request: message.octets().clone(),
            answer: Box::default(),
            merge,
            due,
        };
        self.kept.servers = self.kept.servers.saturating_add(server.held());
        self.servers.insert(key, server);
        out.push(Output::Request { id: ServerId(key), to_tag: key.to_tag(), message, flow });
    }

    /// Whether a request is here already. If so it is answered as before, or not yet: to where it came from last.
    fn absorbed(&mut self, key: Key, flow: &F, reliable: bool, out: &mut Vec<Output<F>>) -> bool {
        if let Some(answered) = self.answered.get(&key) {
            let octets = Bytes::copy_from_slice(&answered.answer);
            out.push(Output::Send { flow: flow.clone(), octets, of: None });
        } else if let Some(server) = self.servers.get_mut(&key) {
            server.flow = flow.clone();
            server.reliable = reliable;
            self.drive_server(key, Input::Request, &Bytes::new(), out);
        } else {
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
            (None, Some(tag)) if tag == key.to_tag().as_ref() => {
                Counters::count(&mut self.counters.absorbed);
            }
            (None, Some(_)) => out.push(Output::Ack { message, flow }),
        }
    }

    fn cancel_received(&mut self, message: &Message, flow: F, reliable: bool, out: &mut Vec<Output<F>>) {
        let family = self.keys.family(message);
        let key = family.key(Method::Cancel);
        if self.absorbed(key, &flow, reliable, out) {
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
        let tag = found.unwrap_or(key).to_tag();
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
        if let Some(octets) = own::answer(message, status, &key.to_tag(), retry_after) {
            out.push(Output::Send { flow, octets, of: None });
        }
    }
}

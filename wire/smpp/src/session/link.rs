//! The heart of both machines: one session's requests, debts, output, timers and goodbye.

use std::collections::VecDeque;
use std::time::Duration;

use super::asked::{Asked, Entry};
use super::keepalive::{KeepAlive, Pulse};
use super::owed::Owed;
use super::{CloseReason, Counters, Farewell, Request, SendError, SessionConfig, State};
use crate::{BindMode, CommandId, CommandStatus, Frame, Pdu, Refusal};
use wire_outbox::Outbox;

/// What happens to requests and sessions on either side; each machine has its own words for it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Common {
    NoAnswer { token: u64, request: Request },
    Lost { token: u64, request: Request, left: bool },
    Closed(CloseReason),
}

#[derive(Debug)]
pub(crate) struct Core<E> {
    pub(crate) limits: SessionConfig,
    pub(crate) state: State,
    pub(crate) out: Outbox,
    pub(crate) asked: Asked,
    pub(crate) owed: Owed,
    pub(crate) counters: Counters,
    pub(crate) events: VecDeque<E>,
    pub(crate) now: Duration,
    /// Whether the peer of a server said 3.4 or later: earlier ones are sent no TLVs.
    pub(crate) peer_reads_tlvs: bool,
    alive: KeepAlive,
}

impl<E: From<Common>> Core<E> {
    pub(crate) fn new(limits: SessionConfig, state: State, now: Duration) -> Self {
        Self {
            limits,
            state,
            out: Outbox::new(limits.max_output),
            asked: Asked::new(limits.first_sequence, limits.response_timeout, limits.max_late),
            owed: Owed::new(limits.max_unanswered),
            counters: Counters::default(),
            events: VecDeque::new(),
            now,
            peer_reads_tlvs: false,
            alive: KeepAlive::new(limits.enquire_interval, limits.response_timeout, now),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Takes the time. It never goes back, whatever the caller says.
    pub(crate) fn tick(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    /// A whole PDU came.
    pub(crate) fn heard(&mut self) {
        self.alive.heard(self.now);
    }

    /// Sends an answer or a control PDU: at once, past every window.
    pub(crate) fn send(
        &mut self,
        pdu: &Pdu<'_>,
        status: CommandStatus,
        sequence: u32,
    ) -> Result<(), SendError> {
        if self.is_closed() {
            return Err(SendError::NotBound);
        }
        pdu.encode(status, sequence, self.out.tail())?;
        if self.out.is_over() {
            self.close(CloseReason::Overflow);
        }
        Ok(())
    }

    /// Answers what can't be read or has no place now.
    pub(crate) fn refuse(&mut self, refusal: Refusal, sequence: u32) {
        if self.is_closed() {
            return;
        }
        self.counters.refused_pdus = self.counters.refused_pdus.saturating_add(1);
        refusal.encode(sequence, self.out.tail());
        if self.out.is_over() {
            self.close(CloseReason::Overflow);
        }
    }

    /// Answers a readable request with an error, by its own response.
    pub(crate) fn refuse_with(&mut self, frame: &Frame<'_>, status: CommandStatus) {
        let answer = Some(frame.header.command_id.response());
        self.refuse(Refusal { status, answer }, frame.header.sequence);
    }

    /// Sends a request of ours, if its lane has room.
    pub(crate) fn request(
        &mut self,
        token: u64,
        request: Request,
        pdu: &Pdu<'_>,
        allowed: fn(BindMode) -> bool,
    ) -> Result<u32, SendError> {
        match self.state {
            State::Bound(mode) if allowed(mode) => {}
            _ => return Err(SendError::NotBound),
        }
        if !self.has_room(request) {
            return Err(SendError::Full);
        }
        let sequence = self.asked.sequence();
        let position = self.out.position();
        pdu.encode(CommandStatus::OK, sequence, self.out.tail())?;
        self.asked.insert(sequence, token, request, position, self.now);
        Ok(sequence)
    }

    /// Whether the lane, the output and the caller's own queue of events can take one more.
    pub(crate) fn has_room(&self, request: Request) -> bool {
        let waiting = match request {
            Request::Cancel => self.asked.cancels(),
            Request::Submit | Request::Deliver | Request::Data => self.asked.messages(),
        };
        // Every request makes at most two events: no answer, then a late one.
        let max_events = self.limits.window.saturating_mul(4).saturating_add(self.limits.max_unanswered);
        waiting < self.limits.window && self.out.has_room_for_requests() && self.events.len() < max_events
    }

    /// The request of ours that `frame` answers; counted when there is none.
    pub(crate) fn answered(&mut self, frame: &Frame<'_>, fits: impl Fn(Request) -> bool) -> Option<Entry> {
        let entry = self.asked.answer(frame.header.sequence, fits);
        match entry {
            Some(entry) if entry.late => {
                self.counters.late_answers = self.counters.late_answers.saturating_add(1)
            }
            Some(_) => {}
            None => self.unmatched(),
        }
        entry
    }

    pub(crate) const fn unmatched(&mut self) {
        self.counters.unmatched_responses = self.counters.unmatched_responses.saturating_add(1);
    }

    /// Notes a request of the peer that the caller will answer; answers it with `busy` when there are too many.
    pub(crate) fn owe(&mut self, frame: &Frame<'_>, busy: CommandStatus) -> bool {
        if matches!(self.state, State::Bound(_))
            && self.owed.add(frame.header.sequence, frame.header.command_id)
        {
            return true;
        }
        self.counters.turned_away = self.counters.turned_away.saturating_add(1);
        self.refuse_with(frame, busy);
        false
    }

    /// Begins our goodbye. Before a bind there is nothing to say goodbye to.
    pub(crate) fn unbind(&mut self) {
        match self.state {
            State::Bound(mode) => {
                let until = self.now.saturating_add(self.limits.drain_timeout);
                self.state = State::Unbinding { mode, farewell: Farewell::DrainingBeforeUnbind, until };
                self.advance();
            }
            State::Open { .. } | State::Binding { .. } => self.close(CloseReason::Unbound),
            State::Unbinding { .. } | State::Closed => {}
        }
    }

    /// The peer says goodbye: it gets its answer when nothing is under way, or when the time is up.
    pub(crate) fn peer_unbind(&mut self, sequence: u32) {
        match self.state {
            State::Bound(mode) | State::Unbinding { mode, .. } => {
                let until = self.now.saturating_add(self.limits.drain_timeout);
                self.state =
                    State::Unbinding { mode, farewell: Farewell::DrainingBeforeAnswer { sequence }, until };
                self.advance();
            }
            State::Open { .. } | State::Binding { .. } => self.answer_unbind(sequence),
            State::Closed => {}
        }
    }

    /// The peer answered our goodbye.
    pub(crate) fn unbound(&mut self) {
        match self.state {
            State::Unbinding { farewell: Farewell::UnbindSent, .. } => self.close(CloseReason::Unbound),
            _ => self.unmatched(),
        }
    }

    /// Goes on with a goodbye when nothing is under way any more or its time is up.
    pub(crate) fn advance(&mut self) {
        let State::Unbinding { mode, farewell, until } = self.state else { return };
        let late = self.now >= until;
        let drained = self.asked.is_idle() && self.owed.is_empty();
        match farewell {
            Farewell::DrainingBeforeUnbind if drained || late => {
                let sequence = self.asked.sequence();
                let until = self.now.saturating_add(self.limits.response_timeout);
                self.state = State::Unbinding { mode, farewell: Farewell::UnbindSent, until };
                // A PDU without a body always encodes.
                let _ = self.send(&Pdu::Unbind, CommandStatus::OK, sequence);
            }
            Farewell::DrainingBeforeAnswer { sequence } if drained || late => self.answer_unbind(sequence),
            Farewell::UnbindSent if late => self.close(CloseReason::UnbindTimeout),
            _ => {}
        }
    }

    fn answer_unbind(&mut self, sequence: u32) {
        // A PDU without a body always encodes.
        let _ = self.send(&Pdu::UnbindResp, CommandStatus::OK, sequence);
        self.close(CloseReason::PeerUnbound);
    }

    /// Everything that time alone makes happen.
    pub(crate) fn run_timers(&mut self) {
        match self.state {
            State::Open { until: Some(until) } | State::Binding { until, .. } if self.now >= until => {
                self.close(CloseReason::BindTimeout);
            }
            _ => {}
        }
        while let Some(Entry { token, request, .. }) = self.asked.expire(self.now) {
            self.events.push_back(E::from(Common::NoAnswer { token, request }));
        }
        self.advance();
        if !matches!(self.state, State::Bound(_) | State::Unbinding { .. }) {
            return;
        }
        match self.alive.check(self.now) {
            Pulse::Fine => {}
            Pulse::Dead => self.close(CloseReason::HalfOpen),
            Pulse::Ask => {
                let sequence = self.asked.sequence();
                // A PDU without a body always encodes.
                let _ = self.send(&Pdu::EnquireLink, CommandStatus::OK, sequence);
            }
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        let of_state = match self.state {
            State::Open { until } => return until,
            State::Binding { until, .. } => return Some(until),
            State::Closed => return None,
            State::Bound(_) => None,
            State::Unbinding { until, .. } => Some(until),
        };
        [of_state, self.asked.next_deadline(), Some(self.alive.next())].into_iter().flatten().min()
    }

    /// The stream can't be read on: says so and ends.
    pub(crate) fn bad_length(&mut self) {
        self.refuse(Refusal { status: CommandStatus::INVCMDLEN, answer: Some(CommandId::GENERIC_NACK) }, 0);
        self.close(CloseReason::BadLength);
    }

    /// Ends the session: what still waits is lost, and that is the last that is heard of it.
    pub(crate) fn close(&mut self, reason: CloseReason) {
        if self.is_closed() {
            return;
        }
        self.state = State::Closed;
        let broken = matches!(reason, CloseReason::Overflow | CloseReason::LinkLost | CloseReason::HalfOpen);
        for Entry { token, request, position, .. } in self.asked.drain() {
            // What is still in an output that will be written may leave after this.
            let left = !broken || self.out.has_left(position);
            self.events.push_back(E::from(Common::Lost { token, request, left }));
        }
        self.owed.clear();
        if broken {
            self.out.discard();
        }
        self.events.push_back(E::from(Common::Closed(reason)));
    }
}

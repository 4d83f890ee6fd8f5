//! What comes from the peer: answers to those who wait, its own questions, and what nobody here serves.

use super::State;
use super::event::{CloseReason, PeerEvent};
use super::life::notice;
use super::machine::Peer;
use crate::avp::Group;
use crate::dictionary;
use crate::fault::Fault;
use crate::header::{APPLICATION_BASE, APPLICATION_CREDIT_CONTROL, Command, Flags, Header};
use crate::message::Message;
use crate::neighbour::{Capabilities, DisconnectCause, Notice};
use crate::result_code::ResultCode;
use std::sync::Arc;

impl Peer {
    /// A whole message came.
    pub(super) fn receive(&mut self, octets: &[u8]) {
        let message = match Message::parse(octets) {
            Ok(message) => message,
            Err(fault) => {
                self.unreadable(octets, &fault);
                return;
            }
        };
        let header = message.header;
        if matches!(self.state, State::WaitAnswer { .. }) {
            // Nobody speaks before the capabilities are known (RFC 6733 5.3).
            if header.command == Command::CAPABILITIES_EXCHANGE && !header.is_request() {
                self.hear_capabilities(&message);
            }
            return;
        }
        match (header.command, header.is_request()) {
            (Command::DEVICE_WATCHDOG, false) => {
                let jitter = self.chance();
                if self.dog.answered(jitter, self.now) {
                    self.ask_watchdog();
                }
                return;
            }
            (Command::DISCONNECT_PEER, false) => {
                if matches!(self.state, State::Closing { .. }) {
                    self.close(self.leaving);
                }
                return;
            }
            (_, false) => self.hear_answer(&header, octets),
            (Command::DEVICE_WATCHDOG, true) => self.answer(&message, ResultCode::SUCCESS),
            (Command::DISCONNECT_PEER, true) => self.hear_goodbye(&message),
            (_, true) => self.refuse(&message),
        }
        let jitter = self.chance();
        self.dog.heard(jitter, self.now);
        self.advance();
    }

    fn hear_capabilities(&mut self, message: &Message<'_>) {
        let Ok(peer) = Capabilities::read(message.avps) else {
            self.counters.unreadable += 1;
            self.close(CloseReason::Garbage);
            return;
        };
        let expected = self.config.expected_host.as_deref();
        if peer.result != Some(ResultCode::SUCCESS) {
            self.close(CloseReason::Refused(peer.result.unwrap_or(ResultCode::UNABLE_TO_COMPLY)));
        } else if expected.is_some_and(|expected| !expected.eq_ignore_ascii_case(peer.origin_host)) {
            self.close(CloseReason::WrongPeer);
        } else if !peer.serves(APPLICATION_CREDIT_CONTROL) {
            self.close(CloseReason::NoCreditControl);
        } else {
            self.opened(peer.origin_host, peer.origin_realm, peer.product);
        }
    }

    fn hear_answer(&mut self, header: &Header, octets: &[u8]) {
        match self.pending.answer(header.hop_by_hop, header.command, header.end_to_end) {
            Some(waiting) => {
                self.counters.answers += 1;
                let message = octets.to_vec();
                self.events.push_back(PeerEvent::Answer { token: waiting.token, message });
            }
            None => self.counters.unmatched += 1,
        }
    }

    /// The peer says goodbye: it is answered and closes the connection, or we do when it does not.
    fn hear_goodbye(&mut self, message: &Message<'_>) {
        let cause: Option<DisconnectCause> = message.avps.choice(dictionary::DISCONNECT_CAUSE).ok().flatten();
        self.answer(message, ResultCode::SUCCESS);
        self.leave(CloseReason::PeerLeft(cause));
    }

    /// A request that nobody here serves: a charging system may ask to re-authorise or to end a session, but ours are
    /// one reservation long and have nothing to tell in between.
    fn refuse(&mut self, message: &Message<'_>) {
        self.counters.refused += 1;
        let known = [APPLICATION_BASE, APPLICATION_CREDIT_CONTROL].contains(&message.header.application);
        let code = if known { ResultCode::COMMAND_UNSUPPORTED } else { ResultCode::APPLICATION_UNSUPPORTED };
        self.answer(message, code);
    }

    fn answer(&mut self, message: &Message<'_>, result: ResultCode) {
        let session_id = message.avps.get(dictionary::SESSION_ID).ok().flatten();
        self.answer_with(message.header, session_id, result, None);
    }

    /// A message whose AVPs can't be read. A request is told so; an answer leaves who waits to its time-out.
    fn unreadable(&mut self, octets: &[u8], fault: &Fault) {
        self.counters.unreadable += 1;
        if let Some(header) = Message::header_of(octets)
            && header.is_request()
            && matches!(self.state, State::Open | State::Draining { .. })
        {
            self.answer_with(header, None, fault.result_code(), Some(fault));
        }
        self.advance();
    }

    fn answer_with(
        &mut self,
        header: Header,
        session_id: Option<&str>,
        result: ResultCode,
        fault: Option<&Fault>,
    ) {
        let identity = Arc::clone(&self.identity);
        let body = Notice { session_id, result: Some(result), ..notice(&identity, None) };
        let flags = if result.is_protocol_error() { Flags::ERROR } else { Flags::default() };
        // It does not fit only when the session id is as long as a message: that request gets no answer.
        let _ = Message::write(&header.answer(flags), self.out.tail(), |to| {
            body.write(to);
            if let Some(fault) = fault {
                fault.write_failed_avp(to);
            }
        });
    }
}

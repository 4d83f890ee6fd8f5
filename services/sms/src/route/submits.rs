//! Filling the window, and what the answers mean.

use super::flights::Flight;
use super::link::Link;
use super::parts::{Part, prepare};
use crate::address::to_wire;
use crate::error_map::{Meaning, meaning_of};
use std::collections::VecDeque;
use std::time::Duration;
use switchback_core::model::{FailureClass, PeerCode, PeerId, ReportKind};
use wire_smpp::{CommandStatus, EsmClass, SendError, ShortMessage, Tag, relative_time};

/// Longest id that is kept; the standard's own bound is 64 octets.
const ID_MAX: usize = 64;

/// One final receipt is asked for, whatever the outcome.
const RECEIPT_PLEASE: u8 = 0x01;

impl Link<'_> {
    /// Sends what fits: window, pace, and no report kept back.
    pub(super) fn fill(&mut self) {
        if self.is_leaving() || self.worker.reporter.is_behind() || !self.client.has_room() {
            return;
        }
        let room = self.window.saturating_sub(self.client.outstanding());
        let allowed = self.worker.pace.allowance(room, self.now);
        let mut left = 0;
        while left < allowed && self.client.has_room() {
            let Some(part) = self.next_part(allowed - left) else { break };
            if self.worker.now() >= part.body.leave_by {
                self.worker.part_too_late(&part);
                continue;
            }
            if !self.send(part) {
                break;
            }
            left += 1;
        }
        self.worker.pace.left(left);
    }

    /// Whether anything waits to be sent.
    pub(super) fn has_unsent(&self) -> bool {
        !self.worker.again.is_empty()
            || !self.worker.waiting.is_empty()
            || self.worker.route.mailbox.has_orders()
    }

    fn next_part(&mut self, want: usize) -> Option<Part> {
        if let Some(part) = self.worker.again.pop_front().or_else(|| self.worker.waiting.pop_front()) {
            return Some(part);
        }
        let mut orders = VecDeque::new();
        self.worker.route.mailbox.take_orders(want, &mut orders);
        for order in orders {
            let of = (order.message, order.attempt, 0);
            match prepare(order, &self.worker.shared.references) {
                Ok(body) => {
                    let parts = u16::try_from(body.segments.len()).unwrap_or(u16::MAX);
                    let parts = (0..parts).map(|index| Part { body: body.clone(), index });
                    self.worker.waiting.extend(parts);
                }
                Err(_) => {
                    tracing::error!(route = %self.worker.route.id, message = %of.0, "not the segments it was priced for: not sent");
                    self.worker.reporter.part(of, ReportKind::Failed(FailureClass::Local), None);
                }
            }
        }
        self.worker.waiting.pop_front()
    }

    /// False when the machine takes no more now; the part is kept.
    fn send(&mut self, part: Part) -> bool {
        let Some(segment) = part.segment() else { return true };
        let body = &part.body;
        let life_ms =
            body.expires_at.millis_since(self.worker.now()).min(self.worker.shared.options.validity_ms);
        let validity = relative_time(Duration::from_millis(life_ms));
        self.tlvs.clear();
        if !self.bare {
            self.tlvs.push_u16(Tag::USER_MESSAGE_REFERENCE, body.reference);
        }
        let message = ShortMessage {
            source: to_wire(&body.from),
            destination: to_wire(&body.to),
            esm_class: if segment.has_udh() { EsmClass::WITH_UDH } else { EsmClass::default() },
            validity_period: &validity,
            registered_delivery: RECEIPT_PLEASE,
            data_coding: segment.data_coding,
            short_message: segment.user_data(),
            tlvs: self.tlvs.tlvs(),
            ..ShortMessage::default()
        };
        let token = self.flights.token();
        match self.client.submit(token, &message, self.now) {
            Ok(_) => {
                let flight = Flight { part, turn: self.worker.pace.turn(), with_tlvs: !self.bare };
                self.flights.insert(token, flight);
                true
            }
            Err(SendError::Full | SendError::NotBound) => {
                self.worker.again.push_front(part);
                false
            }
            Err(SendError::Encode(error)) => {
                let of = (body.message, body.attempt, part.index);
                tracing::error!(route = %self.worker.route.id, message = %of.0, to = %body.to.masked(), %error, "can't be written as SMPP");
                self.worker.reporter.part(of, ReportKind::Failed(FailureClass::Local), None);
                true
            }
        }
    }

    /// An answer to `submit_sm`; `late` when it was already reported as missing.
    pub(super) fn answered(&mut self, token: u64, status: CommandStatus, id: Option<String>, late: bool) {
        let Some(flight) = self.flights.take(token) else { return };
        let body = &flight.part.body;
        let of = (body.message, body.attempt, flight.part.index);
        let code = (!status.is_ok()).then_some(PeerCode::Smpp(status.0));
        let kind = match meaning_of(status) {
            Meaning::Taken => {
                self.worker.pace.taken(self.now);
                let peer_id = id.filter(|id| !id.is_empty() && id.len() <= ID_MAX).map(PeerId::new);
                ReportKind::HandedOver { peer_id }
            }
            Meaning::SlowDown => {
                let worker = &mut *self.worker;
                if worker.pace.slow_down(flight.turn, self.now, &mut worker.jitter) {
                    tracing::warn!(route = %worker.route.id, %status, "the SMSC says slow down: the link pauses");
                }
                if !late {
                    worker.again.push_back(flight.part);
                    return;
                }
                // It was reported as unknown, and is known now: not taken.
                ReportKind::Failed(FailureClass::Temporary)
            }
            Meaning::WithoutTlvs if flight.with_tlvs && !late => {
                self.bare = true;
                self.worker.again.push_back(flight.part);
                return;
            }
            Meaning::WithoutTlvs => ReportKind::Failed(FailureClass::Local),
            Meaning::Failed(class) => ReportKind::Failed(class),
        };
        if kind == ReportKind::Failed(FailureClass::Local) {
            tracing::error!(route = %self.worker.route.id, message = %of.0, to = %body.to.masked(), %status, "the SMSC finds fault with what we sent");
        }
        self.worker.reporter.part(of, kind, code);
    }
}

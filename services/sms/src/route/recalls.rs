//! Asking attempts back with `cancel_sm` (R10). Certain answers only: taken back means that every part was; when
//! even one part can't be named to the SMSC nothing is cancelled, since half a message taken back is worse than
//! none.

use super::link::Link;
use crate::address::to_wire;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use switchback_core::model::{Address, MessageId, PeerId, WithdrawalAnswer};
use switchback_ports::WithdrawOrder;
use wire_smpp::{CancelSm, CommandStatus, SendError};

/// Nobody can tell.
pub(super) const UNKNOWN: WithdrawalAnswer = WithdrawalAnswer::Unknown;
/// Certainly taken back.
pub(super) const WITHDRAWN: WithdrawalAnswer = WithdrawalAnswer::Withdrawn;

/// The withdrawals that wait for answers.
#[derive(Debug)]
pub(super) struct Recalls {
    patience: Duration,
    open: HashMap<u64, Recall>,
    /// In order of asking, which is the order of due times.
    due: VecDeque<(Duration, u64)>,
    by_token: HashMap<u64, u64>,
    /// Cancels that the machine has no room for yet.
    unsent: VecDeque<Cancel>,
    next: u64,
}

#[derive(Debug)]
struct Recall {
    message: MessageId,
    attempt: u16,
    /// Parts without an answer.
    missing: usize,
    refused: bool,
    unanswered: bool,
}

#[derive(Debug)]
struct Cancel {
    recall: u64,
    peer_id: PeerId,
    from: Address,
    to: Address,
}

impl Recalls {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            patience,
            open: HashMap::new(),
            due: VecDeque::new(),
            by_token: HashMap::new(),
            unsent: VecDeque::new(),
            next: 0,
        }
    }

    pub(super) fn next_due(&self) -> Option<Duration> {
        self.due.front().map(|(due, _)| *due)
    }

    fn begin(&mut self, order: &WithdrawOrder, ids: Vec<PeerId>, now: Duration) {
        self.next += 1;
        let recall = self.next;
        let (message, attempt, missing) = (order.message, order.attempt, ids.len());
        self.open.insert(recall, Recall { message, attempt, missing, refused: false, unanswered: false });
        self.due.push_back((now + self.patience, recall));
        let cancel = |peer_id| Cancel { recall, peer_id, from: order.from.clone(), to: order.to.clone() };
        self.unsent.extend(ids.into_iter().map(cancel));
    }

    /// Notes one part's answer; gives the whole answer when it was the last.
    fn note(
        &mut self,
        recall: u64,
        status: Option<CommandStatus>,
    ) -> Option<(MessageId, u16, WithdrawalAnswer)> {
        let open = self.open.get_mut(&recall)?;
        match status {
            Some(status) => open.refused |= !status.is_ok(),
            None => open.unanswered = true,
        }
        open.missing = open.missing.saturating_sub(1);
        if open.missing > 0 {
            return None;
        }
        let answer = match (open.refused, open.unanswered) {
            (true, _) => WithdrawalAnswer::Refused,
            (false, true) => UNKNOWN,
            (false, false) => WITHDRAWN,
        };
        let (message, attempt) = (open.message, open.attempt);
        self.open.remove(&recall);
        Some((message, attempt, answer))
    }
}

impl Link<'_> {
    /// Asks an attempt back.
    pub(super) fn withdraw(&mut self, order: &WithdrawOrder) {
        let ids: Option<Vec<_>> = order.peer_ids.iter().cloned().collect();
        match ids.filter(|ids| !ids.is_empty()) {
            Some(ids) if !self.is_leaving() => {
                self.recalls.begin(order, ids, self.now);
                self.send_cancels();
            }
            Some(_) => self.worker.reporter.withdrawal(order.message, order.attempt, UNKNOWN),
            None => {
                if !self.worker.withdraw_unsent(order.message, order.attempt) {
                    self.worker.reporter.withdrawal(order.message, order.attempt, UNKNOWN);
                }
            }
        }
    }

    fn send_cancels(&mut self) {
        while let Some(cancel) = self.recalls.unsent.pop_front() {
            let request = CancelSm {
                message_id: cancel.peer_id.as_str().as_bytes(),
                source: to_wire(&cancel.from),
                destination: to_wire(&cancel.to),
                ..CancelSm::default()
            };
            let token = self.flights.token();
            match self.client.cancel(token, &request, self.now) {
                Ok(_) => {
                    self.recalls.by_token.insert(token, cancel.recall);
                }
                Err(SendError::Full) => {
                    self.recalls.unsent.push_front(cancel);
                    return;
                }
                Err(SendError::NotBound | SendError::Encode(_)) => self.note_cancel(cancel.recall, None),
            }
        }
    }

    pub(super) fn cancel_answered(&mut self, token: u64, status: CommandStatus) {
        if let Some(recall) = self.recalls.by_token.remove(&token) {
            self.note_cancel(recall, Some(status));
        }
        self.send_cancels();
    }

    /// No answer in time, or the link was lost: an answer that comes later changes nothing, it was asked once only.
    pub(super) fn cancel_unanswered(&mut self, token: u64) {
        if let Some(recall) = self.recalls.by_token.remove(&token) {
            self.note_cancel(recall, None);
        }
    }

    fn note_cancel(&mut self, recall: u64, status: Option<CommandStatus>) {
        if let Some((message, attempt, answer)) = self.recalls.note(recall, status) {
            self.worker.reporter.withdrawal(message, attempt, answer);
        }
    }

    /// Gives up those whose time is over.
    pub(super) fn recall_timers(&mut self) {
        while let Some((due, recall)) = self.recalls.due.front().copied() {
            let is_open = self.recalls.open.contains_key(&recall);
            if is_open && due > self.now {
                return;
            }
            self.recalls.due.pop_front();
            if let Some(open) = self.recalls.open.remove(&recall) {
                self.recalls.unsent.retain(|cancel| cancel.recall != recall);
                let answer = if open.refused { WithdrawalAnswer::Refused } else { UNKNOWN };
                self.worker.reporter.withdrawal(open.message, open.attempt, answer);
            }
        }
    }

    /// The session is over: those that are still open will not be answered.
    pub(super) fn recalls_end(&mut self) {
        for (_, open) in std::mem::take(&mut self.recalls.open) {
            let answer = if open.refused { WithdrawalAnswer::Refused } else { UNKNOWN };
            self.worker.reporter.withdrawal(open.message, open.attempt, answer);
        }
    }
}

//! Handing attempts and withdrawals to the services, and orders to charging systems, after their intent is durable (I10).

use super::held_back::{Held, Lane};
use super::{Looper, OFFER_AGAIN};
use crate::work::{ReportWork, Work};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use switchback_core::lifecycle::Effect;
use switchback_core::model::{
    AttemptState, Content, FailureClass, Message, MessageId, Reach, Report, ReportKind, Target,
    WithdrawalAnswer,
};
use switchback_ports::{AttemptOrder, StoreFailure, WithdrawOrder};

/// Attempts of a lane offered in one turn: a loop has other things to do too.
const OFFERS: usize = 1024;

impl Looper {
    /// Carries out one effect of a committed unit.
    pub(super) fn carry_out(&mut self, id: MessageId, effect: Effect, content: Option<&Arc<Content>>) {
        match effect {
            Effect::Attempt(attempt) => {
                let Some(lane) = self.lane_of(id, attempt) else { return };
                let held = Held { message: id, attempt, content: content.cloned() };
                // What waits goes first: attempts of a lane start in the order of their commits.
                if self.held_back.waits(&lane) {
                    self.hold_back(lane, held);
                } else if let Err(held) = self.offer(&lane, held) {
                    self.hold_back(lane, held);
                }
            }
            Effect::Withdraw(attempt) => self.withdraw(id, attempt),
            Effect::Order(attempt) => self.order(id, attempt),
        }
    }

    fn hold_back(&mut self, lane: Lane, held: Held) {
        self.shared.counters.back_pressure.one();
        self.held_back.push(lane, held);
        self.shared.held_back.fetch_add(1, Ordering::Relaxed);
    }

    /// Offers what is held back again, until its lane is full.
    pub(super) fn offer_held_back(&mut self) {
        for lane in self.held_back.ripe(OFFER_AGAIN) {
            let down = self.is_down_for_long(&lane);
            for _ in 0..OFFERS {
                let Some(held) = self.held_back.pop(&lane) else { break };
                self.shared.held_back.fetch_sub(1, Ordering::Relaxed);
                if down {
                    self.fail_for_now(&held);
                } else if let Err(held) = self.offer(&lane, held) {
                    self.held_back.still_full(lane, held);
                    self.shared.held_back.fetch_add(1, Ordering::Relaxed);
                    break;
                }
            }
        }
    }

    /// At the end: what no service took has certainly not left, and that is made durable, so that it goes out at the
    /// next start and is not taken for unknown.
    pub(super) fn give_back_held_back(&mut self) {
        for lane in self.held_back.ripe(Duration::ZERO) {
            while let Some(held) = self.held_back.pop(&lane) {
                self.shared.held_back.fetch_sub(1, Ordering::Relaxed);
                self.say(held.message, held.attempt, 0, ReportKind::NotSent);
            }
        }
    }

    /// R13: a route that has been down for a while is a temporary failure of what waits for it.
    fn is_down_for_long(&self, (_, route): &Lane) -> bool {
        let longest = self.shared.options.timers.route_down_ms;
        match self.shared.routes.reach(Reach::Yes, route.as_ref()) {
            Reach::Down(since) => self.shared.clock.now() >= since.plus_millis(longest),
            _ => false,
        }
    }

    /// The service never took it, so nobody but this loop can say that it failed.
    fn fail_for_now(&mut self, held: &Held) {
        let shared = Arc::clone(&self.shared);
        let Ok(Some(message)) = self.seats.message(held.message, &*shared.store) else { return };
        let attempt = message.attempt(held.attempt).filter(|attempt| attempt.state == AttemptState::Started);
        let parts = attempt.map_or(0, |attempt| attempt.parts.len());
        for part in (0..parts).filter_map(|part| u16::try_from(part).ok()) {
            self.say(held.message, held.attempt, part, ReportKind::Failed(FailureClass::Temporary));
        }
    }

    /// A report of this loop's own making.
    fn say(&mut self, message: MessageId, attempt: u16, part: u16, kind: ReportKind) {
        let at = self.shared.clock.now();
        let report = Report { target: Target::Attempt { message, attempt, part }, kind, code: None, at };
        self.queue_own(Work::Report(Box::new(ReportWork { report, done: None, hint: None })));
    }

    fn lane_of(&mut self, id: MessageId, attempt: u16) -> Option<Lane> {
        let message = self.seats.message(id, &*self.shared.store).ok()??;
        message.attempt(attempt).map(|attempt| (attempt.service, attempt.route.clone()))
    }

    /// Offers an attempt to its service. It comes back when the service is full; an attempt that is no longer
    /// to be made is dropped.
    fn offer(&mut self, (service, _): &Lane, mut held: Held) -> Result<(), Held> {
        let Some(transport) = self.shared.transport(*service) else { return Err(held) };
        let shared = Arc::clone(&self.shared);
        let message = match self.seats.message(held.message, &*shared.store) {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(()),
            Err(failure) => return self.reading_failed(held, &failure),
        };
        let started = message.attempt(held.attempt).filter(|attempt| attempt.state == AttemptState::Started);
        let Some(attempt) = started else { return Ok(()) };
        let content = match held.content.take() {
            Some(content) => content,
            None => match shared.store.content(held.message) {
                Ok(Some(content)) => Arc::new(content),
                Ok(None) => {
                    tracing::error!(message = %held.message, "the store has no content for an open message");
                    return Ok(());
                }
                Err(failure) => return self.reading_failed(held, &failure),
            },
        };
        let order = AttemptOrder {
            message: held.message,
            attempt: held.attempt,
            route: attempt.route.clone(),
            from: message.originator.address.clone(),
            to: message.recipient.clone(),
            subscriber: message.recipient_subscriber.clone(),
            content: Arc::clone(&content),
            parts: u16::try_from(attempt.parts.len()).unwrap_or(1),
            expires_at: message.expires_at,
            deadline: attempt.deadline,
            priority: message.policy.priority,
        };
        transport.attempt(order).map_err(|_| Held { content: Some(content), ..held })
    }

    fn reading_failed(&self, held: Held, failure: &StoreFailure) -> Result<(), Held> {
        if *failure != StoreFailure::Behind {
            self.shared.health.fail(&failure.to_string());
        }
        Err(held)
    }

    /// Asks an attempt back. One that its service has not taken yet is taken back for certain, here.
    fn withdraw(&mut self, id: MessageId, attempt: u16) {
        let Some(lane) = self.lane_of(id, attempt) else { return };
        if self.held_back.remove(&lane, id, attempt) {
            self.shared.held_back.fetch_sub(1, Ordering::Relaxed);
            self.say(id, attempt, 0, ReportKind::Withdrawal(WithdrawalAnswer::Withdrawn));
            return;
        }
        let shared = Arc::clone(&self.shared);
        let Ok(Some(message)) = self.seats.message(id, &*shared.store) else { return };
        let Some(order) = withdraw_order(message, attempt) else { return };
        if let Some(transport) = shared.transport(lane.0) {
            transport.withdraw(order);
        }
    }
}

fn withdraw_order(message: &Message, n: u16) -> Option<WithdrawOrder> {
    let attempt = message.attempt(n)?;
    Some(WithdrawOrder {
        message: message.id,
        attempt: n,
        route: attempt.route.clone(),
        from: message.originator.address.clone(),
        to: message.recipient.clone(),
        peer_ids: attempt.parts.iter().map(|part| part.peer_id.clone()).collect(),
    })
}

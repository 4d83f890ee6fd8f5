//! What has certainly not left us: given back when its time is over, taken back exactly when it is asked for, and
//! reported as not sent at the end.

use super::mailbox::is_overdue;
use super::parts::Part;
use super::recalls;
use super::reporter::RETRY;
use super::worker::Worker;
use std::time::Duration;
use switchback_core::model::{FailureClass, MessageId, ReportKind};
use switchback_ports::RouteState;
use tokio::time::{Instant, sleep_until};

/// How often orders whose time is over are looked for.
const SWEEP: Duration = Duration::from_millis(250);

/// Most attempts remembered as given back unsent, so that a withdrawal that crosses gets an exact answer.
const RETURNED_MAX: usize = 4_096;

impl Worker {
    /// Gives back what can't leave in time any more: certainly not sent, so a temporary failure and no unknown.
    pub(super) fn sweep(&mut self) {
        let elapsed = self.elapsed();
        if elapsed < self.next_sweep {
            return;
        }
        self.next_sweep = elapsed + SWEEP;
        let now = self.now();
        for order in self.route.mailbox.take_overdue(now) {
            debug_assert!(is_overdue(&order, now));
            self.remember_returned(order.message, order.attempt);
            for part in 0..order.parts {
                self.too_late((order.message, order.attempt, part));
            }
        }
        for queue in [std::mem::take(&mut self.again), std::mem::take(&mut self.waiting)] {
            for part in queue {
                if now < part.body.leave_by {
                    self.waiting.push_back(part);
                } else {
                    self.part_too_late(&part);
                }
            }
        }
    }

    pub(super) fn part_too_late(&mut self, part: &Part) {
        self.too_late((part.body.message, part.body.attempt, part.index));
    }

    fn too_late(&mut self, of: (MessageId, u16, u16)) {
        self.reporter.part(of, ReportKind::Failed(FailureClass::Temporary), None);
    }

    fn remember_returned(&mut self, message: MessageId, attempt: u16) {
        self.returned.push_back((message, attempt));
        if self.returned.len() > RETURNED_MAX {
            self.returned.pop_front();
        }
    }

    /// Takes back what has certainly not left us, and says so; false when we can't be certain.
    pub(super) fn withdraw_unsent(&mut self, message: MessageId, attempt: u16) -> bool {
        let unsent = self.route.mailbox.remove(message, attempt)
            || self.remove_unsent_parts(message, attempt)
            || self.returned.contains(&(message, attempt));
        if unsent {
            self.reporter.withdrawal(message, attempt, recalls::WITHDRAWN);
        }
        unsent
    }

    /// Only when all parts are still here: half a message taken back is none.
    fn remove_unsent_parts(&mut self, message: MessageId, attempt: u16) -> bool {
        let mut here = 0_usize;
        let mut all = usize::MAX;
        for part in self.again.iter().chain(&self.waiting).filter(|part| part.is_of(message, attempt)) {
            here += 1;
            all = part.body.segments.len();
        }
        let whole = here == all;
        if whole {
            self.again.retain(|part| !part.is_of(message, attempt));
            self.waiting.retain(|part| !part.is_of(message, attempt));
        }
        whole
    }

    /// We stop: what never left goes back as not sent, at once, so that it is durable before the time is over. What
    /// stays is the rest of long messages that have begun.
    pub(super) fn give_back(&mut self) {
        for order in self.route.mailbox.take_all() {
            self.not_sent(order.message, order.attempt);
        }
        let here = self.again.iter().chain(&self.waiting);
        let mut bodies: Vec<_> = here.map(|part| (part.body.message, part.body.attempt)).collect();
        bodies.dedup();
        for (message, attempt) in bodies {
            if self.remove_unsent_parts(message, attempt) {
                self.not_sent(message, attempt);
            }
        }
    }

    /// A withdrawal that crosses this is answered exactly, too.
    fn not_sent(&mut self, message: MessageId, attempt: u16) {
        self.remember_returned(message, attempt);
        self.reporter.part((message, attempt, 0), ReportKind::NotSent, None);
    }

    /// The end: the engine gets every last word if it takes it in time.
    pub(super) async fn finish(&mut self) {
        self.give_back();
        self.tend();
        // Some parts of these are out: the others never will be, so the message can't become whole.
        for part in self.again.drain(..).chain(self.waiting.drain(..)).collect::<Vec<_>>() {
            self.part_too_late(&part);
        }
        let stop_by = self.stop_by.unwrap_or_else(Instant::now);
        self.reporter.flush();
        while self.reporter.is_behind() && Instant::now() < stop_by {
            sleep_until(stop_by.min(Instant::now() + RETRY)).await;
            self.reporter.flush();
        }
        if self.reporter.is_behind() {
            tracing::error!(route = %self.route.id, reports = self.reporter.kept(), "stopped before the engine took every report");
        }
        if self.route.is_up() {
            self.announce(RouteState::Down, "stopped".into());
        }
    }
}

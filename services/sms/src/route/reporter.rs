//! Reports to the engine. One that the engine is too busy to take is kept and offered again: an answer of a peer is
//! said once, and losing it would turn a known outcome into an unknown one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use switchback_core::model::{MessageId, PeerCode, Report, ReportKind, Target, WithdrawalAnswer};
use switchback_ports::{Clock, Intake};

/// How soon the engine is asked again.
pub(super) const RETRY: Duration = Duration::from_millis(5);

/// The way of reports. While anything is kept back no new segment leaves, so what is kept is bounded by the window.
pub(super) struct Reporter {
    intake: Arc<dyn Intake>,
    clock: Arc<dyn Clock>,
    kept: VecDeque<Report>,
}

impl Reporter {
    pub(super) fn new(intake: Arc<dyn Intake>, clock: Arc<dyn Clock>) -> Self {
        Self { intake, clock, kept: VecDeque::new() }
    }

    /// Says something of one part.
    pub(super) fn part(&mut self, of: (MessageId, u16, u16), kind: ReportKind, code: Option<PeerCode>) {
        let (message, attempt, part) = of;
        let target = Target::Attempt { message, attempt, part };
        let report = Report { target, kind, code, at: self.clock.now() };
        if !self.kept.is_empty() || !self.offer(&report) {
            self.kept.push_back(report);
        }
    }

    /// Answers a withdrawal.
    pub(super) fn withdrawal(&mut self, message: MessageId, attempt: u16, answer: WithdrawalAnswer) {
        self.part((message, attempt, 0), ReportKind::Withdrawal(answer), None);
    }

    /// Offers again what was kept.
    pub(super) fn flush(&mut self) {
        while let Some(report) = self.kept.pop_front() {
            if !self.offer(&report) {
                self.kept.push_front(report);
                return;
            }
        }
    }

    /// True while something is kept.
    pub(super) fn is_behind(&self) -> bool {
        !self.kept.is_empty()
    }

    /// How many are kept.
    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    fn offer(&self, report: &Report) -> bool {
        // Nobody waits for these: a store that fails stops the engine, which finds the attempt unknown when it
        // comes back.
        self.intake.report(report.clone(), Box::new(|_| ())).is_ok()
    }
}

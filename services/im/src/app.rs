//! IM as the engine sees it: it measures, and answers what nobody can know; it sends nothing itself.

use std::sync::Arc;
use switchback_core::model::{
    Address, Content, Reach, Report, ReportKind, Service, Target, WithdrawalAnswer,
};
use switchback_ports::{AttemptOrder, Clock, Intake, Measure, Transport, TransportFull, WithdrawOrder};

/// IM over the app channel.
pub struct ImService {
    intake: Arc<dyn Intake>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for ImService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImService").finish_non_exhaustive()
    }
}

impl ImService {
    /// The service; it answers through `intake`.
    #[must_use]
    pub fn new(intake: Arc<dyn Intake>, clock: Arc<dyn Clock>) -> Self {
        Self { intake, clock }
    }
}

impl Transport for ImService {
    fn service(&self) -> Service {
        Service::Im
    }

    /// Any content, as the bytes of its payload, in one part. `Reach::NoAddress`: no route of ours serves an
    /// address; the engine, which knows the subscribers, overrules it for them.
    fn measure(&self, content: &Content, _to: &Address) -> Measure {
        Measure { cannot_carry: None, reach: Reach::NoAddress, route: None, parts: 1, bytes: content.bytes() }
    }

    /// Never called for the app channel: an attempt without a route is handed over by its commit. Were it called,
    /// the committed event would have done the work already, so there is nothing to refuse.
    fn attempt(&self, _order: AttemptOrder) -> Result<(), TransportFull> {
        Ok(())
    }

    /// What was written to a stream may have been read: nobody can tell. What still waits in the engine's own
    /// queue is withdrawn by the engine, exactly, without asking here.
    fn withdraw(&self, order: WithdrawOrder) {
        let report = Report {
            target: Target::Attempt { message: order.message, attempt: order.attempt, part: 0 },
            kind: ReportKind::Withdrawal(WithdrawalAnswer::Unknown),
            code: None,
            at: self.clock.now(),
        };
        // An engine too busy to hear it has its own timer, and takes silence as the same answer.
        let _ = self.intake.report(report, Box::new(|_| ()));
    }
}

//! The port: orders in, outcomes out.

use crate::flow::Flow;
use crate::link::{Link, link};
use crate::options::Options;
use crate::request;
use std::sync::Arc;
use switchback_ports::{ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep, ChargeTold, Charging};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// A CGRateS that charges. Dropping it lets what is under way come to its end.
pub struct CgratesCharging {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// What orders under way need.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) link: Link,
}

impl std::fmt::Debug for CgratesCharging {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let address = &self.shared.options.address;
        f.debug_struct("CgratesCharging").field("address", address).finish_non_exhaustive()
    }
}

impl CgratesCharging {
    /// Begins to connect, on `runtime`.
    #[must_use]
    pub fn start(options: Options, runtime: &Handle) -> Self {
        let (near, far) = link(options.address.clone(), options.answer_timeout, options.window);
        let task = runtime.spawn(far);
        Self { shared: Arc::new(Shared { options, link: near }), task }
    }

    /// Takes no more orders, and waits for those under way.
    pub async fn stop(self) {
        drop(self.shared);
        // A task that panicked has told so itself.
        let _ = self.task.await;
    }

    /// Whether it is connected.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.shared.link.is_up()
    }
}

impl Charging for CgratesCharging {
    fn order(&self, order: ChargeOrder, told: ChargeTold) {
        let refused = |refusal| ChargeOutcome::Refused(refusal);
        if request::account(&order).is_none() {
            return told(refused(ChargeRefusal::UnknownPayer));
        }
        if order.currency != self.shared.options.currency {
            return told(refused(ChargeRefusal::NoPrice));
        }
        let units = request::units(&order);
        let flow = Flow { shared: Arc::clone(&self.shared), order, told };
        match flow.order.step {
            ChargeStep::Quote | ChargeStep::Reserve => flow.price(),
            ChargeStep::Commit => flow.end(units),
            ChargeStep::Release => flow.end(0),
            ChargeStep::Refund => flow.refuse(ChargeRefusal::NotSupported),
        }
    }
}

//! The service's face: routes by name, and the three things the engine asks of a transport.

use crate::options::{RouteSettings, SmsOptions};
use crate::references::References;
use crate::route::{Route, Shared, Worker};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use switchback_core::model::{
    Address, CannotCarry, Content, FailureClass, Reach, Report, ReportKind, RouteId, Service, Target,
    WithdrawalAnswer,
};
use switchback_ports::{AttemptOrder, Clock, Intake, Measure, Transport, TransportFull, WithdrawOrder};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use wire_gsm::{RefWidth, plan};

/// SMS over SMPP: one session a route.
pub struct SmsService {
    shared: Arc<Shared>,
    runtime: Handle,
    /// In the order of configuration, which is the order of preference.
    routes: RwLock<Vec<Arc<Route>>>,
    tasks: Mutex<Tasks>,
}

#[derive(Default)]
struct Tasks {
    running: Vec<JoinHandle<()>>,
    stopped: bool,
}

impl fmt::Debug for SmsService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsService").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

impl SmsService {
    /// A service without routes. Its tasks run on `runtime`; no method needs to be called from inside it.
    #[must_use]
    pub fn new(intake: Arc<dyn Intake>, clock: Arc<dyn Clock>, options: SmsOptions, runtime: Handle) -> Self {
        // The clock moves the start of the references too: a restart with the same seed begins elsewhere.
        let references = References::new(options.seed ^ clock.now().as_millis());
        let shared = Shared { intake, clock, options, references, origin: Instant::now() };
        Self { shared: Arc::new(shared), runtime, routes: RwLock::default(), tasks: Mutex::default() }
    }

    /// Adds a route and starts its session; or replaces the settings of the route of that name: its session says
    /// goodbye and binds anew, and what waits in its lane stays there. After [`stop`](Self::stop) it does nothing.
    pub fn set_route(&self, settings: RouteSettings) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if tasks.stopped {
            return;
        }
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(route) = routes.iter().find(|route| route.id == settings.id) {
            if *route.settings() != settings {
                route.replace_settings(settings);
            }
            return;
        }
        let route = Route::new(settings, self.shared.options.lane_orders, self.shared.clock.now());
        let route = Arc::new(route);
        routes.push(Arc::clone(&route));
        let worker = Worker::new(Arc::clone(&self.shared), route);
        tasks.running.push(self.runtime.spawn(worker.run()));
    }

    /// Stops: takes no attempts any more, waits for the answers that are out, unbinds, and reports what never left
    /// as `NotSent`. Returns when every session has ended, at the latest a moment after `within`.
    pub async fn stop(&self, within: Duration) {
        let running = {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            tasks.stopped = true;
            std::mem::take(&mut tasks.running)
        };
        let stop_by = Instant::now() + within;
        for route in self.routes.read().unwrap_or_else(PoisonError::into_inner).iter() {
            route.mailbox.stop(stop_by);
        }
        for task in running {
            if let Err(error) = task.await {
                tracing::error!(%error, "a route's task did not end well");
            }
        }
    }

    /// The route of that name; without a name the one that [`measure`](Transport::measure) would take.
    fn route(&self, id: Option<&RouteId>) -> Option<Arc<Route>> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        match id {
            Some(id) => routes.iter().find(|route| route.id == *id).map(Arc::clone),
            None => routes.iter().find(|route| route.is_up()).or_else(|| routes.first()).map(Arc::clone),
        }
    }

    /// Says at once what no route can be asked. False: the engine is too busy to hear it.
    fn say(&self, target: Target, kind: ReportKind) -> bool {
        let report = Report { target, kind, code: None, at: self.shared.clock.now() };
        self.shared.intake.report(report, Box::new(|_| ())).is_ok()
    }
}

/// How many segments a text is as this service would send it; nothing when it is longer than SMS can be.
#[must_use]
pub fn parts(text: &str) -> Option<u8> {
    plan(text, RefWidth::Bits8).ok().map(|plan| plan.parts)
}

impl Transport for SmsService {
    fn service(&self) -> Service {
        Service::Sms
    }

    fn measure(&self, content: &Content, to: &Address) -> Measure {
        let mut measure = Measure {
            cannot_carry: None,
            reach: Reach::NoAddress,
            route: None,
            parts: 1,
            bytes: content.bytes(),
        };
        // The cutter that encodes is the one that counts.
        match parts(&content.text) {
            _ if !content.media.is_empty() => measure.cannot_carry = Some(CannotCarry::Media),
            Some(parts) if parts <= self.shared.options.max_segments => measure.parts = u16::from(parts),
            _ => measure.cannot_carry = Some(CannotCarry::TooLong),
        }
        if !matches!(to, Address::E164(_)) {
            return measure;
        }
        match self.route(None) {
            Some(route) => {
                measure.reach = route.reach();
                measure.route = Some(route.id.clone());
            }
            None => measure.reach = Reach::NoRoute,
        }
        measure
    }

    fn attempt(&self, order: AttemptOrder) -> Result<(), TransportFull> {
        if let Some(route) = self.route(order.route.as_ref()) {
            return route.mailbox.order(order);
        }
        // Its route is configured no longer: our own fault, not the recipient's.
        let target = Target::Attempt { message: order.message, attempt: order.attempt, part: 0 };
        let heard = self.say(target, ReportKind::Failed(FailureClass::Local));
        if heard { Ok(()) } else { Err(TransportFull) }
    }

    fn withdraw(&self, order: WithdrawOrder) {
        if let Some(route) = self.route(order.route.as_ref()) {
            return route.mailbox.withdraw(order);
        }
        let target = Target::Attempt { message: order.message, attempt: order.attempt, part: 0 };
        // When even this is not heard: no answer is an answer too.
        let _ = self.say(target, ReportKind::Withdrawal(WithdrawalAnswer::Unknown));
    }
}

//! The charging systems that the configuration names, from start to goodbye.

use crate::cli::Failure;
use crate::config::{ChargingKind, ChargingSection};
use crate::metrics::ChargingStanding as Standing;
use smol_str::SmolStr;
use std::sync::{Arc, Mutex, PoisonError};
use switchback_cgrates::CgratesCharging;
use switchback_diameter::DiameterCharging;
use switchback_engine::{Engine, Prices};
use switchback_ports::{Charging, Clock, Random};
use tokio::runtime::Handle;

/// Those that run. They are asked to say goodbye once the engine gives no more orders.
#[derive(Default)]
pub(super) struct Systems(Mutex<Vec<Running>>);

/// One that runs.
struct Running {
    name: SmolStr,
    system: System,
    prices: Prices,
}

/// What it speaks.
enum System {
    Diameter(Arc<DiameterCharging>),
    Cgrates(Arc<CgratesCharging>),
}

impl Systems {
    /// Begins to connect to all of them, and makes them known to the engine.
    pub(super) fn start(
        sections: &[ChargingSection],
        engine: &Engine,
        clock: &Arc<dyn Clock>,
        random: &dyn Random,
        runtime: &Handle,
    ) -> Result<Self, Failure> {
        let mut running = Vec::new();
        for ChargingSection { name, kind } in sections {
            let (system, prices) = match kind {
                ChargingKind::Diameter { options, prices } => {
                    let options = switchback_diameter::Options { name: name.clone(), ..options.clone() };
                    let system = DiameterCharging::start(options, Arc::clone(clock), random, runtime)
                        .map_err(|error| Failure::Usage(format!("[charging.{name}]: {error}")))?;
                    (System::Diameter(Arc::new(system)), *prices)
                }
                ChargingKind::Cgrates(options) => {
                    let system = CgratesCharging::start(options.clone(), runtime);
                    (System::Cgrates(Arc::new(system)), Prices::Asked)
                }
            };
            engine.attach_charging(name.clone(), system.port(), prices);
            running.push(Running { name: name.clone(), system, prices });
        }
        Ok(Self(Mutex::new(running)))
    }

    /// How all of them are.
    pub(super) fn standings(&self) -> Vec<Standing> {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = |Running { name, system, prices }: &Running| {
            let (is_up, tells) = match system {
                System::Diameter(system) => (system.is_reachable(), system.can_quote()),
                System::Cgrates(system) => (system.is_reachable(), true),
            };
            Standing { name: name.clone(), is_up, tells_prices: prices.are_asked().then_some(tells) }
        };
        running.iter().map(standing).collect()
    }

    /// Says goodbye to all peers. What is asked afterwards is not carried out.
    pub(super) async fn stop(&self) {
        let running = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // The engine has stopped, and let go of them.
        for running in running {
            match running.system {
                System::Diameter(system) => {
                    if let Some(system) = Arc::into_inner(system) {
                        system.stop().await;
                    }
                }
                System::Cgrates(system) => {
                    if let Some(system) = Arc::into_inner(system) {
                        system.stop().await;
                    }
                }
            }
        }
    }
}

impl System {
    fn port(&self) -> Arc<dyn Charging> {
        match self {
            Self::Diameter(system) => Arc::<DiameterCharging>::clone(system),
            Self::Cgrates(system) => Arc::<CgratesCharging>::clone(system),
        }
    }
}

//! The charging systems that the configuration names, from start to goodbye.

use crate::cli::Failure;
use crate::config::{ChargingKind, ChargingSection};
use std::sync::{Arc, Mutex, PoisonError};
use switchback_cgrates::CgratesCharging;
use switchback_diameter::{DiameterCharging, QuoteBy};
use switchback_engine::{Engine, Prices};
use switchback_ports::{Charging, Clock, Random};
use tokio::runtime::Handle;

/// Those that run. They are asked to say goodbye once the engine gives no more orders.
#[derive(Default)]
pub(super) struct Systems(Mutex<Vec<Running>>);

/// One that runs.
enum Running {
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
                ChargingKind::Diameter { options, mirror } => {
                    let system = DiameterCharging::start(options.clone(), Arc::clone(clock), random, runtime)
                        .map_err(|error| Failure::Usage(format!("[charging.{name}]: {error}")))?;
                    let prices = match options.quote {
                        _ if *mirror => Prices::Mirror,
                        QuoteBy::None => Prices::None,
                        QuoteBy::PriceEnquiry | QuoteBy::Advice | QuoteBy::ReserveProbe => Prices::Asked,
                    };
                    (Running::Diameter(Arc::new(system)), prices)
                }
                ChargingKind::Cgrates(options) => {
                    let system = CgratesCharging::start(options.clone(), runtime);
                    (Running::Cgrates(Arc::new(system)), Prices::Asked)
                }
            };
            engine.attach_charging(name.clone(), system.port(), prices);
            running.push(system);
        }
        Ok(Self(Mutex::new(running)))
    }

    /// Says goodbye to all peers. What is asked afterwards is not carried out.
    pub(super) async fn stop(&self) {
        let running = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // The engine has stopped, and let go of them.
        for system in running {
            match system {
                Running::Diameter(system) => {
                    if let Some(system) = Arc::into_inner(system) {
                        system.stop().await;
                    }
                }
                Running::Cgrates(system) => {
                    if let Some(system) = Arc::into_inner(system) {
                        system.stop().await;
                    }
                }
            }
        }
    }
}

impl Running {
    fn port(&self) -> Arc<dyn Charging> {
        match self {
            Self::Diameter(system) => Arc::<DiameterCharging>::clone(system),
            Self::Cgrates(system) => Arc::<CgratesCharging>::clone(system),
        }
    }
}

//! The charging systems that the configuration names, from start to goodbye.

use crate::cli::Failure;
use crate::config::ChargingSection;
use std::sync::{Arc, Mutex, PoisonError};
use switchback_diameter::{DiameterCharging, QuoteBy};
use switchback_engine::{Engine, Prices};
use switchback_ports::{Charging, Clock, Random};
use tokio::runtime::Handle;

/// Those that run. They are asked to say goodbye once the engine gives no more orders.
#[derive(Default)]
pub(super) struct Systems(Mutex<Vec<Arc<DiameterCharging>>>);

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
        for ChargingSection { name, options, mirror } in sections {
            let prices = match options.quote {
                _ if *mirror => Prices::Mirror,
                QuoteBy::None => Prices::None,
                QuoteBy::PriceEnquiry | QuoteBy::Advice | QuoteBy::ReserveProbe => Prices::Asked,
            };
            let system = DiameterCharging::start(options.clone(), Arc::clone(clock), random, runtime);
            let system = system.map_err(|error| Failure::Usage(format!("[charging.{name}]: {error}")))?;
            let system = Arc::new(system);
            running.push(Arc::clone(&system));
            let charging: Arc<dyn Charging> = system;
            engine.attach_charging(name.clone(), charging, prices);
        }
        Ok(Self(Mutex::new(running)))
    }

    /// Says goodbye to all peers. What is asked afterwards is not carried out.
    pub(super) async fn stop(&self) {
        let running = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for system in running {
            // The engine has stopped, and let go of it.
            if let Some(system) = Arc::into_inner(system) {
                system.stop().await;
            }
        }
    }
}

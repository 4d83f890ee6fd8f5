//! `serve`: the server, wired together, from start to a graceful end.

mod bootstrap;
mod charging;
mod plans;

pub(crate) use plans::{Files, read_tariff};

use crate::cli::Failure;
use crate::clock::{AnchoredClock, SystemRandom};
use crate::config::{self, Config, RouteSection};
use crate::records::{Keeper, Maker, Pages};
use crate::{logging, metrics};
use bytes::Bytes;
use charging::Systems;
use smol_str::SmolStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use switchback_api::{Api, ApiOptions, Limits, Page};
use switchback_core::model::Service;
use switchback_engine::{DefaultPolicy, Engine, Options};
use switchback_im::ImService;
use switchback_im::sip::SipServer;
use switchback_ports::directory::{Entry, Kind, Route};
use switchback_ports::{Clock, Intake, Random, Store, Transport};
use switchback_sms::{RouteSettings, SmsOptions, SmsService};
use switchback_sqlite::SqliteStore;
use tokio::runtime::Runtime;

/// How long each part of a graceful end may take: requests under way, SMPP answers, the loops.
const GRACE: Duration = Duration::from_secs(5);
/// How often routes set by the admin API are looked for.
const ROUTES_LOOK: Duration = Duration::from_millis(250);

/// Runs the server until it is asked to stop.
pub(crate) fn serve(path: Option<&Path>) -> Result<ExitCode, Failure> {
    let config = match path {
        Some(path) => config::read(path).map_err(|error| Failure::Usage(error.to_string()))?,
        None => Config::default(),
    };
    logging::start(&config.log);
    for warning in config::warnings(&config) {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let node = Arc::new(Node::start(&config, &runtime)?);
    let ended = runtime.block_on(node.run(&config));
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

/// Opens the store, saying in words what is wrong when it does not.
pub(crate) fn open_store(path: &Path, vfs: Option<&SmolStr>) -> Result<Arc<SqliteStore>, String> {
    let mut options = switchback_sqlite::Options::at(path);
    options.vfs = vfs.map(SmolStr::to_string);
    SqliteStore::open(&options).map(Arc::new).map_err(|error| error.to_string())
}

/// The parts of a running server.
struct Node {
    engine: Engine,
    sms: Arc<SmsService>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    store: Arc<dyn Store>,
    /// What the configuration says of routes beside what the directory holds.
    routes: Vec<RouteSection>,
    /// Writes the charging records, where they are configured.
    records: Option<Keeper>,
    /// The charging systems of the operator's.
    charging: Arc<Systems>,
}

impl Node {
    /// Opens the store, recovers what was open, and starts the services.
    fn start(config: &Config, runtime: &Runtime) -> Result<Self, Failure> {
        std::fs::create_dir_all(&config.store.path)?;
        let store: Arc<dyn Store> =
            open_store(&config.store.path, config.store.vfs.as_ref()).map_err(Failure::Failed)?;
        let clock: Arc<dyn Clock> = Arc::new(AnchoredClock::start());
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        bootstrap::first_token(&*store, &*random, clock.now(), &config.store.path)?;
        let engine = Engine::start(
            engine_options(config),
            Arc::clone(&store),
            Arc::clone(&clock),
            Arc::clone(&random),
        )
        .map_err(|error| Failure::Failed(error.to_string()))?;
        let intake: Arc<dyn Intake> = Arc::new(engine.clone());
        engine.attach(Arc::new(ImService::new(Arc::clone(&intake), Arc::clone(&clock))));
        let options = sms_options(config, &*random);
        let sms = Arc::new(SmsService::new(intake, Arc::clone(&clock), options, runtime.handle().clone()));
        let transport: Arc<dyn Transport> = sms.clone();
        engine.attach(transport);
        let charging = Systems::start(&config.charging, &engine, &clock, &*random, runtime.handle())?;
        let routes = config.routes.clone();
        let keeper = |settings| Keeper::start(settings, Arc::clone(&store));
        let records = config.records.clone().map(keeper).transpose()?;
        let charging = Arc::new(charging);
        let node = Self { engine, sms, clock, random, store, routes, records, charging };
        // Before recovery: what a graceful stop gave back unsent goes out by the routes it was for.
        node.set_routes();
        node.engine.recover().map_err(|error| Failure::Failed(error.to_string()))?;
        node.put_in_place(config)?;
        Ok(node)
    }

    /// Puts what the configuration names into the directory.
    fn put_in_place(&self, config: &Config) -> Result<(), Failure> {
        self.put_tariff(&config.plan_files)?;
        let routes = config.routes.iter().map(|route| Entry::Route(route_entry(route)));
        self.put(routes.collect())?;
        self.set_routes();
        Ok(())
    }

    /// Reads the files of the tariff, and prices by them from now on: all of them or none.
    fn put_tariff(&self, files: &[PathBuf]) -> Result<(), Failure> {
        self.put(read_tariff(files)?.into_iter().map(Entry::Plan).collect())
    }

    fn put(&self, entries: Vec<Entry>) -> Result<(), Failure> {
        if entries.is_empty() {
            return Ok(());
        }
        let answer = self.engine.put_all(entries).wait().map_err(|gone| Failure::Failed(gone.to_string()))?;
        answer.map_err(|refusal| Failure::Usage(refusal.to_string()))
    }

    /// Starts the sessions of all routes in the directory; what runs already is left alone.
    fn set_routes(&self) {
        for entry in self.engine.directory(Kind::Route) {
            if let Entry::Route(route) = entry
                && route.service == Service::Sms
            {
                let Route { id, address, system_id, password, window, .. } = route;
                let configured = self.routes.iter().find(|route| route.id == id);
                let temporary_errors =
                    configured.map_or_else(Vec::new, |route| route.temporary_errors.clone());
                self.sms.set_route(RouteSettings {
                    id,
                    address,
                    system_id,
                    password,
                    window,
                    temporary_errors,
                });
            }
        }
    }

    /// Listens until the process is asked to stop, then ends gracefully: nothing accepted is lost.
    async fn run(self: Arc<Self>, config: &Config) -> Result<ExitCode, Failure> {
        let listen = config.http.listen;
        let listener = tokio::net::TcpListener::bind(listen).await.map_err(|error| {
            Failure::Failed(format!("cannot listen on {listen}: {error}; set http.listen to a free address"))
        })?;
        let sip = self.sip(config).await?;
        self.say_where(&listener, config, sip.as_ref())?;
        let router = Api::router(Arc::new(self.engine.clone()), self.api_options(config, sip.as_ref()));
        let limits =
            Limits { connections_max: config.http.connections_max, drain_time: GRACE, ..Limits::default() };
        let server = switchback_api::serve(listener, router, limits, asked_to_stop());
        let served = tokio::select! {
            served = server => served,
            () = self.watch_routes() => return Err(Failure::Failed("the watch over the routes ended".into())),
            never = self.watch_tariff(&config.plan_files) => return never,
        };
        tracing::info!(connections = served.accepted, cut_off = served.cut_off, "no longer listening");
        if let Some(sip) = sip {
            sip.stop().await;
        }
        self.engine.close_door();
        self.sms.stop(GRACE).await;
        let node = Arc::clone(&self);
        let in_time = tokio::task::spawn_blocking(move || {
            let in_time = node.engine.stop(GRACE);
            // After the last commit, so that the files end with it.
            node.records.iter().for_each(Keeper::stop);
            in_time
        });
        let in_time = in_time.await.unwrap_or(false);
        self.charging.stop().await;
        self.store.close();
        tracing::info!(in_time, "stopped");
        Ok(ExitCode::from(u8::from(!in_time)))
    }

    /// Never ends: starts the sessions of routes that the admin API adds.
    async fn watch_routes(&self) {
        let mut look = tokio::time::interval(ROUTES_LOOK);
        loop {
            look.tick().await;
            self.set_routes();
        }
    }

    /// Reads the files of the tariff again at each SIGHUP. A faulty set is refused whole: prices stay as they are.
    async fn watch_tariff(self: &Arc<Self>, files: &[PathBuf]) -> Result<ExitCode, Failure> {
        let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
        while hangup.recv().await.is_some() {
            let (node, files) = (Arc::clone(self), files.to_vec());
            // Files, and a price list that takes a while: not a thing for the threads that answer.
            match tokio::task::spawn_blocking(move || node.put_tariff(&files)).await {
                Ok(Ok(())) => tracing::info!("the tariff was read anew: prices are those of the files"),
                Ok(Err(failure)) => tracing::error!("the tariff stays as it was: {failure}"),
                Err(gone) => tracing::error!(%gone, "the tariff stays as it was"),
            }
        }
        Err(Failure::Failed("SIGHUP cannot be heard any longer".into()))
    }

    /// The SIP server, when there is anything for it to listen on.
    async fn sip(&self, config: &Config) -> Result<Option<SipServer>, Failure> {
        if config.sip.listen.is_empty() && config.sip.listen_md5.is_empty() {
            return Ok(None);
        }
        let intake: Arc<dyn Intake> = Arc::new(self.engine.clone());
        let (clock, random) = (Arc::clone(&self.clock), Arc::clone(&self.random));
        let started = SipServer::start(config.sip.clone(), intake, clock, random).await;
        started.map(Some).map_err(|error| Failure::Failed(error.to_string()))
    }

    fn say_where(
        &self,
        listener: &tokio::net::TcpListener,
        config: &Config,
        sip: Option<&SipServer>,
    ) -> Result<(), Failure> {
        let mut out = std::io::stdout();
        writeln!(out, "Switchback listens on http://{}", listener.local_addr()?)?;
        for (wire, address) in sip.map_or(&[][..], SipServer::addresses) {
            writeln!(out, "SIP clients register at {} {address}", wire.name().to_lowercase())?;
        }
        let token = config.store.path.join(bootstrap::TOKEN_FILE);
        if token.exists() {
            writeln!(out, "The first admin token is in {}", token.display())?;
        }
        Ok(out.flush()?)
    }

    fn api_options(&self, config: &Config, sip: Option<&SipServer>) -> ApiOptions {
        let mut options = ApiOptions::new(Arc::clone(&self.clock), Arc::clone(&self.random));
        options.sip_realm = config.sip.realm.clone();
        options.sip_md5 = config.sip.md5;
        options.origins_believed = config.http.believe_origin;
        let (engine, store) = (self.engine.clone(), Arc::clone(&self.store));
        let counters = sip.map(SipServer::counters);
        let pages = Pages::new(Arc::clone(&store), Maker::of(config.records.as_ref()));
        options.records = Arc::new(move |after, n| pages.shown(after, n));
        let progress = self.records.as_ref().map(Keeper::progress);
        let (at, last) = (progress.clone(), Arc::clone(&store));
        options.records_behind =
            Arc::new(move || Some(at.as_ref()?.standing(last.totals().ok()?.cursor).behind));
        let charging = Arc::clone(&self.charging);
        options.metrics = Arc::new(move || {
            // A store that has stopped still has its engine's counters to show.
            let stored = store.totals().unwrap_or_default();
            let records = progress.as_ref().map(|progress| progress.standing(stored.cursor));
            let (routes, charging) = (engine.routes(), charging.standings());
            metrics::render(&engine.counters(), &stored, &routes, &charging, counters.as_deref(), records)
        });
        let page = |path, content_type, body: &'static str| Page {
            path,
            content_type,
            body: Bytes::from_static(body.as_bytes()),
        };
        options.pages = vec![
            page("/", "text/html; charset=utf-8", include_str!("../../web/live.html")),
            page("/live.css", "text/css; charset=utf-8", include_str!("../../web/live.css")),
            page("/live.js", "text/javascript; charset=utf-8", include_str!("../../web/live.js")),
        ];
        options
    }
}

fn engine_options(config: &Config) -> Options {
    let mut options = Options {
        timers: config.timers.clone(),
        classes: config.classes.clone(),
        policy: DefaultPolicy { revert: config.policy.revert },
        ..Options::default()
    };
    if config.policy.loops > 0 {
        options.loops = config.policy.loops;
    }
    options
}

fn sms_options(config: &Config, random: &dyn Random) -> SmsOptions {
    let mut seed = [0; 8];
    random.fill(&mut seed);
    SmsOptions {
        response_ms: config.timers.smpp_response_ms,
        enquire_link_ms: config.smpp.enquire_link_ms,
        reconnect_ms: config.smpp.reconnect_ms,
        reconnect_cap_ms: config.smpp.reconnect_cap_ms,
        validity_ms: config.timers.sms_validity_ms,
        recall_ms: config.timers.recall_ms,
        seed: u64::from_le_bytes(seed),
        ..SmsOptions::default()
    }
}

fn route_entry(route: &RouteSection) -> Route {
    Route {
        id: route.id.clone(),
        service: Service::Sms,
        address: route.address.clone(),
        system_id: route.system_id.clone(),
        password: route.password.clone(),
        window: route.window,
    }
}

/// Waits for SIGTERM or SIGINT.
async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = interrupt => {},
            _ = terminate.recv() => {},
        },
        Err(error) => {
            tracing::error!(%error, "SIGTERM cannot be heard: only SIGINT stops this server gracefully");
            drop(interrupt.await);
        }
    }
}

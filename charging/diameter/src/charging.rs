//! The port: orders in, outcomes out.

use crate::currency::numeric;
use crate::flow::{Asker, Flow};
use crate::link::{Came, Destination, Link, Reply, Request, link};
use crate::options::{Mode, Options, QuoteBy};
use crate::probe;
use crate::tls::{TlsError, secure};
use crate::translate::{key, operation, profile, units};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use switchback_ports::{
    ChargeDone, ChargeOrder, ChargeOutcome, ChargeRefusal, ChargeStep, ChargeTold, Charging, Clock, Random,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use wire_diameter::credit::{Dialogue, Profile, Terms, session_id};
use wire_diameter::{EndToEnd, Identity, Peer, PeerConfig, ResultCode};

/// Most peers of one charging system.
const PEERS_MAX: usize = 4;
/// So long nobody is asked for prices who has said that there are none.
const NO_QUOTES_MS: u64 = 600_000;

/// An operator's own charging system, over Diameter. Dropping it says goodbye to its peers; [`stop`](Self::stop) waits
/// until that is done, and a peer that heard no goodbye may throw away what we say first when we are back (RFC 3539
/// 3.4.1).
pub struct DiameterCharging {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

/// What orders under way need.
pub(crate) struct Shared {
    pub(crate) profile: Profile,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: Options,
    links: Vec<Link>,
    end_to_end: Mutex<EndToEnd>,
    /// Until then it is not asked for prices, in milliseconds since 1970: it has said that it has none.
    no_quotes_until: AtomicU64,
    nonce: AtomicU64,
}

impl std::fmt::Debug for DiameterCharging {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiameterCharging").field("peers", &self.shared.options.peers).finish_non_exhaustive()
    }
}

impl DiameterCharging {
    /// Begins to connect to the peers, on `runtime`. Of more than four, the first four count.
    ///
    /// # Errors
    /// [`TlsError`] when a certificate cannot be read.
    pub fn start(
        options: Options,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
        runtime: &Handle,
    ) -> Result<Self, TlsError> {
        let identity = Identity {
            host: options.origin_host.clone(),
            realm: options.origin_realm.clone(),
            product: "Switchback".to_owned(),
            // Sessions are named after what is charged: none is lost by a restart.
            origin_state: None,
        };
        let (mut links, mut tasks) = (Vec::new(), Vec::new());
        // One word is enough, whichever peer it is about.
        let (recovered, news) = mpsc::channel(1);
        for peer in options.peers.iter().take(PEERS_MAX) {
            let config = PeerConfig {
                expected_host: peer.host.clone(),
                window: options.window,
                answer_timeout: options.answer_timeout,
                watchdog: options.watchdog.max(Duration::from_secs(6)),
                seed: chance(random),
                ..PeerConfig::default()
            };
            let secure = peer.tls.as_ref().map(secure).transpose()?;
            let destination = Destination { address: peer.address.clone(), secure };
            let machine = Peer::new(identity.clone(), config, Duration::ZERO);
            let (near, task) = link(destination, machine, options.answer_timeout, recovered.clone());
            tasks.push(runtime.spawn(task));
            links.push(near);
        }
        let seconds = clock.now().as_millis() / 1000;
        let shared = Shared {
            profile: profile(&options),
            options,
            links,
            end_to_end: Mutex::new(EndToEnd::seeded(seconds, chance(random))),
            no_quotes_until: AtomicU64::new(0),
            nonce: AtomicU64::new(u64::from(chance(random)) << 32),
            clock,
        };
        let shared = Arc::new(shared);
        if shared.options.quote != QuoteBy::None {
            tasks.push(runtime.spawn(probe::probe(Arc::downgrade(&shared), news)));
        }
        Ok(Self { shared, tasks })
    }

    /// Takes no more orders, waits for those under way, and says goodbye to the peers.
    pub async fn stop(self) {
        drop(self.shared);
        for task in self.tasks {
            // A task that panicked has told so itself.
            let _ = task.await;
        }
    }

    /// Whether there is a peer that is well.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.shared.links.iter().any(Link::is_well)
    }

    /// Whether a price can be found out here: false for ten minutes after the charging system has said that it never
    /// does that, or until it shows otherwise.
    #[must_use]
    pub fn can_quote(&self) -> bool {
        self.shared.can_quote()
    }
}

fn chance(random: &dyn Random) -> u32 {
    let mut octets = [0; 4];
    random.fill(&mut octets);
    u32::from_be_bytes(octets)
}

impl Charging for DiameterCharging {
    fn order(&self, order: ChargeOrder, told: ChargeTold) {
        if order.step == ChargeStep::Quote && !self.can_quote() {
            told(ChargeOutcome::Refused(ChargeRefusal::NotSupported));
            return;
        }
        self.shared.begin(order, Asker::Port(told));
    }

    fn deduplicates(&self) -> bool {
        self.shared.options.deduplicates
    }
}

/// What becomes of an order for which nothing is said.
fn unsaid(step: ChargeStep, mode: Mode) -> ChargeOutcome {
    match (step, mode) {
        (ChargeStep::Reserve | ChargeStep::Release, Mode::Event) => {
            ChargeOutcome::Done(ChargeDone::default())
        }
        _ => ChargeOutcome::Refused(ChargeRefusal::NotSupported),
    }
}

impl Shared {
    /// Begins an order: its first request, or what becomes of it without one.
    pub(crate) fn begin(self: &Arc<Self>, order: ChargeOrder, asker: Asker) {
        let options = &self.options;
        let compares = order.at_most.is_none_or(|limit| limit.currency == order.currency);
        let Some(currency) = numeric(order.currency).filter(|_| compares) else {
            asker.tell(ChargeOutcome::Refused(ChargeRefusal::NoPrice));
            return;
        };
        let Some(operation) = operation(order.step, options.mode, options.quote) else {
            asker.tell(unsaid(order.step, options.mode));
            return;
        };
        let nonce = self.nonce.fetch_add(1, Ordering::Relaxed);
        let session_id = session_id(&options.origin_host, &key(&order, operation, nonce));
        let terms = Terms {
            currency,
            at_most: order.at_most.map(|limit| limit.nanos),
            bare_grants: options.bare_grants,
            deduplicates: options.deduplicates,
        };
        let units = units(&order, options.units_of_im);
        let (dialogue, step) = Dialogue::new(operation, &session_id, units, terms);
        let shared = Arc::clone(self);
        let flow = Flow { shared, order, operation, session_id, units, dialogue, last: None, asker };
        flow.ask(step, false, false);
    }

    /// The first peer that is well; another than `not` if there is one.
    pub(crate) fn peer(&self, not: Option<usize>) -> Option<usize> {
        let well =
            || self.links.iter().enumerate().filter(|(_, link)| link.is_well()).map(|(place, _)| place);
        well().find(|place| Some(*place) != not).or_else(|| well().next())
    }

    /// Sends a request to a peer.
    pub(crate) fn ask(&self, peer: usize, request: Request, reply: Reply) {
        match self.links.get(peer) {
            Some(link) => link.ask(request, reply),
            None => reply(Came::Lost { left: false }),
        }
    }

    pub(crate) fn end_to_end(&self) -> u32 {
        self.end_to_end.lock().unwrap_or_else(PoisonError::into_inner).another()
    }

    fn can_quote(&self) -> bool {
        self.no_quotes_until.load(Ordering::Relaxed) <= self.clock.now().as_millis()
    }

    /// The charging system tells prices.
    pub(crate) fn quotes(&self) {
        self.no_quotes_until.store(0, Ordering::Relaxed);
    }

    /// The charging system says that it has no prices. Some say the same when they are only in trouble, so it is asked
    /// again later.
    pub(crate) fn cannot_quote(&self, code: ResultCode) {
        let now = self.clock.now();
        let until = now.plus_millis(NO_QUOTES_MS).as_millis();
        if self.no_quotes_until.swap(until, Ordering::Relaxed) <= now.as_millis() {
            let Options { name, quote, .. } = &self.options;
            tracing::warn!(
                system = %name, %code, ?quote,
                "the charging system tells no prices this way, and is not asked for ten minutes: set another `quote`, \
                 or `quote_otherwise = \"mirror\"` and keep its prices in the plans"
            );
        }
    }
}

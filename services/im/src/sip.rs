//! SIP clients as devices of our subscribers: registrar, pager-mode messages both ways, notifications.
//!
//! ```text
//!   sockets --Heard--> server --Intake--> engine          one task, never waits
//!      ^                 | ^                 |
//!      +----- Flow ------+ +---- stream -----+            what a device is told comes from its subscriber's stream
//! ```
//! A SIP device reads the stream that an app's device reads, from its own place, one thing at a time. So a message that
//! was accepted waits nowhere but in the store, and what a device did not confirm is told again when it is back.
//!
//! Absent on purpose: sessions (INVITE), large messages by MSRP, and routes to other SIP networks.

mod answering;
mod binding;
mod catching_up;
mod compose;
mod counters;
mod flow;
mod following;
mod guard;
mod identity;
mod keeping;
mod later;
mod net;
mod network;
mod news;
mod offer;
mod options;
mod outbox;
mod outcomes;
mod pending;
mod presence;
mod recent;
mod register;
mod registering;
mod requests;
mod resent;
mod server;
mod sockets;
mod streams;
mod submit;
mod submitting;
mod telling;
mod tls;
mod typing;
mod words;

pub use counters::Counters;
pub use flow::Wire;
pub use guard::Budget;
pub use options::{Expires, Limits, Listen, Options, ServiceRoute};
pub use tls::{TlsError, TlsFiles};

use guard::Guard;
use net::{Bound, Ears, Heard, Strangers};
use server::Server;
use sockets::Sockets;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use switchback_ports::{Clock, Intake, Random};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;

/// Messages of connections that wait for the server: when it does not keep up, the sockets' own buffers fill, and then
/// peers wait.
const HEARD_MAX: usize = 4096;

/// Why the server can't begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A socket could not be opened.
    #[error("cannot listen for SIP on {wire} {address}: {error}. Is another server there? Choose another address.", wire = .listen.wire.name(), address = .listen.address)]
    Listen {
        /// Which.
        listen: Listen,
        /// Why.
        error: std::io::Error,
    },
    /// The server's thread could not be made.
    #[error("cannot start the SIP server's thread: {0}")]
    Thread(std::io::Error),
    /// TLS can't be spoken.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A running SIP server: a thread of its own, which nobody else waits for when it rests.
#[derive(Debug)]
pub struct SipServer {
    addresses: Vec<(Wire, SocketAddr)>,
    counters: Arc<Counters>,
    stop: watch::Sender<bool>,
    abort: Arc<Notify>,
    /// Never told anything: it closes when the thread has let everything go.
    ended: oneshot::Receiver<()>,
}

impl SipServer {
    /// Opens all sockets and begins to serve.
    ///
    /// # Errors
    /// [`StartError`] when a socket cannot be opened or a certificate not be read; then nothing is.
    pub async fn start(
        options: Options,
        intake: Arc<dyn Intake>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StartError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::Thread)?;
        let (begun, begins) = oneshot::channel();
        let (end, ended) = oneshot::channel::<()>();
        let (stop, stopping) = watch::channel(false);
        let (counters, abort) = (Arc::<Counters>::default(), Arc::<Notify>::default());
        let (counted, aborted) = (Arc::clone(&counters), Arc::clone(&abort));
        let serve = async move {
            let opened = Opened::open(options, intake, clock, &*random, counted).await;
            match opened {
                Ok((opened, addresses)) => {
                    // Who began it may be gone already: then it is over as soon as it is looked at.
                    let _ = begun.send(Ok(addresses));
                    tokio::select! {
                        () = opened.server.run(opened.inbox, stopping) => {}
                        () = aborted.notified() => {}
                    }
                }
                Err(error) => drop(begun.send(Err(error))),
            }
        };
        let thread = move || {
            runtime.block_on(serve);
            drop((runtime, end));
        };
        std::thread::Builder::new().name("sip".into()).spawn(thread).map_err(StartError::Thread)?;
        let gone = |_| StartError::Thread(std::io::ErrorKind::Other.into());
        Ok(Self { addresses: begins.await.map_err(gone)??, counters, stop, abort, ended })
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> &[(Wire, SocketAddr)] {
        &self.addresses
    }

    /// What it counts, also when it has ended.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Ends as a crash would: nothing more is said or kept.
    pub async fn abort(self) {
        self.abort.notify_one();
        // Nothing is ever sent by it: this is its end.
        drop(self.ended.await);
    }

    /// Takes nothing more and ends.
    pub async fn stop(self) {
        // A server that has ended already has nothing to be told.
        let _ = self.stop.send(true);
        drop(self.ended.await);
    }
}

/// A server with its sockets, before it runs.
struct Opened {
    server: Server,
    inbox: mpsc::Receiver<Heard>,
    /// They end with it.
    _ears: JoinSet<()>,
}

impl Opened {
    /// Opens all sockets; gives where it listens.
    async fn open(
        mut options: Options,
        intake: Arc<dyn Intake>,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
        counters: Arc<Counters>,
    ) -> Result<(Self, Vec<(Wire, SocketAddr)>), StartError> {
        let (heard, inbox) = mpsc::channel(HEARD_MAX);
        let shared = Ears {
            heard,
            limits: options.limits,
            connections: Arc::new(Semaphore::new(options.limits.connections)),
            strangers: Strangers::new(options.trusted.clone(), &options.limits, Arc::clone(&counters)),
            opened: Arc::new(Semaphore::new(options.limits.opened)),
            numbers: Arc::new(AtomicU64::new(0)),
            tls: options.tls.as_ref().map(tls::acceptor).transpose()?,
        };
        let listens = || options.listen.iter().chain(&options.listen_md5);
        if shared.tls.is_none() && listens().any(|listen| listen.wire.is_secure()) {
            return Err(TlsError::Missing.into());
        }
        let (mut ears, mut addresses, mut sockets) =
            (JoinSet::new(), Vec::new(), Sockets::new(options.limits.sip));
        for listen in listens() {
            let failed = |error| StartError::Listen { listen: listen.clone(), error };
            let bound = Bound::to(listen).await.map_err(failed)?;
            let local = bound.address().map_err(failed)?;
            addresses.push((listen.wire, local));
            sockets.push(match bound {
                Bound::Datagrams(socket) => Some((socket, local)),
                Bound::Connections(listener, wire) => {
                    ears.spawn(net::connections(listener, wire, local, shared.clone()));
                    None
                }
            });
        }
        // As they are bound: a flow knows its socket by that.
        let bound = addresses.iter().skip(options.listen.len());
        options.listen_md5 = bound.map(|(wire, address)| Listen { wire: *wire, address: *address }).collect();
        let guard = Guard::new(options.logins, counters);
        let server = Server::new(options, guard, sockets, shared, intake, clock, random);
        Ok((Self { server, inbox, _ears: ears }, addresses))
    }
}

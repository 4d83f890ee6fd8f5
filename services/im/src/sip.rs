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
#[cfg(test)]
mod speed;
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
use net::{Bound, Ears, Strangers};
use server::Server;
use sockets::Sockets;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use switchback_ports::{Clock, Intake, Random};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

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
    /// TLS can't be spoken.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A running SIP server.
#[derive(Debug)]
pub struct SipServer {
    addresses: Vec<(Wire, SocketAddr)>,
    counters: Arc<Counters>,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    ears: JoinSet<()>,
}

impl SipServer {
    /// Opens all sockets and begins to serve.
    ///
    /// # Errors
    /// [`StartError`] when a socket cannot be opened or a certificate not be read; then nothing is.
    pub async fn start(
        mut options: Options,
        intake: Arc<dyn Intake>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StartError> {
        let (heard, inbox) = mpsc::channel(HEARD_MAX);
        let counters = Arc::<Counters>::default();
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
        let (stop, stopping) = watch::channel(false);
        let guard = Guard::new(options.logins, Arc::clone(&counters));
        let server = Server::new(options, guard, sockets, shared, intake, clock, &*random);
        Ok(Self { addresses, counters, stop, server: tokio::spawn(server.run(inbox, stopping)), ears })
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
    pub async fn abort(mut self) {
        self.server.abort();
        drop(self.server.await);
        self.ears.shutdown().await;
    }

    /// Takes nothing more and ends.
    pub async fn stop(mut self) {
        // A server that has ended already has nothing to be told.
        let _ = self.stop.send(true);
        drop(self.server.await);
        self.ears.shutdown().await;
    }
}

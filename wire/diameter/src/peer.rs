//! One connection to a peer, kept up for ever, as a machine without I/O (RFC 6733 5.6, the initiator's side; RFC 3539
//! 3.4, the watchdog).

mod config;
mod event;
mod identity;
mod life;
mod machine;
mod pending;
mod receive;
mod watchdog;

pub use config::PeerConfig;
pub use event::{CloseReason, LostReason, PeerCounters, PeerEvent, SendError};
pub use identity::{EndToEnd, Identity};
pub use machine::{Outgoing, Peer};
pub use watchdog::Watchdog;

use std::time::Duration;

/// Where a connection stands. RFC 6733 5.6 names are in brackets; since nobody is let in here, there is no election.
///
/// ```text
///             its time has come           connected: CER goes out            CEA says 2001
///   Closed ----------------------> Connecting ------------> WaitAnswer ----------------------> Open
///     ^                                 |                        |                              |
///     |   can't connect, no time left   |                        |  refused, another peer,      | disconnect():
///     +---------------------------------+------------------------+  no time left, link lost     | no new requests
///     |                                                                                         v
///     |   DPA came, no time left, link lost           all answered: DPR goes out             Draining
///     +----------------------------------- Closing <--------------------------------------------+
///     |                                       ^      or the peer's DPR came: DPA goes out       |
///     +---------------------------------------+-------------------------------------------------+
///                       link lost, or the watchdog heard nothing twice
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No connection (Closed). The next try is due `until`; `None`: told to stay so.
    Closed {
        /// When the next connection is asked for.
        until: Option<Duration>,
    },
    /// A connection was asked for (Wait-Conn-Ack).
    Connecting {
        /// When it is given up.
        until: Duration,
    },
    /// Our capabilities are sent (Wait-I-CEA).
    WaitAnswer {
        /// When it is given up.
        until: Duration,
    },
    /// Requests go both ways (I-Open); whether ours should is for the [`Watchdog`] to say.
    Open,
    /// No new requests; those under way are waited for.
    Draining {
        /// When they are given up.
        until: Duration,
    },
    /// Goodbye was said, by either side (Closing).
    Closing {
        /// When the connection is closed from here.
        until: Duration,
    },
}

/// Which of several peers to the same charging system gets the next request (RFC 3539 3.4.1): the first in the order
/// of preference whose watchdog is content. So traffic fails over the moment a peer becomes suspect, and back the
/// moment the better one has proved itself. `None`: nobody; nothing is sent to a peer that may be dead.
#[must_use]
pub fn preferred(peers: impl IntoIterator<Item = Watchdog>) -> Option<usize> {
    peers.into_iter().position(Watchdog::is_content)
}

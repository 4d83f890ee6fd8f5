//! A fleet: thousands of SIP handsets in one thread, as cheap as a load has to be that shares the machine with what it
//! measures.
//!
//! Each handset registers as a CPM client, takes a message with 200 and tells its sender by a notification that it is
//! there, as [`handset`](crate::handset) does one at a time and with misbehaviours. Requests are sent again, and answered
//! again, by the same transaction table as the server's. Of every message it is known how often it was shown and how
//! often its sender was told so: what was lost or doubled is counted, not estimated.
//!
//! What a fleet does it is told by [`Order`]s; each is answered by one [`Told`].

mod book;
mod digest;
mod hear;
mod letters;
mod line;
mod order;
mod registering;
mod run;
mod sending;

pub use letters::number;
pub use order::{Latency, Order, Registered, Sent, Settled, Told, Who};
pub use run::run;

use crate::handset::Wire;
use std::net::SocketAddr;

/// How a fleet is.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server.
    pub server: SocketAddr,
    /// By what all handsets reach it.
    pub wire: Wire,
    /// What they register with.
    pub domain: String,
    /// How many handsets.
    pub handsets: u32,
    /// How many sockets they share, in equal parts; as many as handsets: each has its own.
    pub lines: u32,
    /// Requests at once: REGISTERs, or messages that are not at their end yet.
    pub window: u32,
    /// The password of all logins, when they are asked for one; the user name is the handset's number.
    pub password: Option<String>,
}

//! Transactions (RFC 3261 17, RFC 6026, RFC 4320): requests that come twice are answered twice and seen once, and
//! requests that are sent come to exactly one end.
//!
//! No socket, no clock, no randomness. What happens goes in ([`Transactions::received`], [`respond`], [`request`],
//! [`tick`], ...), what is to be done comes out, as [`Output`]s behind those that the caller's list holds already.
//! Time is a [`Duration`] since a moment of the caller's choice; it never runs backwards here.
//!
//! The four machines are pure functions over small enums, one a file, each below its diagram. This table keeps what
//! they can't know: keys, octets, flows and timers.
//!
//! [`respond`]: Transactions::respond
//! [`request`]: Transactions::request
//! [`tick`]: Transactions::tick

mod client;
mod key;
mod lanes;
mod limits;
mod output;
mod own;
mod server;
mod step;
mod timer;

use core::time::Duration;
use std::collections::HashMap;

use crate::message::Message;

use client::Client;
use key::{Key, Keys, Pass};
use lanes::Lanes;
use server::{Answered, Merges, Server};
use timer::{Owner, Timer};

pub use key::{Branch, ToTag};
pub use limits::{Bound, Counters, Limits};
pub use output::{ClientId, NotTaken, Outgoing, Output, ServerId, Verdict};
pub use timer::Timers;

/// All transactions of one thread, over all its flows.
///
/// `F` is the caller's handle of a flow: where something came from and where to send. Small is good, there is one in
/// every open transaction.
#[derive(Debug)]
pub struct Transactions<F> {
    keys: Keys,
    limits: Limits,
    lanes: Lanes,
    counters: Counters,
    /// Requests of others that are not answered, and every INVITE.
    servers: HashMap<Key, Server<F>, Pass>,
    /// Requests of others, INVITE apart, with their final answer: nothing but that.
    answered: HashMap<Key, Answered, Pass>,
    /// By what the requests above are known when they come a second time by another way.
    merges: Merges,
    clients: HashMap<Key, Client<F>, Pass>,
    /// Octets that are kept to be sent again, for others' requests and for ours.
    kept: Kept,
    now: u64,
}

#[derive(Debug, Default, Clone, Copy)]
struct Kept {
    servers: usize,
    clients: usize,
}

impl<F: Clone + Eq> Transactions<F> {
    /// An empty table. `seed` must be secret and another one at each start: branches, tags and keys come from it.
    #[must_use]
    pub fn new(timers: &Timers, limits: Limits, seed: u128) -> Self {
        Self {
            keys: Keys::new(seed),
            limits,
            lanes: Lanes::new(timers),
            counters: Counters::default(),
            servers: HashMap::default(),
            answered: HashMap::default(),
            merges: Merges::default(),
            clients: HashMap::default(),
            kept: Kept::default(),
            now: 0,
        }
    }

    /// A message came by `flow`. `reliable`: the flow is a stream (TCP, TLS, WebSocket). A request should be
    /// [stamped](Message::stamped) before.
    pub fn received(
        &mut self,
        message: Message,
        flow: F,
        reliable: bool,
        now: Duration,
        out: &mut Vec<Output<F>>,
    ) {
        self.advance(now);
        if message.is_request() {
            self.request_received(message, flow, reliable, out);
        } else {
            self.response_received(message, out);
        }
    }

    /// Fires what is due. Late is harmless: nothing is sent twice to make up for it.
    pub fn tick(&mut self, now: Duration, out: &mut Vec<Output<F>>) {
        self.advance(now);
        for timer in Timer::all() {
            while let Some(wake) = self.lanes.due(timer, self.now) {
                match timer.owner() {
                    Owner::Client => self.client_timer(timer, wake, out),
                    Owner::Server => self.server_timer(timer, wake, out),
                    Owner::Answered => self.forget(wake.key),
                }
            }
        }
    }

    /// When [`tick`](Self::tick) is wanted next, or a little earlier than that; `None`: not before something happens.
    #[must_use]
    pub fn next_wake(&self) -> Option<Duration> {
        self.lanes.next().map(Duration::from_millis)
    }

    /// A branch for a request of ours that nobody can guess: spoofed answers find no transaction.
    pub fn branch(&mut self) -> Branch {
        self.keys.branch()
    }

    /// What was absorbed, refused and dropped so far.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// How many transactions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.servers.len().saturating_add(self.answered.len()).saturating_add(self.clients.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn advance(&mut self, now: Duration) {
        self.now = self.now.max(u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
        let Self { servers, clients, answered, lanes, .. } = self;
        let open = servers.len().saturating_add(clients.len());
        // Each open one has at most two timers that count.
        lanes.compact(open.saturating_mul(2).saturating_add(answered.len()), |timer, wake| {
            match timer.owner() {
                Owner::Client => clients.get(&wake.key).is_some_and(|it| it.due.is(timer, wake.at)),
                Owner::Server => servers.get(&wake.key).is_some_and(|it| it.due.is(timer, wake.at)),
                Owner::Answered => true,
            }
        });
    }
}

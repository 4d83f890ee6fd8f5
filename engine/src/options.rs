//! What the operator sets for the engine: how many loops, which timers and classes, and the bounds of everything.

use switchback_core::model::{Class, Timers};

/// So many loops at most.
pub(crate) const LOOPS_MAX: usize = 64;

/// The engine's settings. All of it is configuration; the defaults are those of a 2-core machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many loops (operating-system threads) share the shards, 1 to 64. Default: one for every four cores. A loop
    /// does about an eighth of the work of a message, and each one more makes commits smaller.
    pub loops: usize,
    /// The timers of the rules.
    pub timers: Timers,
    /// The message classes by name; `person` must be among them.
    pub classes: Vec<Class>,
    /// What holds when a submission says nothing.
    pub policy: DefaultPolicy,
    /// The bounds.
    pub limits: Limits,
}

/// What holds when a submission says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultPolicy {
    /// False turns the last step of claim 1 (the way back to the first service) off for every message.
    pub revert: bool,
}

/// Bounds of everything that could grow (I20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Inputs that may wait for one loop; a submission beyond it is refused with `overloaded`.
    pub inbox: usize,
    /// Inputs decided in one commit, at most 1024.
    pub batch: usize,
    /// Open messages that one loop keeps in memory; others are read from the store when touched.
    pub messages: usize,
    /// Payers that one loop keeps in memory.
    pub payers: usize,
    /// Quotes that are remembered until they end; the oldest give way.
    pub quotes: usize,
    /// Peer ids that are remembered so that a receipt finds its message without the store.
    pub recent_peer_ids: usize,
    /// Queries that may wait for the query threads.
    pub queries: usize,
    /// Threads that answer queries.
    pub query_threads: usize,
    /// Registrations that may wait.
    pub registrations: usize,
    /// Refusals that may wait to be written to the operator's list; the oldest give way.
    pub refusals: usize,
    /// Timer inputs under way at once.
    pub pokes: usize,
    /// Events that a live reader may be behind before it is cut off.
    pub reader: usize,
    /// Live readers at once.
    pub readers: usize,
    /// Incoming messages that a registering device is told again at once; the rest comes with its next registration.
    pub told_again: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            loops: std::thread::available_parallelism()
                .map_or(1, |cores| (cores.get() / 4).clamp(1, LOOPS_MAX)),
            timers: Timers::default(),
            classes: Class::shipped(),
            policy: DefaultPolicy::default(),
            limits: Limits::default(),
        }
    }
}

impl Default for DefaultPolicy {
    fn default() -> Self {
        Self { revert: true }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            inbox: 16_384,
            batch: 1024,
            messages: 100_000,
            payers: 100_000,
            quotes: 100_000,
            recent_peer_ids: 65_536,
            queries: 1024,
            query_threads: 2,
            registrations: 16_384,
            refusals: 4096,
            pokes: 1024,
            reader: 16_384,
            readers: 10_000,
            told_again: 1000,
        }
    }
}

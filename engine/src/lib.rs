//! The imperative shell: it hears what services and the API bring, gathers facts, asks the core what to do, commits
//! it, and does it.
//!
//! * [`Engine`] - the handle: it implements [`switchback_ports::Intake`] and is cheap to clone.
//! * `looper` - the loops: each owns shards, and with them messages and payers; decides, commits in batches, acts.
//! * `desk` - registrations, the directory, refusals. `dispatch` - timers and wake-ups. `pool` - queries.
//! * `hub` - live events in commit order. `presence`, `routes`, `book`, `quotes` - facts in memory.
//!
//! No rule of the method is here: what to do next is decided in [`switchback_core::decide`] alone. No thread is
//! async; nothing here blocks an async worker; every queue is bounded.

mod admission;
mod book;
mod charging;
mod counters;
mod desk;
mod dispatch;
mod engine;
mod facts;
mod health;
mod hub;
mod ids;
mod in_flight;
mod intake;
mod locks;
mod looper;
mod options;
mod parked;
mod pool;
mod presence;
mod quotes;
mod recent;
mod recovery;
mod refuse;
mod routes;
mod shared;
mod spellings;
mod work;

pub use charging::Prices;
pub use counters::{BATCH_BOUNDS, LATENCY_BOUNDS_US, Snapshot};
pub use engine::{Engine, StartError};
pub use options::{DefaultPolicy, Limits, Options};
pub use recovery::Recovered;

/// The lease epoch of a node that owns all shards of its store: there is no other to fence off.
pub(crate) const EPOCH: u64 = 1;

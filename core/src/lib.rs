//! What Switchback decides.
//!
//! Everything that makes a message go one way rather than another, or cost one price rather than another,
//! lives here and nowhere else, so that it can be tested, replayed and model-checked without a socket.
//! The crate is pure: no I/O, no clock, no randomness, no async; time is an argument.
//!
//! * [`model`] - the nouns: messages, attempts, prices, facts, decisions, events.
//! * [`rows`] - reading TOML tables with every fault's line, for plans and configurations.
//! * [`tariff`] - plans and payers: what this message would cost this payer now.
//! * [`charge`] - the one charge slot of a message and the ledger it writes.
//! * [`lifecycle`] - the only list of legal transitions of a message.
//! * [`decide`] - the one function that chooses the next step.

pub mod charge;
pub mod decide;
pub mod lifecycle;
pub mod model;
pub mod rows;
pub mod tariff;

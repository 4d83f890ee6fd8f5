//! The node: configuration, wiring and the command line. The only crate that names implementations.
//!
//! [`run`] is the whole program. A test build of the server (one that registers a fault-injecting `SQLite` VFS
//! before it starts) calls the same function.

mod bench;
mod chat;
mod cli;
mod clock;
mod config;
mod demo;
mod http;
mod ledger;
mod logging;
mod metrics;
mod progress;
mod records;
mod sandbox;
mod serve;
mod tariff;
mod words;

pub use cli::run;

//! The binary as its users meet it: the command line, the demo, the terminal client, a graceful end, and the proof
//! that no yes leaves before its sync.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test helper may fail as loudly as a test"
)]

mod charging;
mod chat;
mod cli;
mod demo;
mod fsync;
mod hostile;
mod origin;
mod power;
mod prices;
mod records;
mod server;
mod smsc;
mod stories;
mod tariff;

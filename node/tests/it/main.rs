//! The binary as its users meet it: the command line, the demo, the terminal client, a graceful end, and the proof
//! that no yes leaves before its sync.

mod chat;
mod cli;
mod demo;
mod fsync;
mod hostile;
mod power;
mod server;

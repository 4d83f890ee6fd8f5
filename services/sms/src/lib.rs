//! The SMS service: the only translator between SMPP sessions and the model.
//!
//! One task and one TCP connection (a transceiver) for each route. Sessions are machines without I/O
//! (`wire-smpp`); what stands here is what needs a socket, a clock or our own nouns: connecting and reconnecting,
//! the bounded lane in front of the window, the meaning of statuses and receipts, and the rule that a peer hears
//! "I have it" only after the commit.
//!
//! * [`SmsService`] - the [`Transport`](switchback_ports::Transport): measure, attempt, withdraw; routes come and
//!   are replaced at run time; [`SmsService::stop`] ends it without losing a message.
//! * [`SmsOptions`], [`RouteSettings`] - every timer and bound, by configuration only.
//!
//! What is deliberately absent: several connections a route, separate transmitter and receiver binds, TLS,
//! `query_sm` (an id is known only from the answer that is missing), replacing and broadcasting.

mod address;
mod error_map;
mod options;
mod receipts;
mod references;
mod route;
mod service;

pub use options::{RouteSettings, SmsOptions};
pub use service::{SmsService, parts};

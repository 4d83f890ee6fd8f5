//! A client that sends messages, as fast as asked or as fast as it can, and keeps its own record of what it was told.
//!
//! It is the honest outside witness: before a request leaves, its intent is in the journal; an answer is in the journal
//! when it was read whole. After anything unclear (a broken connection, a 5xx, a 409 "in flight") the same request
//! goes out again with the same `Idempotency-Key`, until the answer is clear.

mod histogram;
mod run;

pub use histogram::Histogram;
pub use run::{Load, Progress};

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// One line of the client's journal. Every `at` is in microseconds since 1970; `n` is the number of the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields say what they are; `hash` is `content::hash` of the text")]
pub enum Said {
    /// About to be sent for the first time.
    Intent { at: u64, n: u64, to: String, hash: String, class: String },
    /// Sent, and nobody can tell whether it was heard.
    Unclear { at: u64, n: u64 },
    /// Answered clearly: `id` when accepted; `replayed` when the server says it knew the key.
    Answer {
        at: u64,
        n: u64,
        status: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        replayed: bool,
    },
}

/// One message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The sender's token.
    pub token: String,
    /// The recipient.
    pub to: String,
    /// The text; no two orders have the same.
    pub text: String,
    /// More fields of the request's JSON object, each with a leading comma (`,"service":"sms"`); may be empty.
    pub more: String,
    /// What the order is for, in the words of whoever made it; only the journal knows it.
    pub class: &'static str,
}

/// How the load is put on.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server's HTTP address.
    pub server: SocketAddr,
    /// How many connections.
    pub connections: usize,
    /// Orders a second, evenly, however slow the answers are; `None`: each connection sends when it was answered.
    pub per_second: Option<u32>,
    /// The first part of every `Idempotency-Key`: differs from run to run.
    pub run: String,
}

//! What a fleet is told to do, and what it tells: data that goes through a pipe as lines of JSON.

use crate::load::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which handsets: those with even numbers are senders where the halves differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Every one.
    All,
    /// The even half.
    Senders,
    /// The odd half.
    Recipients,
}

/// What to do. An order ends before the next is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Registers these.
    Register {
        /// Which.
        who: Who,
        /// Evenly over so many milliseconds; as fast as the window allows when not given.
        over_ms: Option<u64>,
    },
    /// Sends messages.
    Send {
        /// From everybody to everybody, or from senders to recipients, who are not there.
        offline: bool,
        /// For how long.
        seconds: u64,
        /// Messages a second; as fast as the window allows when not given.
        per_second: Option<u64>,
    },
    /// Waits until every accepted message has come to its sender's notice, or nothing has happened for so long.
    Settle {
        /// Milliseconds.
        quiet_ms: u64,
    },
}

/// How an order ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// Of [`Order::Register`].
    Registered(Registered),
    /// Of [`Order::Send`].
    Sent(Sent),
    /// Of [`Order::Settle`].
    Settled(Settled),
}

/// A registration of many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Handsets that are.
    pub registered: u64,
    /// How often one was told to come later (503 with Retry-After).
    pub later: u64,
    /// How often there was no answer.
    pub unanswered: u64,
    /// Refusals, by status; those handsets gave up.
    pub refused: BTreeMap<u16, u64>,
    /// Until the last one was, in milliseconds.
    pub took_ms: u64,
    /// From the first REGISTER of each to its 200.
    pub latency_us: Latency,
}

/// Messages that were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Answered with 2xx.
    pub accepted: u64,
    /// Otherwise, by status.
    pub refused: BTreeMap<u16, u64>,
    /// Not answered at all.
    pub unanswered: u64,
    /// From the first request to the last 2xx, in microseconds.
    pub took_us: u64,
    /// From a request to its 2xx.
    pub latency_us: Latency,
}

/// What became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Accepted ones that were shown.
    pub shown: u64,
    /// Accepted ones that were not.
    pub lost: u64,
    /// Shown by more than one request, each with its own transaction.
    pub doubled: u64,
    /// Accepted ones whose sender was told that they were delivered.
    pub told: u64,
    /// Those of which that was told by more than one request.
    pub told_twice: u64,
    /// From the order to the last one that was shown, in microseconds.
    pub shown_us: u64,
    /// From the order to the last notification, in microseconds.
    pub told_us: u64,
    /// From a request to the notification that it was delivered.
    pub latency_us: Latency,
    /// Requests and answers that were sent again, or came again and were absorbed.
    pub repeated: u64,
}

/// Percentiles in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields say what they are")]
pub struct Latency {
    pub count: u64,
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub max: u64,
}

impl From<&Histogram> for Latency {
    fn from(histogram: &Histogram) -> Self {
        Self {
            count: histogram.count(),
            p50: histogram.quantile(500),
            p90: histogram.quantile(900),
            p99: histogram.quantile(990),
            max: histogram.max(),
        }
    }
}

//! Bounds and timers of a connection, and their defaults.

use std::time::Duration;

/// Bounds and timers of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerConfig {
    /// The Origin-Host that the peer must have; `None` takes any.
    pub expected_host: Option<String>,
    /// Most requests under way. Default 256.
    pub window: usize,
    /// How long an answer may take (Tx). Default 2 s; RFC 8506 13 has 10 s, longer than a sender wants to wait.
    pub answer_timeout: Duration,
    /// How long a connection may take to be made, and our capabilities to be answered. Default 5 s each.
    pub open_timeout: Duration,
    /// How long the peer may be silent before it is asked (Tw). Default 30 s; RFC 3539 allows no less than 6 s.
    pub watchdog: Duration,
    /// Answers in a row that a lost peer must give before it gets requests again. Default 3, as RFC 3539 says.
    pub proof: u8,
    /// The first wait before connecting again; it doubles. Default 1 s.
    pub backoff_first: Duration,
    /// The longest (Tc). Default 30 s.
    pub backoff_max: Duration,
    /// How long a goodbye waits for what is under way, and then for its answer. Default 5 s each.
    pub goodbye: Duration,
    /// Most octets waiting to be written; at half of it no requests are taken. Default 1 MiB.
    pub max_output: usize,
    /// Any number: where hop-by-hop identifiers begin, and the seed of jitter.
    pub seed: u32,
}

impl Default for PeerConfig {
    fn default() -> Self {
        Self {
            expected_host: None,
            window: 256,
            answer_timeout: Duration::from_secs(2),
            open_timeout: Duration::from_secs(5),
            watchdog: Duration::from_secs(30),
            proof: 3,
            backoff_first: Duration::from_secs(1),
            backoff_max: Duration::from_secs(30),
            goodbye: Duration::from_secs(5),
            max_output: 1024 * 1024,
            seed: 1,
        }
    }
}

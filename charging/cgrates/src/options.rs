//! How a CGRateS is reached, and what its accounts are.

use std::time::Duration;
use switchback_core::model::Currency;

/// A CGRateS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `host:port` of its JSON-RPC over TCP; it listens on 2012 unless told otherwise.
    pub address: String,
    /// Whose accounts and tariffs.
    pub tenant: String,
    /// OriginHost, which names a session together with its OriginID: it stays the same for as long as charges are open.
    pub origin_host: String,
    /// The currency of its tariffs, which name none.
    pub currency: Currency,
    /// Whether a charge is followed by a call detail record. It wants `cdrs_conns` in its `sessions`.
    pub records: bool,
    /// How long an answer may take. Default 2 s.
    pub answer_timeout: Duration,
    /// Most requests under way. Default 256.
    pub window: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:2012".to_owned(),
            tenant: "cgrates.org".to_owned(),
            origin_host: "switchback.localdomain".to_owned(),
            currency: Currency::EUR,
            records: true,
            answer_timeout: Duration::from_secs(2),
            window: 256,
        }
    }
}

//! Every timer and bound of the SMS service, in one place, so that a test shortens them by configuration and by
//! nothing else.

use smol_str::SmolStr;
use std::fmt;
use std::time::Duration;
use switchback_core::model::RouteId;

/// Timers and bounds. The defaults are those of DESIGN section 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsOptions {
    /// How long an answer to `submit_sm`, `cancel_sm` or the bind, and a TCP connect, may take, in milliseconds.
    pub response_ms: u64,
    /// How often a quiet link is probed, in milliseconds.
    pub enquire_link_ms: u64,
    /// First wait before a reconnect, in milliseconds; doubled up to the cap, with full jitter (T28).
    pub reconnect_ms: u64,
    /// Longest wait before a reconnect, in milliseconds.
    pub reconnect_cap_ms: u64,
    /// Wait after our credentials were refused, in milliseconds: slow, but never for ever (T28).
    pub auth_retry_ms: u64,
    /// Longest validity asked of an SMSC, in milliseconds.
    pub validity_ms: u64,
    /// How long a withdrawal may take before it counts as unknown, in milliseconds.
    pub recall_ms: u64,
    /// How long an unbind waits for outstanding answers, in milliseconds.
    pub drain_ms: u64,
    /// Most segments of one message (T38): more is refused before acceptance, never truncated. At most 255.
    pub max_segments: u8,
    /// Most orders that wait in one route's lane; more is back-pressure.
    pub lane_orders: usize,
    /// First pause after the SMSC said "slow down", in milliseconds; doubled while it keeps saying so.
    pub throttle_ms: u64,
    /// Longest pause after "slow down", in milliseconds.
    pub throttle_cap_ms: u64,
    /// How long the parts of an incoming long message are waited for, in milliseconds. They are unanswered that
    /// long, so it should be shorter than the SMSC's own response timer.
    pub reassembly_ms: u64,
    /// Most incoming requests that may await their commit; beyond, the socket is not read.
    pub unanswered_max: usize,
    /// Start of the jitter's generator: the node gives randomness, a test a number.
    pub seed: u64,
}

impl Default for SmsOptions {
    fn default() -> Self {
        Self {
            response_ms: 10_000,
            enquire_link_ms: 30_000,
            reconnect_ms: 500,
            reconnect_cap_ms: 60_000,
            auth_retry_ms: 60_000,
            validity_ms: 24 * 3_600_000,
            recall_ms: 10_000,
            drain_ms: 10_000,
            max_segments: 6,
            lane_orders: 8_192,
            throttle_ms: 100,
            throttle_cap_ms: 30_000,
            reassembly_ms: 5_000,
            unanswered_max: 1_024,
            seed: 0,
        }
    }
}

impl SmsOptions {
    pub(crate) const fn response(&self) -> Duration {
        Duration::from_millis(self.response_ms)
    }

    pub(crate) const fn recall(&self) -> Duration {
        Duration::from_millis(self.recall_ms)
    }

    pub(crate) const fn reassembly(&self) -> Duration {
        Duration::from_millis(self.reassembly_ms)
    }
}

/// One way out to an SMSC.
#[derive(Clone, PartialEq, Eq)]
pub struct RouteSettings {
    /// The route's name.
    pub id: RouteId,
    /// Host and port, `smsc.example.net:2775`.
    pub address: SmolStr,
    /// The name to bind with, at most 15 characters.
    pub system_id: SmolStr,
    /// The password, at most 8 characters by the standard; longer ones are sent as they are.
    pub password: SmolStr,
    /// Outstanding requests at most.
    pub window: u16,
    /// Codes (`err` in receipts) by which this SMSC means a failure that may pass; others with `UNDELIV` are for
    /// good, unless an optional parameter of the receipt says otherwise.
    pub temporary_errors: Vec<SmolStr>,
}

impl fmt::Debug for RouteSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteSettings")
            .field("id", &self.id)
            .field("address", &self.address)
            .field("system_id", &self.system_id)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

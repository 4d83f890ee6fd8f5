//! Time and chance as ports.

use switchback_core::model::Time;

/// The clock of a node. It never goes backwards, whatever the wall clock does (I22): an implementation anchors
/// the wall clock once and adds monotonic time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Time;
}

/// A source of randomness: ids, tokens, jitter.
pub trait Random: Send + Sync {
    /// Fills the buffer with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]);
}

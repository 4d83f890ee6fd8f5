//! The SMS service against a real TCP peer: a pretend SMSC that each test plays by hand, octet for octet what a
//! real one would send, and a recorder in the engine's place. Timers are short by configuration; nothing sleeps.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod hostile;
mod incoming;
mod receipts;
mod recorder;
mod scene;
mod sessions;
mod smsc;
mod submits;
mod withdrawals;

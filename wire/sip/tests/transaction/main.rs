//! Transactions as the RFC draws them: each table is a ladder that a timer, a peer and a user climb.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod bounds;
mod client_invite;
mod client_non_invite;
mod ladder;
mod matching;
mod peer;
mod property;
mod server_invite;
mod server_non_invite;

//! The pretend handset, as a server meets it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod desk;
mod digest;
mod each_other;
mod many;
mod misbehaviours;
mod records;
mod transport;
mod wire_text;

//! The engine at its boundaries: a real store in a temporary folder, pretend services, a clock set by hand.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

mod crash;
mod crowd;
mod devices;
mod feed;
mod gate;
mod holds;
mod keys;
mod load;
mod quotes;
mod receipts;
mod scene;
mod spellings;
mod story;
mod walk;

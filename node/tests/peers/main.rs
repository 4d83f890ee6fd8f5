//! Programs that nobody here wrote, against the shipped server: SIP clients as its users have them, and a proxy in
//! front of it. Each is started by its test, with free ports and a home of its own, and ended with it.
//!
//! A program that is not installed skips its test with a line that says so; where `CI` is set it fails instead.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test helper may fail as loudly as a test"
)]

mod baresip;
mod kamailio;
mod linphone;
mod live;
mod page;
mod program;
mod scene;
#[path = "../it/server.rs"]
#[expect(dead_code, reason = "these tests never stop and restart the server")]
mod server;
mod sipjs;
mod tls;

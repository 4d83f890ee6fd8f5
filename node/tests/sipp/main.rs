//! SIP as a stranger's program speaks it: SIPp (Debian: sip-tester) plays every flow and the abuse, the tools of
//! `SIPVicious` look for users, and what came of it is read over HTTP. Without these programs the tests say that they
//! were skipped, except where `CI` is set.
//!
//! SIPp 3.6 answers a challenge by itself only where MD5 is asked for alone, which one flow shows. In all others the
//! credentials are made here, by SHA-256, and handed to the scenarios as `[field0]` and so on.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test helper may fail as loudly as a test"
)]

mod abuse;
mod digest;
mod flows;
#[path = "../peers/program.rs"]
#[expect(dead_code, reason = "SIPp needs nobody at its keys")]
mod program;
mod scene;
#[path = "../it/server.rs"]
#[expect(dead_code, reason = "the other tests of the binary restart, kill and look into the folder too")]
mod server;
mod sipp;
mod socket;
mod vicious;

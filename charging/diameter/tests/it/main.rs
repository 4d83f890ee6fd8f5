//! The client over real sockets: with a pretend charging system the book, the misbehaviours, failover and TLS, and
//! with strangers everything that we ask.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod book;
mod careless;
mod links;
mod misbehaviours;
mod probe;
mod program;
mod scene;
mod secure;
mod stranger;

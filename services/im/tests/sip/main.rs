//! SIP clients as they meet the server: the shipped engine and store behind it, pretend handsets before it.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod between;
mod chat;
mod comes_back;
mod confirmed;
mod devices;
mod identity;
mod keep_alive;
mod large;
mod notifications;
mod offer;
mod proxy;
mod resent;
mod scene;
mod slow;
mod torture;
mod transports;
mod typing;
mod withdrawal;

//! SIP clients as they meet the server: the shipped engine and store behind it, pretend handsets before it.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod chat;
mod comes_back;
mod identity;
mod notifications;
mod offer;
mod scene;
mod slow;
mod transports;

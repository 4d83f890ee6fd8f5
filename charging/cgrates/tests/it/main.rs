//! The client over real sockets, with a pretend CGRateS that does as the documentation says, and then does not.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod book;
mod scene;
mod trouble;
mod words;

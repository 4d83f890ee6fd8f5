//! What connections beyond the cap are told.

use super::answer;
use crate::codes;
use crate::problem::Problem;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// How many are told at the same time; the others are closed without a word, so that refusing stays cheap.
const AT_ONCE: usize = 64;

/// Refuses connections, politely while that is cheap.
pub(super) struct Farewells(Arc<Semaphore>);

impl Default for Farewells {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Farewells {
    /// Tells 503 and closes.
    pub(super) fn too_many(&self, stream: TcpStream) {
        let Ok(slot) = Arc::clone(&self.0).try_acquire_owned() else { return };
        tokio::spawn(async move {
            let detail = "the server has as many connections as it takes: try again in a moment, or keep connections open";
            answer::last_word(stream, &Problem::new(&codes::TOO_MANY_CONNECTIONS, detail)).await;
            drop(slot);
        });
    }
}

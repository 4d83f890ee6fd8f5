//! Followed messages: from the request to the word that they were delivered, as the sender's own event stream has it.

use crate::cli::Failure;
use crate::http::Client;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use switchback_testkit::load::Histogram;

/// Senders whose messages are followed.
const FOLLOWED: usize = 4;

/// Messages of a few senders on their way.
pub(super) struct Ends {
    step: usize,
    book: Arc<Mutex<Book>>,
}

#[derive(Default)]
struct Book {
    open: HashMap<String, Seen>,
    latency: Histogram,
}

/// The answer and the event race each other.
enum Seen {
    Accepted(Instant),
    Delivered(Instant),
}

impl Ends {
    /// Opens the streams of a few senders; their threads end with the streams.
    pub(super) fn follow(server: SocketAddr, tokens: &[String]) -> Result<Self, Failure> {
        let step = (tokens.len() / FOLLOWED).max(1);
        let book = Arc::new(Mutex::new(Book::default()));
        for token in tokens.iter().step_by(step).take(FOLLOWED) {
            let events =
                Client::new(&format!("http://{server}"), token)?.stream("/v1/events/stream", None)?;
            let book = Arc::clone(&book);
            std::thread::spawn(move || {
                for event in events.filter(|event| event.kind == "message.delivered") {
                    if let Some(id) = event.data.get("message").and_then(Value::as_str) {
                        lock(&book).note(id, Seen::Delivered(Instant::now()));
                    }
                }
            });
        }
        Ok(Self { step, book })
    }

    /// Whether the messages of this sender are followed.
    pub(super) const fn follows(&self, sender: usize) -> bool {
        sender.is_multiple_of(self.step) && sender / self.step < FOLLOWED
    }

    /// A followed message was accepted by this answer; its request began then.
    pub(super) fn accepted(&self, answer: &[u8], began: Instant) {
        #[derive(Deserialize)]
        struct Accepted {
            id: String,
        }
        if let Ok(accepted) = serde_json::from_slice::<Accepted>(answer) {
            lock(&self.book).note(&accepted.id, Seen::Accepted(began));
        }
    }

    /// Microseconds from request to delivery.
    pub(super) fn latency(&self) -> Histogram {
        lock(&self.book).latency.clone()
    }
}

impl Book {
    fn note(&mut self, id: &str, seen: Seen) {
        let (accepted, delivered) = match (self.open.remove(id), seen) {
            (Some(Seen::Accepted(accepted)), Seen::Delivered(delivered))
            | (Some(Seen::Delivered(delivered)), Seen::Accepted(accepted)) => (accepted, delivered),
            (_, seen) => {
                self.open.insert(id.to_owned(), seen);
                return;
            }
        };
        let took = delivered.saturating_duration_since(accepted).as_micros();
        self.latency.add(u64::try_from(took).unwrap_or(u64::MAX));
    }
}

fn lock(book: &Mutex<Book>) -> std::sync::MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

//! A chat app on a phone: a real client of the event stream, which confirms what it gets and remembers it.

use crate::cli::Failure;
use crate::http::Client;
use serde_json::{Value, json};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// A message as a phone saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The message's id.
    pub(super) id: String,
    /// What it said.
    pub(super) text: String,
}

/// One person's phone: online while its stream is open.
#[derive(Debug)]
pub(super) struct Phone {
    client: Client,
    device: &'static str,
    seen: Arc<Mutex<Vec<Seen>>>,
    line: Option<(TcpStream, JoinHandle<()>)>,
}

impl Phone {
    /// A phone that is off.
    pub(super) fn new(client: Client, device: &'static str) -> Self {
        Self { client, device, seen: Arc::default(), line: None }
    }

    /// Opens the app: the open stream is the registration.
    pub(super) fn open(&mut self) -> Result<(), Failure> {
        if self.line.is_some() {
            return Ok(());
        }
        let events = self.client.stream(&format!("/v1/events/stream?device={}", self.device), None)?;
        let closer = events.closer()?;
        let (client, device, seen) = (self.client.clone(), self.device, Arc::clone(&self.seen));
        let thread = std::thread::spawn(move || {
            for event in events.filter(|event| event.kind == "message.incoming") {
                let id = event.data.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
                let text = event
                    .data
                    .get("data")
                    .and_then(|data| data.get("text"))
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned();
                let news = Seen { id: id.clone(), text };
                let mut seen = lock(&seen);
                if !seen.contains(&news) {
                    seen.push(news);
                }
                drop(seen);
                // A confirmation that does not arrive is given again when the server asks again.
                drop(client.post(
                    &format!("/v1/messages/{id}/receipts"),
                    &json!({"disposition": "delivered", "device": device}),
                ));
            }
        });
        self.line = Some((closer, thread));
        Ok(())
    }

    /// Closes the app.
    pub(super) fn close(&mut self) {
        if let Some((line, thread)) = self.line.take() {
            // Closed already when the server went away.
            drop(line.shutdown(Shutdown::Both));
            drop(thread.join());
        }
    }

    /// How often it saw this text.
    pub(super) fn times(&self, text: &str) -> usize {
        lock(&self.seen).iter().filter(|seen| seen.text == text).count()
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.close();
    }
}

fn lock(seen: &Mutex<Vec<Seen>>) -> MutexGuard<'_, Vec<Seen>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The chat's two threads: one asks the server what the screen wants, one follows the events.

use super::price::{Price, is_dearer};
use super::state::{Effect, Happening, Service};
use crate::cli::Failure;
use crate::http::{Answer, Client};
use serde_json::{Value, json};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// How many effects may wait.
const EFFECTS: usize = 256;

/// Starts the worker: effects in, happenings out.
pub(super) fn start(
    client: Client,
    with: String,
    device: String,
    inbox: SyncSender<Happening>,
) -> SyncSender<Effect> {
    let (effects, todo) = sync_channel(EFFECTS);
    std::thread::spawn(move || {
        let worker = Worker { client, with, device };
        while let Some(batch) = take(&todo) {
            for effect in batch {
                if let Some(happening) = worker.carry_out(effect)
                    && inbox.send(happening).is_err()
                {
                    return;
                }
            }
        }
    });
    effects
}

/// Everything that waits, with all but the last price question dropped: only the latest text matters.
fn take(todo: &Receiver<Effect>) -> Option<Vec<Effect>> {
    let mut batch = vec![todo.recv().ok()?];
    batch.extend(todo.try_iter());
    let last = batch.iter().rposition(|effect| matches!(effect, Effect::Quote { .. }));
    let mut place = 0;
    batch.retain(|effect| {
        let keep = !matches!(effect, Effect::Quote { .. }) || Some(place) == last;
        place += 1;
        keep
    });
    Some(batch)
}

/// What became of a text that the server was asked about.
enum Sent {
    Accepted(Value),
    /// Not accepted; with the new quote when the price rose.
    Refused {
        why: String,
        quote: Value,
    },
}

struct Worker {
    client: Client,
    with: String,
    device: String,
}

impl Worker {
    fn carry_out(&self, effect: Effect) -> Option<Happening> {
        let told = match effect {
            Effect::Quote { text, service } => {
                return self.quote(&text, service).ok().map(|quote| Happening::Quoted { text, quote });
            }
            Effect::Send { text, service, price } => return Some(self.send(text, service, price)),
            Effect::Refresh(id) => self
                .client
                .get(&format!("/v1/messages/{id}"))
                .and_then(Answer::good)
                .map(|message| Happening::Message { text: None, message }),
            Effect::Consent { id, service, price } => {
                let body = json!({"service": service, "max_price": {"amount": price.get("amount"), "currency": price.get("currency")}});
                self.client
                    .post(&format!("/v1/messages/{id}/choose"), &body)
                    .and_then(Answer::good)
                    .map(|message| Happening::Message { text: None, message })
            }
            Effect::Read(id) => {
                return self.read(&id).err().map(|failure| Happening::Note(failure.to_string()));
            }
            Effect::Quit => return Some(Happening::Left),
        };
        Some(told.unwrap_or_else(|failure| Happening::Note(failure.to_string())))
    }

    fn quote(&self, text: &str, service: Service) -> Result<Value, Failure> {
        // An empty text costs nothing to nobody; one letter shows what a short message costs.
        let draft = if text.is_empty() { "?" } else { text };
        let body = json!({"to": self.with, "text": draft, "service": service.name()});
        self.client.post("/v1/quotes", &body).and_then(Answer::good)
    }

    /// Sends a text; whatever stops it, the text goes back to who typed it.
    fn send(&self, text: String, service: Service, price: Price) -> Happening {
        match self.sent(&text, service, price) {
            Ok(Sent::Accepted(message)) => Happening::Message { text: Some(text), message },
            Ok(Sent::Refused { why, quote }) => Happening::Refused { text, service, why, quote },
            Err(failure) => {
                Happening::Refused { text, service, why: failure.to_string(), quote: Value::Null }
            }
        }
    }

    /// Sends a text at a price that was shown; or else asks what it costs, and sends it when that is no more than was
    /// shown.
    fn sent(&self, text: &str, service: Service, price: Price) -> Result<Sent, Failure> {
        let quote = match price {
            Price::Quoted(id) => json!(id),
            Price::Shown(shown) => {
                let fresh = self.quote(text, service)?;
                if is_dearer(&fresh, &shown, service) {
                    return Ok(Sent::Refused { why: String::new(), quote: fresh });
                }
                fresh.get("id").cloned().unwrap_or_default()
            }
        };
        let mut body = json!({"to": self.with, "text": text, "service": service.name()});
        if let (Some(body), true) = (body.as_object_mut(), quote.is_string()) {
            body.insert("quote".into(), quote);
        }
        let answer = self.client.post("/v1/messages", &body)?;
        let quote = answer.body.get("quote").cloned().unwrap_or_default();
        Ok(match answer.good() {
            Ok(message) => Sent::Accepted(message),
            Err(why) => Sent::Refused { why: why.to_string(), quote },
        })
    }

    fn read(&self, id: &str) -> Result<(), Failure> {
        for disposition in ["delivered", "displayed"] {
            let body = json!({"disposition": disposition, "device": self.device});
            self.client.post(&format!("/v1/messages/{id}/receipts"), &body)?.good()?;
        }
        Ok(())
    }
}

/// Follows the events on a thread of its own, resuming after the last one; the open stream is our registration.
pub(super) fn follow(client: Client, device: String, inbox: SyncSender<Happening>) {
    std::thread::spawn(move || {
        let mut last: Option<String> = None;
        let mut path = format!("/v1/events/stream?device={device}");
        loop {
            match client.stream(&path, last.as_deref()) {
                Ok(events) => {
                    for event in events {
                        if !event.id.is_empty() {
                            last = Some(event.id.clone());
                        }
                        let text = |key: &str| {
                            event.data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
                        };
                        let inner = |key: &str| {
                            event
                                .data
                                .get("data")
                                .and_then(|data| data.get(key))
                                .and_then(Value::as_str)
                                .unwrap_or_default()
                                .to_owned()
                        };
                        let happening = match event.kind.as_str() {
                            "message.incoming" => Happening::Incoming {
                                id: text("message"),
                                from: inner("from"),
                                text: inner("text"),
                                at: text("at"),
                            },
                            _ => Happening::Touched(text("message")),
                        };
                        if inbox.send(happening).is_err() {
                            return;
                        }
                    }
                }
                // An account's token has no devices: it watches.
                Err(Failure::Failed(_)) if path.contains('?') => {
                    path = "/v1/events/stream".into();
                    continue;
                }
                Err(failure) => {
                    if inbox.send(Happening::Note(failure.to_string())).is_err() {
                        return;
                    }
                }
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    });
}

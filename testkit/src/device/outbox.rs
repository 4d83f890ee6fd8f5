//! Receipts that a device has yet to post: kept through lost connections, posted in order.

use super::{Config, Seen};
use crate::clock;
use crate::http::{self, Connection};
use crate::journal::Journal;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The wait before a receipt is posted again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

pub(super) struct Outbox {
    server: SocketAddr,
    token: String,
    device: String,
    journal: Arc<Journal>,
    waiting: Mutex<VecDeque<Receipt>>,
    more: Notify,
}

#[derive(Clone)]
struct Receipt {
    message: String,
    disposition: &'static str,
    not_before: Instant,
}

impl Outbox {
    pub(super) fn new(config: &Config, journal: Arc<Journal>) -> Self {
        Self {
            server: config.server,
            token: config.token.clone(),
            device: config.name.clone(),
            journal,
            waiting: Mutex::new(VecDeque::new()),
            more: Notify::new(),
        }
    }

    pub(super) fn put(&self, message: &str, disposition: &'static str, late: Duration) {
        let receipt = Receipt { message: message.to_owned(), disposition, not_before: Instant::now() + late };
        self.waiting().push_back(receipt);
        self.more.notify_one();
    }

    /// Posts what waits and what comes; the caller drops it to stop. What was not answered stays.
    pub(super) async fn post_for_ever(&self) {
        let mut connection = None;
        loop {
            let first = self.waiting().front().cloned();
            let Some(receipt) = first else {
                self.more.notified().await;
                continue;
            };
            tokio::time::sleep_until(receipt.not_before).await;
            if self.post(&receipt, &mut connection).await {
                self.waiting().pop_front();
            } else {
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }
    }

    /// Whether the server gave an answer that ends the matter.
    async fn post(&self, receipt: &Receipt, connection: &mut Option<Connection>) -> bool {
        let (message, disposition) = (receipt.message.clone(), receipt.disposition.to_owned());
        let body = serde_json::json!({ "disposition": disposition, "device": self.device }).to_string();
        let request =
            http::request("POST", &format!("/v1/messages/{message}/receipts"), &self.token, "", &body);
        let mut open = match connection.take() {
            Some(open) if open.is_open() => open,
            _ => match Connection::open(self.server).await {
                Ok(open) => open,
                Err(_) => return false,
            },
        };
        let device = self.device.clone();
        self.journal.write(&Seen::Posting {
            at: clock::now_us(),
            device: device.clone(),
            message: message.clone(),
            disposition: disposition.clone(),
        });
        let Ok(answer) = open.ask(&request).await else { return false };
        let status = answer.status;
        self.journal.write(&Seen::Posted { at: clock::now_us(), device, message, disposition, status });
        *connection = Some(open);
        // Too much to do, or stopping: try again. Everything else will be the same next time.
        status < 500 && status != 429
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Receipt>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

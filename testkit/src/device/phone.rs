//! The life of one device: away, connecting, listening, away again.

use super::events::{Incoming, Reader};
use super::outbox::Outbox;
use super::{Config, Misbehaviour, Seen, Shown};
use crate::chance::Dice;
use crate::http::{self, Connection};
use crate::journal::Journal;
use crate::{clock, content};
use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The wait between two tries to reach the server, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// What a device shows at most before it forgets the oldest.
const INBOX_MAX: usize = 10_000;

pub(super) struct Phone {
    config: Config,
    journal: Arc<Journal>,
    wants_online: watch::Receiver<bool>,
    connected: watch::Sender<bool>,
    inbox: Arc<Mutex<Vec<Shown>>>,
    outbox: Arc<Outbox>,
    dice: Dice,
    known: HashSet<String>,
    last_event: Option<String>,
}

/// Why listening ended.
enum Ended {
    /// The server, or the network.
    Lost,
    /// The device itself, for a while.
    Leaves,
}

impl Phone {
    pub(super) fn new(
        config: Config,
        journal: Arc<Journal>,
        wants_online: watch::Receiver<bool>,
        connected: watch::Sender<bool>,
        inbox: Arc<Mutex<Vec<Shown>>>,
    ) -> Self {
        // Devices of one script differ, and each repeats itself from run to run.
        let seed =
            config.name.bytes().fold(1_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let outbox = Arc::new(Outbox::new(&config, Arc::clone(&journal)));
        Self {
            config,
            journal,
            wants_online,
            connected,
            inbox,
            outbox,
            dice: Dice::seeded(seed),
            known: HashSet::new(),
            last_event: None,
        }
    }

    /// Lives until its fleet ends.
    pub(super) async fn live(mut self) {
        let mut wait = RETRY.0;
        loop {
            if self.wants_online.wait_for(|online| *online).await.is_err() {
                // The handle is gone, and nobody can change our mind: stay as we are.
                if !*self.wants_online.borrow() {
                    return;
                }
            }
            let mut wants = self.wants_online.clone();
            let ended = tokio::select! {
                ended = self.listen() => ended,
                () = offline(&mut wants) => Ok(Ended::Lost),
            };
            if self.connected.send_replace(false) {
                self.journal.write(&Seen::Offline { at: clock::now_us(), device: self.config.name.clone() });
                wait = RETRY.0;
            }
            match ended {
                Ok(Ended::Leaves) => tokio::time::sleep(self.config.away).await,
                Ok(Ended::Lost) | Err(_) => {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(RETRY.1);
                }
            }
        }
    }

    async fn listen(&mut self) -> io::Result<Ended> {
        let mut connection = Connection::open(self.config.server).await?;
        let resume =
            self.last_event.as_ref().map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        let path = format!("/v1/events/stream?device={}", self.config.name);
        let headers = format!("accept: text/event-stream\r\n{resume}");
        let status =
            connection.start_stream(&http::request("GET", &path, &self.config.token, &headers, "")).await?;
        if status != 200 {
            return Ok(Ended::Lost);
        }
        self.connected.send_replace(true);
        self.journal.write(&Seen::Online { at: clock::now_us(), device: self.config.name.clone() });
        let outbox = Arc::clone(&self.outbox);
        tokio::select! {
            ended = self.hear(&mut connection) => ended,
            () = outbox.post_for_ever() => Ok(Ended::Lost),
        }
    }

    async fn hear(&mut self, connection: &mut Connection) -> io::Result<Ended> {
        let mut reader = Reader::default();
        let mut bytes = Vec::new();
        while connection.next_piece(&mut bytes).await? {
            let mut leaves = false;
            for event in reader.take(&mut bytes) {
                if let Some(incoming) = Incoming::read(&event) {
                    leaves |= self.show(&incoming);
                }
                if event.id.is_some() {
                    self.last_event = event.id;
                }
            }
            if leaves {
                return Ok(Ended::Leaves);
            }
        }
        Ok(Ended::Lost)
    }

    /// Shows a message once, and queues what the device says of it; true when the device leaves now.
    fn show(&mut self, incoming: &Incoming) -> bool {
        let at = clock::now_us();
        let again = !self.known.insert(incoming.message.clone());
        self.journal.write(&Seen::Heard {
            at,
            device: self.config.name.clone(),
            message: incoming.message.clone(),
            from: incoming.from.clone(),
            hash: content::hash(&incoming.text),
            again,
        });
        if !again {
            let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
            if inbox.len() >= INBOX_MAX {
                inbox.remove(0);
            }
            inbox.push(Shown {
                at,
                message: incoming.message.clone(),
                from: incoming.from.clone(),
                text: incoming.text.clone(),
            });
        }
        let play = self.config.script.roll(&incoming.from, &mut self.dice);
        let has = |what| play.contains(&what);
        if has(Misbehaviour::NoReceipt) {
            return has(Misbehaviour::LeavesAfterIncoming);
        }
        let late = if has(Misbehaviour::ReceiptLate) { self.config.away } else { Duration::ZERO };
        let disposition = if has(Misbehaviour::DisplayedOnly) { "displayed" } else { "delivered" };
        let times = if has(Misbehaviour::ReceiptTwice) { 2 } else { 1 };
        for _ in 0..times {
            self.outbox.put(&incoming.message, disposition, late);
        }
        has(Misbehaviour::LeavesAfterIncoming)
    }
}

async fn offline(wants: &mut watch::Receiver<bool>) {
    if wants.wait_for(|online| !*online).await.is_err() {
        // Nobody can send it away any more.
        std::future::pending::<()>().await;
    }
}

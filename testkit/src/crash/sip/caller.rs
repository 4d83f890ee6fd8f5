//! The load over SIP: messages at a steady rate, each sent with its own `imdn.Message-ID` until its answer is clear.

use super::cast::{self, uri};
use super::device::Device;
use crate::chance::Dice;
use crate::handset::SendOptions;
use crate::journal::Journal;
use crate::load::Said;
use crate::{clock, content};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The wait before an unclear request goes out again, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));

/// How the load is put on.
pub(super) struct Config {
    pub(super) at_once: usize,
    pub(super) per_second: u32,
    pub(super) ttl: Duration,
    pub(super) seed: u64,
}

/// The running load.
pub(super) struct Callers {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    config: Config,
    senders: Vec<Arc<Device>>,
    journal: Arc<Journal>,
    dice: Mutex<Dice>,
    begun: AtomicU64,
    repeats: AtomicU64,
    stop: AtomicBool,
    began: Instant,
}

impl Callers {
    /// Starts; it must be called in a tokio runtime.
    pub(super) fn start(config: Config, senders: Vec<Arc<Device>>, journal: Arc<Journal>) -> Self {
        let at_once = config.at_once;
        let shared = Arc::new(Shared {
            dice: Mutex::new(Dice::seeded(config.seed)),
            config,
            senders,
            journal,
            begun: AtomicU64::new(0),
            repeats: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            began: Instant::now(),
        });
        let workers = (0..at_once).map(|_| tokio::spawn(work(Arc::clone(&shared)))).collect();
        Self { shared, workers }
    }

    pub(super) fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_finished(&self) -> bool {
        self.workers.iter().all(JoinHandle::is_finished)
    }

    /// How often something was sent again.
    pub(super) fn repeats(&self) -> u64 {
        self.shared.repeats.load(Ordering::Relaxed)
    }
}

async fn work(shared: Arc<Shared>) {
    while !shared.stop.load(Ordering::Relaxed) {
        let (n, order) = {
            let mut dice = shared.dice.lock().unwrap_or_else(PoisonError::into_inner);
            let n = shared.begun.fetch_add(1, Ordering::Relaxed);
            (n, cast::order(n, &mut dice))
        };
        let nanos = n * 1_000_000_000 / u64::from(shared.config.per_second.max(1));
        tokio::time::sleep_until(shared.began + Duration::from_nanos(nanos)).await;
        let Some(sender) = shared.senders.get(order.sender) else { return };
        shared.journal.write(&Said::Intent {
            at: clock::now_us(),
            n,
            to: order.number.clone(),
            hash: content::hash(&order.text),
            class: order.kind.name().to_owned(),
        });
        let mut wait = RETRY.0;
        let (status, id) = loop {
            if let Some(clear) = once(&shared, sender, n, &order).await {
                break clear;
            }
            shared.journal.write(&Said::Unclear { at: clock::now_us(), n });
            shared.repeats.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(RETRY.1);
        };
        shared.journal.write(&Said::Answer { at: clock::now_us(), n, status, id, replayed: false });
    }
}

/// One sending; nothing when nobody can tell what became of it.
async fn once(
    shared: &Shared,
    sender: &Device,
    n: u64,
    order: &cast::Order,
) -> Option<(u16, Option<String>)> {
    let options = SendOptions {
        imdn_id: Some(format!("crash-{}-{n}", shared.config.seed)),
        expires: u32::try_from(shared.config.ttl.as_secs()).ok(),
        service: Some(order.service.to_owned()),
        ..SendOptions::default()
    };
    let answer = sender.handset.send(&uri(&order.number), &order.text, options).await.ok()?.answer;
    match answer.status {
        401 | 407 | 408 | 500.. => None,
        status => Some((status, answer.header("X-Switchback-Message-ID"))),
    }
}

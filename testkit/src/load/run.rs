//! The running load: connections that take orders, send them, and repeat what stayed unclear.

use super::{Config, Histogram, Order, Said};
use crate::http::{self, Answer, Connection};
use crate::journal::Journal;
use crate::{clock, content};
use serde_json::Value;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::time::Instant;

/// The wait before an unclear request goes out again, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));

/// How long an answer may take before it counts as unclear.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running load. Dropping it stops it.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// How far a load is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Orders begun.
    pub begun: u64,
    /// Accepted by the server (2xx).
    pub accepted: u64,
    /// Refused for good.
    pub refused: u64,
    /// Times that a request was sent again.
    pub repeats: u64,
    /// Microseconds from the moment an order was due (or begun) to its clear answer.
    pub latency: Histogram,
}

struct Shared {
    config: Config,
    journal: Journal,
    source: Mutex<Box<dyn FnMut(u64) -> Option<Order> + Send>>,
    begun: AtomicU64,
    stop: AtomicBool,
    progress: Mutex<Progress>,
    began: Instant,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Load {
    /// Starts. `source` makes the order of each number, counted from 0; `None` ends the load.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        config: Config,
        journal: Journal,
        source: impl FnMut(u64) -> Option<Order> + Send + 'static,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let shared = Arc::new(Shared {
            config,
            journal,
            source: Mutex::new(Box::new(source)),
            begun: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            progress: Mutex::new(Progress::default()),
            began: Instant::now(),
        });
        let working = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("load".to_owned()).spawn(move || {
            let connections = working.config.connections;
            runtime.block_on(async {
                let workers: Vec<_> =
                    (0..connections).map(|_| tokio::spawn(work(Arc::clone(&working)))).collect();
                for worker in workers {
                    // A panic of a worker is told by the worker; the others go on.
                    let _ = worker.await;
                }
            });
            working.journal.flush()
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.shared.progress().clone()
    }

    /// Begins nothing new; what was begun still comes to a clear answer.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// Whether every order that was begun has its answer, and no more come.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the last answer; the journal is then on its way to the disk.
    ///
    /// # Errors
    /// The journal could not be written.
    pub fn finish(mut self) -> io::Result<Progress> {
        let ended = self.thread.take().map(JoinHandle::join);
        match ended {
            Some(Ok(Err(error))) => Err(error),
            Some(Err(_)) => Err(io::Error::other("the load's thread panicked")),
            Some(Ok(Ok(()))) | None => Ok(self.progress()),
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next order with its number and the moment it is due.
    fn next(&self) -> Option<(u64, Order, Instant)> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let n = self.begun.fetch_add(1, Ordering::Relaxed);
        let order = source(n)?;
        let due = match self.config.per_second {
            Some(rate) => self.began + Duration::from_nanos(n * 1_000_000_000 / u64::from(rate.max(1))),
            None => Instant::now(),
        };
        Some((n, order, due))
    }
}

async fn work(shared: Arc<Shared>) {
    let mut connection = None;
    while let Some((n, order, due)) = shared.next() {
        tokio::time::sleep_until(due).await;
        shared.journal.write(&Said::Intent {
            at: clock::now_us(),
            n,
            to: order.to.clone(),
            hash: content::hash(&order.text),
            class: order.class.to_owned(),
        });
        shared.progress().begun += 1;
        let key = format!("idempotency-key: \"{}-{n}\"\r\n", shared.config.run);
        let body = body_of(n, &order);
        let request = http::request("POST", "/v1/messages", &order.token, &key, &body);
        let clear = until_clear(&shared, n, &request, &mut connection).await;
        let at = clock::now_us();
        let mut progress = shared.progress();
        if (200..300).contains(&clear.status) {
            progress.accepted += 1;
        } else {
            progress.refused += 1;
        }
        progress.latency.add(u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX));
        drop(progress);
        shared.journal.write(&Said::Answer {
            at,
            n,
            status: clear.status,
            id: id_of(&clear.body),
            replayed: clear.replayed,
        });
    }
}

fn body_of(n: u64, order: &Order) -> String {
    let to = Value::String(order.to.clone());
    let text = Value::String(order.text.clone());
    format!("{{\"to\":{to},\"text\":{text},\"client_ref\":\"{n}\"{}}}", order.more)
}

/// Sends a request until its answer is clear.
async fn until_clear(shared: &Shared, n: u64, request: &[u8], connection: &mut Option<Connection>) -> Answer {
    let mut wait = RETRY.0;
    loop {
        if let Some(answer) = once(shared, n, request, connection).await {
            return answer;
        }
        shared.progress().repeats += 1;
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(RETRY.1);
    }
}

async fn once(
    shared: &Shared,
    n: u64,
    request: &[u8],
    connection: &mut Option<Connection>,
) -> Option<Answer> {
    let mut open = match connection.take() {
        Some(open) if open.is_open() => open,
        // Nothing was sent: there is nothing unclear about that.
        _ => Connection::open(shared.config.server).await.ok()?,
    };
    let answered = tokio::time::timeout(PATIENCE, open.ask(request)).await;
    let Ok(Ok(answer)) = answered else {
        shared.journal.write(&Said::Unclear { at: clock::now_us(), n });
        return None;
    };
    *connection = Some(open);
    match answer.status {
        409 | 429 | 500.. => None,
        _ => Some(answer),
    }
}

/// The `id` of the message in an answer. Only its own name counts, so the first one is found without reading it all.
fn id_of(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Accepted {
        id: String,
    }
    serde_json::from_slice::<Accepted>(body).ok().map(|accepted| accepted.id)
}

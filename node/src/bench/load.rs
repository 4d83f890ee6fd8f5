//! The load: a process of its own that sends messages over keep-alive connections, one a request, either as fast as
//! answers come or at a fixed rate, and hears of some of them to the end.
//!
//! It says `ready`, waits for a line, sends, prints what it was answered, waits for a line again (all is final by
//! then), and prints how long the followed messages took to their end.

mod ends;

use super::story;
use crate::cli::Failure;
use ends::Ends;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use switchback_testkit::http::{Connection, request};
use switchback_testkit::load::Histogram;
use tokio::time::Instant;

/// The pause of a connection that was told to come later.
const LATER: Duration = Duration::from_millis(5);

/// How the load is.
#[derive(clap::Args)]
pub(super) struct LoadArgs {
    /// The server.
    #[arg(long)]
    server: SocketAddr,
    /// The senders' tokens, one a line.
    #[arg(long)]
    tokens: PathBuf,
    #[arg(long)]
    connections: u32,
    #[arg(long)]
    seconds: u64,
    /// Messages a second; as fast as answers come when not given.
    #[arg(long)]
    rate: Option<u32>,
    /// The number of the first message.
    #[arg(long)]
    from: u64,
    #[arg(long)]
    recipients: u64,
    #[arg(long)]
    keys: bool,
}

/// Sends.
pub(super) fn load(args: LoadArgs) -> Result<ExitCode, Failure> {
    let tokens = std::fs::read_to_string(&args.tokens)?;
    let tokens: Vec<String> = tokens.lines().map(str::to_owned).collect();
    let ends = Ends::follow(args.server, &tokens)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let connections = runtime.block_on(open(&args))?;
    let (mut input, mut out) = (std::io::stdin().lock(), std::io::stdout());
    let mut line = String::new();
    writeln!(out, "ready")?;
    out.flush()?;
    input.read_line(&mut line)?;
    let shared = Arc::new(Shared {
        began: Instant::now(),
        next: AtomicU64::new(0),
        tally: Mutex::new(Tally::default()),
        ends,
        tokens,
        args,
    });
    runtime.block_on(send(&shared, connections));
    writeln!(out, "{}", shared.tally().to_json())?;
    out.flush()?;
    input.read_line(&mut line)?;
    writeln!(out, "{}", millis(&shared.ends.latency()))?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

async fn open(args: &LoadArgs) -> Result<Vec<Connection>, Failure> {
    let mut connections = Vec::new();
    for _ in 0..args.connections {
        connections.push(Connection::open(args.server).await?);
    }
    Ok(connections)
}

async fn send(shared: &Arc<Shared>, connections: Vec<Connection>) {
    let workers: Vec<_> = connections
        .into_iter()
        .map(|connection| tokio::spawn(work(Arc::clone(shared), connection)))
        .collect();
    for worker in workers {
        // A panic of a worker is told by the worker; the others go on.
        drop(worker.await);
    }
}

struct Shared {
    began: Instant,
    next: AtomicU64,
    tally: Mutex<Tally>,
    ends: Ends,
    tokens: Vec<String>,
    args: LoadArgs,
}

impl Shared {
    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next message and the moment it is due; nothing when the time is over.
    fn next(&self) -> Option<(u64, Instant)> {
        let end = self.began + Duration::from_secs(self.args.seconds);
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let due = match self.args.rate {
            Some(rate) => {
                self.began + Duration::from_nanos(n.saturating_mul(1_000_000_000) / u64::from(rate.max(1)))
            }
            None => Instant::now(),
        };
        (due < end).then_some((self.args.from + n, due))
    }

    fn sender(&self, n: u64) -> usize {
        usize::try_from(n).unwrap_or(0) % self.tokens.len().max(1)
    }

    fn request(&self, n: u64) -> Vec<u8> {
        // Recipients in an order that is not that of the senders.
        let to = story::recipient(n.wrapping_mul(7919) % self.args.recipients.max(1));
        let body = format!("{{\"to\":\"{to}\",\"text\":\"{}\"}}", story::text(n));
        let key = if self.args.keys { format!("idempotency-key: \"bench-{n}\"\r\n") } else { String::new() };
        let token = self.tokens.get(self.sender(n)).map_or("", String::as_str);
        request("POST", "/v1/messages", token, &key, &body)
    }
}

async fn work(shared: Arc<Shared>, mut connection: Connection) {
    while let Some((n, due)) = shared.next() {
        // A timer wakes up to a millisecond late; that is this program's doing. A connection that was busy when its
        // message became due is the server's, and counts.
        let began = if due > Instant::now() {
            tokio::time::sleep_until(due).await;
            Instant::now()
        } else {
            due
        };
        let request = shared.request(n);
        match connection.ask(&request).await {
            Ok(answer) => {
                shared.tally().answered(answer.status, began);
                if answer.status == 202 && shared.ends.follows(shared.sender(n)) {
                    shared.ends.accepted(&answer.body, began.into_std());
                }
                if answer.status >= 429 {
                    tokio::time::sleep(LATER).await;
                }
            }
            Err(_) => shared.tally().broken += 1,
        }
        while !connection.is_open() {
            match Connection::open(shared.args.server).await {
                Ok(again) => connection = again,
                Err(_) => tokio::time::sleep(LATER).await,
            }
        }
    }
}

/// What was answered.
#[derive(Default)]
struct Tally {
    accepted: u64,
    refused: BTreeMap<u16, u64>,
    broken: u64,
    latency: Histogram,
    last_us: u64,
    first: Option<Instant>,
}

impl Tally {
    fn answered(&mut self, status: u16, began: Instant) {
        if status == 202 {
            self.accepted += 1;
            self.latency.add(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
            let first = *self.first.get_or_insert(began);
            self.last_us = u64::try_from(first.elapsed().as_micros()).unwrap_or(u64::MAX);
        } else {
            *self.refused.entry(status).or_default() += 1;
        }
    }

    fn to_json(&self) -> Value {
        let refused: BTreeMap<String, u64> =
            self.refused.iter().map(|(status, n)| (status.to_string(), *n)).collect();
        json!({
            "accepted": self.accepted, "refused": refused, "broken": self.broken, "took_us": self.last_us,
            "latency_ms": millis(&self.latency),
        })
    }
}

/// Percentiles in milliseconds.
pub(super) fn millis(histogram: &Histogram) -> Value {
    let at = |us: u64| -> Value {
        serde_json::from_str(&format!("{}.{:03}", us / 1000, us % 1000)).unwrap_or(Value::Null)
    };
    json!({
        "count": histogram.count(), "p50": at(histogram.quantile(500)), "p90": at(histogram.quantile(900)),
        "p99": at(histogram.quantile(990)), "max": at(histogram.max()),
    })
}

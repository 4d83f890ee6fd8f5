//! The load on Kannel: `sendsms` by GET over keep-alive connections, and a place where its delivery reports arrive.

use super::load::millis;
use super::story;
use crate::cli::Failure;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use switchback_testkit::http::Connection;
use switchback_testkit::load::Histogram;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How long no report may come while some are missing.
const STUCK: Duration = Duration::from_secs(10);

/// How the load is.
#[derive(clap::Args)]
pub(super) struct KannelLoadArgs {
    /// Where `sendsms` listens.
    #[arg(long)]
    sendsms: SocketAddr,
    /// Where reports are taken.
    #[arg(long)]
    reports: SocketAddr,
    #[arg(long)]
    connections: u32,
    #[arg(long)]
    seconds: u64,
    #[arg(long)]
    recipients: u64,
}

struct Shared {
    args: KannelLoadArgs,
    began: Instant,
    next: AtomicU64,
    reports: AtomicU64,
    last_report_us: AtomicU64,
    tally: Mutex<(u64, BTreeMap<String, u64>, Histogram, u64)>,
}

/// Sends, waits for the reports, and prints what came.
pub(super) fn load(args: KannelLoadArgs) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let shared = Arc::new(Shared {
        args,
        began: Instant::now(),
        next: AtomicU64::new(0),
        reports: AtomicU64::new(0),
        last_report_us: AtomicU64::new(0),
        tally: Mutex::default(),
    });
    runtime.block_on(run(&shared))?;
    let tally = shared.tally.lock().unwrap_or_else(PoisonError::into_inner);
    let (accepted, others, latency, took_us) = &*tally;
    let line = json!({
        "accepted": accepted, "others": others, "took_us": took_us, "latency_ms": millis(latency),
        "delivered": shared.reports.load(Ordering::Relaxed), "delivered_us": shared.last_report_us.load(Ordering::Relaxed),
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(ExitCode::SUCCESS)
}

async fn run(shared: &Arc<Shared>) -> Result<(), Failure> {
    let listener = TcpListener::bind(shared.args.reports).await?;
    let reports = tokio::spawn(take_reports(Arc::clone(shared), listener));
    let workers: Vec<_> =
        (0..shared.args.connections).map(|_| tokio::spawn(work(Arc::clone(shared)))).collect();
    for worker in workers {
        // A panic of a worker is told by the worker; the others go on.
        drop(worker.await);
    }
    let (mut seen, mut moved) = (0, Instant::now());
    loop {
        let reports = shared.reports.load(Ordering::Relaxed);
        let accepted = shared.tally.lock().unwrap_or_else(PoisonError::into_inner).0;
        if reports > seen {
            (seen, moved) = (reports, Instant::now());
        }
        if reports >= accepted || moved.elapsed() > STUCK {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    reports.abort();
    Ok(())
}

async fn work(shared: Arc<Shared>) {
    let mut connection: Option<Connection> = None;
    let end = shared.began + Duration::from_secs(shared.args.seconds);
    while Instant::now() < end {
        let mut open = match connection.take().filter(Connection::is_open) {
            Some(open) => open,
            None => match Connection::open(shared.args.sendsms).await {
                Ok(open) => open,
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                }
            },
        };
        let request = shared.request(shared.next.fetch_add(1, Ordering::Relaxed));
        let began = Instant::now();
        let answered = open.ask(&request).await;
        shared.note(began, answered.map(|answer| answer.status));
        connection = Some(open);
    }
}

impl Shared {
    fn request(&self, n: u64) -> Vec<u8> {
        let to = story::recipient(n.wrapping_mul(7919) % self.args.recipients.max(1)).replace('+', "%2B");
        let text = story::text(n).replace([' ', ':', ','], "+");
        let report =
            format!("http%3A%2F%2F{}%2Fdlr%3Fs%3D%25d", self.args.reports.to_string().replace(':', "%3A"));
        format!(
            "GET /cgi-bin/sendsms?username=u&password=p&from=12345&to={to}&text={text}&dlr-mask=3&dlr-url={report} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"
        )
        .into_bytes()
    }

    fn note(&self, began: Instant, status: std::io::Result<u16>) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(status, Ok(200..300)) {
            tally.0 += 1;
            tally.2.add(micros(began.elapsed()));
            tally.3 = micros(self.began.elapsed());
        } else {
            let what = status.map_or_else(|error| error.kind().to_string(), |status| status.to_string());
            *tally.1.entry(what).or_default() += 1;
        }
    }
}

async fn take_reports(shared: Arc<Shared>, listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer_reports(Arc::clone(&shared), stream));
    }
}

/// Answers every request with 200 and counts it.
async fn answer_reports(shared: Arc<Shared>, stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        if !line.is_empty() {
            continue;
        }
        shared.reports.fetch_add(1, Ordering::Relaxed);
        shared.last_report_us.store(micros(shared.began.elapsed()), Ordering::Relaxed);
        writer
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok")
            .await?;
    }
    Ok(())
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

//! The connection: a task that keeps it up, writes requests, and finds out whose each answer is. CGRateS answers out of
//! order, one line of JSON each.

use crate::answer::Line;
use serde_json::value::RawValue;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

/// The longest answer: an account with hundreds of balances stays below it.
const LINE_MAX: u64 = 1 << 20;
/// Between attempts to connect, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What came of a request.
pub(crate) enum Came {
    /// Its result.
    Result(Box<RawValue>),
    /// An error, as it was written.
    Error(String),
    /// Nothing, and it may have arrived.
    Lost,
    /// It was not sent.
    NotSent,
}

/// Told once what came of a request.
pub(crate) type Reply = Box<dyn FnOnce(Came) + Send>;

struct Asked {
    id: u64,
    octets: Vec<u8>,
    until: Instant,
    reply: Reply,
}

/// The near end of the connection.
pub(crate) struct Link {
    asks: mpsc::Sender<Asked>,
    is_up: Arc<AtomicBool>,
    last_id: AtomicU64,
    patience: Duration,
}

/// Both ends. The far one is to be spawned, and ends when the near one is gone and all is answered.
pub(crate) fn link(
    address: String,
    patience: Duration,
    window: usize,
) -> (Link, impl Future<Output = ()> + Send) {
    let (asks, asked) = mpsc::channel(window.max(1));
    let is_up = Arc::new(AtomicBool::new(false));
    let far = Far { address, patience, window: window.max(1), asked, is_up: Arc::clone(&is_up) };
    (Link { asks, is_up, last_id: AtomicU64::new(0), patience }, far.keep())
}

impl Link {
    pub(crate) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    /// The id of another request.
    pub(crate) fn another(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends the request of this id, unless too many wait already.
    pub(crate) fn ask(&self, id: u64, octets: Vec<u8>, reply: Reply) {
        let asked = Asked { id, octets, until: Instant::now() + self.patience, reply };
        if let Err(unsent) = self.asks.try_send(asked) {
            (unsent.into_inner().reply)(Came::NotSent);
        }
    }
}

struct Far {
    address: String,
    patience: Duration,
    window: usize,
    asked: mpsc::Receiver<Asked>,
    is_up: Arc<AtomicBool>,
}

/// What was sent and has no answer yet.
#[derive(Default)]
struct Pending {
    replies: HashMap<u64, Reply>,
    /// In the order of their ends: all have the same patience.
    ends: VecDeque<(Instant, u64)>,
}

impl Far {
    async fn keep(mut self) {
        let mut pause = RETRY.0;
        loop {
            match timeout(self.patience, TcpStream::connect(&self.address)).await {
                Ok(Ok(stream)) => {
                    // Requests are written whole; waiting for more only adds delay.
                    let _ = stream.set_nodelay(true);
                    tracing::info!(address = self.address, "CGRateS is connected");
                    pause = RETRY.0;
                    if self.carry(stream).await {
                        return;
                    }
                    tracing::warn!(address = self.address, "CGRateS is gone");
                }
                Ok(Err(error)) => tracing::warn!(address = self.address, %error, "CGRateS can't be reached"),
                Err(_) => tracing::warn!(address = self.address, "CGRateS can't be reached in time"),
            }
            if self.refuse_until(Instant::now() + pause).await {
                return;
            }
            pause = (pause * 2).min(RETRY.1);
        }
    }

    /// Sends nothing for a while; true when nobody will ask any more.
    async fn refuse_until(&mut self, end: Instant) -> bool {
        loop {
            tokio::select! {
                () = sleep_until(end) => return false,
                asked = self.asked.recv() => match asked {
                    Some(asked) => (asked.reply)(Came::NotSent),
                    None => return true,
                },
            }
        }
    }

    /// Carries requests and answers until the connection ends; true when nobody will ask any more.
    async fn carry(&mut self, stream: TcpStream) -> bool {
        let (read, mut write) = stream.into_split();
        let mut lines = Lines { from: BufReader::new(read), line: Vec::new() };
        let mut pending = Pending::default();
        let mut is_over = false;
        self.is_up.store(true, Ordering::Relaxed);
        while !(is_over && pending.replies.is_empty()) {
            let has_room = !is_over && pending.replies.len() < self.window;
            let next_end = pending.ends.front().map(|(end, _)| *end);
            let goes_on = tokio::select! {
                line = lines.next() => line.is_some_and(|line| pending.hear(line)),
                asked = self.asked.recv(), if has_room => match asked {
                    Some(asked) => pending.send(asked, &mut write, self.patience).await,
                    None => { is_over = true; true }
                },
                () = sleep_until(next_end.unwrap_or_else(Instant::now)), if next_end.is_some() => {
                    pending.expire(Instant::now());
                    true
                }
            };
            if !goes_on {
                break;
            }
        }
        // Before anybody is told: who asks again at once is not to hope in vain.
        self.is_up.store(false, Ordering::Relaxed);
        for (_, reply) in pending.replies {
            reply(Came::Lost);
        }
        is_over
    }
}

impl Pending {
    /// False when the connection is of no use any more.
    async fn send(&mut self, asked: Asked, write: &mut OwnedWriteHalf, patience: Duration) -> bool {
        if asked.until <= Instant::now() {
            (asked.reply)(Came::NotSent);
            return true;
        }
        self.replies.insert(asked.id, asked.reply);
        self.ends.push_back((asked.until, asked.id));
        // Who does not read for so long does not answer either.
        matches!(timeout(patience, write.write_all(&asked.octets)).await, Ok(Ok(())))
    }

    /// False when the line is none: then nothing that follows can be relied on.
    fn hear(&mut self, line: &[u8]) -> bool {
        let Ok(line) = serde_json::from_slice::<Line>(line) else {
            tracing::warn!("an answer of CGRateS cannot be read");
            return false;
        };
        // An answer to nothing, or after its time: who asked was told already.
        let Some(reply) = self.replies.remove(&line.id) else { return true };
        while self.ends.pop_front_if(|(_, id)| !self.replies.contains_key(id)).is_some() {}
        reply(match (line.error, line.result) {
            (Some(error), _) => Came::Error(error.get().to_owned()),
            (None, Some(result)) => Came::Result(result),
            (None, None) => Came::Lost,
        });
        true
    }

    fn expire(&mut self, now: Instant) {
        while let Some((_, id)) = self.ends.pop_front_if(|(end, _)| *end <= now) {
            if let Some(reply) = self.replies.remove(&id) {
                reply(Came::Lost);
            }
        }
    }
}

/// What comes, line by line. A line that is not whole yet is kept when waiting for it is given up.
struct Lines {
    from: BufReader<OwnedReadHalf>,
    line: Vec<u8>,
}

impl Lines {
    /// `None` at the end, or after too much of a line.
    async fn next(&mut self) -> Option<&[u8]> {
        if self.line.last() == Some(&b'\n') {
            self.line.clear();
        }
        let room = LINE_MAX.saturating_sub(u64::try_from(self.line.len()).unwrap_or(u64::MAX));
        let read = (&mut self.from).take(room).read_until(b'\n', &mut self.line).await;
        (read.is_ok() && self.line.last() == Some(&b'\n')).then_some(&self.line)
    }
}

//! The accept loop: bounded connections, bounded time for headers, idleness and slow readers, and a graceful end.
//! `axum::serve` bounds none of them (reliability.md, finding 6), and hyper's own header timer cannot tell an idle
//! connection from a slow one.

mod answer;
mod connection;
mod farewell;
mod io;
mod tracked;
mod watch;

use axum::Router;
use connection::Connection;
use farewell::Farewells;
use std::future::Future;
use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch as channel};
use tokio::time::{sleep, timeout};

/// What a connection may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections; one more is told 503 and closed. Default 10 000.
    pub connections_max: usize,
    /// Request line and headers of a request in bytes; more is told 431. Default 16 KiB.
    pub header_bytes_max: usize,
    /// From the first byte of a request, or from the accept, to the end of its headers; later is told 408 and
    /// closed. Default 10 s.
    pub header_time: Duration,
    /// Between two requests of a connection. Default 75 s.
    pub idle_time: Duration,
    /// How long a client may take nothing of an answer; then the connection is closed. Default 30 s.
    pub write_stall: Duration,
    /// How long running requests may take to end at a shutdown. Default 10 s.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            header_bytes_max: 16 << 10,
            header_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            write_stall: Duration::from_secs(30),
            drain_time: Duration::from_secs(10),
        }
    }
}

/// What an accept loop did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Connections taken.
    pub accepted: u64,
    /// Connections beyond the cap.
    pub refused: u64,
    /// Connections that were still busy when the drain time was over.
    pub cut_off: usize,
}

/// What connections are told of the server's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// Go on.
    Running,
    /// Finish the running request, end open streams, then close.
    Draining,
    /// Close now.
    Over,
}

/// Serves `router` on `listener` until `shutdown` comes, then lets running requests end for at most
/// [`Limits::drain_time`]. Event streams end at once at a shutdown; their clients come back with a cursor.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send,
) -> Served {
    let limits = Arc::new(limits);
    let cap = u32::try_from(limits.connections_max).unwrap_or(u32::MAX).clamp(1, 1 << 24);
    let slots = Arc::new(Semaphore::new(usize::try_from(cap).unwrap_or(1)));
    let farewells = Farewells::default();
    let (life, told) = channel::channel(Life::Running);
    let mut served = Served::default();
    let mut pause = Pause::default();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                pause.reset();
                let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
                    served.refused = served.refused.saturating_add(1);
                    farewells.too_many(stream);
                    continue;
                };
                served.accepted = served.accepted.saturating_add(1);
                let connection = Connection::new(router.clone(), Arc::clone(&limits), told.clone());
                tokio::spawn(async move {
                    connection.run(stream).await;
                    drop(slot);
                });
            }
            Err(error) => pause.after(&error).await,
        }
    }
    drop(listener);
    life.send_replace(Life::Draining);
    let drained = timeout(limits.drain_time, slots.acquire_many(cap)).await.is_ok();
    if !drained {
        served.cut_off = usize::try_from(cap).unwrap_or(0).saturating_sub(slots.available_permits());
        life.send_replace(Life::Over);
        // They hear of it at their next poll, which this wakes; nothing is waited for that a client could delay.
        drop(timeout(Duration::from_secs(1), slots.acquire_many(cap)).await);
    }
    served
}

/// How long to wait after a failed accept: out of descriptors is not cured by asking again at once.
#[derive(Default)]
struct Pause(u32);

impl Pause {
    const fn reset(&mut self) {
        self.0 = 0;
    }

    /// Longer each time, 10 ms to 1280 ms; no wait at all when the failure is the client's own doing.
    fn next(&mut self, error: &std::io::Error) -> Option<Duration> {
        let theirs = [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset, ErrorKind::Interrupted];
        if theirs.contains(&error.kind()) {
            return None;
        }
        let wait = Duration::from_millis(10 << self.0.min(7));
        self.0 = self.0.saturating_add(1);
        Some(wait)
    }

    async fn after(&mut self, error: &std::io::Error) {
        if let Some(wait) = self.next(error) {
            tracing::warn!(%error, ?wait, "no connection could be accepted");
            sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pause;
    use std::io::{Error, ErrorKind};
    use std::time::Duration;

    #[test]
    fn out_of_descriptors_waits_longer_each_time_and_not_for_ever() {
        let mut pause = Pause::default();
        let exhausted = Error::from_raw_os_error(24); // EMFILE
        let waits: Vec<_> =
            (0..10).filter_map(|_| pause.next(&exhausted)).map(|wait| wait.as_millis()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1280, 1280, 1280]);
        pause.reset();
        assert_eq!(pause.next(&exhausted), Some(Duration::from_millis(10)));
        assert_eq!(pause.next(&Error::from(ErrorKind::ConnectionAborted)), None);
    }
}

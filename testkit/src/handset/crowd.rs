//! Thousands of handsets in one process, on a few sockets.

use super::phone::Phone;
use super::socket::Socket;
use super::{Config, Handset, Wire};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Handsets that share sockets over UDP, and have one each over TCP.
#[derive(Clone, Debug, Default)]
pub struct Crowd {
    /// All of them, in the order of their configurations.
    pub handsets: Vec<Handset>,
}

/// What became of a crowd's registrations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    /// Answered with 2xx.
    pub registered: usize,
    /// Answered with something else.
    pub refused: usize,
    /// Not answered.
    pub unanswered: usize,
    /// From the first request to the last answer.
    pub took: Duration,
}

impl Crowd {
    /// Switches them on. Those over UDP share `sockets` sockets (at least one) by turns, each opened as the first one
    /// on it wants it: all should have one server.
    ///
    /// # Errors
    /// No more sockets, or over TCP no server.
    pub async fn start(configs: impl IntoIterator<Item = Config>, sockets: usize) -> io::Result<Self> {
        let mut shared: Vec<Arc<Socket>> = Vec::new();
        let mut handsets = Vec::new();
        for (turn, config) in configs.into_iter().enumerate() {
            let place = turn % sockets.max(1);
            let socket = match shared.get(place) {
                Some(socket) if config.wire == Wire::Udp => Arc::clone(socket),
                _ => {
                    let socket = Socket::open(&config).await?;
                    shared.push(Arc::clone(&socket));
                    socket
                }
            };
            handsets.push(Handset(Phone::on(socket, config)));
        }
        Ok(Self { handsets })
    }

    /// Registers them all, so many at once.
    pub async fn register(&self, at_once: usize) -> Roll {
        let began = Instant::now();
        let turn = Arc::new(Semaphore::new(at_once.max(1)));
        let mut registering = JoinSet::new();
        for handset in &self.handsets {
            let (handset, turn) = (handset.clone(), Arc::clone(&turn));
            registering.spawn(async move {
                // The semaphore is never closed.
                let _turn = turn.acquire().await;
                handset.register().await
            });
        }
        let mut roll = Roll::default();
        while let Some(registered) = registering.join_next().await {
            match registered {
                Ok(Ok(registered)) if registered.answer.is_success() => roll.registered += 1,
                Ok(Ok(_)) => roll.refused += 1,
                Ok(Err(_)) | Err(_) => roll.unanswered += 1,
            }
        }
        Roll { took: began.elapsed(), ..roll }
    }
}

//! A pretend SMSC: a listener, and sessions that a test plays by hand.

use crate::recorder::PATIENCE;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use wire_smpp::{
    BindRequest, CancelRequest, CommandStatus, Inbound, Server, ServerEvent, SessionConfig, ShortMessage,
};

pub(crate) struct Smsc {
    listener: TcpListener,
}

impl Smsc {
    pub(crate) async fn listen() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(crate) fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    /// The next connection, whatever it will say.
    pub(crate) async fn connection(&self) -> TcpStream {
        timeout(PATIENCE, self.listener.accept()).await.expect("nobody connects").unwrap().0
    }

    /// The next connection and what it wants to bind as.
    pub(crate) async fn asked_to_bind(&self) -> (Peer, BindRequest) {
        let mut peer = Peer::new(self.connection().await);
        match peer.event().await {
            ServerEvent::Bind(request) => (peer, request),
            other => panic!("no bind but {other:?}"),
        }
    }

    /// The next connection, bound.
    pub(crate) async fn bound(&self) -> Peer {
        let (mut peer, request) = self.asked_to_bind().await;
        peer.answer_bind(&request, CommandStatus::OK).await;
        peer
    }
}

/// One session of the pretend SMSC.
pub(crate) struct Peer {
    stream: TcpStream,
    server: Server,
    began: Instant,
    buffer: Vec<u8>,
}

impl Peer {
    pub(crate) fn new(stream: TcpStream) -> Self {
        let config = SessionConfig { max_unanswered: 100_000, window: 100_000, ..SessionConfig::default() };
        let server = Server::new(config, Duration::ZERO);
        Self { stream, server, began: Instant::now(), buffer: vec![0; 65_536] }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// The next thing that the client does.
    pub(crate) async fn event(&mut self) -> ServerEvent {
        timeout(PATIENCE, self.next()).await.expect("the client does nothing")
    }

    /// Whatever the client does within a moment; for showing that it does nothing.
    pub(crate) async fn event_within(&mut self, wait: Duration) -> Option<ServerEvent> {
        timeout(wait, self.next()).await.ok()
    }

    async fn next(&mut self) -> ServerEvent {
        loop {
            self.write().await;
            if let Some(event) = self.server.poll_event() {
                return event;
            }
            let n = self.stream.read(&mut self.buffer).await.unwrap_or(0);
            let now = self.now();
            match n {
                0 => self.server.handle_link_lost(now),
                n => self.server.handle_bytes(&self.buffer[..n], now),
            }
        }
    }

    async fn write(&mut self) {
        let mut octets = Vec::new();
        self.server.take_output(&mut octets);
        // A client that has gone away is a fact of the test, told by the next event.
        let _ = self.stream.write_all(&octets).await;
    }

    pub(crate) async fn submit(&mut self) -> Inbound {
        match self.event().await {
            ServerEvent::Submit(inbound) => inbound,
            other => panic!("no submit_sm but {other:?}"),
        }
    }

    pub(crate) async fn cancel(&mut self) -> CancelRequest {
        match self.event().await {
            ServerEvent::Cancel(request) => request,
            other => panic!("no cancel_sm but {other:?}"),
        }
    }

    /// The status of the client's answer to a delivery.
    pub(crate) async fn delivery_answer(&mut self) -> (u64, CommandStatus) {
        match self.event().await {
            ServerEvent::DeliverAnswered { token, status, .. } => (token, status),
            other => panic!("no deliver_sm_resp but {other:?}"),
        }
    }

    pub(crate) async fn answer_bind(&mut self, request: &BindRequest, status: CommandStatus) {
        let now = self.now();
        self.server.answer_bind(request.sequence, status, "pretend", now).unwrap();
        self.write().await;
    }

    pub(crate) async fn answer(&mut self, submit: &Inbound, status: CommandStatus, id: Option<&str>) {
        self.server.answer_submit(submit.sequence, status, id).unwrap();
        self.write().await;
    }

    pub(crate) async fn answer_cancel(&mut self, request: &CancelRequest, status: CommandStatus) {
        self.server.answer_cancel(request.sequence, status).unwrap();
        self.write().await;
    }

    pub(crate) async fn deliver(&mut self, token: u64, message: &ShortMessage<'_>) {
        let now = self.now();
        self.server.deliver(token, message, now).unwrap();
        self.write().await;
    }

    pub(crate) async fn deliver_data(&mut self, token: u64, message: &ShortMessage<'_>) {
        let now = self.now();
        self.server.deliver_data(token, message, now).unwrap();
        self.write().await;
    }

    /// Octets as they are, past the machine.
    pub(crate) async fn write_raw(&mut self, octets: &[u8]) {
        let _ = self.stream.write_all(octets).await;
    }
}

//! One connection: hyper on the socket, one alarm beside it.

use super::answer;
use super::io::WatchedIo;
use super::tracked::Tracked;
use super::watch::{Verdict, Watch};
use super::{Life, Limits};
use crate::codes;
use crate::problem::Problem;
use axum::Router;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::watch as channel;
use tokio::time::{Instant, sleep_until};
use tower_service::Service as _;

pub(super) struct Connection {
    router: Router,
    limits: Arc<Limits>,
    life: channel::Receiver<Life>,
    watch: Arc<Watch>,
}

/// How a connection ended.
enum End {
    /// Between hyper and the client.
    Closed,
    /// The head did not come in time.
    SlowHead,
    /// Nothing to be said.
    Dead,
}

impl Connection {
    pub(super) fn new(router: Router, limits: Arc<Limits>, life: channel::Receiver<Life>) -> Self {
        Self { router, limits, life, watch: Arc::new(Watch::new()) }
    }

    pub(super) async fn run(mut self, stream: TcpStream) {
        // Answers are small and whole: waiting to fill a packet only delays them. Failing to say so harms nothing.
        drop(stream.set_nodelay(true));
        let io = TokioIo::new(WatchedIo::new(stream, Arc::clone(&self.watch)));
        let handler = Handler { router: self.router.clone(), watch: Arc::clone(&self.watch) };
        let mut http = http1::Builder::new()
            .max_buf_size(self.limits.header_bytes_max.max(8192))
            .max_header_size(self.limits.header_bytes_max)
            .serve_connection(io, handler);
        let end = self.attend(&mut http).await;
        let stream = http.into_parts().io.into_inner().stream;
        match end {
            End::Closed => answer::linger(stream).await,
            End::SlowHead => {
                let detail = "the headers of a request came too slowly: send it again";
                answer::last_word(stream, &Problem::new(&codes::BODY_TIMEOUT, detail)).await;
            }
            End::Dead => {}
        }
    }

    /// Serves until an end comes, looking at the watch now and then.
    async fn attend(&mut self, http: &mut http1::Connection<TokioIo<WatchedIo>, Handler>) -> End {
        let mut alarm = pin!(sleep_until(Instant::now()));
        loop {
            tokio::select! {
                biased;
                // What hyper calls an error is the client's: a head that makes no sense, or a socket that broke.
                _ = &mut *http => return End::Closed,
                () = alarm.as_mut() => match self.watch.verdict(&self.limits) {
                    Verdict::Fine(next) => alarm.as_mut().reset(next),
                    Verdict::SlowHead => return End::SlowHead,
                    Verdict::Dead => return End::Dead,
                },
                changed = self.life.changed() => {
                    if changed.is_err() || *self.life.borrow_and_update() == Life::Over {
                        return End::Dead;
                    }
                    self.watch.stop();
                    Pin::new(&mut *http).graceful_shutdown();
                }
            }
        }
    }
}

/// The router as hyper's service.
struct Handler {
    router: Router,
    watch: Arc<Watch>,
}

impl hyper::service::Service<Request<Incoming>> for Handler {
    type Response = Response<Tracked>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.watch.busy();
        let watch = Arc::clone(&self.watch);
        let answer = self.router.clone().call(request);
        Box::pin(async move { Ok(answer.await?.map(|body| Tracked::new(body, watch))) })
    }
}

//! The socket as hyper sees it: tells the watch what comes and goes, and gives hyper's own refusals, which have no
//! body, the problem document that every refusal of ours has.

use super::answer;
use super::watch::Watch;
use crate::codes;
use crate::problem::Problem;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

pub(super) struct WatchedIo {
    pub(super) stream: TcpStream,
    watch: Arc<Watch>,
    /// A refusal that replaces hyper's, and how much of it is written.
    refusal: Option<(Vec<u8>, usize)>,
}

impl WatchedIo {
    pub(super) const fn new(stream: TcpStream, watch: Arc<Watch>) -> Self {
        Self { stream, watch, refusal: None }
    }

    fn write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch.writing(written.is_pending());
        written
    }
}

/// The document in place of hyper's bare refusal, if that is what `bytes` is.
fn refusal_for(bytes: &[u8]) -> Option<Vec<u8>> {
    let status = bytes
        .strip_prefix(b"HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .filter(|code| code.starts_with(b"4"))?;
    let problem = if status == b"431" {
        Problem::new(&codes::HEADERS_TOO_LARGE, "send a shorter request line and fewer or shorter headers")
    } else {
        Problem::new(&codes::INVALID_HTTP, "the request line or a header makes no sense: send HTTP/1.1")
    };
    Some(answer::closing(&problem))
}

impl AsyncRead for WatchedIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.watch.heard();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for WatchedIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.refusal.is_none() && self.watch.is_refusing() {
            self.refusal = refusal_for(bytes).map(|refusal| (refusal, 0));
        }
        let Some((refusal, mut done)) = self.refusal.take() else { return self.write(cx, bytes) };
        while let Some(rest) = refusal.get(done..).filter(|rest| !rest.is_empty()) {
            match self.write(cx, rest) {
                Poll::Ready(written) => done = done.saturating_add(written?),
                Poll::Pending => {
                    self.refusal = Some((refusal, done));
                    return Poll::Pending;
                }
            }
        }
        // Hyper's own bytes count as written: the document stands for them.
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.watch.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

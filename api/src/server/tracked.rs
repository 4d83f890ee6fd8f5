//! An answer's body, watched: its end begins the connection's idle time, and an endless one ends when the server stops.

use super::watch::Watch;
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

pub(super) struct Tracked {
    body: Body,
    watch: Arc<Watch>,
    /// A stream of events: no length is known.
    endless: bool,
}

impl Tracked {
    pub(super) fn new(body: Body, watch: Arc<Watch>) -> Self {
        let endless = body.size_hint().exact().is_none();
        Self { body, watch, endless }
    }
}

impl HttpBody for Tracked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.endless && self.watch.is_stopping() {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.watch.answered();
    }
}

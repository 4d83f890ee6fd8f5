//! What the engine was asked and has not answered. All of it is waited for in the server's own task: answers that come
//! together wake it once, and no request has a task of its own.

use super::server::Answered;
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{FutureExt, future::BoxFuture};

/// Answers that will come, in whatever order.
#[derive(Default)]
pub(super) struct Answers(FuturesUnordered<BoxFuture<'static, Answered>>);

impl Answers {
    /// Waits for one more.
    pub(super) fn spawn(&self, answer: impl Future<Output = Answered> + Send + 'static) {
        self.0.push(answer.boxed());
    }

    /// How many are waited for.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The next one that comes; nothing when none is waited for.
    pub(super) async fn join_next(&mut self) -> Option<Answered> {
        self.0.next().await
    }

    /// One that is there already.
    pub(super) fn try_join_next(&mut self) -> Option<Answered> {
        self.0.next().now_or_never().flatten()
    }
}

//! Answers that come later: a future that the API awaits and the engine fills after the commit.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::oneshot;

/// An answer that will come; a future. Dropping it abandons the answer, not the work.
#[derive(Debug)]
pub struct Answer<T>(oneshot::Receiver<T>);

/// The other end of an [`Answer`].
#[derive(Debug)]
pub struct Responder<T>(oneshot::Sender<T>);

/// The engine stopped before it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server is stopping; try again")]
pub struct Gone;

/// Called once, after the commit that records what was handed in (`true`), or when it was refused or could not
/// be recorded (`false`): only then may a peer be told "I have it" (I13).
pub type Done = Box<dyn FnOnce(bool) + Send>;

/// A pair: give the responder to who works, await the answer.
#[must_use]
pub fn answer<T>() -> (Responder<T>, Answer<T>) {
    let (sender, receiver) = oneshot::channel();
    (Responder(sender), Answer(receiver))
}

impl<T> Answer<T> {
    /// An answer that is there already.
    #[must_use]
    pub fn ready(value: T) -> Self {
        let (responder, answer) = answer();
        responder.give(value);
        answer
    }

    /// Waits on a thread that may block (tests and tools; never on an async worker).
    ///
    /// # Errors
    /// [`Gone`] when the engine stopped first.
    pub fn wait(self) -> Result<T, Gone> {
        self.0.blocking_recv().map_err(|_| Gone)
    }
}

impl<T> Responder<T> {
    /// Answers; an abandoned answer is dropped.
    pub fn give(self, value: T) {
        // The asker may have gone away (a closed connection): nothing is owed to it then.
        drop(self.0.send(value));
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T, Gone>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(|_| Gone)
    }
}

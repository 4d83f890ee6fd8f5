//! The thread that a pretend peer lives on: it begins with the peer and ends with it, and takes no runtime of its user's.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;

/// A thread with a runtime, for one peer. Dropping it ends the work and all tasks, and with them whatever only they
/// held: a journal is whole on disk after that.
#[derive(Debug)]
pub(crate) struct PeerThread {
    runtime: Handle,
    stop: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

impl PeerThread {
    /// Does `work` until it is done or this is dropped.
    pub(crate) fn start(name: &str, work: impl Future<Output = ()> + Send + 'static) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = work => {}
                    () = stopped.notified() => {}
                }
            });
        })?;
        Ok(Self { runtime: handle, stop, thread: Some(thread) })
    }

    /// Where its tasks run.
    pub(crate) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Waits until the work is done: for a process that is nothing but this peer.
    pub(crate) fn wait(mut self) {
        self.join();
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic of the thread is told by the thread.
            let _ = thread.join();
        }
    }
}

impl Drop for PeerThread {
    fn drop(&mut self) {
        self.stop.notify_one();
        self.join();
    }
}

/// A socket that connections come to, and where it is.
pub(crate) fn listen(at: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(at)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves every connection on a task of its own, for ever.
pub(crate) async fn serve<C>(listener: TcpListener, connection: impl Fn(TcpStream, SocketAddr) -> C)
where
    C: Future<Output = ()> + Send + 'static,
{
    // It is bound and does not block: this fails only without a runtime, and here is one.
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are written in batches as they are; waiting for more only adds delay.
                let _ = stream.set_nodelay(true);
                drop(tokio::spawn(connection(stream, peer)));
            }
            // Out of descriptors, most likely: leave some time for links to end.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

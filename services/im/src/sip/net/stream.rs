//! A connection that carries messages one behind the other: TCP and TLS.

use super::{Ears, Over, Unwritten, in_time};
use crate::sip::flow::Flow;
use bytes::Bytes;
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use wire_sip::{Incoming, StreamFramer};

/// Reads and writes until either end is over. `greeted`: the peer owes no first message.
pub(super) async fn talk<S: AsyncRead + AsyncWrite>(
    stream: S,
    flow: &Flow,
    unwritten: Unwritten,
    ears: &Ears,
    greeted: bool,
) {
    let (reader, writer) = tokio::io::split(stream);
    tokio::select! {
        () = read(reader, flow, ears, greeted) => {}
        () = write(writer, unwritten) => {}
    }
}

/// Reads until the peer ends, breaks the rhythm, or is too slow.
async fn read(mut reader: impl AsyncRead + Unpin, flow: &Flow, ears: &Ears, mut greeted: bool) {
    let mut framer = StreamFramer::new(ears.limits.sip);
    let mut due = Instant::now() + ears.limits.completion;
    loop {
        // Whoever has said nothing yet, or owes the rest of a message, has less time than a registered client, and
        // gains none by sending octet after octet.
        let owes = !greeted || framer.is_inside_message();
        let heard = Instant::now();
        let until = || if owes { due } else { heard + ears.idle(flow) };
        let read = in_time(until, some_of(&mut reader)).await;
        let Some(Ok(octets)) = read else { return };
        if octets.is_empty() {
            return;
        }
        let mut input = &octets[..];
        let mut begins = !owes;
        while let Some(incoming) = framer.next_incoming(&mut input) {
            greeted |= matches!(incoming, Incoming::Message(_));
            begins |= greeted;
            if let Err(Over) = ears.tell(incoming, flow).await {
                return;
            }
        }
        if begins {
            due = Instant::now() + ears.limits.completion;
        }
    }
}

/// What there is to read, once there is something. The room to read into is the thread's: a connection that is silent
/// has none.
async fn some_of(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Bytes> {
    thread_local!(static ROOM: RefCell<Vec<u8>> = RefCell::new(vec![0; 16 * 1024]));
    poll_fn(|context| {
        ROOM.with_borrow_mut(|room| {
            let mut read = ReadBuf::new(room);
            ready!(Pin::new(&mut *reader).poll_read(context, &mut read))?;
            Poll::Ready(Ok(Bytes::copy_from_slice(read.filled())))
        })
    })
    .await
}

/// Writes what is queued, several messages at once when they wait.
async fn write(mut writer: impl AsyncWrite + Unpin, mut unwritten: Unwritten) {
    let (mut batch, mut joined) = (Vec::new(), Vec::new());
    while unwritten.next(&mut batch).await {
        joined.clear();
        batch.drain(..).for_each(|octets| joined.extend_from_slice(&octets));
        let written = async {
            writer.write_all(&joined).await?;
            writer.flush().await
        };
        if written.await.is_err() {
            return;
        }
        unwritten.written(joined.len());
    }
}

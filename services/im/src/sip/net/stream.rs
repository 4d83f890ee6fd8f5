//! A connection that carries messages one behind the other: TCP and TLS.

use super::{Ears, Over, Unwritten};
use crate::sip::flow::Flow;
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use wire_sip::{Incoming, StreamFramer};

/// Reads and writes until either end is over.
pub(super) async fn talk<S: AsyncRead + AsyncWrite>(
    stream: S,
    flow: &Flow,
    unwritten: Unwritten,
    ears: &Ears,
) {
    let (reader, writer) = tokio::io::split(stream);
    tokio::select! {
        () = read(reader, flow, ears) => {}
        () = write(writer, unwritten) => {}
    }
}

/// Reads until the peer ends, breaks the rhythm, or is too slow.
async fn read(mut reader: impl AsyncRead + Unpin, flow: &Flow, ears: &Ears) {
    let mut framer = StreamFramer::new(ears.limits.sip);
    let mut buffer = vec![0; 16 * 1024];
    let mut greeted = false;
    let mut due = Instant::now() + ears.limits.completion;
    loop {
        // Whoever has said nothing yet, or owes the rest of a message, has less time than a registered client, and
        // gains none by sending octet after octet.
        let owes = !greeted || framer.is_inside_message();
        let until = if owes { due } else { Instant::now() + ears.limits.idle };
        let read = tokio::time::timeout_at(until.into(), reader.read(&mut buffer)).await;
        let Ok(Ok(length @ 1..)) = read else { return };
        let mut input = buffer.get(..length).unwrap_or_default();
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

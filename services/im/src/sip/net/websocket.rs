//! A connection that carries one message a frame: WebSocket (RFC 7118), for clients in a browser.

use super::{Ears, Over, Unwritten, in_time};
use crate::sip::flow::Flow;
use futures_util::{SinkExt, Stream, StreamExt};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message as Frame, Utf8Bytes};
use wire_sip::{Incoming, read_frame};

/// Octets that are read at once: a frame is mostly one message, and a connection that is silent has this room too.
const READ: usize = 4096;

/// Shakes hands, then reads and writes until either end is over.
pub(super) async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    flow: &Flow,
    unwritten: Unwritten,
    ears: &Ears,
) {
    let bound = ears.limits.sip.message;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ)
        .write_buffer_size(0)
        .max_message_size(Some(bound))
        .max_frame_size(Some(bound))
        .max_write_buffer_size(512 * 1024);
    let began = Arc::new(Began::default());
    let stream = Timed { stream, began: Arc::clone(&began) };
    let shaking = tokio_tungstenite::accept_hdr_async_with_config(stream, speaks_sip, Some(config));
    let Ok(Ok(socket)) = tokio::time::timeout(ears.limits.handshake, shaking).await else { return };
    let (mut writer, reader) = socket.split();
    let too_big = tokio::select! {
        too_big = read(reader, &began, flow, ears) => too_big,
        () = write(&mut writer, unwritten) => false,
    };
    if too_big {
        let told = CloseFrame { code: CloseCode::Size, reason: Utf8Bytes::from_static("too long") };
        // Whether the peer hears why it is cut off is its own concern.
        drop(tokio::time::timeout(ears.limits.farewell, writer.send(Frame::Close(Some(told)))).await);
    }
}

/// When the frame that is being read began: nothing while there is none.
#[derive(Debug, Default)]
struct Began(Mutex<Option<Instant>>);

impl Began {
    fn is(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream whose reads say that a frame has begun, which the frames themselves say only when they are whole.
struct Timed<S> {
    stream: S,
    began: Arc<Began>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = room.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, room))?;
        if room.filled().len() > before {
            self.began.is().get_or_insert_with(Instant::now);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Only a client that asks for the subprotocol `sip` is one of ours (RFC 7118 section 4.1).
#[expect(clippy::result_large_err, reason = "the handshake's own type")]
fn speaks_sip(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offered = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut words = offered.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    if words.any(|word| word.trim().eq_ignore_ascii_case("sip")) {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("sip"));
        return Ok(response);
    }
    let mut refused = ErrorResponse::new(Some("This is SIP: ask for the subprotocol `sip`.\n".to_owned()));
    *refused.status_mut() = StatusCode::BAD_REQUEST;
    Err(refused)
}

/// Reads until the peer ends or breaks the rhythm; true when it sent more than is taken.
async fn read(
    mut frames: impl Stream<Item = Result<Frame, Error>> + Unpin,
    began: &Began,
    flow: &Flow,
    ears: &Ears,
) -> bool {
    let mut greeted = false;
    let due = Instant::now() + ears.limits.completion;
    loop {
        *began.is() = None;
        let heard = Instant::now();
        let until = || match *began.is() {
            _ if !greeted => due,
            Some(began) => began + ears.limits.completion,
            None => heard + ears.idle(flow),
        };
        let frame = match in_time(until, frames.next()).await {
            Some(Some(Ok(frame))) => frame,
            Some(Some(Err(error))) => return matches!(error, Error::Capacity(_)),
            _ => return false,
        };
        let octets = match frame {
            Frame::Text(text) => text.into(),
            Frame::Binary(octets) => octets,
            Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_) => continue,
            Frame::Close(_) => return false,
        };
        let incoming = read_frame(octets, &ears.limits.sip);
        greeted |= matches!(incoming, Incoming::Message(_));
        if let Err(Over) = ears.tell(incoming, flow).await {
            return false;
        }
    }
}

async fn write<S: AsyncRead + AsyncWrite + Unpin>(
    frames: &mut futures_util::stream::SplitSink<WebSocketStream<S>, Frame>,
    mut unwritten: Unwritten,
) {
    let mut batch = Vec::new();
    while unwritten.next(&mut batch).await {
        let mut octets = 0;
        for message in batch.drain(..) {
            octets += message.len();
            // A browser takes text as it is; what is no text has to go as octets.
            let frame = match Utf8Bytes::try_from(message.clone()) {
                Ok(text) => Frame::Text(text),
                Err(_) => Frame::Binary(message),
            };
            if frames.feed(frame).await.is_err() {
                return;
            }
        }
        if frames.flush().await.is_err() {
            return;
        }
        unwritten.written(octets);
    }
}

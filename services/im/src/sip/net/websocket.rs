//! A connection that carries one message a frame: WebSocket (RFC 7118), for clients in a browser.

use super::{Ears, Over, Unwritten};
use crate::sip::flow::Flow;
use futures_util::{SinkExt, Stream, StreamExt};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message as Frame, Utf8Bytes};
use wire_sip::{Incoming, read_frame};

/// Shakes hands, then reads and writes until either end is over.
pub(super) async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    flow: &Flow,
    unwritten: Unwritten,
    ears: &Ears,
) {
    let bound = ears.limits.sip.message;
    let config = WebSocketConfig::default()
        .max_message_size(Some(bound))
        .max_frame_size(Some(bound))
        .max_write_buffer_size(512 * 1024);
    let shaking = tokio_tungstenite::accept_hdr_async_with_config(stream, speaks_sip, Some(config));
    let Ok(Ok(socket)) = tokio::time::timeout(ears.limits.handshake, shaking).await else { return };
    let (writer, reader) = socket.split();
    tokio::select! {
        () = read(reader, flow, ears) => {}
        () = write(writer, unwritten) => {}
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

async fn read(mut frames: impl Stream<Item = Result<Frame, Error>> + Unpin, flow: &Flow, ears: &Ears) {
    let mut greeted = false;
    let due = Instant::now() + ears.limits.completion;
    loop {
        let until = if greeted { Instant::now() + ears.limits.idle } else { due };
        let next = tokio::time::timeout_at(until.into(), frames.next()).await;
        let Ok(Some(Ok(frame))) = next else { return };
        let octets = match frame {
            Frame::Text(text) => text.into(),
            Frame::Binary(octets) => octets,
            Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_) => continue,
            Frame::Close(_) => return,
        };
        let incoming = read_frame(octets, &ears.limits.sip);
        greeted |= matches!(incoming, Incoming::Message(_));
        if let Err(Over) = ears.tell(incoming, flow).await {
            return;
        }
    }
}

async fn write<S: AsyncRead + AsyncWrite + Unpin>(
    mut frames: futures_util::stream::SplitSink<WebSocketStream<S>, Frame>,
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

//! `GET /v1/events/stream`: the feed as server-sent events, and the registration of an app device.
//!
//! Order of things: subscribe to what comes, register the device, then tell what is unconfirmed, replay the past up
//! to the moment of subscribing, and go on live. In this order nothing falls between the past and the present.

use super::events::shown;
use super::respond::listed;
use crate::auth::Who;
use crate::cursor;
use crate::devices::OpenDevice;
use crate::dto::event::{EventOut, StreamParams};
use crate::options::Api;
use crate::path::{NAME_RULE, is_name};
use crate::problem::{Problem, ProblemDoc};
use crate::query::Params;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use http_body::Frame;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use switchback_core::model::{DeviceId, Owner};
use switchback_ports::directory::Bearer;
use switchback_ports::{EventLine, Subscription};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

/// Events that wait for a slow reader; then the engine's own bound fills, and then the stream ends.
const BUFFERED_EVENTS: usize = 64;
/// How many events are read at once when the past is told.
const REPLAY_PAGE: usize = 200;
/// How often and how long the past is waited for when the lists are behind (they may be so by 2 s, DESIGN section 6).
const BEHIND_WAIT: Duration = Duration::from_millis(50);
const BEHIND_TRIES: u32 = 100;

/// Watch events as they happen.
///
/// Server-sent events: `id` is the cursor, `event` the type, `data` the event. `Last-Event-ID` resumes without a gap.
/// With `device` the stream is that device of the subscriber: online as long as it is open, told again what it has
/// not confirmed (without an `id`), and lost when it closes. A comment comes every 15 s when nothing else does.
/// A reader that falls too far behind is disconnected and resumes.
#[utoipa::path(
    get, path = "/v1/events/stream", tag = "events", operation_id = "streamEvents",
    params(StreamParams, ("Last-Event-ID" = Option<String>, Header, description = "The last cursor seen")),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = "default", description = "A problem", body = ProblemDoc, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn open(
    State(api): State<Api>,
    who: Who,
    headers: HeaderMap,
    Params(params): Params<StreamParams>,
) -> Result<Response, Problem> {
    let last_seen = headers.get("last-event-id").map(|value| value.to_str().unwrap_or_default());
    let resume = match last_seen {
        Some(text) if !text.is_empty() => cursor::after(Some(text), "Last-Event-ID")?,
        _ => cursor::after(params.after.as_deref(), "after")?,
    };
    let live = api.intake.subscribe(who.owner());
    let (device, unconfirmed) = match params.device {
        Some(device) => register(&api, &who, &device).await?,
        None => (None, Vec::new()),
    };
    let (out, frames) = mpsc::channel(BUFFERED_EVENTS);
    let stream = Stream { api, audience: who.owner(), out, _device: device };
    tokio::spawn(stream.run(live, resume, unconfirmed));
    let mut response = Response::new(Body::new(Frames(frames)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

async fn register(
    api: &Api,
    who: &Who,
    device: &str,
) -> Result<(Option<OpenDevice>, Vec<EventLine>), Problem> {
    let Bearer::Subscriber(subscriber) = &who.0 else {
        return Err(Problem::forbidden(
            "only a subscriber has devices: use a subscriber token, or leave out device",
        ));
    };
    if !is_name(device) {
        return Err(Problem::field("device", NAME_RULE));
    }
    let device = DeviceId::new(device);
    // Counted before it is registered, so that whatever goes wrong from here on also unregisters it.
    let open = api.devices.open(&api.intake, subscriber.clone(), device.clone());
    let unconfirmed = api.intake.register(subscriber.clone(), device).await??;
    Ok((Some(open), unconfirmed))
}

/// The client is gone, or what it should be told can't be read: the stream ends, and the client resumes.
struct Over;

/// One open stream.
struct Stream {
    api: Api,
    audience: Option<Owner>,
    out: mpsc::Sender<Bytes>,
    /// Registered for as long as the stream lives.
    _device: Option<OpenDevice>,
}

impl Stream {
    async fn run(self, live: Subscription, resume: Option<u64>, unconfirmed: Vec<EventLine>) {
        // Either way the stream is over; a client that is still there comes back with its last cursor.
        drop(self.tell(live, resume, unconfirmed).await);
    }

    async fn tell(
        &self,
        live: Subscription,
        resume: Option<u64>,
        unconfirmed: Vec<EventLine>,
    ) -> Result<(), Over> {
        self.send(Bytes::from_static(b"retry: 1000\n: welcome\n\n")).await?;
        let known = resume.unwrap_or(live.from_cursor).min(live.from_cursor);
        // What comes again by the replay or live is not told twice.
        for line in unconfirmed.iter().filter(|line| line.cursor <= known) {
            self.send_event(line, false).await?;
        }
        self.replay(known, live.from_cursor).await?;
        self.follow(live).await
    }

    /// The past, from `after` up to `end`.
    async fn replay(&self, mut after: u64, end: u64) -> Result<(), Over> {
        let mut tries = 0;
        while after < end {
            let page = listed(self.api.intake.events(self.audience.clone(), after, REPLAY_PAGE))
                .await
                .map_err(|_| Over)?;
            for line in page.lines.iter().filter(|line| line.cursor <= end) {
                self.send_event(line, true).await?;
            }
            after = page.lines.last().map_or(after, |line| line.cursor);
            if page.more {
                continue;
            }
            if page.watermark >= end {
                return Ok(());
            }
            tries += 1;
            if tries > BEHIND_TRIES {
                return Err(Over);
            }
            sleep(BEHIND_WAIT).await;
        }
        Ok(())
    }

    async fn follow(&self, mut live: Subscription) -> Result<(), Over> {
        let every = self.api.options.heartbeat;
        let mut heartbeat = interval_at(Instant::now() + every, every);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                line = live.events.recv() => match line {
                    Some(line) if line.cursor > live.from_cursor => self.send_event(&line, true).await?,
                    Some(_) => {}
                    None => return Err(Over),
                },
                _ = heartbeat.tick() => self.send(Bytes::from_static(b": heartbeat\n\n")).await?,
                () = self.out.closed() => return Err(Over),
            }
        }
    }

    async fn send_event(&self, line: &EventLine, numbered: bool) -> Result<(), Over> {
        let cursor = numbered.then_some(line.cursor);
        let event = shown(&self.api, line, cursor).await.map_err(|_| Over)?;
        self.send(frame(&event, cursor)).await
    }

    async fn send(&self, bytes: Bytes) -> Result<(), Over> {
        self.out.send(bytes).await.map_err(|_| Over)
    }
}

/// One event in the form of the HTML standard: JSON has no bare line ends, so one `data` line holds it.
fn frame(event: &EventOut, cursor: Option<u64>) -> Bytes {
    let id = cursor.map(|cursor| format!("id: {cursor}\n")).unwrap_or_default();
    let mut frame = format!("{id}event: {}\ndata: ", event.kind()).into_bytes();
    // A struct of strings and numbers always serialises.
    frame.extend(serde_json::to_vec(event).unwrap_or_default());
    frame.extend_from_slice(b"\n\n");
    frame.into()
}

/// What the stream's task wrote, as a body; it has no known end.
struct Frames(mpsc::Receiver<Bytes>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

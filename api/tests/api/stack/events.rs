//! Reads a stream of server-sent events as a browser does.

use super::{Stack, request, within};
use axum::body::Body;
use axum::http::Method;
use http_body_util::BodyExt;
use serde_json::Value;

/// One event, or a comment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sent {
    pub(crate) id: Option<String>,
    pub(crate) event: String,
    pub(crate) data: Value,
    pub(crate) comment: Option<String>,
}

pub(crate) struct EventReader {
    body: Body,
    buffer: String,
}

impl EventReader {
    /// Opens the stream; `query` such as `?device=phone`.
    pub(crate) async fn open(stack: &Stack, token: &str, query: &str, last_seen: Option<&str>) -> Self {
        let mut request = request(Method::GET, &format!("/v1/events/stream{query}"), token, None);
        if let Some(last_seen) = last_seen {
            request.headers_mut().insert("last-event-id", last_seen.parse().unwrap());
        }
        let response = stack.open(request).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut reader = Self { body: response.into_body(), buffer: String::new() };
        assert_eq!(reader.next().await.comment.as_deref(), Some("welcome"));
        reader
    }

    /// The next block, comments too.
    pub(crate) async fn next(&mut self) -> Sent {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let sent = parse(block);
                self.buffer = rest.to_owned();
                return sent;
            }
            let frame = within(self.body.frame()).await.expect("the stream ended").unwrap();
            self.buffer.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
    }

    /// The next event of that type.
    pub(crate) async fn wait_for(&mut self, event: &str) -> Sent {
        within(async {
            loop {
                let sent = self.next().await;
                if sent.event == event {
                    return sent;
                }
            }
        })
        .await
    }
}

fn parse(block: &str) -> Sent {
    let mut sent = Sent::default();
    for line in block.lines() {
        match line.split_once(": ").unwrap_or((line, "")) {
            ("", comment) => sent.comment = Some(comment.to_owned()),
            ("id", id) => sent.id = Some(id.to_owned()),
            ("event", event) => sent.event = event.to_owned(),
            ("data", data) => sent.data = serde_json::from_str(data).unwrap(),
            ("retry", _) => {}
            other => panic!("no field of an event: {other:?}"),
        }
    }
    sent
}

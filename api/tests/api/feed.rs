//! Events: the feed by cursor, the stream, and a stream as a device.

use crate::stack::events::EventReader;
use crate::stack::{ADMIN, BERT, Stack, within};
use serde_json::{Value, json};
use switchback_api::{Limits, Served, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

const PRESENCE: &str = "/v1/presence/%2B46702222222";

fn is(status: &'static str) -> impl Fn(&Value) -> bool {
    move |presence| presence["status"] == status
}

#[tokio::test]
async fn the_feed_is_read_page_by_page_without_a_gap() {
    let stack = Stack::with_people().await;
    for n in 0..3 {
        stack.chat(&format!("message {n}")).await;
    }
    let whole = |list: &Value| {
        list["data"].as_array().unwrap().iter().filter(|e| e["type"] == "message.accepted").count() == 3
    };
    let all = stack.until("/v1/events?limit=200", &stack.anna, whole).await;
    let (mut after, mut seen) = ("0".to_owned(), Vec::new());
    loop {
        let page = stack.get(&format!("/v1/events?limit=2&after={after}"), &stack.anna).await.ok();
        seen.extend(page["data"].as_array().unwrap().iter().cloned());
        after = page["next_cursor"].as_str().unwrap().to_owned();
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(json!(seen[..all["data"].as_array().unwrap().len()]), all["data"]);
    let of_one: Vec<_> = seen
        .iter()
        .filter(|e| e["message"] == seen[0]["message"])
        .map(|e| e["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(of_one[0], 1);
    assert!(of_one.windows(2).all(|two| two[0] < two[1]));
}

#[tokio::test]
async fn a_stream_tells_what_happens_and_resumes_where_it_was_cut() {
    let stack = Stack::with_people().await;
    let mut stream = EventReader::open(&stack, &stack.anna, "", None).await;
    let first = stack.chat("one").await;
    let seen = stream.wait_for("message.accepted").await;
    assert_eq!((&seen.data["message"], seen.id.as_deref()), (&json!(first), seen.data["cursor"].as_str()));
    drop(stream);
    let second = stack.chat("two").await;
    let mut stream = EventReader::open(&stack, &stack.anna, "", seen.id.as_deref()).await;
    let mut last = seen.id.unwrap().parse::<u64>().unwrap();
    loop {
        let next = stream.next().await;
        let Some(id) = next.id else { continue };
        let id = id.parse::<u64>().unwrap();
        assert!(id > last, "told twice, or out of order");
        last = id;
        if next.event == "message.accepted" {
            assert_eq!(next.data["message"], second);
            break;
        }
    }
}

#[tokio::test]
async fn a_quiet_stream_shows_that_it_lives() {
    let stack = Stack::with_people().await;
    let mut stream = EventReader::open(&stack, &stack.anna, "", None).await;
    for _ in 0..2 {
        assert_eq!(stream.next().await.comment.as_deref(), Some("heartbeat"));
    }
}

#[tokio::test]
async fn a_stream_with_a_device_makes_its_subscriber_online_and_one_without_does_not() {
    let stack = Stack::with_people().await;
    let watching = EventReader::open(&stack, &stack.bert, "", None).await;
    assert_eq!(stack.get(PRESENCE, &stack.anna).await.ok()["status"], "offline");
    let phone = EventReader::open(&stack, &stack.bert, "?device=phone", None).await;
    stack.until(PRESENCE, &stack.anna, is("online")).await;
    drop(phone);
    stack.until(PRESENCE, &stack.anna, is("offline")).await;
    drop(watching);
}

#[tokio::test]
async fn a_device_that_comes_back_before_it_was_missed_stays_online() {
    let stack = Stack::with_people().await;
    let old = EventReader::open(&stack, &stack.bert, "?device=phone", None).await;
    let mut new = EventReader::open(&stack, &stack.bert, "?device=phone", None).await;
    drop(old);
    let id = stack.chat("still there?").await;
    let incoming = new.wait_for("message.incoming").await;
    assert_eq!(incoming.data["message"], id);
    assert_eq!(stack.get(PRESENCE, &stack.anna).await.ok()["status"], "online");
}

#[tokio::test]
async fn what_a_device_has_not_confirmed_it_is_told_again() {
    let stack = Stack::with_people().await;
    let mut phone = EventReader::open(&stack, &stack.bert, "?device=phone", None).await;
    let id = stack.chat("read me").await;
    let first = phone.wait_for("message.incoming").await;
    drop(phone);
    let mut phone = EventReader::open(&stack, &stack.bert, "?device=phone", None).await;
    let again = phone.wait_for("message.incoming").await;
    assert_eq!((&again.data["data"], &again.data["seq"]), (&first.data["data"], &first.data["seq"]));
    assert_eq!(
        (again.id, &again.data["cursor"]),
        (None, &Value::Null),
        "a repetition must not set the reader's cursor back"
    );
    let receipt = json!({"disposition": "delivered", "device": "phone"});
    let path = format!("/v1/messages/{id}/receipts");
    assert_eq!(stack.post(&path, &stack.bert, receipt).await.status, 204);
    stack.until(&format!("/v1/messages/{id}"), &stack.anna, |message| message["status"] == "delivered").await;
}

#[tokio::test]
async fn media_come_with_the_event_and_to_the_byte() {
    let stack = Stack::with_people().await;
    let mut phone = EventReader::open(&stack, &stack.bert, "?device=phone", None).await;
    let part = json!({"content_type": "image/png", "filename": "dot.png", "data": "iVBORw0KGgo="});
    let body = json!({"to": BERT, "media": [part], "service": "im"});
    let sent = stack.post("/v1/messages", &stack.anna, body).await.ok();
    assert_eq!((&sent["kind"], &sent["bytes"]), (&json!("media"), &json!(8)));
    let incoming = phone.wait_for("message.incoming").await;
    assert_eq!(incoming.data["data"]["media"], json!([part]));
}

#[tokio::test]
async fn the_operator_hears_everybody() {
    let stack = Stack::with_people().await;
    let mut all = EventReader::open(&stack, ADMIN, "", None).await;
    let mut phone = EventReader::open(&stack, &stack.bert, "?device=phone", None).await;
    let id = stack.chat("hello").await;
    assert_eq!(phone.wait_for("message.incoming").await.data["message"], id);
    assert_eq!(all.wait_for("message.accepted").await.data["message"], id);
    assert_eq!(all.wait_for("message.incoming").await.data["message"], id);
}

#[tokio::test]
async fn over_a_socket_a_device_is_there_until_its_socket_closes() {
    let stack = Stack::with_people().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { stopped.await.unwrap_or_default() };
    let served = tokio::spawn(serve(listener, stack.router(), Limits::default(), shutdown));
    let head = |device: &str, token: &str| {
        format!(
            "GET /v1/events/stream?device={device} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
        )
    };
    let mut phone = TcpStream::connect(address).await.unwrap();
    phone.write_all(head("phone", &stack.bert).as_bytes()).await.unwrap();
    stack.until(PRESENCE, &stack.anna, is("online")).await;
    drop(phone);
    stack.until(PRESENCE, &stack.anna, is("offline")).await;
    let mut phone = TcpStream::connect(address).await.unwrap();
    phone.write_all(head("phone", &stack.bert).as_bytes()).await.unwrap();
    stack.until(PRESENCE, &stack.anna, is("online")).await;
    // A server that stops ends its streams whole, so that a client knows to come back.
    stop.send(()).unwrap();
    let mut said = String::new();
    within(phone.read_to_string(&mut said)).await.unwrap();
    assert!(said.contains("text/event-stream") && said.ends_with("0\r\n\r\n"), "{said}");
    assert_eq!(within(served).await.unwrap(), Served { accepted: 2, refused: 0, cut_off: 0 });
}

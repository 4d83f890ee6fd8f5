//! Whatever is wrong with a request is told in a problem document that says what to do.

use crate::stack::{ADMIN, BERT, Stack, request};
use axum::body::Body;
use axum::http::{Method, Request};
use bytes::Bytes;
use http_body::Frame;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::pin::Pin;
use std::task::{Context, Poll};

fn raw(stack: &Stack, content_type: &str, body: impl Into<Body>) -> Request<Body> {
    let mut request = request(Method::POST, "/v1/messages", &stack.anna, None);
    request.headers_mut().insert("content-type", content_type.parse().unwrap());
    *request.body_mut() = body.into();
    request
}

#[tokio::test]
async fn paths_and_methods() {
    let stack = Stack::with_people().await;
    for path in ["/nothing", "/v1", "/v1/messages/", "/v1/messages/%FF", "/errors/no_such_code"] {
        stack.get(path, &stack.anna).await.problem(404, "not_found");
    }
    let answer = stack.call(request(Method::DELETE, "/v1/messages", &stack.anna, None)).await;
    answer.problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow").split(',').collect::<Vec<_>>(), ["POST", "GET", "HEAD"]);
    let page = stack.get("/errors/price_rose", "").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/markdown; charset=utf-8"));
    let page = stack.get("/", "").await;
    assert_eq!((page.header("x-content-type-options"), &page.bytes[..]), ("nosniff", b"<p>hello".as_slice()));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
}

#[tokio::test]
async fn bodies_that_are_no_json() {
    let stack = Stack::with_people().await;
    let told =
        stack.call(raw(&stack, "application/json", "{\n  \"to\": ")).await.problem(400, "invalid_json");
    assert!(told["detail"].as_str().unwrap().contains("line 2 column 8"), "{told}");
    stack.call(raw(&stack, "application/json", "")).await.problem(400, "invalid_json");
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml+json2"] {
        stack.call(raw(&stack, content_type, "{}")).await.problem(415, "unsupported_media_type");
    }
    let deep = "[".repeat(100_000);
    stack.call(raw(&stack, "application/json", deep)).await.problem(400, "invalid_json");
}

#[tokio::test]
async fn fields_that_are_wrong() {
    let stack = Stack::with_people().await;
    let told = stack
        .post("/v1/messages", &stack.anna, json!({"to": BERT, "txt": "Hi"}))
        .await
        .problem(422, "invalid_request");
    assert_eq!(
        told["errors"],
        json!([{"field": "txt", "detail": "unknown name \"txt\": did you mean \"text\"?"}])
    );
    let told = stack.post("/v1/messages", &stack.anna, json!({"to": "nobody at all", "class": "a b"})).await;
    let fields: Vec<_> = told.problem(422, "invalid_request")["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["field"].clone())
        .collect();
    assert_eq!(fields, ["to", "text", "class"]);
    for (query, field) in [
        ("limt=1", "limt"),
        ("cursor=x", "cursor"),
        ("to=x!", "to"),
        ("status=sent", "query"),
        ("limit=-1", "query"),
    ] {
        let told =
            stack.get(&format!("/v1/messages?{query}"), &stack.anna).await.problem(422, "invalid_request");
        assert_eq!(told["errors"][0]["field"], field, "{told}");
    }
    let token = stack
        .post("/v1/admin/tokens", ADMIN, json!({"name": "both", "subscriber": "anna", "admin": true}))
        .await;
    token.problem(422, "invalid_request");
    let faulty = json!({"text": "[plan]\nid = \"broken\"\n"});
    let told = stack.call(request(Method::PUT, "/v1/admin/plans/broken", ADMIN, Some(faulty))).await;
    assert!(told.problem(422, "plan_faulty")["detail"].as_str().unwrap().contains("broken:1: "));
}

#[tokio::test]
async fn bodies_have_a_bound() {
    let stack = Stack::with_people().await;
    let message = |bytes: usize| json!({"to": BERT, "text": "a".repeat(bytes), "service": "im"}).to_string();
    let overhead = message(0).len();
    let answer = stack.call(raw(&stack, "application/json", message((1 << 20) - overhead))).await;
    assert_ne!(answer.status, 413, "exactly 1 MiB is taken");
    for bytes in [(1 << 20) - overhead + 1, 1 << 30] {
        // Announced only: the refusal comes before the body.
        let mut request = raw(&stack, "application/json", Body::empty());
        request.headers_mut().insert("content-length", (bytes + overhead).to_string().parse().unwrap());
        stack.call(request).await.problem(413, "body_too_large");
    }
    stack.call(raw(&stack, "application/json", Body::new(Drip::Flood))).await.problem(413, "body_too_large");
}

/// Bodies of bad clients.
enum Drip {
    /// Without end, as fast as it is read.
    Flood,
    /// One byte, then nothing.
    Stall(bool),
    /// Breaks off.
    Broken,
}

impl http_body::Body for Drip {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match &mut *self {
            Self::Flood => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b' '; 65536]))))),
            Self::Stall(said) if !*said => {
                *said = true;
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"{")))))
            }
            Self::Stall(_) => Poll::Pending,
            Self::Broken => Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into()))),
        }
    }
}

#[tokio::test]
async fn bodies_come_in_time_and_whole() {
    let stack = Stack::with_people().await;
    stack
        .call(raw(&stack, "application/json", Body::new(Drip::Stall(false))))
        .await
        .problem(408, "body_timeout");
    stack
        .call(raw(&stack, "application/json", Body::new(Drip::Broken)))
        .await
        .problem(400, "body_incomplete");
}

#[tokio::test]
async fn money_that_is_not_there() {
    let stack = Stack::with_people().await;
    let send = async |max: &str| {
        let body = json!({"to": BERT, "text": "Hi", "service": "im", "max_price": {"amount": max, "currency": "EUR"}});
        stack.post("/v1/messages", &stack.anna, body).await
    };
    send("0.009").await.problem(402, "price_above_max");
    send("0.01").await.ok();
    let eur = |amount: &str| json!({"amount": amount, "currency": "EUR"});
    stack.put("/v1/admin/payers/poor", json!({"plan": "prepaid", "top_up": eur("0.005")})).await;
    let body = json!({"addresses": ["+46703333333"], "payer": "poor"});
    stack.put("/v1/admin/subscribers/cleo", body).await;
    let cleo = stack.token(json!({"name": "Cleo", "subscriber": "cleo"})).await;
    let body = json!({"to": BERT, "text": "Hi", "service": "im"});
    stack.post("/v1/messages", &cleo, body).await.problem(402, "insufficient_funds");
}

#[test]
fn no_body_is_answered_with_anything_but_an_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stack = runtime.block_on(Stack::with_people());
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    let field = prop_oneof!["to|text|media|service|ttl|max_price|expires_at|class", "[a-z_]{1,12}"];
    let value = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(Value::Null),
        Just(json!([{"content_type": "a/b", "filename": "c", "data": "AA=="}])),
        Just(json!({"amount": "0.1", "currency": "EUR"})),
    ];
    let body = proptest::collection::btree_map(field, value, 0..8);
    proptest!(config, |(fields in body)| {
        let body = serde_json::to_value(&fields).unwrap();
        let answer = runtime.block_on(stack.post("/v1/messages", &stack.anna, body));
        prop_assert!(answer.status == 202 || (400..500).contains(&answer.status.as_u16()), "{answer:?}");
        if answer.status != 202 {
            answer.problem(answer.status.as_u16(), answer.json()["code"].as_str().unwrap());
        }
    });
}

/// One bound, the operator's: 60 seconds to 30 days as shipped.
#[tokio::test]
async fn a_life_is_within_the_operators_bounds() {
    let stack = Stack::with_people().await;
    let live = |ttl: u64| {
        stack.post(
            "/v1/messages",
            &stack.anna,
            json!({"to": BERT, "text": "Hi", "service": "im", "ttl": ttl}),
        )
    };
    let month = 30 * 24 * 3600;
    for ttl in [60, 3600, month] {
        assert_eq!(live(ttl).await.status.as_u16(), 202, "{ttl}");
    }
    for ttl in [1, month + 1, u64::MAX] {
        let told = live(ttl).await.problem(422, "life_out_of_bounds");
        assert_eq!(
            told["detail"],
            "A message lives 60 to 2592000 seconds. Give a `ttl` or an `expires_at` within that."
        );
    }
    live(0).await.problem(422, "expires_in_the_past");
}

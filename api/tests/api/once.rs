//! One key, one message (I6), and pages of a list.

use crate::stack::{Answer, BERT, Stack, request};
use axum::http::Method;
use serde_json::{Value, json};

async fn send(stack: &Stack, token: &str, key: &str, text: &str) -> Answer {
    let body = json!({"to": BERT, "text": text, "service": "im"});
    let mut request = request(Method::POST, "/v1/messages", token, Some(body));
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    stack.call(request).await
}

#[tokio::test]
async fn the_same_key_and_body_bring_the_same_message() {
    let stack = Stack::with_people().await;
    let first = send(&stack, &stack.anna, "7c1d", "Hi").await;
    assert_eq!((first.status.as_u16(), first.header("idempotency-replayed")), (202, ""));
    let id = first.json()["id"].clone();
    assert_eq!(first.header("location"), format!("/v1/messages/{}", id.as_str().unwrap()));
    // The quoted form is the same key.
    for key in ["7c1d", "\"7c1d\""] {
        let again = send(&stack, &stack.anna, key, "Hi").await;
        assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (202, "true"));
        assert_eq!(again.json()["id"], id);
    }
    send(&stack, &stack.anna, "7c1d", "Ho").await.problem(422, "idempotency_key_reused");
    // Another sender's key of the same name is another key.
    assert_ne!(send(&stack, &stack.bert, "7c1d", "Hi").await.json()["id"], id);
    let one = |list: &Value| list["data"].as_array().is_some_and(|lines| lines.len() == 1);
    stack.until("/v1/messages", &stack.anna, one).await;
}

#[tokio::test]
async fn a_key_has_a_form() {
    let stack = Stack::with_people().await;
    let long = "k".repeat(256);
    for key in ["", "\"\"", "a\"b", long.as_str()] {
        send(&stack, &stack.anna, key, "Hi").await.problem(400, "invalid_idempotency_key");
    }
    send(&stack, &stack.anna, &"k".repeat(255), "Hi").await.ok();
}

#[tokio::test]
async fn twenty_at_once_with_one_key_make_one_message() {
    let stack = std::sync::Arc::new(Stack::with_people().await);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let stack = std::sync::Arc::clone(&stack);
            tokio::spawn(async move { send(&stack, &stack.anna, "race", "Hi").await })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    let mut fresh = 0;
    for task in tasks {
        let mut answer = task.await.unwrap();
        // Whoever came while the first was not answered yet comes again.
        while answer.status == 409 {
            assert_eq!(answer.header("retry-after"), "1");
            answer.problem(409, "idempotency_key_in_flight");
            answer = send(&stack, &stack.anna, "race", "Hi").await;
        }
        assert_eq!(answer.status, 202, "{answer:?}");
        fresh += usize::from(answer.header("idempotency-replayed").is_empty());
        ids.insert(answer.json()["id"].as_str().unwrap().to_owned());
    }
    assert_eq!((ids.len(), fresh), (1, 1));
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let stack = Stack::with_people().await;
    let mut sent = Vec::new();
    for n in 0..5 {
        sent.push(stack.chat(&format!("message {n}")).await);
    }
    sent.reverse();
    stack.until("/v1/messages", &stack.anna, |list| list["data"].as_array().unwrap().len() == 5).await;
    let (mut path, mut seen) = ("/v1/messages?limit=2".to_owned(), Vec::new());
    loop {
        let page = stack.get(&path, &stack.anna).await.ok();
        seen.extend(
            page["data"].as_array().unwrap().iter().map(|message| message["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!(page["has_more"], false);
            break;
        };
        path = format!("/v1/messages?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, sent, "newest first");
}

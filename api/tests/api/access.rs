//! Who may do what: each operation of the OpenAPI document without a token, with the wrong kind of token, and with
//! somebody else's id. Taken from the document, so that none is forgotten.

use crate::stack::spec::{Operation, operations};
use crate::stack::{ADMIN, ANNA, Stack, request};
use axum::http::Method;
use serde_json::{Value, json};

/// Something that the operation would take, so that only the token can be at fault.
fn body_for(operation: &Operation) -> Option<Value> {
    let has_body = [Method::POST, Method::PUT].contains(&operation.method) && operation.id != "cancelMessage";
    has_body.then(|| match operation.id.as_str() {
        "chooseService" => json!({"service": "im"}),
        "createReceipt" => json!({"disposition": "delivered", "device": "phone"}),
        _ => json!({}),
    })
}

#[tokio::test]
async fn without_a_token_nothing_is_done() {
    let stack = Stack::with_people().await;
    for operation in operations().iter().filter(|operation| operation.wants_token) {
        let path = operation.path_with("x");
        for token in ["", "guessed", "a b"] {
            let answer =
                stack.call(request(operation.method.clone(), &path, token, body_for(operation))).await;
            answer.problem(401, "unauthorized");
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{}", operation.id);
        }
    }
}

#[tokio::test]
async fn the_operators_endpoints_are_the_operators() {
    let stack = Stack::with_people().await;
    let theirs = operations().into_iter().filter(|operation| operation.path.starts_with("/v1/admin"));
    for operation in theirs {
        let path = operation.path_with("x");
        stack
            .call(request(operation.method.clone(), &path, &stack.anna, body_for(&operation)))
            .await
            .problem(403, "forbidden");
    }
}

#[tokio::test]
async fn somebody_elses_message_is_like_none() {
    let stack = Stack::with_people().await;
    let body = json!({"addresses": ["+46703333333"], "payer": "family"});
    stack.put("/v1/admin/subscribers/cleo", body).await;
    let cleo = stack.token(json!({"name": "Cleo", "subscriber": "cleo"})).await;
    let id = stack.chat("for Bert only").await;
    let swept: Vec<_> = operations()
        .into_iter()
        .filter(|operation| operation.path.starts_with("/v1/messages/{id}"))
        .collect();
    assert_eq!(swept.len(), 5);
    for operation in swept {
        let mut told = Vec::new();
        for id in [id.as_str(), "msg_00000000000000000000000000", "msg_nonsense"] {
            let path = operation.path_with(id);
            let answer =
                stack.call(request(operation.method.clone(), &path, &cleo, body_for(&operation))).await;
            told.push(answer.problem(404, "not_found"));
        }
        assert!(told.windows(2).all(|two| two[0] == two[1]), "{} tells them apart", operation.id);
    }
    let message = stack.get(&format!("/v1/messages/{id}"), &stack.anna).await.ok();
    assert_eq!(message["id"], id);
}

#[tokio::test]
async fn lists_hold_what_is_ones_own_and_the_operator_sees_all() {
    let stack = Stack::with_people().await;
    let id = stack.chat("hello").await;
    let one = |list: &Value| list["data"].as_array().is_some_and(|lines| lines.len() == 1);
    for (path, token) in [
        ("/v1/messages", &*stack.anna),
        ("/v1/messages?subscriber=anna", &*stack.anna),
        ("/v1/messages", ADMIN),
        ("/v1/messages?subscriber=anna", ADMIN),
    ] {
        assert_eq!(stack.until(path, token, one).await["data"][0]["id"], id);
    }
    assert_eq!(stack.get("/v1/messages", &stack.bert).await.ok()["data"], json!([]));
    assert_eq!(stack.get("/v1/messages?subscriber=bert", ADMIN).await.ok()["data"], json!([]));
    stack.get("/v1/messages?subscriber=anna", &stack.bert).await.problem(403, "forbidden");
    stack.get("/v1/conversations", ADMIN).await.problem(422, "invalid_request");
    stack.until("/v1/conversations?subscriber=anna", ADMIN, one).await;
    // What has not reached Bert is not his yet.
    assert_eq!(stack.get("/v1/conversations?subscriber=bert", ADMIN).await.ok()["data"], json!([]));
}

#[tokio::test]
async fn the_sender_is_who_the_token_says() {
    let stack = Stack::with_people().await;
    let body = |from: &str| json!({"to": ANNA, "from": from, "text": "it is me", "service": "im"});
    stack.post("/v1/messages", &stack.bert, body(ANNA)).await.problem(403, "from_not_allowed");
    let sent = stack.post("/v1/messages", &stack.bert, body("+46702222222")).await.ok();
    assert_eq!(sent["from"], "+46702222222");
    stack
        .post("/v1/messages", ADMIN, json!({"to": ANNA, "text": "hello"}))
        .await
        .problem(403, "admin_cannot_send");
    let receipt = json!({"disposition": "delivered", "device": "phone"});
    let path = format!("/v1/messages/{}/receipts", sent["id"].as_str().unwrap());
    // Not even the sender may say that it arrived.
    stack.post(&path, &stack.bert, receipt.clone()).await.problem(404, "not_found");
    stack.post(&path, ADMIN, receipt).await.problem(403, "forbidden");
    let stream = stack.call(request(Method::GET, "/v1/events/stream?device=phone", ADMIN, None)).await;
    stream.problem(403, "forbidden");
}

#[tokio::test]
async fn the_sender_sees_no_more_of_the_recipient_than_the_recipient_shows() {
    let stack = Stack::with_people().await;
    let id = stack.chat("are you there?").await;
    let path = format!("/v1/messages/{id}/trace");
    let (seen, whole) = (stack.get(&path, &stack.anna).await.ok(), stack.get(&path, ADMIN).await.ok());
    let facts = |trace: &Value| trace["decisions"][0]["facts"]["recipient"].clone();
    assert_eq!((facts(&seen), facts(&whole)["status"].clone()), (Value::Null, json!("offline")));
    assert!(facts(&whole)["since"].is_string());
    assert!(!seen.to_string().contains(facts(&whole)["since"].as_str().unwrap()));
}

//! The load client as an honest witness.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod desk;

use desk::PATIENCE;
use switchback_testkit::journal::{self, Journal};
use switchback_testkit::load::{Config, Load, Order, Said};

#[test]
fn what_stays_unclear_is_sent_again_with_the_same_key_and_body() {
    let (server, asked) = desk::open();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("client.jsonl");
    let config = Config { server, connections: 1, per_second: None, run: "r1".to_owned() };
    let order = |n: u64| {
        (n < 1).then(|| Order {
            token: "secret".to_owned(),
            to: "+46701".to_owned(),
            text: "\"quoted\" text".to_owned(),
            more: ",\"service\":\"sms\"".to_owned(),
            class: "plain",
        })
    };
    let load = Load::start(config, Journal::create(&path).unwrap(), order).unwrap();
    let first = asked.recv_timeout(PATIENCE).unwrap();
    let (key, body) = (first.header("idempotency-key").unwrap().to_owned(), first.body.clone());
    assert_eq!(key, "\"r1-0\"");
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(json["text"], "\"quoted\" text");
    assert_eq!(json["service"], "sms");
    first.cut();
    for status in [409, 503, 202] {
        let again = asked.recv_timeout(PATIENCE).unwrap();
        assert_eq!((again.header("idempotency-key"), &again.body), (Some(key.as_str()), &body));
        again.answer(status, r#"{"id":"msg_7","status":"sending"}"#);
    }
    let progress = load.finish().unwrap();
    assert_eq!((progress.begun, progress.accepted, progress.refused, progress.repeats), (1, 1, 0, 3));
    let mut said = Vec::new();
    journal::read(&path, |line: Said| said.push(line)).unwrap();
    assert!(matches!(&said[0], Said::Intent { n: 0, class, .. } if class == "plain"));
    assert!(matches!(&said[1], Said::Unclear { n: 0, .. }));
    assert!(matches!(&said[2], Said::Answer { n: 0, status: 202, id: Some(id), .. } if id == "msg_7"));
}

//! App devices as a server meets them.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod desk;

use desk::{Asked, PATIENCE};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};
use switchback_testkit::device::{Config, Device, Fleet};
use switchback_testkit::journal::Journal;

fn device(fleet: &Fleet, server: std::net::SocketAddr, script: &str) -> Device {
    fleet.add(Config {
        server,
        token: "secret".to_owned(),
        name: "anna-phone".to_owned(),
        script: script.parse().unwrap(),
        online: true,
        away: Duration::from_millis(50),
    })
}

fn next(asked: &Receiver<Asked>) -> Asked {
    asked.recv_timeout(PATIENCE).expect("a request")
}

const INCOMING: &str = "id: 41\nevent: message.incoming\ndata: {\"type\":\"message.incoming\",\"message\":\"msg_1\",\"data\":{\"from\":\"+46701\",\"text\":\"Hej\"}}\n\n";

#[test]
fn a_device_shows_a_message_once_and_says_so() {
    let (server, asked) = desk::open();
    let fleet = Fleet::start(Journal::none()).unwrap();
    let device = device(&fleet, server, "");
    let mut stream = next(&asked);
    assert_eq!(stream.line, "GET /v1/events/stream?device=anna-phone HTTP/1.1");
    assert_eq!(stream.header("authorization"), Some("Bearer secret"));
    stream.start_stream();
    stream.event(INCOMING);
    stream.event(INCOMING);
    for _ in 0..2 {
        let receipt = next(&asked);
        assert_eq!(receipt.line, "POST /v1/messages/msg_1/receipts HTTP/1.1");
        assert_eq!(receipt.body, r#"{"device":"anna-phone","disposition":"delivered"}"#);
        receipt.answer(204, "");
    }
    let texts: Vec<_> = device.inbox().into_iter().map(|shown| shown.text).collect();
    assert_eq!(texts, ["Hej"]);
}

#[test]
fn a_receipt_that_found_no_server_is_posted_again_after_a_reconnect_by_last_event_id() {
    let (server, asked) = desk::open();
    let fleet = Fleet::start(Journal::none()).unwrap();
    let _device = device(&fleet, server, "");
    let mut stream = next(&asked);
    stream.start_stream();
    stream.event(INCOMING);
    let receipt = next(&asked);
    stream.cut();
    receipt.cut();
    let (mut stream, mut receipt) = (None, None);
    while stream.is_none() || receipt.is_none() {
        let mut again = next(&asked);
        if again.line.starts_with("GET") {
            assert_eq!(again.header("last-event-id"), Some("41"));
            again.start_stream();
            stream = Some(again);
        } else {
            receipt = Some(again);
        }
    }
    receipt.unwrap().answer(204, "");
}

#[test]
fn going_offline_closes_the_stream_and_coming_back_opens_it() {
    let (server, asked) = desk::open();
    let fleet = Fleet::start(Journal::none()).unwrap();
    let device = device(&fleet, server, "no-receipt");
    let mut stream = next(&asked);
    stream.start_stream();
    stream.event(INCOMING);
    let end = Instant::now() + PATIENCE;
    while device.inbox().is_empty() {
        assert!(Instant::now() < end);
        std::thread::yield_now();
    }
    device.set_online(false);
    while device.is_connected() {
        assert!(Instant::now() < end);
        std::thread::yield_now();
    }
    device.set_online(true);
    assert!(next(&asked).line.starts_with("GET"), "a device with no-receipt posts none");
}

#[test]
fn devices_misbehave_as_the_script_says() {
    for (script, wanted) in [("receipt-twice", vec!["delivered"; 2]), ("displayed-only", vec!["displayed"])] {
        let (server, asked) = desk::open();
        let fleet = Fleet::start(Journal::none()).unwrap();
        let _device = device(&fleet, server, script);
        let mut stream = next(&asked);
        stream.start_stream();
        stream.event(INCOMING);
        for disposition in wanted {
            let receipt = next(&asked);
            assert!(receipt.body.contains(disposition), "{script}: {}", receipt.body);
            receipt.answer(204, "");
        }
    }
}

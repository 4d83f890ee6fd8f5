//! Requests that are lost, requests that come again, connections that end.

use crate::desk::{Desk, PATIENCE, message};
use std::time::{Duration, Instant};
use switchback_testkit::handset::{Config, Failure, Handset, SendOptions, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wire_sip::{Incoming, Method, PING, PONG};

#[tokio::test]
async fn a_request_is_sent_until_it_is_answered() {
    let mut desk = Desk::open(Wire::Udp).await;
    let handset = desk.handset("").await;
    let (sent, ()) =
        tokio::join!(handset.send("sip:+46701@example.net", "Hej", SendOptions::default()), async {
            let first = desk.asked(Method::Message).await;
            for _ in 0..2 {
                assert_eq!(desk.asked(Method::Message).await.octets(), first.octets());
            }
            desk.answer(&first, 202).await;
        });
    assert_eq!(sent.unwrap().answer.status, 202);
}

#[tokio::test]
async fn a_request_is_given_up() {
    let desk = Desk::open(Wire::Udp).await;
    let t1 = Duration::from_millis(5);
    let handset = Handset::start(Config { t1, ..desk.config() }).await.unwrap();
    let began = Instant::now();
    assert_eq!(handset.register().await.unwrap_err(), Failure::NoAnswer);
    assert!(began.elapsed() >= t1 * 64, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_request_that_comes_again_is_answered_as_before_and_shown_once() {
    let mut desk = Desk::open(Wire::Udp).await;
    let handset = desk.handset("no-imdn").await;
    desk.register(&handset).await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        desk.send(&handset.contact().unwrap(), "m1", 1).await;
        answers.push(desk.next().await.octets().clone());
    }
    assert!(answers[0].starts_with(b"SIP/2.0 200 OK\r\n"), "{answers:?}");
    assert!(answers[0] == answers[1] && answers[1] == answers[2], "{answers:?}");
    let inbox = handset.inbox();
    assert_eq!((inbox.texts(), inbox.messages[0].came, inbox.counts.absorbed), (vec!["Hej"], 3, 2));
}

#[tokio::test]
async fn a_message_that_comes_by_another_request_is_taken_and_not_shown_again() {
    let mut desk = Desk::open(Wire::Udp).await;
    let handset = desk.handset("no-imdn").await;
    desk.register(&handset).await;
    for nth in [1, 2] {
        desk.send(&handset.contact().unwrap(), "m1", nth).await;
        assert_eq!(desk.answered().await, 200);
    }
    let inbox = handset.inbox();
    assert_eq!((inbox.texts(), inbox.counts.shown, inbox.counts.again), (vec!["Hej"], 1, 1));
    assert_eq!(inbox.messages.iter().map(|message| message.shown).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn a_stream_carries_both_ways_and_is_kept_alive() {
    let mut desk = Desk::open(Wire::Tcp).await;
    let handset = desk.handset("no-imdn").await;
    desk.register(&handset).await;
    let (kept, ()) = tokio::join!(handset.keep_alive(), async {
        assert!(matches!(desk.next_incoming().await, Incoming::Pong), "the first half");
        assert!(matches!(desk.next_incoming().await, Incoming::Ping));
        desk.write(PONG).await;
    });
    kept.unwrap();
    // Two messages and a ping in one segment.
    let contact = handset.contact().unwrap();
    let both = [message(&contact, "m1", 1), message(&contact, "m2", 1)].concat();
    desk.write(&[both.as_bytes(), PING].concat()).await;
    assert_eq!([desk.answered().await, desk.answered().await], [200, 200]);
    assert!(matches!(desk.next_incoming().await, Incoming::Pong));
    assert_eq!(handset.inbox().texts(), ["Hej", "Hej"]);
}

#[tokio::test]
async fn a_keep_alive_over_udp_waits_for_nobody() {
    let mut desk = Desk::open(Wire::Udp).await;
    let handset = desk.handset("").await;
    handset.keep_alive().await.unwrap();
    assert_eq!(desk.octets().await, PING);
}

#[tokio::test]
async fn a_stream_that_ends_is_told_at_once_and_opened_again_by_the_next_registration() {
    let mut desk = Desk::open(Wire::Tcp).await;
    let handset = desk.handset("").await;
    desk.register(&handset).await;
    let (sent, ()) =
        tokio::join!(handset.send("sip:+46701@example.net", "Hej", SendOptions::default()), async {
            desk.asked(Method::Message).await;
            desk.cut();
        });
    assert_eq!(sent.unwrap_err(), Failure::Closed);
    timeout(PATIENCE, handset.disconnected()).await.unwrap();
    assert!(!handset.is_connected());
    let (registered, ()) = tokio::join!(handset.register(), async {
        let request = desk.asked(Method::Register).await;
        desk.answer(&request, 200).await;
    });
    assert_eq!(registered.unwrap().answer.status, 200);
    assert!(handset.is_connected());
}

#[tokio::test]
async fn who_is_cut_off_says_so() {
    let desk = Desk::open(Wire::Udp).await;
    let handset = desk.handset("").await;
    handset.cut();
    let sent = handset.send("sip:+46701@example.net", "Hej", SendOptions::default()).await;
    assert_eq!(sent.unwrap_err(), Failure::Closed);
    assert!(handset.contact().is_none() && !handset.is_connected());
}

#[tokio::test]
async fn what_is_no_sip_is_counted() {
    let mut desk = Desk::open(Wire::Udp).await;
    let handset = desk.handset("").await;
    desk.register(&handset).await;
    desk.write(b"SIP/2.0 200 OK\nVia: SIP/2.0/UDP h\n\n").await;
    desk.send(&handset.contact().unwrap(), "m1", 1).await;
    assert_eq!(desk.answered().await, 200);
    assert_eq!(handset.unreadable(), 1);
}

#[tokio::test]
async fn a_handset_on_udp_takes_what_is_too_large_for_it_by_tcp() {
    let mut desk = Desk::open(Wire::Udp).await;
    let script = "no-imdn".parse().unwrap();
    let config = Config { takes_streams: true, script, ..desk.config() };
    let handset = Handset::start(config).await.unwrap();
    desk.register(&handset).await;
    let mut stream = TcpStream::connect(handset.address().unwrap()).await.unwrap();
    let request = message(&handset.contact().unwrap(), "m1", 1).replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 14];
    timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"SIP/2.0 200 OK");
    let inbox = handset.inbox();
    assert_eq!((inbox.texts(), inbox.messages[0].wire), (vec!["Hej"], Wire::Tcp));
    // The connection and the socket are one flow: what is dead is dead for both.
    handset.go_dead();
    let again = message(&handset.contact().unwrap(), "m2", 1);
    stream.write_all(&[again.as_bytes(), PING].concat()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    let rest = String::from_utf8(rest).unwrap();
    assert!(!rest.contains("SIP/2.0 200") && !rest.ends_with("\r\n\r\n\r\n"), "{rest}");
    assert_eq!(handset.inbox().messages.len(), 1);
}

#[tokio::test]
async fn a_dead_stream_answers_no_ping() {
    let mut desk = Desk::open(Wire::Tcp).await;
    let handset = desk.handset("").await;
    desk.register(&handset).await;
    handset.go_dead();
    assert_eq!(handset.keep_alive().await, Err(Failure::NoAnswer));
    desk.write(PING).await;
    desk.finish().await;
    timeout(PATIENCE, handset.disconnected()).await.unwrap();
    let (registered, ()) = tokio::join!(handset.register(), async {
        assert!(desk.accept().await.is_empty(), "no pong came by the old one");
        let request = desk.asked(Method::Register).await;
        desk.answer(&request, 200).await;
    });
    assert_eq!(registered.unwrap().answer.status, 200);
}

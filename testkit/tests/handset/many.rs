//! A crowd on few sockets, and a handset that keeps itself registered.

use crate::desk::{Desk, PATIENCE, message};
use std::time::Duration;
use switchback_testkit::handset::{Config, Crowd, Handset, Wire};
use tokio::time::timeout;
use wire_sip::{Incoming, Method};

#[tokio::test]
async fn a_crowd_shares_sockets_and_everybody_gets_their_own() {
    let mut desk = Desk::open(Wire::Udp).await;
    let people = (0..200).map(|nth| {
        let number = format!("+4670{nth:04}");
        let config = Config::of(&number, "secret", "example.net", desk.address());
        Config { script: "no-imdn".parse().unwrap(), ..config }
    });
    let crowd = Crowd::start(people, 2).await.unwrap();
    let mut addresses: Vec<_> = crowd.handsets.iter().filter_map(Handset::address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 2);
    let (roll, ()) = tokio::join!(crowd.register(50), async {
        let mut answered = std::collections::HashSet::new();
        while answered.len() < 200 {
            let request = desk.asked(Method::Register).await;
            answered.insert(request.call_id().to_vec());
            desk.answer(&request, if answered.len() > 150 { 403 } else { 200 }).await;
        }
    });
    assert_eq!((roll.registered, roll.refused, roll.unanswered), (150, 50, 0));
    for (nth, handset) in crowd.handsets.iter().enumerate() {
        let contact = handset.contact().unwrap();
        desk.write_to(message(&contact, &format!("m{nth}"), 1).as_bytes(), handset.address().unwrap()).await;
        assert_eq!(desk.answered().await, 200);
    }
    for (nth, handset) in crowd.handsets.iter().enumerate() {
        let inbox = handset.inbox();
        assert_eq!(inbox.texts(), ["Hej"]);
        assert_eq!(inbox.messages[0].imdn_id, Some(format!("m{nth}")));
    }
}

#[tokio::test]
async fn one_of_a_crowd_roams_and_leaves_the_socket_to_the_others() {
    let mut desk = Desk::open(Wire::Udp).await;
    let config = desk.config();
    let crowd = Crowd::start([config.clone(), config.clone().device(2)], 1).await.unwrap();
    let [one, other] = [&crowd.handsets[0], &crowd.handsets[1]];
    let shared = other.address().unwrap();
    let (roamed, ()) = tokio::join!(one.roam(), async {
        let request = desk.asked(Method::Register).await;
        desk.answer(&request, 200).await;
    });
    assert_eq!(roamed.unwrap().answer.status, 200);
    assert_ne!(one.address().unwrap(), shared);
    let contact = other.contact().unwrap();
    desk.write_to(message(&contact, "m1", 1).as_bytes(), shared).await;
    assert_eq!(desk.answered().await, 200);
    assert_eq!((one.inbox().texts().len(), other.inbox().texts().len()), (0, 1));
}

#[tokio::test]
async fn who_stays_registered_comes_back_by_itself() {
    let mut desk = Desk::open(Wire::Tcp).await;
    let config = Config { t1: Duration::from_millis(5), ..desk.config() };
    let handset = Handset::start(config).await.unwrap();
    let staying = handset.clone();
    let staying = tokio::spawn(async move { staying.stay_registered().await });
    // Refused, it asks again; cut off, it connects again.
    for status in [500, 200, 200] {
        let request = loop {
            match timeout(PATIENCE, desk.next_incoming()).await.unwrap() {
                Incoming::Message(request) => break request,
                Incoming::Ping | Incoming::Pong => {}
                other @ Incoming::Refused(_) => panic!("{other:?}"),
            }
        };
        assert_eq!(request.method(), Method::Register);
        desk.answer(&request, status).await;
        if status == 200 {
            desk.cut();
        }
    }
    staying.abort();
}

//! Everything that goes wrong at a handset, once each, as its script names it.

use crate::desk::Desk;
use std::time::Duration;
use switchback_testkit::handset::{Config, Failure, Handset, Misbehaviour, Script, Ticks, Wire, word_of};
use switchback_testkit::script::BadScript;
use wire_cpim::{Cpim, Imdn};
use wire_sip::{Incoming, Message, Method};

/// What a notification says, about which message.
fn says(notification: &Message) -> (String, String) {
    let cpim = Cpim::parse(notification.body()).unwrap();
    let imdn = Imdn::parse(&cpim.content.body).unwrap();
    (imdn.message_id, word_of(imdn.disposition).to_owned())
}

fn said(message_id: &str, word: &str) -> (String, String) {
    (message_id.to_owned(), word.to_owned())
}

/// A desk, and a handset that it sent Anna's message "m1".
async fn told(script: &str) -> (Desk, Handset) {
    let mut desk = Desk::open(Wire::Udp).await;
    let handset = desk.handset(script).await;
    desk.register(&handset).await;
    desk.send(&handset.contact().unwrap(), "m1", 1).await;
    (desk, handset)
}

/// Answers an OPTIONS of the handset: whatever else it had to say before, it said.
async fn nothing_more_comes(desk: &mut Desk, handset: &Handset) {
    let (answer, ()) = tokio::join!(handset.options("sip:example.net", ""), async {
        let request = desk.asked(Method::Options).await;
        desk.answer(&request, 200).await;
    });
    assert_eq!(answer.unwrap().status, 200);
}

#[tokio::test]
async fn an_honest_handset_answers_and_notifies() {
    let (mut desk, handset) = told("").await;
    assert_eq!(desk.answered().await, 200);
    let notification = desk.asked(Method::Message).await;
    assert_eq!(says(&notification), said("m1", "delivered"));
    let header = |name: &str| notification.values(name).next().map(<[u8]>::to_vec);
    assert_eq!(notification.request_uri().unwrap().as_bytes(), b"sip:+46701@example.net");
    assert_eq!(header("Conversation-ID").as_deref(), Some(&b"conv-1"[..]));
    assert_eq!(header("Contribution-ID").as_deref(), Some(&b"cont-1"[..]));
    desk.answer(&notification, 200).await;
    nothing_more_comes(&mut desk, &handset).await;
    assert_eq!(handset.inbox().texts(), ["Hej"]);
}

#[tokio::test]
async fn no_imdn() {
    let (mut desk, handset) = told("no-imdn").await;
    assert_eq!(desk.answered().await, 200);
    nothing_more_comes(&mut desk, &handset).await;
    assert_eq!(handset.inbox().texts(), ["Hej"]);
}

#[tokio::test]
async fn imdn_before_answer() {
    let (mut desk, handset) = told("imdn-before-answer").await;
    let notification = desk.asked(Method::Message).await;
    assert_eq!(says(&notification), said("m1", "delivered"));
    assert_eq!(handset.inbox().messages[0].status, None);
    desk.answer(&notification, 200).await;
    assert_eq!(desk.answered().await, 200);
}

#[tokio::test]
async fn imdn_twice() {
    let (mut desk, handset) = told("imdn-twice").await;
    assert_eq!(desk.answered().await, 200);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let notification = desk.asked(Method::Message).await;
        assert_eq!(says(&notification), said("m1", "delivered"));
        ids.push((notification.call_id().to_vec(), notification.via().branch().unwrap().to_vec()));
        desk.answer(&notification, 200).await;
    }
    assert_ne!(ids[0], ids[1], "two requests, no retransmission");
    nothing_more_comes(&mut desk, &handset).await;
}

#[tokio::test]
async fn displayed_only() {
    let (mut desk, handset) = told("displayed-only").await;
    assert_eq!(desk.answered().await, 200);
    let notification = desk.asked(Method::Message).await;
    assert_eq!(says(&notification), said("m1", "displayed"));
    desk.answer(&notification, 200).await;
    nothing_more_comes(&mut desk, &handset).await;
}

#[tokio::test]
async fn refusals_show_nothing_and_tell_nobody() {
    for (script, status) in [("busy", 486), ("unavailable", 480), ("declined", 603)] {
        let (mut desk, handset) = told(script).await;
        assert_eq!(desk.answered().await, status, "{script}");
        nothing_more_comes(&mut desk, &handset).await;
        let inbox = handset.inbox();
        assert!(inbox.texts().is_empty() && inbox.counts.refused == 1, "{script}: {inbox:?}");
        assert_eq!(inbox.messages[0].status, Some(status));
    }
}

#[tokio::test]
async fn silent_after_provisional() {
    let (mut desk, handset) = told("silent-after-provisional").await;
    assert_eq!(desk.answered().await, 100);
    desk.send(&handset.contact().unwrap(), "m1", 1).await;
    assert_eq!(desk.answered().await, 100, "to a retransmission too");
    nothing_more_comes(&mut desk, &handset).await;
    let inbox = handset.inbox();
    assert!(inbox.texts().is_empty() && inbox.messages[0].came == 2, "{inbox:?}");
}

#[tokio::test]
async fn flow_dead() {
    let (mut desk, handset) = told("flow-dead").await;
    let old = handset.address().unwrap();
    // The second one finds it dead for certain: datagrams of one socket come in order.
    desk.send(&handset.contact().unwrap(), "m2", 1).await;
    let asked = tokio::time::timeout(Duration::from_secs(5), async {
        while !matches!(handset.keep_alive().await, Err(Failure::NoAnswer)) {}
    });
    asked.await.unwrap();
    assert!(handset.inbox().messages.is_empty() && handset.is_connected());
    // No REGISTER came before this one, and it comes from elsewhere.
    handset.set_script(Script::default());
    let (registered, ()) = tokio::join!(handset.register(), async {
        let mut request = desk.next_incoming().await;
        while matches!(request, Incoming::Ping | Incoming::Pong) {
            request = desk.next_incoming().await;
        }
        let Incoming::Message(request) = request else { panic!("{request:?}") };
        assert_eq!(request.method(), Method::Register);
        desk.answer(&request, 200).await;
    });
    assert_eq!(registered.unwrap().answer.status, 200);
    assert_ne!(handset.address().unwrap(), old);
}

#[tokio::test]
async fn moves() {
    let (mut desk, handset) = told("moves").await;
    let registration = desk.asked(Method::Register).await;
    let contact = handset.contact().unwrap();
    let told = registration.values("Contact").next().unwrap();
    assert!(told.starts_with(format!("<{contact}>").as_bytes()));
    desk.answer(&registration, 200).await;
    let notification = desk.asked(Method::Message).await;
    assert_eq!(says(&notification), said("m1", "delivered"));
    desk.answer(&notification, 200).await;
    let inbox = handset.inbox();
    assert_eq!((inbox.texts(), inbox.messages[0].status), (vec!["Hej"], None));
    // What is sent once more, to where it is now, is answered and not shown again.
    handset.set_script(Script::default());
    desk.send(&contact, "m1", 2).await;
    assert_eq!(desk.answered().await, 200);
    assert_eq!(handset.inbox().texts(), ["Hej"]);
    assert_eq!(handset.inbox().counts.again, 1);
}

#[tokio::test]
async fn lf_only() {
    let (mut desk, _handset) = told("lf-only").await;
    let answer = desk.octets().await;
    assert!(answer.starts_with(b"SIP/2.0 200 OK\n") && !answer.contains(&b'\r'), "{answer:?}");
    let notification = desk.octets().await;
    let head = notification.windows(2).position(|window| window == b"\n\n").unwrap();
    assert!(notification.starts_with(b"MESSAGE ") && !notification[..head].contains(&b'\r'));
    let length = format!("Content-Length: {}", notification.len() - head - 2);
    assert!(notification[..head].ends_with(length.as_bytes()), "{notification:?}");
}

#[tokio::test]
async fn two_devices_of_which_the_second_declines() {
    let mut answers = Vec::new();
    for device in [1, 2] {
        let mut desk = Desk::open(Wire::Udp).await;
        let config = Config { script: "second-declines".parse().unwrap(), ..desk.config() };
        let handset = Handset::start(config.device(device)).await.unwrap();
        desk.register(&handset).await;
        desk.send(&handset.contact().unwrap(), "m1", device).await;
        answers.push((desk.answered().await, handset.config().instance.clone()));
    }
    assert_eq!([answers[0].0, answers[1].0], [200, 603]);
    assert_ne!(answers[0].1, answers[1].1, "two devices");
}

#[tokio::test]
async fn misbehaviours_are_combined_and_chosen_by_sender() {
    let mut desk = Desk::open(Wire::Udp).await;
    let script = "imdn-twice@+46701,imdn-before-answer,busy@+4799".parse().unwrap();
    let handset = Handset::start(Config { script, ticks: Ticks::Displayed, ..desk.config() }).await.unwrap();
    desk.register(&handset).await;
    desk.send(&handset.contact().unwrap(), "m1", 1).await;
    for word in ["delivered", "delivered", "displayed", "displayed"] {
        let notification = desk.asked(Method::Message).await;
        assert_eq!(says(&notification), said("m1", word));
        desk.answer(&notification, 200).await;
    }
    assert_eq!(desk.answered().await, 200);
}

#[test]
fn scripts_have_every_name_and_no_other() {
    assert_eq!(Misbehaviour::NAMES.len(), 12);
    for (name, misbehaviour, what) in Misbehaviour::NAMES {
        let script: Script = format!("{name}:20@+46").parse().unwrap();
        assert_eq!((script.rules[0].misbehaviour, script.rules[0].per_mille), (*misbehaviour, 20));
        assert!(!what.is_empty());
    }
    let unknown = "bussy".parse::<Script>().unwrap_err();
    assert_eq!(unknown, BadScript::UnknownName("bussy".to_owned()));
    assert_eq!(unknown.to_string(), "no misbehaviour is called `bussy`");
    assert_eq!("busy:often".parse::<Script>(), Err(BadScript::BadRate("often".to_owned())));
}

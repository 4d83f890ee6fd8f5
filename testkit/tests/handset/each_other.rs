//! Two handsets talk to each other; what is between them only passes octets on.

use crate::desk::relay;
use switchback_testkit::handset::{Config, Handset, SendOptions, Ticks, word_of};

async fn pair(beats: Config) -> (Handset, Handset) {
    let (server, join) = relay().await;
    let anna = Handset::start(Config::of("+46701", "secret", "example.net", server)).await.unwrap();
    let beat = Handset::start(Config { server, ..beats }).await.unwrap();
    join(anna.address().unwrap(), beat.address().unwrap());
    (anna, beat)
}

fn beats() -> Config {
    Config::of("+46702", "secret", "example.net", Config::default().server)
}

#[tokio::test]
async fn a_message_is_shown_once_and_ticked_in_order() {
    let (anna, beat) = pair(Config { ticks: Ticks::Displayed, ..beats() }).await;
    let options = SendOptions { imdn_id: Some("m1".to_owned()), ..SendOptions::default() };
    let sent = anna.send("sip:+46702@example.net", "Grüezi", options).await.unwrap();
    assert_eq!((sent.answer.status, sent.imdn_id.as_str()), (200, "m1"));
    let inbox = beat.wait_for(|inbox| inbox.texts() == ["Grüezi"]).await.unwrap();
    let shown = &inbox.messages[0];
    assert_eq!((shown.from.as_str(), shown.to.as_str()), (anna.aor(), "sip:+46702@example.net"));
    assert_eq!(shown.conversation, sent.conversation);
    assert_eq!((shown.came, shown.status), (1, Some(200)));
    let inbox = anna.wait_for(|inbox| inbox.notifications.len() == 2).await.unwrap();
    assert_eq!(inbox.ticks("m1").into_iter().map(word_of).collect::<Vec<_>>(), ["delivered", "displayed"]);
    assert_eq!(inbox.notifications[0].recipient.as_deref(), Some(beat.aor()));
    let told = beat.wait_for(|inbox| inbox.told.len() == 2).await.unwrap().told;
    assert!(told.iter().all(|told| told.status == Some(200)), "{told:?}");
}

#[tokio::test]
async fn a_message_is_displayed_when_somebody_says_so() {
    let (anna, beat) = pair(Config { ticks: Ticks::Never, ..beats() }).await;
    let sent = anna.send("sip:+46702@example.net", "Hej", SendOptions::default()).await.unwrap();
    beat.wait_for(|inbox| inbox.texts() == ["Hej"]).await.unwrap();
    assert_eq!(beat.display(&sent.imdn_id).await.unwrap().status, 200);
    let inbox = anna.wait_for(|inbox| inbox.counts.notified == 1).await.unwrap();
    assert_eq!(inbox.ticks(&sent.imdn_id).into_iter().map(word_of).collect::<Vec<_>>(), ["displayed"]);
}

#[tokio::test]
async fn a_plain_text_asks_for_nothing_and_gets_nothing() {
    let (anna, beat) = pair(beats()).await;
    let sent = anna.send("sip:+46702@example.net", "Hej", SendOptions::plain()).await.unwrap();
    assert_eq!(sent.answer.status, 200);
    let inbox = beat.wait_for(|inbox| inbox.texts() == ["Hej"]).await.unwrap();
    assert!(!inbox.messages[0].cpim && inbox.messages[0].content_type == "text/plain;charset=UTF-8");
    // What would have been told would have come before the answer to this.
    assert_eq!(anna.options("sip:+46702@example.net", "").await.unwrap().status, 200);
    assert_eq!(anna.inbox().counts.notified, 0);
}

#[tokio::test]
async fn options_tells_what_a_handset_can() {
    let (anna, beat) = pair(beats()).await;
    let answer = anna.options("sip:+46702@example.net", "").await.unwrap();
    assert_eq!((answer.status, answer.header("allow").as_deref()), (200, Some("MESSAGE, OPTIONS")));
    let contact = answer.header("Contact").unwrap();
    assert!(contact.starts_with(&format!("<{}>", beat.contact().unwrap())), "{contact}");
    assert!(
        contact.contains(r#"+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg""#),
        "{contact}"
    );
}

#[tokio::test]
async fn a_message_waits_for_its_answer_by_hand() {
    let (anna, beat) = pair(Config { answers_by_hand: true, ..beats() }).await;
    let (sent, ()) =
        tokio::join!(anna.send("sip:+46702@example.net", "Hej", SendOptions::default()), async {
            let inbox = beat.wait_for(|inbox| inbox.messages.len() == 1).await.unwrap();
            assert!(inbox.texts().is_empty() && inbox.messages[0].status.is_none());
            beat.answer(&inbox.messages[0], 202).await;
        });
    let sent = sent.unwrap();
    assert_eq!(sent.answer.status, 202);
    assert_eq!(beat.inbox().texts(), ["Hej"]);
    anna.wait_for(|inbox| inbox.ticks(&sent.imdn_id).len() == 1).await.unwrap();
}

//! Somebody is typing: seen by who is there, and by nobody afterwards.

use crate::scene::{Scene, uri};
use switchback_core::model::Status;
use switchback_ports::{Intake, MessageFilter};
use switchback_testkit::handset::SendOptions;

const TYPE: &str = "application/im-iscomposing+xml";
const TYPING: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state></isComposing>";

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_seen_by_who_is_there_and_leaves_nothing() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let typing = |cpim: bool| SendOptions {
        cpim,
        body: Some((TYPE.to_owned(), TYPING.as_bytes().to_vec())),
        ..SendOptions::default()
    };
    let sent = anna.send(&uri("bo"), "", typing(false)).await.unwrap();
    assert_eq!(sent.answer.status, 202, "whether he is there is his own affair");
    assert_eq!(sent.answer.header("X-Switchback-Message-ID"), None);
    let bo = scene.phone(scene.config("bo")).await;
    for (n, cpim) in [(1, false), (2, true)] {
        assert_eq!(anna.send(&uri("bo"), "", typing(cpim)).await.unwrap().answer.status, 202);
        let inbox = bo.wait_for(|inbox| inbox.messages.len() == n).await.unwrap();
        let seen = &inbox.messages[n - 1];
        assert_eq!((seen.content_type.as_str(), seen.text.as_str()), (TYPE, TYPING));
        assert!(seen.from.contains("+46701111111"), "{}", seen.from);
    }
    let all = scene.engine.messages(MessageFilter::default(), None, 10).await.unwrap().unwrap();
    assert!(all.lines.is_empty(), "{all:?}");
    let sent = anna.send(&uri("bo"), "what I typed", SendOptions::default()).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
    let spoofed = SendOptions { from: Some(uri("bo")), ..typing(false) };
    assert_eq!(anna.send(&uri("bo"), "", spoofed).await.unwrap().answer.status, 403);
    assert_eq!(bo.inbox().messages.len(), 3);
}

//! Notifications as clients in the field send them: compressed, and without an envelope.

use crate::scene::{Scene, uri};
use miniz_oxide::deflate::compress_to_vec_zlib;
use switchback_core::model::Status;
use switchback_testkit::handset::{SendOptions, Sent};

const TICKED: &str = "<status><delivered/></status></delivery-notification>";

fn document(message: &str, told: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>{message}\
         </message-id><datetime>2026-11-23T12:28:58Z</datetime>{told}</imdn>"
    )
}

fn bare(content_type: &str, encoding: Option<&str>, body: Vec<u8>) -> SendOptions {
    let encoding = encoding.map(|encoding| ("Content-Encoding".to_owned(), encoding.to_owned()));
    let headers = encoding.into_iter().collect();
    SendOptions { headers, body: Some((content_type.to_owned(), body)), ..SendOptions::plain() }
}

/// What was accepted of Bo's: a notification is none of it.
fn made_a_message(sent: &Sent) -> bool {
    sent.answer.header("X-Switchback-Message-ID").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_notification_is_a_notification() {
    let scene = Scene::new().await;
    let (anna, bo) = (scene.phone(scene.config("anna")).await, scene.phone(scene.config("bo")).await);
    bo.set_script("no-imdn".parse().unwrap());
    let sent = anna.send(&uri("bo"), "hello", SendOptions::default()).await.unwrap();
    bo.wait_for(|inbox| inbox.texts() == ["hello"]).await.unwrap();
    let document = document(&sent.imdn_id, &format!("<delivery-notification>{TICKED}"));
    let envelope = format!(
        "From: <{bo}>\r\nTo: <{anna}>\r\nDateTime: 2026-11-23T12:28:58Z\r\n\r\nContent-Disposition: notification\r\n\
         Content-Type: message/imdn+xml\r\nContent-Length: {}\r\n\r\n{document}",
        document.len(),
        bo = uri("bo"),
        anna = uri("anna"),
    );
    let octets = compress_to_vec_zlib(envelope.as_bytes(), 6);
    let told = bo.send(&uri("anna"), "", bare("message/cpim", Some("deflate"), octets)).await.unwrap();
    assert_eq!((told.answer.status, made_a_message(&told)), (200, false));
    scene.until(&sent, Status::Delivered).await;
    let id = sent.imdn_id.clone();
    anna.wait_for(|inbox| inbox.ticks(&id).len() == 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_without_an_envelope_names_the_request_and_is_no_message() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let mut config = scene.config("bo");
    config.cpm = false;
    let bo = scene.phone(config).await;
    let sent = anna.send(&uri("bo"), "hello", SendOptions::default()).await.unwrap();
    let inbox = bo.wait_for(|inbox| inbox.texts() == ["hello"]).await.unwrap();
    let call_id = String::from_utf8(inbox.messages[0].message.call_id().to_vec()).unwrap();
    let shown = "<display-notification><status><displayed/></status></display-notification>";
    let octets = document(&call_id, shown).into_bytes();
    let told = bo.send(&uri("anna"), "", bare("message/imdn+xml", None, octets)).await.unwrap();
    assert_eq!((told.answer.status, made_a_message(&told)), (200, false));
    scene.until(&sent, Status::Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_undone_is_refused_with_what_can() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let zlib = |octets: &[u8]| compress_to_vec_zlib(octets, 6);
    for (encoding, octets, status) in [
        ("gzip", zlib(b"hello"), 415),
        ("deflate, deflate", zlib(&zlib(b"hello")), 415),
        ("deflate", b"hello".to_vec(), 400),
        ("deflate", zlib(&vec![b'a'; 1 << 20]), 413),
        ("deflate", zlib(b"hello"), 202),
        ("identity", b"hello".to_vec(), 202),
    ] {
        let sent = anna.send(&uri("bo"), "", bare("text/plain", Some(encoding), octets)).await.unwrap();
        assert_eq!(sent.answer.status, status, "{encoding}: {:?}", sent.answer.message);
        let accepted = sent.answer.header("Accept-Encoding");
        assert_eq!(accepted.as_deref(), (status == 415).then_some("deflate"));
    }
}

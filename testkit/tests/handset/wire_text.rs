//! What a handset writes, to the letter. What is new each time stands in braces.

use crate::desk::Desk;
use switchback_testkit::handset::{Config, Handset, SendOptions, Wire};
use wire_sip::{Message, Method};

/// With what is new each time replaced by its name.
fn text(message: &Message, handset: &Handset) -> String {
    let text = String::from_utf8(message.octets().to_vec()).unwrap();
    let contact = handset.contact().unwrap();
    let user = contact.strip_prefix("sip:").unwrap().split('@').next().unwrap();
    let lossy = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let (branch, tag) = (lossy(message.via().branch().unwrap()), lossy(message.from_tag().unwrap()));
    let named = [
        (user.to_owned(), "{contact}"),
        (handset.address().unwrap().to_string(), "{address}"),
        (branch, "{branch}"),
        (tag, "{tag}"),
        (lossy(message.call_id()), "{call-id}"),
    ];
    named.into_iter().fold(text, |text, (new, name)| text.replace(&new, name)).replace("\r\n", "\n")
}

#[tokio::test]
async fn a_register() {
    let mut desk = Desk::open(Wire::Udp).await;
    let handset = desk.handset("").await;
    let (registered, request) = tokio::join!(handset.register(), async {
        let request = desk.asked(Method::Register).await;
        desk.answer(&request, 200).await;
        request
    });
    assert_eq!(registered.unwrap().answer.status, 200);
    let expected = r#"REGISTER sip:example.net SIP/2.0
Via: SIP/2.0/UDP {address};branch={branch};rport
Max-Forwards: 70
From: <sip:+46702@example.net>;tag={tag}
To: <sip:+46702@example.net>
Call-ID: {call-id}
CSeq: 1 REGISTER
Contact: <sip:{contact}@{address};transport=udp>;+sip.instance="<urn:uuid:011de693-e0b4-4db5-8c27-0bd699c0aa1e>";reg-id=1;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg";expires=3600
Supported: path, outbound, gruu
Allow: MESSAGE, OPTIONS
Content-Length: 0

"#;
    assert_eq!(text(&request, &handset), expected);
}

#[tokio::test]
async fn a_message_in_its_envelope() {
    let mut desk = Desk::open(Wire::Tcp).await;
    let handset = Handset::start(Config { wire: Wire::Tcp, ..desk.config() }).await.unwrap();
    let word = |word: &str| Some(word.to_owned());
    let options = SendOptions {
        imdn_id: word("m1"),
        conversation: word("conv-1"),
        contribution: word("cont-1"),
        expires: Some(86_400),
        service: word("sms"),
        date_time: word("2026-03-03T08:00:00.000Z"),
        headers: vec![("P-Preferred-Identity".to_owned(), "<sip:+46702@example.net>".to_owned())],
        ..SendOptions::default()
    };
    let (sent, request) = tokio::join!(handset.send("tel:+46701", "Grüezi", options), async {
        let request = desk.asked(Method::Message).await;
        desk.answer_with(&request, 202, |writer| writer.header("X-Switchback-Message-ID", b"msg_1")).await;
        request
    });
    let answer = sent.unwrap().answer;
    assert_eq!((answer.status, answer.header("x-switchback-message-id").as_deref()), (202, Some("msg_1")));
    let expected = r#"MESSAGE tel:+46701;service=sms SIP/2.0
Via: SIP/2.0/TCP {address};branch={branch};rport
Max-Forwards: 70
From: <sip:+46702@example.net>;tag={tag}
To: <tel:+46701>
Call-ID: {call-id}
CSeq: 1 MESSAGE
Accept-Contact: *;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg"
P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg
Conversation-ID: conv-1
Contribution-ID: cont-1
Expires: 86400
P-Preferred-Identity: <sip:+46702@example.net>
Content-Type: message/cpim
Content-Length: 302

From: <sip:+46702@example.net>
To: <tel:+46701>
DateTime: 2026-03-03T08:00:00.000Z
NS: imdn <urn:ietf:params:imdn>
imdn.Message-ID: m1
imdn.Disposition-Notification: positive-delivery, negative-delivery, display, interworking

Content-Type: text/plain;charset=UTF-8
Content-Length: 7

Grüezi"#;
    assert_eq!(text(&request, &handset), expected);
}

#[tokio::test]
async fn what_would_be_two_messages_is_none() {
    let desk = Desk::open(Wire::Udp).await;
    let handset = desk.handset("").await;
    let smuggled = SendOptions {
        headers: vec![("Subject".to_owned(), "a\r\nX-Evil: b".to_owned())],
        ..SendOptions::default()
    };
    let sent = handset.send("sip:+46701@example.net", "Hej", smuggled).await;
    assert_eq!(sent.unwrap_err(), switchback_testkit::handset::Failure::Unwritable);
}

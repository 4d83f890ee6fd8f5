//! Clients that give their messages no id: what they repeat because they were asked who they are becomes one message,
//! over crashes too, and what they say twice becomes two.

use crate::scene::{DOMAIN, Scene, number, uri};
use bytes::BytesMut;
use switchback_testkit::handset::{self, Handset};
use wire_sip::digest::{Algorithm, Answer, Asker, Challenge, Ha1};
use wire_sip::{HeaderName, Method, StatusCode, Writer};

/// Anna's client, which writes its requests itself: all of one call.
struct Client<'a> {
    handset: &'a Handset,
    cseq: u32,
    branches: u32,
    /// The answer that asked it last, and how often that was answered.
    asked: Option<(handset::Answer, u32)>,
}

impl<'a> Client<'a> {
    const fn new(handset: &'a Handset) -> Self {
        Self { handset, cseq: 0, branches: 0, asked: None }
    }

    /// The next request with this text, and its branch.
    fn request(&mut self, text: &str) -> (Vec<u8>, String) {
        (self.cseq, self.branches) = (self.cseq + 1, self.branches + 1);
        let (branch, to) = (format!("z9hG4bKplain{}", self.branches), uri("bo"));
        let mut out = BytesMut::new();
        let mut request = Writer::request(&mut out, Method::Message, to.as_bytes());
        let via = format!("SIP/2.0/UDP {};branch={branch};rport", self.handset.address().unwrap());
        request.header(HeaderName::Via, via.as_bytes());
        request.number(HeaderName::MaxForwards, 70);
        request.header(HeaderName::From, format!("<sip:{}@{DOMAIN}>;tag=plain", number("anna")).as_bytes());
        request.header(HeaderName::To, format!("<{to}>").as_bytes());
        request.header(HeaderName::CallId, b"one-call-for-all");
        request.header(HeaderName::CSeq, format!("{} MESSAGE", self.cseq).as_bytes());
        request.header(HeaderName::ContentType, b"text/plain");
        if let Some((asked, count)) = &mut self.asked {
            let challenge = Challenge::best(&asked.message, Asker::Proxy, &[Algorithm::Sha256]).unwrap();
            *count += 1;
            let ha1 = Ha1::of(Algorithm::Sha256, b"anna", &challenge.realm, b"correct horse");
            let answer = Answer {
                username: b"anna",
                ha1: &ha1,
                count: *count,
                chance: [7; 8],
                method: Method::Message,
                uri: to.as_bytes(),
                body: text.as_bytes(),
            };
            challenge.authorize(&mut request, Asker::Proxy, &answer);
        }
        request.finish(text.as_bytes()).unwrap();
        (out.into(), branch)
    }

    /// Sends it: what the server answers.
    async fn ask(&self, (octets, branch): &(Vec<u8>, String)) -> handset::Answer {
        self.handset.ask(octets, branch).await.unwrap()
    }

    /// Answers challenges until the request was taken; gives the message's id, and the request that was taken.
    async fn send(&mut self, text: &str) -> (String, (Vec<u8>, String)) {
        loop {
            let request = self.request(text);
            let answer = self.ask(&request).await;
            match answer.message.status() {
                Some(StatusCode::ACCEPTED) => {
                    return (answer.header("X-Switchback-Message-ID").unwrap(), request);
                }
                Some(StatusCode::PROXY_AUTHENTICATION_REQUIRED) => self.asked = Some((answer, 0)),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_answer_was_lost_in_a_crash_is_one_message_however_often_it_is_challenged() {
    let mut scene = Scene::with_keys().await;
    let handset = Handset::start(scene.config("anna")).await.unwrap();
    let bo = scene.phone(scene.config("bo")).await;
    let mut anna = Client::new(&handset);
    let (id, mut taken) = anna.send("hello").await;
    for _ in 0..3 {
        scene = scene.crash().await;
        // It has no answer: it repeats the request as it was, and is asked who it is.
        let answer = anna.ask(&taken).await;
        assert_eq!(answer.status, 407);
        anna.asked = Some((answer, 0));
        let again;
        (again, taken) = anna.send("hello").await;
        assert_eq!(again, id);
    }
    let (other, _) = anna.send("the last").await;
    assert_ne!(other, id);
    let inbox = bo.wait_for(|inbox| inbox.texts().contains(&"the last")).await.unwrap();
    assert_eq!(inbox.texts(), ["hello", "the last"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_text_said_twice_in_one_call_is_two_messages() {
    let mut scene = Scene::with_keys().await;
    let handset = Handset::start(scene.config("anna")).await.unwrap();
    let bo = scene.phone(scene.config("bo")).await;
    let mut anna = Client::new(&handset);
    let mut ids = vec![anna.send("ok").await.0];
    // By the login that it has, asked anew for it, by one that a crash made worthless, and as at the beginning.
    ids.push(anna.send("ok").await.0);
    anna.asked = None;
    ids.push(anna.send("ok").await.0);
    scene = scene.crash().await;
    ids.push(anna.send("ok").await.0);
    anna.asked = None;
    ids.push(anna.send("ok").await.0);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
    bo.wait_for(|inbox| inbox.texts() == ["ok"; 5]).await.unwrap();
    drop(scene);
}

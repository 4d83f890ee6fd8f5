//! Who sends is known from the credential alone (I18): every way to pretend to be somebody else is tried.

use crate::scene::{DOMAIN, Scene, number, uri};
use std::net::SocketAddr;
use std::time::Duration;
use switchback_im::sip::{Budget, Listen, Wire};
use switchback_testkit::handset::{Handset, SendOptions};
use wire_sip::HeaderName;
use wire_sip::digest::Algorithm;

/// 5 names in From x 4 in P-Preferred-Identity x 2 in P-Asserted-Identity x 5 in the CPIM From: 200 messages of Anna
/// that claim to be Bo's, somebody's or nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_s_name_is_ever_shown() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    let (own, other) = (uri("anna"), uri("bo"));
    let (tel, nobody) = (format!("tel:{}", number("bo")), "sip:anonymous@anonymous.invalid".to_owned());
    let stranger = "sip:+46799999999@example.org".to_owned();
    let everybody = [&own, &other, &tel, &nobody, &stranger];
    let (mut tried, mut passed) = (0, 0);
    for from in everybody {
        for preferred in [None, Some(&own), Some(&other), Some(&stranger)] {
            for asserted in [None, Some(&other)] {
                for cpim_from in everybody {
                    let identity = |name: &str, uri: Option<&String>| {
                        uri.map(|uri| (name.to_owned(), format!("<{uri}>")))
                    };
                    let headers = [
                        identity("P-Preferred-Identity", preferred),
                        identity("P-Asserted-Identity", asserted),
                    ];
                    let options = SendOptions {
                        from: Some(from.clone()),
                        cpim_from: Some(cpim_from.clone()),
                        headers: headers.into_iter().flatten().collect(),
                        ..SendOptions::default()
                    };
                    let sent = anna.send(&uri("bo"), &format!("{tried}"), options).await.unwrap();
                    tried += 1;
                    let claims = preferred.unwrap_or(from);
                    let honest = *claims == own || *claims == nobody;
                    assert_eq!(sent.answer.status, if honest { 202 } else { 403 }, "{from} {preferred:?}");
                    passed += usize::from(honest);
                }
            }
        }
    }
    assert_eq!(tried, 200);
    let inbox = bo.wait_for(|inbox| inbox.texts().len() == passed).await.unwrap();
    for message in &inbox.messages {
        let shown = [&message.from, message.asserted.as_ref().unwrap(), message.cpim_from.as_ref().unwrap()];
        assert!(shown.iter().all(|name| name.contains(&number("anna"))), "{shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_an_unknown_user_and_an_unwanted_algorithm_are_told_the_same() {
    let scene = Scene::new().await;
    let mut wrong = scene.config("anna");
    wrong.password = "battery staple".into();
    let mut unknown = scene.config("anna");
    unknown.user = "mallory".into();
    let mut old = scene.config("anna");
    old.algorithms = vec![Algorithm::Md5];
    for config in [wrong, unknown, old] {
        let handset = Handset::start(config).await.unwrap();
        assert_eq!(handset.register().await.unwrap().answer.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_heard_is_worth_nothing_to_who_sends_it_again() {
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    let sent = anna.send(&uri("bo"), "hello", SendOptions::default()).await.unwrap();
    bo.wait_for(|inbox| inbox.texts().len() == 1).await.unwrap();
    // Another transaction with the same credentials: asked again, and told that only the nonce is used up.
    let text = String::from_utf8(sent.answer.request.clone()).unwrap();
    let branch = text.split("branch=").nth(1).unwrap().split([';', '\r']).next().unwrap();
    let call = text.split("Call-ID: ").nth(1).unwrap().split('\r').next().unwrap();
    let again = text.replace(branch, "z9hG4bKreplayed").replace(call, "another-call");
    let answer = anna.ask(again.as_bytes(), "z9hG4bKreplayed").await.unwrap();
    assert_eq!(answer.status, 407);
    assert!(answer.header("Proxy-Authenticate").unwrap().contains("stale=true"));
    assert_eq!(bo.inbox().texts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_s_address_is_not_registered_and_strangers_are_not_served() {
    let scene = Scene::new().await;
    let mut config = scene.config("anna");
    config.aor = uri("bo");
    let anna = Handset::start(config).await.unwrap();
    assert_eq!(anna.register().await.unwrap().answer.status, 403);
    let anna = scene.phone(scene.config("anna")).await;
    let out = format!("sip:somebody@else.{DOMAIN}");
    let sent = anna.send(&out, "relay this", SendOptions::default()).await.unwrap();
    assert_eq!(sent.answer.status, 404, "no open relay");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_guessing_is_slowed_and_nobody_beside_him_is() {
    let scene = Scene::with(|options| {
        options.logins = Budget { failures: 3, window: Duration::from_secs(60) };
    })
    .await;
    let mut statuses = Vec::new();
    for guess in ["anna", "mallory", "anna", "mallory", "anna"] {
        let mut config = scene.config("anna");
        (config.user, config.password) = (guess.into(), "battery staple".into());
        let guesser = Handset::start(config).await.unwrap();
        statuses.push(guesser.register().await.unwrap().answer);
    }
    assert_eq!(statuses.iter().map(|answer| answer.status).collect::<Vec<_>>(), [401, 401, 401, 503, 503]);
    assert_eq!(statuses[3].header("Retry-After").unwrap(), "20", "for an unknown user");
    assert_eq!(statuses[4].header("Retry-After").unwrap(), "40", "and a wrong password alike");
    let counters = scene.server.counters();
    assert_eq!((counters.logins_failed(), counters.logins_slowed()), (5, 2));
    // From the same address, in the same moment: the right password is never held up.
    let anna = scene.phone(scene.config("anna")).await;
    let bo = scene.phone(scene.config("bo")).await;
    anna.send(&uri("bo"), "hello", SendOptions::default()).await.unwrap();
    bo.wait_for(|inbox| inbox.texts() == ["hello"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_for_clients_that_know_nothing_better_asks_for_md5_alone() {
    let socket = Listen { wire: Wire::Udp, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
    let scene = Scene::with(|options| {
        options.md5 = true;
        options.listen_md5 = vec![socket];
    })
    .await;
    let of_the_best = scene.address(Wire::Udp);
    let of_md5 = scene.server.addresses().last().unwrap().1;
    for (server, asked) in [(of_the_best, vec!["SHA-256", "MD5"]), (of_md5, vec!["MD5"])] {
        let mut config = scene.config("anna");
        (config.server, config.algorithms) = (server, Vec::new());
        let answer = Handset::start(config).await.unwrap().register().await.unwrap().answer;
        let challenges = answer.message.values(HeaderName::WwwAuthenticate);
        let challenges: Vec<_> = challenges.map(String::from_utf8_lossy).collect();
        assert_eq!((answer.status, challenges.len()), (401, asked.len()), "{challenges:?}");
        for (challenge, algorithm) in challenges.iter().zip(asked) {
            assert!(challenge.contains(&format!("algorithm={algorithm},")), "{challenge}");
        }
    }
}

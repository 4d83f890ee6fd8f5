//! Behind a proxy: what a peer whose word is taken may say, what nobody else may; Path and Service-Route; and clients
//! whose own addresses mean nothing here.

use crate::scene::{DOMAIN, Scene, number, uri};
use std::net::{IpAddr, Ipv4Addr};
use switchback_core::model::{Message, MessageId, Status};
use switchback_im::sip::ServiceRoute;
use switchback_testkit::handset::{Answer, Handset, SendOptions};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A request as a proxy passes it on, `headers` and body as they are.
async fn pass_on(by: &Handset, first: &str, headers: &str, body: &str) -> Answer {
    let method = first.split(' ').next().unwrap();
    let branch = format!("z9hG4bK{:x}", number_of(&format!("{headers}{body}")));
    let request = format!(
        "{first} SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.8.7:5099;branch={branch};rport\r\n\
         Via: SIP/2.0/UDP 10.1.1.1:5060;branch=z9hG4bKphone\r\nMax-Forwards: 69\r\nCall-ID: {branch}\r\n\
         CSeq: 7 {method}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    by.ask(request.as_bytes(), &branch).await.unwrap()
}

/// Another number for other headers.
fn number_of(of: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// Bo, registered by somebody else, reached through the proxy.
fn registration(proxy: &Handset) -> String {
    let port = proxy.address().unwrap().port();
    format!(
        "From: <sip:scscf@{DOMAIN}>;tag=s\r\nTo: <{}>\r\nContact: <sip:bo@10.1.1.1:5060>;expires=600\r\n\
         Path: <sip:edge@127.0.0.1:{port};lr;ob>, <sip:far.example.net;lr>\r\nSupported: path\r\n",
        uri("bo")
    )
}

/// A message of Anna to Bo, as her home network vouches for it.
fn message(asserted: &str) -> String {
    format!(
        "From: \"whoever\" <sip:somebody@ims.example.org>;tag=m\r\nTo: <{0}>\r\nContent-Type: text/plain\r\n\
         P-Asserted-Identity: <{asserted}>\r\n",
        uri("bo")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_peer_registers_others_and_says_who_sends() {
    let scene = Scene::with(|options| {
        options.trusted = vec![LOCALHOST];
        options.service_route = ServiceRoute::parse("<sip:proxy.example.net;lr>");
    })
    .await;
    let proxy = Handset::start(scene.config("anna")).await.unwrap();
    let answer = pass_on(&proxy, &format!("REGISTER sip:{DOMAIN}"), &registration(&proxy), "").await;
    assert_eq!(answer.status, 200, "no password is asked for");
    assert_eq!(answer.header("Service-Route").as_deref(), Some("<sip:proxy.example.net;lr>"));
    assert!(answer.header("Path").unwrap().starts_with("<sip:edge@127.0.0.1:"), "as RFC 3327 5.3 wants it");
    // The number is hers, the other identity is nobody's; the From is not looked at.
    let identities = format!("sip:nobody@ims.example.org>, <tel:{}", number("anna"));
    let answer = pass_on(&proxy, &format!("MESSAGE {}", uri("bo")), &message(&identities), "hello").await;
    assert_eq!(answer.status, 202);
    let inbox = proxy.wait_for(|inbox| inbox.texts() == ["hello"]).await.unwrap();
    let got = &inbox.messages[0];
    assert_eq!(got.target, "sip:bo@10.1.1.1:5060", "the contact is the target, the path is the way");
    assert!(got.routes[0].contains("sip:edge@127.0.0.1") && got.routes[1].contains("far.example.net"));
    assert!(got.asserted.as_ref().unwrap().contains(&number("anna")), "{:?}", got.asserted);
    let stranger = message("sip:stranger@ims.example.org");
    let answer = pass_on(&proxy, &format!("MESSAGE {}", uri("bo")), &stranger, "hello").await;
    assert_eq!(answer.status, 403, "nobody here has that identity");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_sender_is_comes_from_a_trusted_peer_alone() {
    let wifi = "P-Access-Network-Info: IEEE-802.11ac;i-wlan-node-id=00FF00AA11BB\r\n";
    let cell = "utran-cell-id-3gpp=5200112340ABCDEF";
    for (headers, origin) in [
        (String::new(), "home"),
        (wifi.to_owned(), "wifi"),
        (format!("P-Access-Network-Info: 3GPP-E-UTRAN-FDD;{cell}\r\n"), "52001"),
        (format!("{wifi}Cellular-Network-Info: 3GPP-E-UTRAN-FDD;{cell};cell-info-age=3\r\n"), "wifi@52001"),
        (format!("{wifi}P-Access-Network-Info: 3GPP-GERAN;cgi-3gpp=31001200AA00BB;np\r\n"), "310012"),
        ("P-Access-Network-Info: 3GPP-NR-FDD;utran-cell-id-3gpp=nonsense\r\n".to_owned(), "home"),
        ("P-Access-Network-Info: ADSL;dsl-location=\"x\"\r\n".to_owned(), "home"),
    ] {
        let scene = Scene::with(|options| options.trusted = vec![LOCALHOST]).await;
        let proxy = Handset::start(scene.config("anna")).await.unwrap();
        let headers = message(&uri("anna")) + &headers;
        let sent = pass_on(&proxy, &format!("MESSAGE {}", uri("bo")), &headers, "hello").await;
        let id = MessageId::parse(&sent.header("X-Switchback-Message-ID").unwrap()).unwrap();
        assert_eq!(scene.look(id).originator.origin.to_string(), origin, "{headers}");
    }
    let scene = Scene::new().await;
    let anna = scene.phone(scene.config("anna")).await;
    let headers = vec![("P-Access-Network-Info".to_owned(), "IEEE-802.11".to_owned())];
    let sent =
        anna.send(&uri("bo"), "hello", SendOptions { headers, ..SendOptions::default() }).await.unwrap();
    assert_eq!(scene.message(&sent).originator.origin.to_string(), "home", "it says so of itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_else_is_asked_for_a_password_whatever_it_asserts() {
    let scene = Scene::new().await;
    let bo = scene.phone(scene.config("bo")).await;
    let mallory = Handset::start(scene.config("anna")).await.unwrap();
    let asserted = format!("{}P-Asserted-Identity: <{}>\r\n", registration(&mallory), uri("bo"));
    let answer = pass_on(&mallory, &format!("REGISTER sip:{DOMAIN}"), &asserted, "").await;
    assert_eq!(answer.status, 401);
    let answer = pass_on(&mallory, &format!("MESSAGE {}", uri("bo")), &message(&uri("anna")), "hello").await;
    assert_eq!(answer.status, 407);
    // And who has a password is who the password says.
    let anna = scene.phone(scene.config("anna")).await;
    let headers = vec![("P-Asserted-Identity".to_owned(), format!("<{}>", uri("bo")))];
    let options = SendOptions { headers, ..SendOptions::default() };
    let sent = anna.send(&uri("bo"), "it is me", options).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
    assert!(bo.inbox().messages[0].from.contains(&number("anna")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_behind_nat_is_answered_and_reached_where_it_came_from() {
    let scene = Scene::with(|options| options.trusted = vec![LOCALHOST]).await;
    let bo = Handset::start(scene.config("bo")).await.unwrap();
    // Via and Contact name a network that nobody here can reach.
    let headers = format!(
        "From: <{0}>;tag=n\r\nTo: <{0}>\r\nContact: <sip:bo@10.1.1.1:5060>;expires=600\r\n",
        uri("bo")
    );
    let answer = pass_on(&bo, &format!("REGISTER sip:{DOMAIN}"), &headers, "").await;
    let via = answer.header("Via").unwrap();
    let port = bo.address().unwrap().port();
    assert!(via.contains("10.9.8.7:5099") && via.contains("received=127.0.0.1"), "{via}");
    assert!(via.contains(&format!("rport={port}")), "{via}");
    let anna = Handset::start(scene.config("anna")).await.unwrap();
    let sent = pass_on(&anna, &format!("MESSAGE {}", uri("bo")), &message(&uri("anna")), "hello").await;
    assert_eq!(sent.status, 202);
    bo.wait_for(|inbox| inbox.texts() == ["hello"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_lost_one_flow_of_a_device_is_given_the_other() {
    let scene = Scene::with(|options| options.trusted = vec![LOCALHOST]).await;
    let mut config = scene.config("anna");
    config.answers_by_hand = true;
    let proxy = Handset::start(config).await.unwrap();
    for flow in 1..=2 {
        let headers = format!(
            "From: <sip:scscf@{DOMAIN}>;tag=s\r\nTo: <{}>\r\nPath: <sip:flow{flow}@127.0.0.1;lr;ob>\r\n\
             Contact: <sip:bo@10.1.1.{flow}>;expires=600;+sip.instance=\"<urn:uuid:1>\";reg-id={flow}\r\n\
             Supported: path, outbound\r\n",
            uri("bo")
        );
        let answer = pass_on(&proxy, &format!("REGISTER sip:{DOMAIN}"), &headers, "").await;
        assert_eq!((answer.status, answer.header("Require").as_deref()), (200, Some("outbound")));
    }
    let sent = pass_on(&proxy, &format!("MESSAGE {}", uri("bo")), &message(&uri("anna")), "hello").await;
    assert_eq!(sent.status, 202);
    for (n, status) in [(1, 430), (2, 200)] {
        let inbox = proxy.wait_for(|inbox| inbox.messages.len() == n).await.unwrap();
        let came = &inbox.messages[n - 1];
        assert!(came.target.starts_with(&format!("sip:bo@10.1.1.{n}")), "{}", came.target);
        assert!(came.routes[0].contains(&format!("sip:flow{n}@")), "{:?}", came.routes);
        proxy.answer(came, status).await;
    }
    let id = sent.header("X-Switchback-Message-ID").unwrap();
    let is_so = |message: &Message| message.status == Status::Delivered;
    scene.until_it(MessageId::parse(&id).unwrap(), "delivered", is_so).await;
}

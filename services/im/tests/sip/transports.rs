//! The same over every transport: streams, and frames for a browser.

use crate::scene::{DOMAIN, Scene, uri};
use futures_util::{SinkExt, StreamExt};
use std::net::{Ipv6Addr, SocketAddr};
use switchback_core::model::Status;
use switchback_im::sip::Wire;
use switchback_testkit::handset::{self, SendOptions};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

#[tokio::test(flavor = "multi_thread")]
async fn over_tcp_a_connection_is_the_way_back() {
    let scene = Scene::new().await;
    let tcp = |who: &str| {
        let mut config = scene.config(who);
        (config.wire, config.server) = (handset::Wire::Tcp, scene.address(Wire::Tcp));
        config
    };
    let anna = scene.phone(tcp("anna")).await;
    let bo = scene.phone(tcp("bo")).await;
    // Longer than a datagram may be: a stream carries it.
    let long = "a long message ".repeat(400);
    let sent = anna.send(&uri("bo"), &long, SendOptions::default()).await.unwrap();
    scene.until(&sent, Status::Delivered).await;
    assert_eq!(bo.inbox().texts(), [long.as_str()]);
    bo.cut();
    crate::scene::eventually("the connection's end is the device's", || scene.engine_devices("bo") == 0)
        .await;
    let sent = anna.send(&uri("bo"), "while away", SendOptions::default()).await.unwrap();
    bo.register().await.unwrap();
    scene.until(&sent, Status::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_ipv6_it_is_the_same() {
    let loopback = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
    let scene = Scene::with(|options| options.listen.iter_mut().for_each(|it| it.address = loopback)).await;
    for wire in [handset::Wire::Udp, handset::Wire::Tcp] {
        let config = |who: &str| {
            let mut config = scene.config(who);
            config.wire = wire;
            config.server = scene.address(if wire == handset::Wire::Udp { Wire::Udp } else { Wire::Tcp });
            config
        };
        let (anna, bo) = (scene.phone(config("anna")).await, scene.phone(config("bo")).await);
        let sent = anna.send(&uri("bo"), "hello", SendOptions::default()).await.unwrap();
        scene.until(&sent, Status::Delivered).await;
        assert_eq!(bo.inbox().texts(), ["hello"]);
        let via = bo.inbox().messages[0].message.via().host.address();
        assert_eq!(via, Some(Ipv6Addr::LOCALHOST.into()), "our Via has it in brackets");
        bo.unregister().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_speaks_in_frames_and_has_to_say_that_it_speaks_sip() {
    let scene = Scene::new().await;
    let address = scene.address(Wire::Ws);
    let connect = |subprotocol: Option<&'static str>| async move {
        let mut request = format!("ws://{address}/").into_client_request().unwrap();
        if let Some(subprotocol) = subprotocol {
            request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol.parse().unwrap());
        }
        let stream = TcpStream::connect(address).await.unwrap();
        tokio_tungstenite::client_async(request, stream).await
    };
    assert!(connect(None).await.is_err());
    let (mut socket, response) = connect(Some("sip")).await.unwrap();
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "sip");
    let request = format!(
        "OPTIONS sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKweb\r\n\
         Max-Forwards: 70\r\nFrom: <sip:anna@{DOMAIN}>;tag=w\r\nTo: <sip:{DOMAIN}>\r\nCall-ID: web\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send(Frame::text(request)).await.unwrap();
    let answer = socket.next().await.unwrap().unwrap().into_text().unwrap();
    assert!(answer.starts_with("SIP/2.0 200 OK\r\n") && answer.contains("Allow: REGISTER"), "{answer}");
    socket.send(Frame::text("\r\n\r\n")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap().as_str(), "\r\n", "a pong");
}

//! Kamailio 5.6 (Debian `kamailio`) as the proxy in front: Switchback sees it alone, and reaches the devices behind it
//! by the Path that they registered with.

use crate::linphone::Linphone;
use crate::program::{Program, find};
use crate::scene::{Scene, by_chat, ticks, uri};
use crate::server::wait_for;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use switchback_testkit::handset::{Config, Handset, SendOptions, Ticks, Wire};
use tempfile::TempDir;

/// What an operator would start with.
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/kamailio/kamailio.cfg");
const LISTEN: &str = "listen = [\"udp:127.0.0.1:0\"]";

struct Kamailio {
    address: SocketAddr,
    _program: Program,
    _home: TempDir,
}

impl Kamailio {
    /// In front of the scene's server, by UDP; `more` are arguments. Nothing when it is not installed.
    fn start(scene: &Scene, more: &[&str]) -> Option<Self> {
        let binary = find("kamailio", "kamailio")?;
        let home = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(binary);
        command.args(["-DD", "-E", "-m", "32", "-M", "4", "-f", CONFIG]);
        command.args(["-l", &format!("udp:{address}"), "-l", &format!("tcp:{address}")]);
        command.args(["--substdef", &format!("!SWITCHBACK!sip:{}!g", scene.address("udp", 0))]);
        command.arg("-w").arg(home.path()).arg("-Y").arg(home.path()).args(more);
        let program = Program::start("kamailio", &mut command);
        wait_for("kamailio", || TcpStream::connect(address).ok());
        Some(Self { address, _program: program, _home: home })
    }

    /// A CPM handset behind it.
    fn behind(&self, wire: Wire) -> impl FnOnce(&mut Config) {
        let server = self.address;
        move |config| (config.server, config.wire, config.cpm) = (server, wire, true)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_behind_kamailio_are_reached_and_their_passwords_pass_through_it() {
    let scene = Scene::new(LISTEN);
    let Some(kamailio) = Kamailio::start(&scene, &[]) else { return };
    let anna = scene.handset_with("anna", kamailio.behind(Wire::Udp)).await;
    let bo = scene
        .handset_with("bo", |config| {
            kamailio.behind(Wire::Tcp)(config);
            config.ticks = Ticks::Displayed;
        })
        .await;
    let sent = anna.send(&uri("bo"), "hello Bo", SendOptions::default()).await.unwrap();
    assert_eq!(sent.answer.status, 202, "{:?}", sent.answer.message);
    bo.wait_for(|inbox| inbox.texts() == ["hello Bo"]).await.unwrap();
    assert_eq!(ticks(&anna, &sent, 2).await, ["delivered", "displayed"]);

    bo.unregister().await.unwrap();
    let sent = anna.send(&uri("bo"), "while away", by_chat()).await.unwrap();
    assert_ne!(scene.message(&sent)["status"], "delivered");
    bo.register().await.unwrap();
    bo.wait_for(|inbox| inbox.texts() == ["hello Bo", "while away"]).await.unwrap();
    assert_eq!(ticks(&anna, &sent, 2).await, ["delivered", "displayed"]);

    let mut wrong = Config::of("anna", "battery staple", crate::scene::DOMAIN, kamailio.address);
    wrong.device = 2;
    let guest = Handset::start(wrong).await.unwrap();
    assert_eq!(guest.register().await.unwrap().answer.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_kamailio_vouches_for_who_sends_and_asks_for_the_passwords_itself() {
    let scene = Scene::new(&format!("trusted = [\"127.0.0.1\"]\n{LISTEN}"));
    let Some(kamailio) = Kamailio::start(&scene, &["-A", "ASSERTED"]) else { return };
    let anna = scene.handset_with("anna", kamailio.behind(Wire::Udp)).await;
    let bo = scene.handset_with("bo", kamailio.behind(Wire::Udp)).await;
    // What a device asserts of itself is worth nothing.
    let headers = vec![("P-Asserted-Identity".to_owned(), format!("<{}>", uri("bo")))];
    let sent = anna.send(&uri("bo"), "hello", SendOptions { headers, ..by_chat() }).await.unwrap();
    assert_eq!(sent.answer.status, 202, "{:?}", sent.answer.message);
    let inbox = bo.wait_for(|inbox| inbox.texts() == ["hello"]).await.unwrap();
    assert!(inbox.messages[0].asserted.as_ref().unwrap().contains(&uri("anna")), "{:?}", inbox.messages[0]);
    assert_eq!(ticks(&anna, &sent, 1).await, ["delivered"]);

    let mut wrong = Config::of("bo", "battery staple", crate::scene::DOMAIN, kamailio.address);
    wrong.device = 2;
    let guest = Handset::start(wrong).await.unwrap();
    assert_eq!(guest.register().await.unwrap().answer.status, 401);
    // The question came from Kamailio: Switchback has heard nothing of it.
    assert!(!scene.server.log().contains("failed logins"), "{}", scene.server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_behind_kamailio_sends_and_receives() {
    let scene = Scene::new(LISTEN);
    let Some(kamailio) = Kamailio::start(&scene, &[]) else { return };
    let Some(mut bo) = Linphone::with_password("bo", kamailio.address, "") else { return };
    bo.is_registered();
    let anna = scene.handset_with("anna", kamailio.behind(Wire::Udp)).await;
    let sent = anna.send(&uri("bo"), "hello Bo", SendOptions::default()).await.unwrap();
    bo.shows(&uri("anna"), "hello Bo");
    assert_eq!(ticks(&anna, &sent, 1).await, ["delivered"]);
    bo.send(&uri("anna"), "hello Anna");
    anna.wait_for(|inbox| inbox.texts() == ["hello Anna"]).await.unwrap();
    scene.until("message.delivered", 2).await;
}

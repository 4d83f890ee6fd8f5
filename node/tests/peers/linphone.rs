//! `linphonec`, the console client of Linphone (Debian `linphone-cli`).

use crate::program::{Program, find};
use crate::scene::{DOMAIN, Scene, by_chat, password, ticks, uri};
use std::net::SocketAddr;
use std::process::Command;
use switchback_testkit::handset::{SendOptions, Ticks};
use tempfile::TempDir;

const LISTEN: &str = "listen = [\"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\"]";
/// What makes it a CPM client: the tag in its Contact, and envelopes round its messages.
pub(crate) const CPM: &str = "contact_parameters=+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg\"\n\
                   [proxy_default_values]\ncpim_in_basic_chat_rooms_enabled=1\n\
                   [proxy_0_default_values]\ncpim_in_basic_chat_rooms_enabled=1\n";

/// MD5 of `bo:example.net:correct-horse-bo`, as `md5sum` has it: all that a client keeps that was set up long ago.
const MD5_OF_BO: &str = "9918962dfdd032be3237eb03dbedb0a9";

/// Linphone with a home of its own.
pub(crate) struct Linphone {
    pub(crate) program: Program,
    _home: TempDir,
}

impl Linphone {
    /// Somebody's; `server` is a URI, `secret` a line of its login, `more` ends its configuration. Nothing when it is not
    /// installed.
    pub(crate) fn start(who: &str, server: &str, secret: &str, more: &str) -> Option<Self> {
        let binary = find("linphonec", "linphone-cli")?;
        let home = tempfile::tempdir().unwrap();
        // Without a folder for its database it does not start.
        std::fs::create_dir_all(home.path().join(".local/share/linphone")).unwrap();
        let config = format!(
            "[sip]\nsip_port=-1\nsip_tcp_port=-1\nsip_tls_port=-1\ndefault_proxy=0\n\
             [auth_info_0]\nusername={who}\nrealm={DOMAIN}\ndomain={DOMAIN}\n{secret}\n\
             [proxy_0]\nreg_proxy=<{server}>\nreg_route=<{server};lr>\n\
             reg_identity=<{}>\nreg_expires=600\nreg_sendregister=1\npublish=0\n{more}",
            uri(who)
        );
        let file = home.path().join("linphonerc");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(binary);
        command.arg("-c").arg(&file).args(["-d", "6", "-l", "/dev/stdout"]).env("HOME", home.path());
        Some(Self { program: Program::start("linphonec", &mut command), _home: home })
    }

    /// By TCP, with the password, as a person would set it up.
    pub(crate) fn with_password(who: &str, server: SocketAddr, more: &str) -> Option<Self> {
        let server = format!("sip:{server};transport=tcp");
        Self::start(who, &server, &format!("passwd={}", password(who)), more)
    }

    pub(crate) fn is_registered(&self) {
        self.program.says("to [LinphoneRegistrationOk]");
    }

    pub(crate) fn shows(&self, from: &str, text: &str) {
        self.program.says(&format!("Message received from {from}: {text}"));
    }

    pub(crate) fn send(&mut self, to: &str, text: &str) {
        self.program.types(&format!("chat {to} {text}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_registers_by_sha_256_sends_and_receives() {
    let scene = Scene::new(LISTEN);
    let Some(mut bo) = Linphone::with_password("bo", scene.address("tcp", 0), "") else { return };
    bo.is_registered();
    assert!(bo.program.said().contains("algorithm=SHA-256, username=\"bo\""), "{}", bo.program.said());

    let anna = scene.handset("anna").await;
    let sent = anna.send(&uri("bo"), "hello Bo", SendOptions::default()).await.unwrap();
    assert_eq!(sent.answer.header("X-Switchback-Price").as_deref(), Some("0.03 EUR"));
    bo.shows(&uri("anna"), "hello Bo");
    assert_eq!(ticks(&anna, &sent, 1).await, ["delivered"]);
    assert_eq!(scene.message(&sent)["attempts"][0]["service"], "im");

    bo.send(&uri("anna"), "hello Anna");
    let inbox = anna.wait_for(|inbox| inbox.texts() == ["hello Anna"]).await.unwrap();
    assert!(inbox.messages[0].from.contains(&uri("bo")), "{}", inbox.messages[0].from);
    bo.program.says("from InProgress to Delivered");
    scene.until("message.delivered", 2).await;
    // It also told that it has the message, in its own way: that is no message to anybody.
    assert_eq!(scene.count("message.accepted"), 2, "{:?}", scene.events());
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_as_a_cpm_client_ticks_and_sees_ticks() {
    let scene = Scene::new(LISTEN);
    let Some(mut bo) = Linphone::with_password("bo", scene.address("tcp", 0), CPM) else { return };
    bo.is_registered();
    let anna = scene.handset_with("anna", |config| config.ticks = Ticks::Displayed).await;

    let sent = anna.send(&uri("bo"), "hello Bo", SendOptions::default()).await.unwrap();
    bo.shows(&uri("anna"), "hello Bo");
    // From a CPM client only its own notification is the word: here it is what Linphone said.
    assert_eq!(ticks(&anna, &sent, 1).await, ["delivered"]);

    bo.send(&uri("anna"), "hello Anna");
    anna.wait_for(|inbox| inbox.texts() == ["hello Anna"]).await.unwrap();
    bo.program.says("to DeliveredToUser");
    bo.program.says("to Displayed");
    assert_eq!(scene.count("message.accepted"), 2, "{:?}", scene.events());
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_gets_what_waited_for_it_in_order() {
    let scene = Scene::new(LISTEN);
    let anna = scene.handset("anna").await;
    let first = anna.send(&uri("bo"), "first", by_chat()).await.unwrap();
    let second = anna.send(&uri("bo"), "second", by_chat()).await.unwrap();
    let Some(mut bo) = Linphone::with_password("bo", scene.address("tcp", 0), "") else { return };
    bo.shows(&uri("anna"), "first");
    bo.shows(&uri("anna"), "second");
    let said = bo.program.said();
    assert!(said.find(": first") < said.find(": second"), "{said}");
    for sent in [&first, &second] {
        assert_eq!(ticks(&anna, sent, 1).await, ["delivered"]);
    }
    // It unregisters as it ends; what comes then waits again.
    bo.program.types("quit");
    bo.program.ends();
    let third = anna.send(&uri("bo"), "third", by_chat()).await.unwrap();
    assert_ne!(scene.message(&third)["status"], "delivered");
    let again = Linphone::with_password("bo", scene.address("tcp", 0), "").unwrap();
    again.shows(&uri("anna"), "third");
    assert_eq!(ticks(&anna, &third, 1).await, ["delivered"]);
    assert!(
        !again.program.said().contains(": second"),
        "what it had comes no more: {}",
        again.program.said()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_that_kept_only_an_md5_digest_registers_where_that_is_allowed() {
    let scene = Scene::new(&format!("md5 = true\n{LISTEN}"));
    let secret = format!("ha1={MD5_OF_BO}\nalgorithm=MD5\navailable_algorithms=MD5");
    let server = format!("sip:{};transport=tcp", scene.address("tcp", 0));
    let Some(bo) = Linphone::start("bo", &server, &secret, "") else { return };
    bo.is_registered();
    assert!(bo.program.said().contains("algorithm=MD5, username=\"bo\""), "{}", bo.program.said());
    let anna = scene.handset("anna").await;
    let sent = anna.send(&uri("bo"), "hello Bo", SendOptions::default()).await.unwrap();
    bo.shows(&uri("anna"), "hello Bo");
    assert_eq!(ticks(&anna, &sent, 1).await, ["delivered"]);
}

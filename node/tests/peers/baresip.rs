//! `baresip` 1.0 (Debian `baresip-core`). It knows MD5 alone and gives up when it is asked for anything else beside it,
//! so it has a socket of its own (`listen_md5`).

use crate::linphone::{CPM, Linphone};
use crate::program::{Program, find};
use crate::scene::{Scene, by_chat, password, ticks, uri};
use std::process::Command;
use switchback_testkit::handset::SendOptions;
use tempfile::TempDir;

const LISTEN: &str = "md5 = true\nlisten = [\"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\"]\nlisten_md5 = [\"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\"]";

/// baresip with a home of its own; it is typed at as a person would.
struct Baresip {
    program: Program,
    _home: TempDir,
}

impl Baresip {
    /// Bo's, by `tcp` or `udp`, with Anna as its only contact. Nothing when it is not installed.
    fn start(scene: &Scene, wire: &str) -> Option<Self> {
        let binary = find("baresip", "baresip-core")?;
        // The second socket of each wire is the one for MD5.
        let server = scene.address(wire, 1);
        let home = tempfile::tempdir().unwrap();
        let file = |name: &str, text: String| std::fs::write(home.path().join(name), text).unwrap();
        let modules = "module_path /usr/lib/baresip/modules\nmodule stdio.so\nmodule_tmp account.so\nmodule_app contact.so\nmodule_app menu.so\n";
        file("config", format!("poll_method epoll\nsip_listen 127.0.0.1:0\n{modules}"));
        file("contacts", format!("\"Anna\" <{}>\n", uri("anna")));
        file(
            "accounts",
            format!(
                "<{};transport={wire}>;auth_user=bo;auth_pass={};outbound=\"sip:{server};transport={wire}\";regint=600\n",
                uri("bo"),
                password("bo")
            ),
        );
        let mut command = Command::new(binary);
        command.arg("-f").arg(home.path()).env("HOME", home.path());
        Some(Self { program: Program::start("baresip", &mut command), _home: home })
    }

    fn is_registered(&self) {
        self.program.says("registered successfully");
    }

    fn shows(&self, text: &str) {
        self.program.says(&format!("{}: \"{text}\"", uri("anna")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn baresip_registers_sends_and_receives_over_udp_and_tcp() {
    for wire in ["udp", "tcp"] {
        let scene = Scene::new(LISTEN);
        let Some(mut bo) = Baresip::start(&scene, wire) else { return };
        bo.is_registered();
        let anna = scene.handset("anna").await;
        let sent = anna.send(&uri("bo"), "hello Bo", SendOptions::default()).await.unwrap();
        bo.shows("hello Bo");
        assert_eq!(ticks(&anna, &sent, 1).await, ["delivered"]);
        assert_eq!(scene.message(&sent)["attempts"][0]["service"], "im");

        bo.program.types("/message hello Anna");
        let inbox = anna.wait_for(|inbox| inbox.texts() == ["hello Anna"]).await.unwrap();
        assert!(inbox.messages[0].from.contains(&uri("bo")), "{}", inbox.messages[0].from);
        scene.until("message.delivered", 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn baresip_gets_what_waited_for_it_in_order() {
    let scene = Scene::new(LISTEN);
    let anna = scene.handset("anna").await;
    let first = anna.send(&uri("bo"), "first", by_chat()).await.unwrap();
    let second = anna.send(&uri("bo"), "second", by_chat()).await.unwrap();
    let Some(mut bo) = Baresip::start(&scene, "tcp") else { return };
    bo.shows("first");
    bo.shows("second");
    let said = bo.program.said();
    assert!(said.find("\"first\"") < said.find("\"second\""), "{said}");
    for sent in [&first, &second] {
        assert_eq!(ticks(&anna, sent, 1).await, ["delivered"]);
    }
    // It unregisters as it ends; what comes then waits. It names its contact anew at every start.
    bo.program.types("/quit");
    bo.program.ends();
    let third = anna.send(&uri("bo"), "third", by_chat()).await.unwrap();
    assert_ne!(scene.message(&third)["status"], "delivered");
    let again = Baresip::start(&scene, "tcp").unwrap();
    again.shows("third");
    assert_eq!(ticks(&anna, &third, 1).await, ["delivered"]);
    assert!(
        !again.program.said().contains("\"second\""),
        "what it had comes no more: {}",
        again.program.said()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_and_baresip_talk_to_each_other() {
    let scene = Scene::new(LISTEN);
    let Some(mut anna) = Linphone::with_password("anna", scene.address("tcp", 0), CPM) else { return };
    let Some(mut bo) = Baresip::start(&scene, "tcp") else { return };
    anna.is_registered();
    bo.is_registered();
    anna.send(&uri("bo"), "hello Bo");
    bo.shows("hello Bo");
    // baresip has no ticks: what Linphone shows comes of its 2xx.
    anna.program.says("to DeliveredToUser");
    bo.program.types("/message hello Anna");
    anna.shows(&uri("bo"), "hello Anna");
    scene.until("message.delivered", 2).await;
    assert_eq!(scene.count("message.accepted"), 2, "{:?}", scene.events());
}

//! SIP.js in headless Chromium, over WebSocket. SIP.js comes from its registry by `npm` and must be the one that was
//! tried; it knows MD5 alone, and passes over what it does not know.

use crate::page::{Browser, Page};
use crate::program::{find, skip};
use crate::scene::{Scene, by_chat, password, ticks, uri};
use crate::tls::{Chain, HOST};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use switchback_testkit::handset::SendOptions;
use tempfile::TempDir;

const LISTEN: &str = "md5 = true\nlisten = [\"udp:127.0.0.1:0\", \"ws:127.0.0.1:0\"]";
const LISTEN_TLS: &str = "md5 = true\nlisten = [\"udp:127.0.0.1:0\", \"wss:127.0.0.1:0\"]";
/// The release, and SHA-256 of its package.
const PACKAGE: &str = "sip.js@0.21.2";
const ARCHIVE: &str = "sip.js-0.21.2.tgz";
const SHA_256: &str = "abbf374bccf50fdd0f659e24dd70a83a0bad09553bd16fa4b6c94021053f66cb";

/// The unpacked package below `folder`; nothing where it cannot be had.
fn fetch(folder: &Path) -> Option<PathBuf> {
    let store = Path::new(env!("CARGO_TARGET_TMPDIR"));
    if !is_the_one(&store.join(ARCHIVE)) {
        let npm = find("npm", "npm")?;
        let mut command = Command::new(npm);
        command.args(["pack", PACKAGE, "--silent", "--pack-destination"]).arg(store);
        let packed = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        if !packed.success() {
            skip(&format!("npm cannot fetch {PACKAGE}"));
            return None;
        }
        assert!(is_the_one(&store.join(ARCHIVE)), "{PACKAGE} is not what was tried");
    }
    let unpacked = Command::new("tar").arg("xzf").arg(store.join(ARCHIVE)).arg("-C").arg(folder).status();
    assert!(unpacked.unwrap().success());
    Some(folder.join("package"))
}

fn is_the_one(archive: &Path) -> bool {
    let Ok(octets) = std::fs::read(archive) else { return false };
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect::<String>() == SHA_256
}

/// A browser that shows Bo's page.
struct Guest {
    page: Page,
    _browser: Browser,
    _package: TempDir,
}

impl Guest {
    /// Shows it; the page is to connect to `server`, and `trusts` are public keys that the browser trusts.
    fn open(server: &str, trusts: &[String]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let package = fetch(folder.path())?;
        let person = json!({
            "uri": uri("bo"),
            "user": "bo",
            "password": password("bo"),
            "server": server,
        });
        let files = vec![
            ("/", include_str!("sipjs/index.html").to_owned()),
            ("/page.js", include_str!("sipjs/page.js").to_owned()),
            ("/person.json", person.to_string()),
        ];
        let page = Page::serve(files, package);
        let browser = Browser::show(&page, "", trusts)?;
        Some(Self { page, _browser: browser, _package: folder })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sip_js_in_a_browser_registers_over_websocket_sends_and_receives() {
    let scene = Scene::new(LISTEN);
    let anna = scene.handset("anna").await;
    let waiting = anna.send(&uri("bo"), "before you came", by_chat()).await.unwrap();
    let server = format!("ws://{}", scene.address("ws", 0));
    let Some(mut browser) = Guest::open(&server, &[]) else { return };
    browser.page.tells("registerer: Registered");
    browser.page.tells(&format!("message from {}: before you came", uri("anna")));
    assert_eq!(ticks(&anna, &waiting, 1).await, ["delivered"]);

    let sent = anna.send(&uri("bo"), "hello Bo", SendOptions::default()).await.unwrap();
    browser.page.tells(&format!("message from {}: hello Bo", uri("anna")));
    assert_eq!(ticks(&anna, &sent, 1).await, ["delivered"]);

    browser.page.does(json!({"to": uri("anna"), "text": "hello Anna"}));
    browser.page.tells("answer: 202 0.03 EUR");
    let inbox = anna.wait_for(|inbox| inbox.texts() == ["hello Anna"]).await.unwrap();
    assert!(inbox.messages[0].from.contains(&uri("bo")), "{}", inbox.messages[0].from);
    scene.until("message.delivered", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_speaks_tls_and_only_with_the_server_that_it_trusts() {
    let Some(chain) = Chain::new() else { return };
    let scene = Scene::new(&format!("{LISTEN_TLS}\n{}", chain.section()));
    let server = format!("wss://{HOST}:{}", scene.address("wss", 0).port());
    let Some(mut browser) = Guest::open(&server, &[chain.pin("stranger")]) else { return };
    browser.page.tells("not connected");
    drop(browser);
    let mut browser = Guest::open(&server, &[chain.pin("issuer")]).unwrap();
    browser.page.tells("registerer: Registered");
    let anna = scene.handset("anna").await;
    let sent = anna.send(&uri("bo"), "hello Bo", SendOptions::default()).await.unwrap();
    browser.page.tells(&format!("message from {}: hello Bo", uri("anna")));
    assert_eq!(ticks(&anna, &sent, 1).await, ["delivered"]);
    browser.page.does(json!({"to": uri("anna"), "text": "hello Anna"}));
    anna.wait_for(|inbox| inbox.texts() == ["hello Anna"]).await.unwrap();
}

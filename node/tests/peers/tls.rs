//! TLS with certificates as an operator has them: a root, an issuer below it and the server's own, made by `openssl`;
//! and what Linphone says of each that it should not trust.

use crate::linphone::Linphone;
use crate::program::find;
use crate::scene::{Scene, password, ticks, uri};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use switchback_testkit::handset::SendOptions;
use tempfile::TempDir;

const ISSUER: &str = "basicConstraints=critical,CA:TRUE";
/// The name that the server's certificate has.
pub(crate) const HOST: &str = "localhost";

/// Makes `name.pem` and `name.key`: signed by `issuer`, or by itself.
fn certify(openssl: &Path, folder: &Path, name: &str, issuer: Option<&str>, extensions: &[&str]) {
    let file = |name: &str, kind: &str| folder.join(format!("{name}.{kind}"));
    let mut command = Command::new(openssl);
    command.args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"]);
    command.args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", &format!("/CN={name}")]);
    command.arg("-keyout").arg(file(name, "key")).arg("-out").arg(file(name, "pem"));
    if let Some(issuer) = issuer {
        command.arg("-CA").arg(file(issuer, "pem")).arg("-CAkey").arg(file(issuer, "key"));
    }
    for extension in extensions {
        command.args(["-addext", extension]);
    }
    assert!(command.stderr(Stdio::null()).status().unwrap().success(), "openssl made no {name}");
}

/// The files of a chain: `root`, `issuer`, `server`, each with its key, and a `stranger` that nobody should trust.
pub(crate) struct Chain {
    openssl: PathBuf,
    home: TempDir,
}

impl Chain {
    /// Makes one; nothing where `openssl` is not installed.
    pub(crate) fn new() -> Option<Self> {
        let chain = Self { openssl: find("openssl", "openssl")?, home: tempfile::tempdir().unwrap() };
        let (openssl, folder) = (&chain.openssl, chain.home.path());
        certify(openssl, folder, "root", None, &[ISSUER]);
        certify(openssl, folder, "stranger", None, &[ISSUER]);
        certify(openssl, folder, "issuer", Some("root"), &[ISSUER]);
        let names = format!("subjectAltName=DNS:{HOST}");
        certify(openssl, folder, "server", Some("issuer"), &["basicConstraints=critical,CA:FALSE", &names]);
        let read = |name: &str| std::fs::read_to_string(chain.file(name)).unwrap();
        std::fs::write(chain.file("chain.pem"), read("server.pem") + &read("issuer.pem")).unwrap();
        Some(chain)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// How `[sip]` names it.
    pub(crate) fn section(&self) -> String {
        let (chain, key) = (self.file("chain.pem"), self.file("server.key"));
        format!("certificate_file = \"{}\"\nkey_file = \"{}\"", chain.display(), key.display())
    }

    /// A certificate's public key as a browser is told to trust it: its SHA-256, in base64.
    pub(crate) fn pin(&self, name: &str) -> String {
        let file = |kind: &str| self.file(&format!("{name}.{kind}"));
        let openssl = |args: &[&str], from: &str, to: &str| {
            let mut command = Command::new(&self.openssl);
            command.args(args).arg("-in").arg(file(from)).arg("-out").arg(file(to));
            assert!(command.status().unwrap().success(), "openssl {args:?}");
        };
        openssl(&["x509", "-noout", "-pubkey"], "pem", "public");
        openssl(&["pkey", "-pubin", "-outform", "der"], "public", "der");
        std::fs::write(file("hash"), Sha256::digest(std::fs::read(file("der")).unwrap())).unwrap();
        openssl(&["base64"], "hash", "pin");
        std::fs::read_to_string(file("pin")).unwrap().trim().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_registers_over_tls_and_only_with_the_server_that_it_trusts() {
    let Some(chain) = Chain::new() else { return };
    let sockets = "listen = [\"udp:127.0.0.1:0\", \"tls:127.0.0.1:0\"]";
    let scene = Scene::new(&format!("{sockets}\n{}", chain.section()));
    let port = scene.address("tls", 0).port();
    let linphone = |host: &str, root: &str| {
        let root = chain.file(root);
        let trusts =
            format!("[sip]\nroot_ca={}\nverify_server_certs=1\nverify_server_cn=1\n", root.display());
        let secret = format!("passwd={}", password("bo"));
        Linphone::start("bo", &format!("sip:{host}:{port};transport=tls"), &secret, &trusts)
    };
    for (host, root, verdict) in
        [(HOST, "stranger.pem", "flags=[not-trusted ]"), ("127.0.0.1", "root.pem", "flags=[CN-mismatch ]")]
    {
        let Some(bo) = linphone(host, root) else { return };
        bo.program.says("to [LinphoneRegistrationFailed]");
        assert!(bo.program.said().contains(verdict), "{}", bo.program.said());
    }
    let mut bo = linphone(HOST, "root.pem").unwrap();
    bo.is_registered();
    let anna = scene.handset("anna").await;
    let sent = anna.send(&uri("bo"), "hello Bo", SendOptions::default()).await.unwrap();
    bo.shows(&uri("anna"), "hello Bo");
    assert_eq!(ticks(&anna, &sent, 1).await, ["delivered"]);
    bo.send(&uri("anna"), "hello Anna");
    anna.wait_for(|inbox| inbox.texts() == ["hello Anna"]).await.unwrap();
}

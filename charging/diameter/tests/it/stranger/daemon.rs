//! freeDiameter on a free port, with our answering extension, until it is dropped.

use crate::scene::until;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) struct Daemon {
    pub(crate) address: SocketAddr,
    child: Child,
}

/// What is not installed.
pub(crate) fn missing() -> Vec<&'static str> {
    let programs = ["freeDiameterd", "tshark", "gcc", "openssl"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = |program: &str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    let mut missing: Vec<_> = programs.into_iter().filter(|program| !found(program)).collect();
    if !Path::new("/usr/include/freeDiameter/extension.h").exists() {
        missing.push("libfreediameter-dev");
    }
    missing
}

impl Daemon {
    /// Builds the extension in `folder` and starts the daemon there.
    pub(crate) fn start(folder: &Path) -> Self {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/freediameter");
        run(Command::new("gcc")
            .args(["-Wall", "-Werror", "-shared", "-fPIC", "-O2", "-o"])
            .arg(folder.join("ocs.fdx"))
            .arg(sources.join("ocs.c")));
        run(Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=ocs.home.test",
                "-days",
                "2",
            ])
            .arg("-keyout")
            .arg(folder.join("key.pem"))
            .arg("-out")
            .arg(folder.join("cert.pem"))
            .stderr(Stdio::null()));
        fs::copy(sources.join("acl.conf"), folder.join("acl.conf")).unwrap();
        let port = free_port();
        let template = fs::read_to_string(sources.join("freediameter.conf.in")).unwrap();
        let config = template.replace("@DIR@", folder.to_str().unwrap()).replace("@PORT@", &port.to_string());
        fs::write(folder.join("freediameter.conf"), config).unwrap();
        let log = fs::File::create(folder.join("log")).unwrap();
        let child = Command::new("freeDiameterd")
            .arg("-c")
            .arg(folder.join("freediameter.conf"))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let daemon = Self { address, child };
        until("freeDiameter listens", || TcpStream::connect(address).is_ok());
        daemon
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself: then the test has failed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody has now: the daemon can't be told to take any.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}");
}

//! freeDiameter with our answering extension.

use crate::program::{self, Program, run};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What is not installed.
pub(crate) fn missing() -> Vec<&'static str> {
    let mut missing = program::missing(&["freeDiameterd", "tshark", "gcc", "openssl"]);
    if !Path::new("/usr/include/freeDiameter/extension.h").exists() {
        missing.push("libfreediameter-dev");
    }
    missing
}

/// Builds the extension in `folder` and starts the daemon there.
pub(crate) fn start(folder: &Path) -> Program {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/freediameter");
    let mut gcc = Command::new("gcc");
    gcc.args(["-Wall", "-Werror", "-shared", "-fPIC", "-O2", "-o"]).arg(folder.join("ocs.fdx"));
    run(gcc.arg(sources.join("ocs.c"))).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=ocs.home.test",
        "-days",
        "2",
    ]);
    openssl.arg("-keyout").arg(folder.join("key.pem")).arg("-out").arg(folder.join("cert.pem"));
    run(&mut openssl).unwrap();
    fs::copy(sources.join("acl.conf"), folder.join("acl.conf")).unwrap();
    Program::start(|port| {
        let template = fs::read_to_string(sources.join("freediameter.conf.in")).unwrap();
        let config = template.replace("@DIR@", folder.to_str().unwrap()).replace("@PORT@", &port.to_string());
        fs::write(folder.join("freediameter.conf"), config).unwrap();
        let log = fs::File::create(folder.join("log")).unwrap();
        let mut daemon = Command::new("freeDiameterd");
        daemon.arg("-c").arg(folder.join("freediameter.conf"));
        daemon.stdout(log.try_clone().unwrap()).stderr(log);
        daemon
    })
}
